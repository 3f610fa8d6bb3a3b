import Broker
import StreamModel

/// What is looked at for `/healthz` (core.md §5.1).
struct HealthOptions {
    var jetStreamOnly: Bool
    var account: String
    var stream: String
    var consumer: String
    var details: Bool

    init(_ parameters: ReportParameters) throws(ReportError) {
        let enabled = try parameters.flag("js-enabled")
        let enabledOnly = try parameters.flag("js-enabled-only")
        let serverOnly = try parameters.flag("js-server-only")
        let metaOnly = try parameters.flag("js-meta-only")
        self.jetStreamOnly = enabled || enabledOnly || serverOnly || metaOnly
        self.account = try parameters.text("account")
        self.stream = try parameters.text("stream")
        self.consumer = try parameters.text("consumer")
        self.details = try parameters.flag("details")
    }
}

/// Whether all is well; what probes ask for (core.md §5.4, `/healthz`).
struct HealthReport: Equatable {
    /// What is not well.
    struct Fault: Equatable {
        /// What it concerns.
        enum Kind: String {
            case badRequest = "BAD_REQUEST"
            case jetStream = "JETSTREAM"
            case account = "ACCOUNT"
            case stream = "STREAM"
            case consumer = "CONSUMER"
        }

        var kind: Kind
        var account = ""
        var stream = ""
        var consumer = ""
        var text: String
    }

    /// The status: 200 while there are no faults.
    private(set) var status = 200
    /// What is not well; empty: all is well.
    private(set) var faults: [Fault] = []

    /// All is well.
    init() {}

    /// One thing is not well.
    init(status: Int, _ fault: Fault) {
        self.status = status
        self.faults = [fault]
    }

    /// What `totals` say; nil stands for a server without JetStream, which is always well.
    init(_ totals: ServerSnapshot.StreamTotals?) {
        self.init(
            frozen: totals?.frozen,
            unavailable: totals?.unavailable ?? [],
            isDiskFull: totals?.isDiskFull ?? false
        )
    }

    /// - Parameters:
    ///   - frozen: a stream that takes no writes; nil if there is none.
    ///   - unavailable: streams whose store could not be opened.
    ///   - isDiskFull: whether no messages are taken for want of room.
    init(frozen: ServerSnapshot.FrozenStream?, unavailable: [String] = [], isDiskFull: Bool = false) {
        if let frozen {
            self.add(
                "JetStream stream '\(frozen.name)' takes no writes: \(frozen.reason)",
                stream: frozen.name
            )
        }
        if let name = unavailable.first {
            let more = unavailable.count == 1 ? "" : " and \(unavailable.count - 1) more"
            self.add("JetStream stream '\(name)'\(more) could not be opened", stream: name)
        }
        if isDiskFull { self.add("JetStream takes no messages: the disk is full") }
    }

    private mutating func add(_ text: String, stream: String = "") {
        self.status = 503
        self.faults.append(Fault(kind: stream.isEmpty ? .jetStream : .stream, stream: stream, text: text))
    }

    /// Writes the members.
    ///
    /// - Parameters:
    ///   - details: whether all faults are named, not the first alone.
    ///   - showsStatus: whether the status is told, to whoever does not see it in the head of a response.
    func write(details: Bool, showsStatus: Bool, to writer: inout JSONWriter) {
        let isBad = self.faults.first?.kind == .badRequest
        writer.beginObject()
        writer.field("status", self.faults.isEmpty ? "ok" : isBad || details ? "error" : "unavailable")
        if showsStatus { writer.field("status_code", self.status) }
        if details, !self.faults.isEmpty {
            writer.key("errors")
            writer.beginArray()
            for fault in self.faults {
                writer.beginObject()
                writer.field("type", fault.kind.rawValue)
                writer.fieldIfSet("account", fault.account)
                writer.fieldIfSet("stream", fault.stream)
                writer.fieldIfSet("consumer", fault.consumer)
                writer.field("error", fault.text)
                writer.endObject()
            }
            writer.endArray()
        } else if let fault = self.faults.first {
            writer.field("error", fault.text)
        }
        writer.endObject()
    }
}

extension ServerReports {
    /// Whether all is well with what is asked for.
    func health(_ options: HealthOptions, showsStatus: Bool = false) async -> Report {
        let health = await self.check(options)
        var writer = JSONWriter(capacity: 128)
        health.write(details: options.details, showsStatus: showsStatus, to: &writer)
        return Report(writer, status: health.status)
    }

    private func check(_ options: HealthOptions) async -> HealthReport {
        if options.account.isEmpty, !options.stream.isEmpty {
            return HealthReport(
                status: 400,
                .init(
                    kind: .badRequest,
                    text: "\"account\" must not be empty when checking stream health"
                )
            )
        }
        if options.stream.isEmpty, !options.consumer.isEmpty {
            return HealthReport(
                status: 400,
                .init(
                    kind: .badRequest,
                    text: "\"stream\" must not be empty when checking consumer health"
                )
            )
        }
        let totals = await self.broker.snapshot().streams
        if totals == nil || options.jetStreamOnly { return HealthReport() }
        if options.account.isEmpty { return HealthReport(totals) }
        return await self.checkAccount(options)
    }

    private func checkAccount(_ options: HealthOptions) async -> HealthReport {
        guard self.broker.jetStreamAccountNames.contains(options.account) else {
            return HealthReport(
                status: 404,
                .init(
                    kind: .account,
                    account: options.account,
                    text: "JetStream account \"\(options.account)\" not found"
                )
            )
        }
        var query = StreamQuery()
        query.account = options.account
        query.wantsConsumers = !options.consumer.isEmpty
        let streams = await self.broker.streams(query)
        let wanted = options.stream.isEmpty ? nil : options.stream
        let found = streams.filter { wanted == nil || $0.info.configuration.name == wanted }
        if let wanted, found.isEmpty {
            return HealthReport(
                status: 404,
                .init(
                    kind: .stream,
                    account: options.account,
                    stream: wanted,
                    text: "JetStream stream \"\(wanted)\" not found on account \"\(options.account)\""
                )
            )
        }
        let name = options.consumer
        if !name.isEmpty, !found.contains(where: { $0.consumers.contains { $0.info.name == name } }) {
            return HealthReport(
                status: 404,
                .init(
                    kind: .consumer,
                    account: options.account,
                    stream: options.stream,
                    consumer: name,
                    text:
                        "JetStream consumer \"\(name)\" not found for stream \"\(options.stream)\" on account \"\(options.account)\""
                )
            )
        }
        let frozen = found.first { $0.frozen != nil }
        return HealthReport(
            frozen: frozen.map { .init(name: $0.info.configuration.name, reason: $0.frozen ?? "") }
        )
    }
}
