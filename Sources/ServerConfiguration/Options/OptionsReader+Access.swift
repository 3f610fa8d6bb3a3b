import Broker

extension OptionsReader {
    /// Users and passwords as they stand in `authorization` or an account.
    private struct Users {
        var list: [UserOptions] = []
        var defaults: PermissionOptions?
    }

    // MARK: authorization

    /// Reads `authorization { … }` (core.md §3.1).
    mutating func readAuthorization(_ entry: ConfigurationMap.Entry) {
        guard let map = self.map(entry) else { return }
        self.authorizationPosition = entry.position
        var name: String?
        var password: String?
        var users = Users()
        var hasUsers = false
        for member in map.entries {
            switch member.name {
            case "user", "username": name = self.string(member)
            case "pass", "password": password = self.string(member)
            case "token": self.options.authentication.token = self.string(member)
            case "timeout":
                guard let time = self.seconds(member, "authorization config") else { break }
                self.options.authentication.timeout = time > 0 ? time : 2_000_000_000
            case "users":
                hasUsers = true
                users.list = self.users(member, account: "$G")
            case "default_permission", "default_permissions", "permissions":
                users.defaults = self.permissions(member)
            case "auth_callout", "auth_hook":
                self.failAbsent(member)
            case "proxy_required":
                if self.bool(member) == true { self.failAbsent(member) }
            default:
                self.failUnknown(member)
            }
        }
        let isSingle = name != nil || password != nil
        if isSingle, self.options.authentication.token != nil {
            self.fail("Cannot have a user/pass and token", at: entry.position)
        }
        if hasUsers, isSingle {
            self.fail("Can not have a single user/pass and a users array", at: entry.position)
        }
        if hasUsers, self.options.authentication.token != nil {
            self.fail("Can not have a token and a users array", at: entry.position)
        }
        if isSingle {
            self.options.authentication.single = UserOptions(
                name: name ?? "",
                credential: .password(password ?? "")
            )
        }
        self.append(users)
    }

    private mutating func append(_ users: Users) {
        for var user in users.list {
            if user.permissions == nil { user.permissions = users.defaults }
            self.options.authentication.users.append(user)
        }
    }

    // MARK: Users

    /// Reads a list of users.
    private mutating func users(_ entry: ConfigurationMap.Entry, account: String) -> [UserOptions] {
        guard case .array(let elements) = entry.value.kind else {
            self.fail("Expected users field to be an array, got \(entry.value.kindName)", at: entry.position)
            return []
        }
        var users: [UserOptions] = []
        for element in elements {
            guard case .map(let map) = element.kind else {
                self.fail(
                    "Expected user entry to be a map/struct, got \(element.kindName)",
                    at: element.position
                )
                continue
            }
            guard let user = self.user(map, account: account, at: element.position) else { continue }
            if !self.userNames.insert(user.name).inserted {
                let kind = user.credential == .nkey ? "nkey" : "user"
                self.fail("Duplicate \(kind) \"\(user.name)\" detected", at: element.position)
            }
            users.append(user)
        }
        return users
    }

    private mutating func user(
        _ map: ConfigurationMap,
        account: String,
        at position: SourcePosition
    ) -> UserOptions? {
        var name: String?
        var password: String?
        var nkey: String?
        var user = UserOptions(name: "", credential: .none, account: account)
        for member in map.entries {
            switch member.name {
            case "user", "username": name = self.string(member)
            case "pass", "password": password = self.string(member)
            case "nkey":
                guard let text = self.string(member) else { break }
                if !PublicKeyText.isValid(text, role: .user) {
                    self.fail("Not a valid public nkey for a user", at: member.position)
                }
                nkey = text
            case "permission", "permissions", "authorization":
                user.permissions = self.permissions(member)
            case "allowed_connection_types", "connection_types", "clients":
                user.connectionTypes = self.connectionTypes(member)
            case "proxy_required":
                if self.bool(member) == true { self.failAbsent(member) }
            default:
                self.failUnknown(member)
            }
        }
        if let nkey {
            if name != nil || password != nil {
                self.fail("Nkey users do not take usernames or passwords", at: position)
            }
            user.name = nkey
            user.credential = .nkey
            return user
        }
        guard let name, !name.isEmpty else {
            self.fail("User entry requires a user", at: position)
            return nil
        }
        user.name = name
        user.credential = password.map { .password($0) } ?? .none
        return user
    }

