import StreamModel

/// What the server can be asked to tell of itself (core.md §5), by its path over HTTP.
public enum ReportKind: String, CaseIterable, Sendable {
    /// The server as a whole.
    case general = "varz"
    /// Streams and what they hold.
    case jetStream = "jsz"
    /// Clients.
    case clients = "connz"
    /// Accounts.
    case accounts = "accountz"
    /// What the clients of accounts did.
    case accountTraffic = "accstatz"
    /// Subscriptions.
    case subscriptions = "subsz"
    /// Servers of the cluster; there are none.
    case routes = "routez"
    /// Leaf nodes; there are none.
    case leafNodes = "leafz"
    /// Gateways; there are none.
    case gateways = "gatewayz"
    /// Groups that agree by vote; there are none.
    case groups = "raftz"
    /// Work that waits between threads.
    case queues = "ipqueuesz"
    /// Whether all is well.
    case health = "healthz"
    /// The process and its memory.
    case variables = "debug/vars"

    /// The last token of a request for it in the system account.
    var requestName: String { self == .variables ? "EXPVARZ" : self.rawValue.uppercased() }
}

/// What was asked for: one line of JSON, and a status in the sense of HTTP.
public struct Report: Sendable {
    /// The status: 200, or why not.
    public let status: Int
    /// The text, laid out for a line.
    public let json: [UInt8]

    init(_ writer: JSONWriter, status: Int = 200) {
        self.status = status
        self.json = JSONLayout.compact(writer.bytes)
    }

    /// The text in many lines, indented by two spaces.
    public var indented: [UInt8] { JSONLayout.indented(self.json) }
}

/// Why a report could not be made.
public enum ReportError: Error, Sendable, Equatable {
    /// A parameter could not be understood; the text says which.
    case malformed(String)
    /// What was asked for makes no sense here; the text says why.
    case refused(String)
    /// There is nothing of the kind; the text says so.
    case notFound(String)

    /// What is wrong.
    public var text: String {
        switch self {
        case .malformed(let text), .refused(let text), .notFound(let text): text
        }
    }

    /// The status in the sense of HTTP.
    public var status: Int {
        if case .notFound = self { return 404 }
        return 400
    }
}
