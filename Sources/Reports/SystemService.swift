import Broker
import Logging
import StreamModel
import Subjects
import Synchronization

/// Answers requests in the system account, and the few that every account may make (core.md §3.9).
///
/// What it answers are the reports that HTTP gives, in an envelope that names the server.
final class SystemService: Sendable {
    /// The reports of the server.
    let reports: ServerReports
    private let numbers = Atomic<UInt64>(0)
    private let underWay = Atomic<Int>(0)

    /// Requests that are answered at a time; more are dropped, as a server that is overrun does.
    private static let underWayMax = 256

    init(reports: ServerReports) { self.reports = reports }

    var broker: Broker { self.reports.broker }

    /// Begins to answer: called once, before the server listens.
    func start() {
        self.broker.describeServer {
            var writer = JSONWriter()
            self.nextEnvelope().writeObject(to: &writer)
            return writer.bytes
        }
        if let system = self.broker.systemAccount {
            for (pattern, make) in SystemRequest.served(by: self.broker.serverID) {
                self.broker.serve(pattern, in: system) { request in
                    // What the other pattern of an account's reports would take for an account of that name.
                    self.take(request, make(SystemRequest.account(in: request.subject, pattern: pattern)))
                }
            }
        }
        for (pattern, report) in SystemRequest.servedEverywhere {
            self.broker.serveEverywhere(pattern) { request in
                self.take(request, report.map { .account(request.account.name, $0) } ?? .user)
            }
        }
    }

    /// An envelope for the next message.
    func nextEnvelope() -> SystemEnvelope {
        SystemEnvelope(
            broker: self.broker,
            number: self.numbers.wrappingAdd(1, ordering: .relaxed).newValue
        )
    }

