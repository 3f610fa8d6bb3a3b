import Testing
import WireProtocol

@testable import Broker

/// A key of RFC 8032's first test, and its signature of fifteen letters A.
private let rfcKey = "UDLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRUVAL"
private let rfcSignature =
    "eiUPKmL_siISw0Ot7YXDk863-Vsb7Nie0WT3pBweW0patyqjA7Mgno3bCi3A736ZebWTUd7XzoDGTCrloT3jAw"
private let rfcNonce = "AAAAAAAAAAAAAAA"

@Suite("Authenticator")
struct AuthenticatorTests {
    /// What a client of the server that `change` describes becomes: the user's name and account, or why not.
    private func decide(
        _ json: String,
        nonce: String = "",
        type: UserOptions.ConnectionType = .standard,
        _ change: (inout ServerOptions) -> Void
    ) -> String {
        var options = ServerOptions()
        change(&options)
        var said = ConnectOptions()
        let bytes = Array(json.utf8)
        guard said.merge(bytes.span.bytes) else { return "malformed" }
        let accounts = AccountTable(seed: 1, systemName: options.systemAccount)
        let authenticator = Authenticator(options, accounts: accounts)
        switch authenticator.decide(said, nonce: Array(nonce.utf8), type: type) {
        case .accepted(let user): return "\(user.account.name)/\(user.name)"
        case .refused: return "refused"
        case .depends(let check): return check.run() ? check.user?.name ?? "-" : "refused slowly"
        }
    }

    @Test("While nobody has to say who he is, credentials are ignored")
    func open() {
        #expect(self.decide("{}") { _ in } == "$G/")
        #expect(self.decide(#"{"user":"a","pass":"b","nkey":"c"}"#) { _ in } == "$G/")
    }

