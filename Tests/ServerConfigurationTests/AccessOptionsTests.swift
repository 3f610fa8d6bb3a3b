import Broker
import ServerConfiguration
import StreamModel
import TestSupport
import Testing

/// The public part of a user's key; it was made for this test.
private let userKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"

@Suite("Users and accounts in a configuration")
struct AccessOptionsTests {
    @Test("A single user, a token, and the time to show them")
    func single() throws {
        let user = try read("authorization { user: a, password: b, timeout: 0.5 }").options.authentication
        #expect(user.single == UserOptions(name: "a", credential: .password("b")))
        #expect(user.timeout == 500_000_000)
        let token = try read("authorization { token: $2a$11$abc, timeout: \"3s\" }").options.authentication
        #expect(token.token == "$2a$11$abc")
        #expect(token.timeout == 3_000_000_000)
    }

    @Test("Users have passwords, keys, permissions and ways to connect")
    func users() throws {
        let users = try read(
            """
            ADMIN = { publish: ">" }
            authorization {
                default_permissions: { subscribe: "public.>" }
                users: [
                    { user: a, password: b, permissions: $ADMIN }
                    { nkey: \(userKey), clients: [standard, in_process] }
                    { user: c }
                ]
            }
            """
        )
        .options.authentication.users
        #expect(users.map(\.name) == ["a", userKey, "c"])
        #expect(users.map(\.credential) == [.password("b"), .nkey, .none])
        #expect(users.allSatisfy { $0.account == "$G" })
        #expect(users[0].permissions?.publish?.allow == [.init(subject: ">")])
        #expect(users[0].permissions?.subscribe == nil)
        #expect(users[1].permissions?.subscribe?.allow == [.init(subject: "public.>")])
        #expect(users[1].connectionTypes == [.standard, .inProcess])
        #expect(users[2].permissions == users[1].permissions)
    }

