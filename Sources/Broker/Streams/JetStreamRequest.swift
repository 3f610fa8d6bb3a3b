import StreamModel
import Subjects

/// A request to `$JS.API`, copied out of the message that brought it.
struct JetStreamRequest: Sendable {
    /// The subject after `$JS.API.`, split into tokens.
    let tokens: [String]
    /// Where the answer goes; empty if nobody waits for one.
    let reply: [UInt8]
    /// The header block.
    let headers: [UInt8]
    /// The body.
    let payload: [UInt8]

    private static let prefix = Array("$JS.API.".utf8)

    /// Copies the parts; nil if the subject is not one of the API.
    init?(subject: RawSpan, reply: RawSpan, headers: RawSpan, payload: RawSpan) {
        guard subject.starts(with: Self.prefix) else { return nil }
        let rest = subject.extracting(Self.prefix.count..<subject.byteCount).array()
        self.tokens = rest.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        self.reply = reply.array()
        self.headers = headers.array()
        self.payload = payload.array()
    }

    /// A request of the server itself, whose answer nobody gets.
    init() {
        self.tokens = []
        self.reply = []
        self.headers = []
        self.payload = []
    }

    /// Whether the request asks for no higher API level than ours (streams.md §1.8).
    var isLevelSatisfied: Bool {
        let block = unsafe self.headers.span.bytes
        guard let value = HeaderBlock.value(of: "Nats-Required-Api-Level", in: block) else { return true }
        return ServerIdentity.satisfies(requiredAPILevel: block.extracting(value))
    }

    /// Which endpoint it is for; nil if there is none of that name: such a request gets no answer.
    var endpoint: JetStreamEndpoint? { JetStreamEndpoint(self.tokens) }
}

/// The endpoints of `$JS.API` that are served, with what their subject says.
enum JetStreamEndpoint: Hashable, Sendable {
    case accountInfo
    case streamCreate(String)
    case streamUpdate(String)
    case streamInfo(String)
    case streamNames
    case streamList
    case streamDelete(String)
    case streamPurge(String)
    case messageGet(String)
    case messageDelete(String)
    /// Known, and answered with an error: it needs a cluster, or is not built.
    case refused(APIResponseType, APIError)
    case consumerCreate(ConsumerCreateSubject)
    case consumerInfo(stream: String, consumer: String)
    case consumerNames(String)
    case consumerList(String)
    case consumerDelete(stream: String, consumer: String)
    case consumerPause(stream: String, consumer: String)

    init?(_ tokens: [String]) {
        switch tokens.first {
        case "INFO" where tokens.count == 1: self = .accountInfo
        case "STREAM":
            guard let endpoint = Self.stream(tokens) else { return nil }
            self = endpoint
        case "CONSUMER":
            guard let endpoint = Self.consumer(tokens) else { return nil }
            self = endpoint
        default: return nil
        }
    }

    private static func stream(_ tokens: [String]) -> JetStreamEndpoint? {
        switch (tokens.count, tokens.dropFirst().first) {
        case (2, "NAMES"): return .streamNames
        case (2, "LIST"): return .streamList
        case (3, "CREATE"): return .streamCreate(tokens[2])
        case (3, "UPDATE"): return .streamUpdate(tokens[2])
        case (3, "INFO"): return .streamInfo(tokens[2])
        case (3, "DELETE"): return .streamDelete(tokens[2])
        case (3, "PURGE"): return .streamPurge(tokens[2])
        case (3, "SNAPSHOT"):
            return .refused(
                .streamSnapshot,
                .streamSnapshot("snapshot failed: not supported by this version")
            )
        case (3, "RESTORE"):
            return .refused(.streamRestore, .streamRestore("restore failed: not supported by this version"))
        case (3, "CANCEL_MOVE"): return .refused(.streamCancelMove, .clusterRequired)
        case (4, "MSG") where tokens[2] == "GET": return .messageGet(tokens[3])
        case (4, "MSG") where tokens[2] == "DELETE": return .messageDelete(tokens[3])
        case (4, "LEADER") where tokens[2] == "STEPDOWN":
            return .refused(.streamLeaderStepdown, .clusterRequired)
        case (4, "PEER") where tokens[2] == "REMOVE": return .refused(.streamRemovePeer, .clusterRequired)
        case (4, "PEER") where tokens[2] == "EVACUATE": return .refused(.streamEvacuatePeer, .clusterRequired)
        default: return nil
        }
    }

    private static func consumer(_ tokens: [String]) -> JetStreamEndpoint? {
        switch (tokens.count, tokens.dropFirst().first) {
        case (3, "CREATE"):
            return .consumerCreate(ConsumerCreateSubject(form: .legacyEphemeral, stream: tokens[2]))
        case (4..., "CREATE"):
            return .consumerCreate(
                ConsumerCreateSubject(
                    form: .named,
                    stream: tokens[2],
                    consumer: tokens[3],
                    filter: tokens.dropFirst(4).joined(separator: ".")
                )
            )
        case (5, "DURABLE") where tokens[2] == "CREATE":
            return .consumerCreate(
                ConsumerCreateSubject(form: .legacyDurable, stream: tokens[3], consumer: tokens[4])
            )
        case (3, "NAMES"): return .consumerNames(tokens[2])
        case (3, "LIST"): return .consumerList(tokens[2])
        case (4, "INFO"): return .consumerInfo(stream: tokens[2], consumer: tokens[3])
        case (4, "DELETE"): return .consumerDelete(stream: tokens[2], consumer: tokens[3])
        case (4, "PAUSE"): return .consumerPause(stream: tokens[2], consumer: tokens[3])
        case (4, "RESET"):
            return .refused(.consumerReset, .consumerInvalidReset("not supported by this version"))
        case (4, "UNPIN"): return .refused(.consumerUnpin, .consumerInvalidPriorityGroup)
        case (5, "LEADER") where tokens[2] == "STEPDOWN":
            return .refused(.consumerLeaderStepdown, .clusterRequired)
        default: return nil
        }
    }

    /// The kind of its answer.
    var responseType: APIResponseType {
        switch self {
        case .accountInfo: .accountInfo
        case .streamCreate: .streamCreate
        case .streamUpdate: .streamUpdate
        case .streamInfo: .streamInfo
        case .streamNames: .streamNames
        case .streamList: .streamList
        case .streamDelete: .streamDelete
        case .streamPurge: .streamPurge
        case .messageGet: .messageGet
        case .messageDelete: .messageDelete
        case .refused(let type, _): type
        case .consumerCreate: .consumerCreate
        case .consumerInfo: .consumerInfo
        case .consumerNames: .consumerNames
        case .consumerList: .consumerList
        case .consumerDelete: .consumerDelete
        case .consumerPause: .consumerPause
        }
    }

    /// The stream it names, if any.
    var stream: String? {
        switch self {
        case .streamCreate(let name), .streamUpdate(let name), .streamInfo(let name), .streamDelete(let name),
            .streamPurge(let name), .messageGet(let name), .messageDelete(let name), .consumerNames(let name),
            .consumerList(let name):
            name
        case .consumerCreate(let subject): subject.stream
        case .consumerInfo(let stream, _), .consumerDelete(let stream, _), .consumerPause(let stream, _):
            stream
        case .accountInfo, .streamNames, .streamList, .refused: nil
        }
    }
}