    @Test(
        "A token has to be shown",
        arguments: [
            (#"{"auth_token":"t"}"#, "$G/"), (#"{"auth_token":"x"}"#, "refused"), ("{}", "refused"),
            (#"{"user":"t"}"#, "refused"), (#"{"pass":"t"}"#, "refused"),
        ]
    )
    func token(json: String, outcome: String) {
        #expect(self.decide(json) { $0.authentication.token = "t" } == outcome)
    }

    @Test(
        "The single user has a name and a password",
        arguments: [
            (#"{"user":"u","pass":"p"}"#, "$G/u"), (#"{"USER":"u","Pass":"p"}"#, "$G/u"),
            (#"{"user":"u","pass":"x"}"#, "refused"), (#"{"user":"x","pass":"p"}"#, "refused"),
            (#"{"user":"u"}"#, "refused"), (#"{"pass":"p"}"#, "refused"), ("{}", "refused"),
            (#"{"auth_token":"p"}"#, "refused"),
        ]
    )
    func single(json: String, outcome: String) {
        let single = UserOptions(name: "u", credential: .password("p"))
        #expect(self.decide(json) { $0.authentication.single = single } == outcome)
    }

    private static let hash = "$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG"

    private static func users(_ options: inout ServerOptions) {
        options.accounts = [AccountOptions(name: "A"), AccountOptions(name: "B")]
        var mqtt = UserOptions(name: "m", credential: .password("m"), account: "A")
        mqtt.connectionTypes = [.mqtt]
        var both = UserOptions(name: "s", credential: .password("s"), account: "A")
        both.connectionTypes = [.mqtt, .standard]
        options.authentication.users = [
            UserOptions(name: "a", credential: .password("pa"), account: "A"),
            UserOptions(name: "b", credential: .password(self.hash), account: "B"),
            UserOptions(name: "n", credential: .none, account: "B"),
            mqtt, both,
        ]
    }

    @Test(
        "Users belong to their accounts, and only come in as they may",
        arguments: [
            (#"{"user":"a","pass":"pa"}"#, "A/a"), (#"{"user":"a","pass":"pb"}"#, "refused"),
            (#"{"user":"b","pass":"s3cret"}"#, "b"), (#"{"user":"b","pass":"x"}"#, "refused slowly"),
            (#"{"user":"x","pass":"pa"}"#, "refused slowly"), ("{}", "refused slowly"),
            (#"{"user":"n","pass":""}"#, "refused slowly"), (#"{"user":"m","pass":"m"}"#, "refused slowly"),
            (#"{"user":"s","pass":"s"}"#, "A/s"),
        ]
    )
    func users(json: String, outcome: String) { #expect(self.decide(json, Self.users) == outcome) }

    @Test(
        "A client without credentials comes in as the user named for that, one with wrong ones does not",
        arguments: [
            ("{}", "A/a"), (#"{"nkey":"x","jwt":"y"}"#, "A/a"), (#"{"user":"a"}"#, "refused slowly"),
            (#"{"pass":"pa"}"#, "refused slowly"), (#"{"auth_token":"x"}"#, "refused slowly"),
        ]
    )
    func noAuthUser(json: String, outcome: String) {
        let decided = self.decide(json) {
            Self.users(&$0)
            $0.authentication.noAuthUser = "a"
        }
        #expect(
            decided == (outcome == "refused slowly" && json.contains(#""user":"a""#) ? "refused" : outcome)
        )
    }

    @Test(
        "Who has a key signs the nonce with it",
        arguments: [
            (key: rfcKey, signature: rfcSignature, nonce: rfcNonce, isRight: true),
            (rfcKey, rfcSignature + "==", rfcNonce, true),
            (
                rfcKey,
                rfcSignature.replacing("_", with: "/").replacing("-", with: "+"), rfcNonce, true
            ),
            (rfcKey, rfcSignature, "AAAAAAAAAAAAAAB", false),
            (rfcKey, rfcSignature, "", false),
            (rfcKey, "A" + rfcSignature.dropFirst(), rfcNonce, false),
            (rfcKey, "", rfcNonce, false),
            (rfcKey, "!", rfcNonce, false),
            (rfcKey, String(repeating: "A", count: 86), rfcNonce, false),
            ("UBA4ZTYUI6D5GLUA7NS4MLKKQQ44H3EPYMOOKXQLJMZ2ULPPWJ73HH3C", rfcSignature, rfcNonce, false),
        ] as [(key: String, signature: String, nonce: String, isRight: Bool)]
    )
    func key(key: String, signature: String, nonce: String, isRight: Bool) {
        let json = #"{"nkey":"\#(key)","sig":"\#(signature)"}"#
        let outcome = self.decide(json, nonce: nonce) {
            $0.authentication.users = [UserOptions(name: rfcKey, credential: .nkey, account: "A")]
        }
        #expect(outcome == (isRight ? "A/\(rfcKey)" : "refused"))
    }

    @Test("A key that is no user's key opens nothing, even if it is configured")
    func otherRole() {
        let name = "AA67RVIDKGVJH2NYVV6YNYMRD4F5PAZ6DSKVJ5HV72VRF3ICRHKBIZGR"
        let outcome = self.decide(#"{"nkey":"\#(name)","sig":"\#(rfcSignature)"}"#, nonce: rfcNonce) {
            $0.authentication.users = [UserOptions(name: name, credential: .nkey, account: "A")]
        }
        #expect(outcome == "refused")
    }

    @Test("With users of the system account alone, others come in to the default account")
    func implicit() {
        func change(_ options: inout ServerOptions) {
            options.accounts = [AccountOptions(name: "$SYS")]
            options.authentication.users = [
                UserOptions(name: "s", credential: .password("p"), account: "$SYS")
            ]
        }
        #expect(self.decide("{}", change) == "$G/")
        #expect(self.decide(#"{"user":"s","pass":"p"}"#, change) == "$SYS/s")
        #expect(self.decide(#"{"user":"s","pass":"x"}"#, change) == "refused")
        let withAnother = self.decide("{}") {
            change(&$0)
            $0.accounts.append(AccountOptions(name: "A"))
        }
        #expect(withAnother == "refused")
        let withGlobal = self.decide("{}") {
            change(&$0)
            $0.authentication.users.append(UserOptions(name: "g", credential: .password("p")))
        }
        #expect(withGlobal == "refused")
    }

    @Test("INFO asks for credentials at once unless a user is named for those without")
    func asking() {
        func make(_ change: (inout ServerOptions) -> Void) -> Authenticator {
            var options = ServerOptions()
            change(&options)
            return Authenticator(options, accounts: AccountTable(seed: 1, systemName: "$SYS"))
        }
        #expect(!make { _ in }.asksAtOnce)
        #expect(make(Self.users).asksAtOnce)
        #expect(!make(Self.users).needsNonce)
        let named = make {
            Self.users(&$0)
            $0.authentication.noAuthUser = "a"
        }
        #expect(!named.asksAtOnce)
        #expect(named.isRequired)
        #expect(named.takesAnyVerb)
        let keys = make { $0.authentication.users = [UserOptions(name: rfcKey, credential: .nkey)] }
        #expect(keys.needsNonce)
        #expect(!keys.takesAnyVerb)
    }
}