    @Test("Permissions come in many forms")
    func permissions() throws {
        func permissions(_ text: String) throws -> PermissionOptions? {
            try read("authorization { users: [{user: a, password: b, permissions: {\(text)}}] }")
                .options.authentication.users.first?
                .permissions
        }
        #expect(try permissions("pub: { allow: [] }")?.publish == .init(allow: []), "allows nothing")
        #expect(try permissions("pub: a")?.publish == .init(allow: [.init(subject: "a")]))
        #expect(try permissions("pub: [a, b.*]")?.publish?.allow?.map(\.subject) == ["a", "b.*"])
        #expect(
            try permissions("sub: { allow: [\"q.* g*\"], deny: b }")?.subscribe
                == .init(allow: [.init(subject: "q.*", queue: "g*")], deny: [.init(subject: "b")])
        )
        #expect(try permissions("sub: { deny: b }")?.subscribe?.allow == nil)
        #expect(try permissions("allow_responses: true")?.responses == .init())
        #expect(try permissions("allow_responses: false")?.responses == nil)
        #expect(
            try permissions("allow_responses: { max: 5, expires: \"1m\" }")?.responses
                == .init(limit: 5, expiry: 60_000_000_000)
        )
        #expect(
            try permissions("allow_responses: { max: -1, expires: \"-1s\" }")?.responses
                == .init(limit: nil, expiry: nil)
        )
    }

    @Test("Accounts have limits, users and mappings of their own")
    func accounts() throws {
        let options = try read(
            """
            accounts {
                A {
                    limits { max_conn: 5, max_subs: 6, max_payload: 1kb, max_leafs: -1 }
                    users: [ { user: a, password: b } ], default_permissions { publish: x }
                    mappings { m: n }, jetstream: enabled
                }
                B: {}
                $SYS { users: [ { user: admin, password: s } ] }
            }
            """
        )
        .options
        #expect(options.accounts.map(\.name) == ["A", "B", "$SYS"])
        let account = options.accounts[0]
        #expect(account.maxConnections == 5)
        #expect(account.maxSubscriptions == 6)
        #expect(account.maxPayload == 1024)
        #expect(account.maxLeafNodes == nil)
        #expect(account.jetStream == AccountOptions.JetStreamLimits())
        #expect(account.mappings == [MappingOptions(source: "m", destinations: [.init(subject: "n")])])
        #expect(options.authentication.users.map(\.account) == ["A", "$SYS"])
        #expect(options.authentication.users[0].permissions?.publish?.allow == [.init(subject: "x")])
        #expect(options.authentication.users[1].permissions == nil)
        #expect(try read("accounts: [A, B]").options.accounts.map(\.name) == ["A", "B"])
    }

    @Test(
        "What is wrong is told",
        arguments: [
            ("authorization { foo: 3 }", "c.conf:1:17: unknown field \"foo\""),
            ("authorization: 3", "is int64, not map"), ("authorization { token: 3 }", "is int64, not string"),
            ("authorization { timeout: x }", "error parsing authorization config, 'timeout' time"),
            ("authorization { timeout: 4333 }", "warning c.conf:1:17: invalid use of field \"timeout\""),
            (
                "authorization { user: a, password: b, token: c}",
                "c.conf:1:1: Cannot have a user/pass and token"
            ),
            (
                "authorization { user: a, password: b, users: [{user: x, password: y}]}",
                "Can not have a single user/pass and a users array"
            ),
            (
                "authorization { token: b, users: [{user: x, password: y}]}",
                "Can not have a token and a users array"
            ),
            (
                "authorization {user: a, password: b}\naccounts { A { users [{user: x, password: y}]}}",
                "c.conf:2:1: Can not have a single user/pass and accounts"
            ),
            (
                "accounts { A { users [{user: x, password: y}]}}\nauthorization {token: b}",
                "Can not have a token and accounts"
            ),
            ("authorization { users: a }", "Expected users field to be an array"),
            ("authorization { users: [a] }", "Expected user entry to be a map/struct"),
            ("authorization { users: [{password: a}] }", "User entry requires a user"),
            ("authorization { users: [{user: a, password: b, account: X}] }", "unknown field \"account\""),
            (
                "authorization { users: [{user:a,password:b},{user:a,password:b}] }",
                "Duplicate user \"a\" detected"
            ),
            (
                "accounts { A { users: [{user: a, password: b}]}, B { users: [{user: a, password: b}] } }",
                "Duplicate user \"a\" detected"
            ),
            (
                "authorization { users: [{nkey: \(userKey)}, {nkey: \(userKey)}] }",
                "Duplicate nkey \"\(userKey)\" detected"
            ),
            ("authorization { users: [{nkey: UDEADBEEF}] }", "Not a valid public nkey for a user"),
            (
                "authorization { users: [{nkey: \(userKey.dropLast())5}] }",
                "Not a valid public nkey for a user"
            ),
            (
                "authorization { users: [{user: x, nkey: \(userKey)}] }",
                "Nkey users do not take usernames or passwords"
            ),
            (
                "authorization { users: [{user: a, connection_types: [bogus]}] }",
                "invalid connection types [\"BOGUS\"]"
            ),
            (
                "authorization { users: [{user: a, clients: 3}] }",
                "error parsing allowed connection types: unsupported type int64"
            ),
            (
                "authorization { permissions { publish: a, foo: b } }",
                "Unknown field \"foo\" parsing permissions"
            ),
            (
                "authorization { permissions { publish: {foo: b} } }",
                "Unknown field name \"foo\" parsing subject permissions, only 'allow' or 'deny' are permitted"
            ),
            ("authorization { permissions { publish: \"a b\" } }", "subject \"a b\" is not a valid subject"),
            (
                "authorization { permissions { publish: \"a..b\" } }",
                "subject \"a..b\" is not a valid subject"
            ),
            ("authorization { permissions { sub: \"a b c\" } }", "subject \"a b c\" is not a valid subject"),
            ("authorization { permissions { sub: 3 } }", "Expected subject permissions to be a subject"),
            (
                "authorization { permissions { allow_responses: 3 } }",
                "error parsing response permissions, expected a boolean or a map"
            ),
            (
                "authorization { permissions { allow_responses: {expires: 60} } }",
                "error parsing expires, not a duration string"
            ),
            ("accounts: [A, A]", "Duplicate Account Entry: A"), ("accounts { A: 3 }", "Expected map entries"),
            ("accounts { \"$G\" {} }", "c.conf:1:12: \"$G\" is a Reserved Account"),
            ("accounts: [\"$G\"]", "\"$G\" is a Reserved Account"),
            ("accounts: 3", "Expected accounts to be"),
            ("accounts { A { foo: 1 } }", "c.conf:1:16: unknown field \"foo\""),
            ("accounts { A { nkey: X } }", "Not a valid public nkey for an account: \"X\""),
            (
                "accounts { A { nkey: \(userKey) } }",
                "Not a valid public nkey for an account: \"\(userKey)\""
            ),
            ("accounts { A { limits { foo: 1 } } }", "Unknown field \"foo\" parsing account limits"),
            ("accounts { A { limits: 3 } }", "Expected account limits to be a map/struct"),
        ]
    )
    func errors(text: String, message: String) {
        #expect(complaints(of: text).contains(message), "\(complaints(of: text))")
    }
}