    private mutating func connectionTypes(_ entry: ConfigurationMap.Entry) -> [UserOptions.ConnectionType]? {
        guard let names = self.strings(entry, "allowed connection types") else { return nil }
        var types: [UserOptions.ConnectionType] = []
        var unknown: [String] = []
        for name in names.map({ $0.uppercased() }) {
            if let type = UserOptions.ConnectionType(rawValue: name) {
                if !types.contains(type) { types.append(type) }
            } else {
                unknown.append("\"\(name)\"")
            }
        }
        if !unknown.isEmpty {
            self.fail(
                "invalid connection types [\(unknown.joined(separator: " "))]",
                at: entry.position
            )
        }
        return types
    }

    // MARK: accounts

    /// Reads `accounts { … }`, or a list of names (core.md §3.6).
    mutating func readAccounts(_ entry: ConfigurationMap.Entry) {
        self.accountsPosition = entry.position
        switch entry.value.kind {
        case .array, .string:
            guard let names = self.strings(entry, "accounts") else { return }
            for name in names where self.mayDefine(name, at: entry.position) {
                self.options.accounts.append(AccountOptions(name: name))
            }
        case .map(let map):
            for member in map.entries {
                guard case .map(let body) = member.value.kind else {
                    self.fail("Expected map entries for accounts", at: member.position)
                    continue
                }
                if self.mayDefine(member.key, at: member.position) {
                    self.readAccount(member.key, body)
                }
            }
        default:
            self.fail("Expected accounts to be a map or an array of names", at: entry.position)
        }
    }

    private mutating func mayDefine(_ name: String, at position: SourcePosition) -> Bool {
        if name == "$G" {
            self.fail("\"$G\" is a Reserved Account", at: position)
            return false
        }
        if self.options.accounts.contains(where: { $0.name == name }) {
            self.fail("Duplicate Account Entry: \(name)", at: position)
            return false
        }
        return true
    }

    private mutating func readAccount(_ name: String, _ map: ConfigurationMap) {
        var account = AccountOptions(name: name)
        var users = Users()
        for member in map.entries {
            switch member.name {
            case "nkey":
                guard let key = self.string(member) else { break }
                if !PublicKeyText.isValid(key, role: .account) {
                    self.fail("Not a valid public nkey for an account: \"\(key)\"", at: member.position)
                }
                account.nkey = key
            case "users":
                users.list = self.users(member, account: name)
            case "default_permission", "default_permissions", "permissions":
                users.defaults = self.permissions(member)
            case "limits":
                self.readLimits(member, of: &account)
            case "mappings", "maps":
                account.mappings = self.mappings(member)
            case "jetstream":
                account.jetStream = self.accountJetStream(member)
            case "exports", "imports":
                // An empty list asks for nothing.
                if case .array(let elements) = member.value.kind, elements.isEmpty { break }
                self.failAbsent(member)
            case "msg_trace", "trace_dest":
                self.readTracing(member, of: &account)
            default:
                self.failUnknown(member)
            }
        }
        self.options.accounts.append(account)
        self.append(users)
    }

    private mutating func readLimits(_ entry: ConfigurationMap.Entry, of account: inout AccountOptions) {
        guard case .map(let map) = entry.value.kind else {
            self.fail(
                "Expected account limits to be a map/struct, got \(entry.value.kindName)",
                at: entry.position
            )
            return
        }
        for member in map.entries {
            // A negative limit is none.
            switch member.name {
            case "max_connections", "max_conn": account.maxConnections = self.limit(member)
            case "max_subscriptions", "max_subs": account.maxSubscriptions = self.limit(member)
            case "max_payload", "max_pay": account.maxPayload = self.limit(member)
            case "max_leafnodes", "max_leafs": account.maxLeafNodes = self.limit(member)
            default:
                if !member.isVariable {
                    self.fail("Unknown field \"\(member.key)\" parsing account limits", at: member.position)
                }
            }
        }
    }

    /// A number; negative ones stand for no limit.
    mutating func limit(_ entry: ConfigurationMap.Entry) -> Int? {
        self.integer(entry).flatMap { $0 < 0 ? nil : $0 }
    }

    // MARK: All together

    /// Checks what several keys say together, once all were read.
    mutating func finishAccess() {
        guard let position = self.accountsPosition,
            self.options.authentication.users.contains(where: { $0.account != "$G" })
        else { return }
        if self.options.authentication.single != nil {
            self.fail("Can not have a single user/pass and accounts", at: position)
        }
        if self.options.authentication.token != nil {
            self.fail("Can not have a token and accounts", at: position)
        }
    }
}
