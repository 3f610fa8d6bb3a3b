import Subjects

/// What a client said in `CONNECT`, or the defaults; core.md §1.4.
///
/// Keys are matched in any case, unknown ones are ignored, and `null` leaves a value as it is.
public struct ConnectOptions: Hashable, Sendable {
    /// Whether each accepted operation is answered by `+OK`.
    ///
    /// A client that never sends `CONNECT` gets them.
    public var verbose = true
    /// Whether publish subjects are checked.
    public var pedantic = true
    /// Whether the client wants TLS; for information.
    public var tlsRequired = false
    /// A token to authenticate with.
    public var authToken = ""
    /// A user name to authenticate with.
    public var user = ""
    /// The password that goes with ``user``.
    public var pass = ""
    /// A user's JWT.
    public var jwt = ""
    /// A public user key.
    public var nkey = ""
    /// The signature of the nonce in base64, raw URL or standard.
    public var sig = ""
    /// What the client calls itself, for monitoring.
    public var name = ""
    /// The language of the client library, for monitoring.
    public var lang = ""
    /// The version of the client library, for monitoring.
    public var version = ""
    /// The version of the protocol the client speaks: 0 or 1, but any number may be sent.
    public var protocolVersion = 0
    /// Whether the connection's own messages are delivered back to it.
    public var echo = true
    /// Whether the client understands headers.
    public var headers = false
    /// Whether a request that reaches nobody is answered by a status 503; needs ``headers``.
    public var noResponders = false
    /// The account the client asks for: a legacy field, whose use is refused.
    public var account = ""
    /// Whether the client asks for a new account: a legacy field, whose use is refused.
    public var newAccount = false
    /// A trusted proxy's signature of the nonce.
    public var proxySig = ""

    /// The defaults.
    public init() {}

    /// Takes in the JSON at `place` of `bytes`, and says whether it was valid.
    ///
    /// What the text does not mention keeps its value: a second `CONNECT` is merged into the first. A value of the
    /// wrong type, an array, malformed JSON and text behind the object are not valid; the connection is to be
    /// closed without a word, and the options may have changed in part.
    public mutating func merge(_ bytes: RawSpan, at place: Range<Int>) -> Bool {
        var reader = JSONReader(place)
        if reader.takeWord("null", in: bytes) { return reader.isAtEnd(in: bytes) }
        guard reader.take(UInt8(ascii: "{"), in: bytes) else { return false }
        var isFirst = true
        while true {
            switch reader.nextKey(in: bytes, isFirst: isFirst) {
            case .end: return reader.isAtEnd(in: bytes)
            case .malformed: return false
            case .name(let name):
                guard self.readValue(of: Self.lowercased(name), reader: &reader, in: bytes) else {
                    return false
                }
            }
            isFirst = false
        }
    }

    /// Takes in all of `bytes`; see ``merge(_:at:)``.
    public mutating func merge(_ bytes: RawSpan) -> Bool { self.merge(bytes, at: 0..<bytes.byteCount) }

    private mutating func readValue(of key: String, reader: inout JSONReader, in bytes: RawSpan) -> Bool {
        if reader.takeWord("null", in: bytes) { return true }
        switch key {
        case "verbose": return Self.read(&self.verbose, &reader, bytes)
        case "pedantic": return Self.read(&self.pedantic, &reader, bytes)
        case "tls_required": return Self.read(&self.tlsRequired, &reader, bytes)
        case "auth_token": return Self.read(&self.authToken, &reader, bytes)
        case "user": return Self.read(&self.user, &reader, bytes)
        case "pass": return Self.read(&self.pass, &reader, bytes)
        case "jwt": return Self.read(&self.jwt, &reader, bytes)
        case "nkey": return Self.read(&self.nkey, &reader, bytes)
        case "sig": return Self.read(&self.sig, &reader, bytes)
        case "name": return Self.read(&self.name, &reader, bytes)
        case "lang": return Self.read(&self.lang, &reader, bytes)
        case "version": return Self.read(&self.version, &reader, bytes)
        case "protocol":
            guard let value = reader.readInt(in: bytes) else { return false }
            self.protocolVersion = value
            return true
        case "echo": return Self.read(&self.echo, &reader, bytes)
        case "headers": return Self.read(&self.headers, &reader, bytes)
        case "no_responders": return Self.read(&self.noResponders, &reader, bytes)
        case "account": return Self.read(&self.account, &reader, bytes)
        case "new_account": return Self.read(&self.newAccount, &reader, bytes)
        case "proxy_sig": return Self.read(&self.proxySig, &reader, bytes)
        case "remote_account":  // Of leaf nodes only, but its type counts.
            var ignored = ""
            return Self.read(&ignored, &reader, bytes)
        case "import", "export":  // Of routes and leaf nodes only, but their type counts.
            return reader.peek(in: bytes) == UInt8(ascii: "{") && reader.skipValue(in: bytes)
        default: return reader.skipValue(in: bytes)
        }
    }

    private static func read(_ value: inout Bool, _ reader: inout JSONReader, _ bytes: RawSpan) -> Bool {
        guard let new = reader.readBool(in: bytes) else { return false }
        value = new
        return true
    }

    private static func read(_ value: inout String, _ reader: inout JSONReader, _ bytes: RawSpan) -> Bool {
        guard let new = reader.readString(in: bytes) else { return false }
        value = String(decoding: new, as: UTF8.self)  // Bytes that are no UTF-8 become U+FFFD.
        return true
    }

    static func lowercased(_ name: [UInt8]) -> String {
        String(decoding: name.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