    /// Takes a request, on the requestor's loop, and has it answered elsewhere.
    private func take(_ request: Service.Request, _ asked: SystemRequest) {
        guard self.underWay.wrappingAdd(1, ordering: .relaxed).newValue <= Self.underWayMax else {
            self.underWay.wrappingSubtract(1, ordering: .relaxed)
            return
        }
        Task {
            if let answer = await self.answer(request, asked), !request.reply.isEmpty {
                // Reports may be long; the rest is written as it is, whatever is asked for.
                let encoding = answer.isReport ? AnswerEncoding(headers: request.headers) : nil
                self.broker.publish(
                    in: request.account,
                    subject: request.reply,
                    headers: encoding?.headers ?? [],
                    payload: encoding?.encode(answer.text) ?? answer.text
                )
            }
            self.underWay.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    /// What is answered.
    private struct Answer {
        var text: [UInt8]
        /// Whether it is a report that could be made.
        var isReport = false
    }

    /// The answer; nil if there is to be none.
    private func answer(_ request: Service.Request, _ asked: SystemRequest) async -> Answer? {
        switch asked {
        case .identity: return Answer(text: self.identity())
        case .user: return Answer(text: await self.user(request))
        case .subscribers: return Answer(text: self.subscribers(request))
        case .kick, .lameDuck: return await self.direct(asked, request).map { Answer(text: $0) }
        case .purge(let account):
            return self.broker.removeStreams(of: account).map { Answer(text: $0) }
        default: break
        }
        do throws(ReportError) {
            let parameters = try unsafe ReportParameters(json: request.payload.span.bytes)
            let filter = try ServerFilter(parameters)
            guard filter.matches(name: self.broker.serverName, self.broker.settings) else { return nil }
            switch asked {
            case .statistics: return Answer(text: await self.statistics())
            case .report(let kind):
                return Answer(text: try await self.report(kind, parameters), isReport: true)
            case .profile: return Answer(text: try self.profile(parameters), isReport: true)
            case .account(let name, let report):
                let isOwn = !request.account.isSystem
                return try await self.account(name, report, parameters, isOwn: isOwn)
                    .map { Answer(text: $0, isReport: report != .connections) }
            case .subscriptionCount: return try self.subscriptionCount(parameters).map { Answer(text: $0) }
            case .reload: return Answer(text: await self.reload())
            default: return nil
            }
        } catch {
            return Answer(text: self.failure(error))
        }
    }

    // MARK: - Envelopes

    /// A message with the server and what `body` writes.
    func message(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        self.nextEnvelope().write(to: &writer)
        body(&writer)
        writer.endObject()
        return JSONLayout.compact(writer.bytes)
    }

    /// A message with the server and a report.
    private func data(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        self.message { writer in
            writer.key("data")
            body(&writer)
        }
    }

    private func failure(_ error: ReportError) -> [UInt8] {
        self.message { writer in
            var code = 500
            if case .malformed = error {
                code = 400
            } else {
                writer.key("data")
                writer.null()
            }
            Self.write(code, error.text, to: &writer)
        }
    }

    private static func write(_ code: Int, _ text: String, to writer: inout JSONWriter) {
        writer.key("error")
        writer.beginObject()
        writer.field("code", code)
        writer.field("description", text)
        writer.endObject()
    }

    // MARK: - Servers

    private func identity() -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        writer.field("name", self.broker.serverName)
        writer.field("host", self.broker.settings.host)
        writer.field("id", self.broker.serverID)
        writer.endObject()
        return JSONLayout.compact(writer.bytes)
    }

    /// The server's statistics, with their envelope.
    func statistics() async -> [UInt8] {
        let report = StatisticsReport(
            server: await self.broker.snapshot(),
            usage: self.reports.usage.reading(),
            activeAccounts: self.broker.allAccounts.count { $0.connections > 0 }
        )
        return self.message { writer in
            writer.key("statsz")
            report.write(to: &writer)
        }
    }

    private func report(_ kind: ReportKind, _ parameters: ReportParameters) async throws(ReportError)
        -> [UInt8]
    {
        switch kind {
        case .health:
            let report = await self.reports.health(try HealthOptions(parameters), showsStatus: true)
            return self.data { $0.raw(report.json) }
        case .groups:
            return self.data { writer in
                writer.beginObject()
                writer.endObject()
            }
        default:
            let report = try await self.reports.report(kind, parameters)
            return self.data { $0.raw(report.json) }
        }
    }

    /// A profile of the process: there are none, which is told as it is of a name that does not exist.
    private func profile(_ parameters: ReportParameters) throws(ReportError) -> [UInt8] {
        let name = try parameters.text("name")
        let problem =
            name.isEmpty
            ? "Profile name not specified" : "Profile \(ReportParameters.quoted(name)) not found"
        return self.data { writer in
            writer.beginObject()
            writer.key("profile")
            writer.null()
            writer.field("error", problem)
            writer.endObject()
        }
    }

    private func direct(_ asked: SystemRequest, _ request: Service.Request) async -> [UInt8]? {
        // Whoever says nothing that can be understood gets no answer.
        guard !request.payload.isEmpty,
            let parameters = try? unsafe ReportParameters(json: request.payload.span.bytes),
            let id = try? parameters.unsigned("cid")
        else { return nil }
        let isKick = asked == .kick
        let isDone = isKick ? await self.broker.kick(id) : await self.broker.tellToLeave(id)
        return self.message { writer in
            if isDone { return }
            Self.write(500, isKick ? "no such client or leafnode id" : "no such client id", to: &writer)
        }
    }

    private func reload() async -> [UInt8] {
        var problem: String?
        if let reload = self.reports.reload {
            problem = await reload()
        } else {
            problem = "there is no configuration"
        }
        return self.message { writer in
            if let problem { Self.write(500, problem, to: &writer) }
        }
    }

    // MARK: - Accounts

    private func account(
        _ name: String,
        _ report: SystemRequest.AccountReport,
        _ parameters: ReportParameters,
        isOwn: Bool
    ) async throws(ReportError) -> [UInt8]? {
        var writer = JSONWriter(capacity: 1024)
        switch report {
        case .subscriptions:
            var options = try SubscriptionOptions(parameters)
            options.query.account = name
            options.lists = true
            await self.reports.writeSubscriptions(options, to: &writer)
        case .clients:
            var options = try ClientOptions(parameters)
            options.query.account = name
            try await self.reports.writeClients(options, to: &writer)
        case .leafNodes: return try await self.report(.leafNodes, parameters)
        case .jetStream:
            guard let account = self.broker.account(named: name) else {
                throw .refused("account \"\(name)\" not found")
            }
            guard self.broker.jetStreamAccountNames.contains(account.name) else {
                throw .refused("account \"\(name)\" not jetstream enabled")
            }
            await self.reports.writeAccount(name, try JetStreamOptions(parameters), to: &writer)
        case .information:
            guard let found = await self.broker.accountSnapshots().first(where: { $0.name == name }) else {
                throw .refused("Account \(name) does not exist")
            }
            await self.reports.write(found, to: &writer)
        case .traffic:
            guard let accounts = try await self.traffic(name, parameters, isOwn: isOwn) else { return nil }
            AccountTrafficReport(accounts: accounts).write(self.broker.serverID, self.broker.now, to: &writer)
        case .connections:
            let found = await self.broker.accountSnapshots().first { $0.name == name && $0.clients > 0 }
            return found.map { SystemEvent.connections($0).json(from: self) }
        }
        let bytes = writer.bytes
        return self.data { $0.raw(bytes) }
    }

    /// The accounts whose traffic is told; nil: there are none, and nothing is to be said.
    private func traffic(
        _ name: String,
        _ parameters: ReportParameters,
        isOwn: Bool
    ) async throws(ReportError) -> [AccountSnapshot]? {
        // The server is asked for all accounts, or for some by their names; an account is told of itself alone.
        let asksAll = name == "PING" && !isOwn
        let names = asksAll ? try parameters.texts("accounts", json: "accounts") : [name]
        let unused = try parameters.flag("unused", json: "include_unused")
        let found = await self.reports.accountsWithTraffic(names, unused: unused && (asksAll || isOwn))
        return found.isEmpty ? nil : found
    }

    /// How many subscriptions a message would go to, as digits: `subject [queue]` is asked for.
    private func subscribers(_ request: Service.Request) -> [UInt8] {
        let words = request.payload.split(separator: UInt8(ascii: " "))
            .map { String(decoding: $0, as: UTF8.self) }
        guard let subject = words.first else { return Array("0".utf8) }
        let count = self.count(
            subject: subject,
            queue: words.count > 1 ? words[1] : nil,
            in: request.account.name
        )
        return Array("\(count)".utf8)
    }

    /// The same of an account that is named in the request; nil if there is none of that name.
    private func subscriptionCount(_ parameters: ReportParameters) throws(ReportError) -> [UInt8]? {
        let subject = try parameters.text("subject")
        let queue = try parameters.text("queue")
        let account = try parameters.text("acc")
        guard self.broker.account(named: account) != nil else { return nil }
        return Array("\(self.count(subject: subject, queue: queue.isEmpty ? nil : queue, in: account))".utf8)
    }

    private func count(subject: String, queue: String?, in account: String) -> Int {
        let bytes = Array(subject.utf8)
        guard unsafe Subject.isValidLiteral(bytes.span.bytes) else { return 0 }
        var query = SubscriptionQuery()
        query.account = account
        query.test = subject
        query.limit = .max
        return self.broker.subscriptions(query).page
            .count { $0.clientID != 0 && (queue == nil || $0.queue == queue) }
    }

    // MARK: - Users

    private func user(_ request: Service.Request) async -> [UInt8] {
        var user = ""
        var permissions: PermissionOptions?
        if let id = request.clientID {
            var query = ClientQuery()
            query.id = id
            query.limit = 1
            user = await self.broker.clients(query).clients.first?.user ?? ""
            permissions = await self.broker.permissions(of: id)
        }
        return self.data { writer in
            writer.beginObject()
            writer.field("user", user)
            writer.field("account", request.account.name)
            writer.field("account_name", request.account.name)
            if let permissions {
                writer.key("permissions")
                PermissionText(permissions: permissions).write(to: &writer)
            }
            writer.endObject()
        }
    }
}
