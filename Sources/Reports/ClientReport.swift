import Broker
import StreamModel

/// Which clients `/connz` tells of, and how much (core.md §5.1).
struct ClientOptions {
    var query = ClientQuery()
    /// Whether it is told who they are.
    var showsIdentity: Bool
    /// Whether everything is told of their subscriptions.
    var showsDetails: Bool
    /// Whether no client can pass, because there are none of the kind.
    private(set) var isHopeless = false

    init(_ parameters: ReportParameters) throws(ReportError) {
        let sort = try parameters.text("sort")
        self.showsIdentity = try parameters.flag("auth")
        let subscriptions = try parameters.subscriptions(
            json: "subscriptions",
            detail: "subscriptions_detail"
        )
        self.query.wantsSubscriptions = subscriptions.list
        self.showsDetails = subscriptions.detail
        self.query.offset = max(0, try parameters.integer("offset"))
        let limit = try parameters.integer("limit")
        self.query.limit = limit > 0 ? limit : 1024
        let id = try parameters.unsigned("cid")
        if id > 0 {
            self.query.id = id
            self.query.limit = 1
        }
        let state = try parameters.state()
        self.query.state = state.isOpen && state.isClosed ? .all : state.isClosed ? .closed : .open
        let user = try parameters.text("user")
        if !user.isEmpty { self.query.user = user }
        let account = try parameters.text("acc")
        if !account.isEmpty { self.query.account = account }
        let filter = try parameters.text("filter_subject")
        if !filter.isEmpty { self.query.filterSubject = filter }
        self.isHopeless = try !parameters.text("mqtt_client").isEmpty
        if sort.isEmpty { return }
        guard let order = ClientQuery.Order(rawValue: sort) else {
            throw .refused("invalid sorting option: \(sort)")
        }
        self.query.order = order
        if order == .end || order == .reason, self.query.state != .closed {
            throw .refused("sort by \(sort) only valid on closed connections")
        }
    }
}

/// Clients (core.md §5.3, `/connz`).
extension ServerReports {
    func writeClients(_ options: ClientOptions, to writer: inout JSONWriter) async throws(ReportError) {
        let page = await self.broker.clients(options.query)
        let now = self.broker.now
        let clients = options.isHopeless ? [] : page.clients
        writer.beginObject()
        writer.field("server_id", page.isAccountKnown ? self.broker.serverID : "")
        writer.field("now", now)
        writer.field("num_connections", clients.count)
        writer.field("total", page.total)
        writer.field("offset", options.query.offset)
        writer.field("limit", options.query.limit)
        writer.key("connections")
        if page.isAccountKnown {
            writer.beginArray()
            for client in clients { Self.write(client, options, now: now, to: &writer) }
            writer.endArray()
        } else {
            writer.null()
        }
        writer.endObject()
    }

    private static func write(
        _ client: ClientSnapshot,
        _ options: ClientOptions,
        now: Timestamp,
        to writer: inout JSONWriter
    ) {
        let end = client.end?.time ?? now
        writer.beginObject()
        writer.field("cid", client.id)
        writer.field("kind", "Client")
        writer.field("type", "nats")
        writer.field("ip", client.host)
        writer.field("port", client.port)
        writer.field("start", client.start)
        writer.field("last_activity", client.lastActivity)
        if let end = client.end {
            writer.field("stop", end.time)
            writer.field("reason", end.reason.rawValue)
        }
        if client.roundTrip > 0 {
            writer.field("rtt", RoundTrip(nanoseconds: max(1_000, client.roundTrip / 1_000 * 1_000)).text)
        }
        writer.field("uptime", Uptime(seconds: end.nanoseconds(since: client.start) / 1_000_000_000).text)
        writer.field(
            "idle",
            Uptime(seconds: end.nanoseconds(since: client.lastActivity) / 1_000_000_000).text
        )
        writer.field("pending_bytes", client.pendingBytes)
        writer.field("in_msgs", client.received.messages)
        writer.field("out_msgs", client.sent.messages)
        writer.field("in_bytes", client.received.bytes)
        writer.field("out_bytes", client.sent.bytes)
        writer.fieldIfSet("stalls", client.stalls)
        writer.field("subscriptions", client.subscriptionCount)
        writer.fieldIfSet("name", client.name)
        writer.fieldIfSet("lang", client.language)
        writer.fieldIfSet("version", client.version)
        if options.showsIdentity {
            writer.fieldIfSet("authorized_user", client.user)
            if client.account != "$G" { writer.field("account", client.account) }
        }
        if options.query.wantsSubscriptions, !client.subscriptions.isEmpty {
            if options.showsDetails {
                writer.key("subscriptions_list_detail")
                writer.beginArray()
                for subscription in client.subscriptions {
                    Self.write(subscription, showsAccount: false, to: &writer)
                }
                writer.endArray()
            } else {
                writer.field("subscriptions_list", client.subscriptions.map(\.subject))
            }
        }
        if options.showsIdentity { writer.field("name_tag", client.account) }
        writer.endObject()
    }

    /// Writes a subscription as the details of several reports show it.
    static func write(
        _ subscription: SubscriptionSnapshot,
        showsAccount: Bool,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        if showsAccount {
            writer.field("account", subscription.account)
            writer.field("account_tag", subscription.account)
        }
        writer.field("subject", subscription.subject)
        writer.fieldIfSet("qgroup", subscription.queue)
        writer.field("sid", subscription.id)
        writer.field("msgs", subscription.delivered)
        if let limit = subscription.limit { writer.field("max", limit) }
        writer.field("cid", subscription.clientID)
        writer.endObject()
    }
}
