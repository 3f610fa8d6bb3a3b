import Crypto
import WireProtocol

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Decides who a client is by what it said in `CONNECT` (core.md §3.1); one for all kinds of credentials.
///
/// Never changes: another configuration makes another one.
final class Authenticator: Sendable {
    /// What became of a client's credentials.
    enum Decision {
        /// The client is that user.
        case accepted(User)
        /// It is nobody.
        case refused
        /// It is that user if the check says so, which takes longer than an event loop may.
        case depends(PasswordCheck)
    }

    /// Whether anybody has to say who he is.
    let isRequired: Bool
    /// Whether `INFO` carries a nonce, for clients that sign it.
    let needsNonce: Bool
    /// As whom clients without credentials come in; nil if they do not.
    let anonymous: User?
    /// Nanoseconds a client may take until it has shown its credentials.
    let timeout: Int64

    private let users: [String: User]
    private let keys: [String: User]
    private let single: User?
    private let token: (secret: Secret, user: User)?
    /// A hash nobody knows the password of: with it, an unknown name takes as long as a wrong password.
    private let decoy: PasswordCheck?

    /// Makes one of what a server is told; its accounts are made if they are not there.
    init(_ server: ServerOptions, accounts: AccountTable) {
        func account(_ name: String) -> Account { accounts.make(named: name).account }
        let options = server.authentication
        let global = account(Account.defaultName)
        let made = options.users.map { User($0, account: account($0.account), seed: accounts.seed) }
        self.users = Dictionary(
            made.filter { $0.options.credential != .nkey }.map { ($0.name, $0) },
            uniquingKeysWith: { $1 }
        )
        self.keys = Dictionary(
            made.filter { $0.options.credential == .nkey }.map { ($0.name, $0) },
            uniquingKeysWith: { $1 }
        )
        self.single = options.single.map { User($0, account: account($0.account), seed: accounts.seed) }
        let nobody = User(UserOptions(name: "", credential: .none), account: global, isImplicit: true)
        self.token = options.token.map { (Secret($0), nobody) }
        self.isRequired = options.isRequired
        self.needsNonce = !self.keys.isEmpty
        self.timeout = options.timeout
        if !options.isRequired {
            self.anonymous = nobody
        } else if let name = options.noAuthUser {
            self.anonymous = self.users[name] ?? self.keys[name]
        } else if !made.isEmpty, options.token == nil, options.single == nil,
            made.allSatisfy({ $0.account.isSystem }),
            server.accounts.allSatisfy({ $0.name == server.systemAccount })
        {
            self.anonymous = nobody
        } else {
            self.anonymous = nil
        }
        self.decoy = self.users.values.compactMap(\.secret).first { $0.isSlow }
            .map { PasswordCheck(secret: $0, text: [], user: nil) }
    }

    /// Whether the first `INFO` says that credentials are needed (core.md §1.3).
    var asksAtOnce: Bool { self.isRequired && (self.anonymous.map(\.isImplicit) ?? true) }

    /// Whether a client may begin with something other than `CONNECT`.
    var takesAnyVerb: Bool { self.anonymous != nil }

    /// Decides by what a client said; `nonce` is what its `INFO` asked it to sign.
    func decide(
        _ said: ConnectOptions,
        nonce: [UInt8],
        type: UserOptions.ConnectionType = .standard
    ) -> Decision {
        if !self.isRequired { return self.anonymous.map { .accepted($0) } ?? .refused }
        if !said.nkey.isEmpty, !self.keys.isEmpty {
            guard let user = self.keys[said.nkey], user.allows(type),
                Self.verifies(said.sig, of: nonce, by: user)
            else { return .refused }
            return .accepted(user)
        }
        if let user = self.anonymous, said.user.isEmpty, said.pass.isEmpty, said.authToken.isEmpty {
            return user.allows(type) ? .accepted(user) : .refused
        }
        if !self.users.isEmpty {
            guard let user = self.users[said.user], user.allows(type), let secret = user.secret else {
                return self.refuse(said.pass)
            }
            return self.check(secret, said.pass, user)
        }
        if let token = self.token { return self.check(token.secret, said.authToken, token.user) }
        if let single = self.single, let secret = single.secret {
            guard Secret.plain(Array(single.name.utf8)).matches(Array(said.user.utf8)) else {
                return self.refuse(said.pass)
            }
            return self.check(secret, said.pass, single)
        }
        return .refused
    }

    /// The user that now stands for `user` of an earlier configuration; nil if there is none any more.
    func successor(of user: User) -> User? {
        if !self.isRequired { return user.name.isEmpty ? self.anonymous : nil }
        if user.name.isEmpty {
            return self.token.map(\.user) ?? self.anonymous.flatMap { $0.isImplicit ? $0 : nil }
        }
        if user.key != nil { return self.keys[user.name] }
        if let found = self.users[user.name] { return found }
        return self.single.flatMap { $0.name == user.name ? $0 : nil }
    }

    private func check(_ secret: Secret, _ text: String, _ user: User) -> Decision {
        let check = PasswordCheck(secret: secret, text: Array(text.utf8), user: user)
        if secret.isSlow { return .depends(check) }
        return check.run() ? .accepted(user) : .refused
    }

    /// Refuses a name that is not known, as slowly as the wrong password of one that is.
    private func refuse(_ text: String) -> Decision {
        guard var decoy = self.decoy else { return .refused }
        decoy.text = Array(text.utf8)
        return .depends(decoy)
    }

    private static func verifies(_ signature: String, of nonce: [UInt8], by user: User) -> Bool {
        guard let key = user.key, key.role == .user, !nonce.isEmpty,
            let bytes = Base64Text.decode(signature, limit: 64), bytes.count == 64,
            let verifier = try? Curve25519.Signing.PublicKey(rawRepresentation: key.bytes)
        else { return false }
        return verifier.isValidSignature(bytes, for: nonce)
    }
}
