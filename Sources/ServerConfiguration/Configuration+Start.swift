import Broker
import StreamModel

extension Configuration {
    /// The port for clients, if none is given.
    private static let defaultPort = 4222
    /// The directory of the store, if none is given.
    private static let defaultStoreDirectory = "weir-data"

    /// Makes what is left open definite, once the file and the command line have been read.
    ///
    /// - Parameter storesByDefault: Whether streams are stored if nobody says whether.
    public mutating func resolve(storesByDefault: Bool) {
        // -1 asks for a free port, which the system calls 0; 0 itself means the default.
        let port = self.process.port
        self.options.port = port == -1 ? 0 : port == 0 ? Self.defaultPort : port
        let root = self.process.storeDirectory ?? Self.defaultStoreDirectory
        self.options.storeDirectory = self.process.jetStream ?? storesByDefault ? "\(root)/weir" : nil
        if self.process.traceVerbose || self.process.traceHeaders { self.process.trace = true }
        self.options.tracing.isVerbose = self.process.traceVerbose
        self.options.tracing.headersOnly = self.process.traceHeaders
        self.options.tracing.messageBytesMax = self.process.maxTracedMessageLength
    }

    /// Why a server cannot be started with this, nil if it can (core.md §4.5).
    ///
    /// Each value may be right for itself: these are the rules between them, which `-t` does not look at.
    public var startProblem: String? {
        let options = self.options
        if options.maxPayload > options.maxPending {
            return
                "max_payload (\(options.maxPayload)) cannot be higher than max_pending (\(options.maxPending))"
        }
        if options.lameDuckGracePeriod >= options.lameDuckDuration {
            return """
                lame duck grace period (\(Nanoseconds(options.lameDuckGracePeriod))) should be strictly lower than \
                lame duck duration (\(Nanoseconds(options.lameDuckDuration)))
                """
        }
        let authentication = options.authentication
        if authentication.single != nil, authentication.token != nil {
            return "Cannot have a user/pass and token"
        }
        guard let name = authentication.noAuthUser else { return nil }
        if authentication.users.isEmpty {
            return "no_auth_user: \"\(name)\" present, but users/nkeys are not defined"
        }
        if !authentication.users.contains(where: { $0.name == name }) {
            return """
                no_auth_user: "\(name)" not present as user or nkey in authorization block or account configuration
                """
        }
        return nil
    }

    /// Whether a password or token stands in it as plain text.
    public var hasPlainSecrets: Bool {
        let authentication = self.options.authentication
        var secrets: [String] = []
        if let token = authentication.token { secrets.append(token) }
        for user in authentication.users + [authentication.single].compactMap(\.self) {
            if case .password(let password) = user.credential { secrets.append(password) }
        }
        return secrets.contains { !Self.isHash($0) }
    }

    /// Whether a secret is the bcrypt hash of one: `$2`, a letter, and two digits between dollar signs.
    private static func isHash(_ secret: String) -> Bool {
        let bytes = Array(secret.utf8.prefix(7))
        guard bytes.count == 7, bytes.starts(with: Array("$2".utf8)) else { return false }
        return Array("abxy".utf8).contains(bytes[2]) && bytes[3] == UInt8(ascii: "$") && bytes[4].isDigit
            && bytes[5].isDigit && bytes[6] == UInt8(ascii: "$")
    }
}
