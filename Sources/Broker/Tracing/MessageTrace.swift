import StreamModel

/// What is told of a message's way through the server: filled while it goes, then published once.
struct MessageTrace: Sendable {
    /// One step of the way.
    struct Event: Sendable {
        /// When.
        let time: Timestamp
        /// What happened.
        let step: Step
        /// Why it went no further here; nil if it did.
        var error: String?
    }

    /// What can happen to a message.
    enum Step: Sendable {
        /// A client published it.
        case arrival(client: Client, account: String, subject: String)
        /// A mapping gave it another subject.
        case mapping(String)
        /// A part of the server takes it, as if an account exported it.
        case service(account: String, subject: String)
        /// A stream looked at it, and, if there is one, took it under `subject`.
        case stream(String, subject: String?)
        /// It goes to a client.
        case delivery(client: Client, subscription: String, queue: String)
    }

    /// A client, as it is told of.
    struct Client: Sendable {
        let id: UInt64
        let name: String
    }

    /// The largest report that is compressed.
    private static let compressedBytesMax = 256 << 10

    /// What was asked for.
    private let request: TraceRequest
    /// Bytes of headers and payload.
    private let size: Int
    private var events: [Event] = []

    init(_ request: TraceRequest, size: Int) {
        self.request = request
        self.size = size
    }

    /// The subject that gets the report.
    var destination: [UInt8] { Array(self.request.destination.utf8) }
    /// Whether the message itself is neither delivered nor stored.
    var isReportOnly: Bool { self.request.isReportOnly }

    /// Adds a step, which was taken at `time`.
    mutating func note(_ step: Step, at time: Timestamp, error: String? = nil) {
        self.events.append(Event(time: time, step: step, error: error))
    }

    /// Notes why the message goes no further than it came.
    mutating func noteRefusal(_ text: String) {
        if !self.events.isEmpty { self.events[0].error = text }
    }

    /// The report with its headers, which are empty where no encoding was asked for.
    ///
    /// - Parameter server: the value of the member `server`, as JSON.
    func report(server: [UInt8]) -> (headers: [UInt8], payload: [UInt8]) {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        if !server.isEmpty {
            writer.key("server")
            writer.raw(server)
        }
        writer.key("request")
        writer.beginObject()
        writer.key("header")
        writer.beginObject()
        for (name, values) in self.request.headers.sorted(by: { $0.key < $1.key }) {
            writer.key(name)
            writer.beginArray()
            for value in values { writer.string(value) }
            writer.endArray()
        }
        writer.endObject()
        writer.field("msgsize", self.size)
        writer.endObject()
        writer.key("events")
        writer.beginArray()
        for event in self.events { event.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        guard var encoding = self.request.encoding else { return ([], writer.bytes) }
        // A loop has better things to do than to compress a client's own headers.
        if writer.bytes.count > Self.compressedBytesMax { encoding = .identity }
        return (encoding.headers, encoding.encode(writer.bytes))
    }
}

extension MessageTrace.Event {
    /// What kind of connection all of them are: a client's.
    private static let clientKind = 0

    /// Writes it as core.md §1.14 has it.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self.step {
        case .arrival(let client, let account, let subject):
            self.begin("in", &writer)
            self.write(client, to: &writer)
            writer.field("acc", account)
            writer.field("subj", subject)
        case .mapping(let subject):
            self.begin("sm", &writer)
            writer.field("to", subject)
        case .service(let account, let subject):
            self.begin("si", &writer)
            writer.field("acc", account)
            writer.field("from", subject)
            writer.field("to", subject)
        case .stream(let name, let subject):
            self.begin("js", &writer)
            writer.field("stream", name)
            writer.fieldIfSet("subject", subject ?? "")
        case .delivery(let client, let subscription, let queue):
            self.begin("eg", &writer)
            self.write(client, to: &writer)
            writer.fieldIfSet("sub", subscription)
            writer.fieldIfSet("queue", queue)
        }
        writer.fieldIfSet("error", self.error ?? "")
        writer.endObject()
    }

    private func begin(_ type: String, _ writer: inout JSONWriter) {
        writer.field("type", type)
        writer.field("ts", self.time)
    }

    private func write(_ client: MessageTrace.Client, to writer: inout JSONWriter) {
        writer.field("kind", Self.clientKind)
        writer.field("cid", client.id)
        writer.fieldIfSet("name", client.name)
    }
}
