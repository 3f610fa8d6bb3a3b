import Broker
import StreamModel
import Subjects

/// Which subscriptions `/subsz` tells of (core.md §5.1).
struct SubscriptionOptions {
    var query = SubscriptionQuery()
    /// Whether they are listed.
    var lists: Bool

    init(_ parameters: ReportParameters) throws(ReportError) {
        self.lists = try parameters.flag("subs", json: "subscriptions")
        self.query.offset = max(0, try parameters.integer("offset"))
        let limit = try parameters.integer("limit")
        self.query.limit = limit > 0 ? limit : 1024
        let test = try parameters.text("test")
        let account = try parameters.text("acc", json: "account")
        if !account.isEmpty { self.query.account = account }
        if test.isEmpty { return }
        let bytes = Array(test.utf8)
        guard unsafe Subject.isValidLiteral(bytes.span.bytes) else {
            throw .refused("invalid test subject, must be valid publish subject: \(test)")
        }
        self.query.test = test
    }
}

/// Subscriptions (core.md §5.4, `/subsz`).
extension ServerReports {
    func writeSubscriptions(_ options: SubscriptionOptions, to writer: inout JSONWriter) async {
        let interest = await self.broker.interestAndRoutes(of: options.query.account)
        writer.beginObject()
        self.writeHead(to: &writer)
        Self.writeTable(interest, to: &writer)
        let lists = options.lists
        let found = lists ? self.broker.subscriptions(options.query) : (0, [])
        writer.field("total", found.0)
        writer.field("offset", options.query.offset)
        writer.field("limit", options.query.limit)
        if !found.1.isEmpty {
            writer.key("subscriptions_list")
            writer.beginArray()
            for subscription in found.1 { Self.write(subscription, showsAccount: true, to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }

    /// Writes what a table of subscriptions holds and did, and what loops remember of it, as members.
    static func writeTable(_ interest: InterestSnapshot, to writer: inout JSONWriter) {
        writer.field("num_subscriptions", interest.count)
        writer.field("num_cache", interest.remembered)
        writer.field("num_inserts", interest.inserts)
        writer.field("num_removes", interest.removes)
        writer.field("num_matches", interest.matches)
        writer.key("cache_hit_rate")
        writer.number(interest.hitRate)
        writer.field("max_fanout", interest.widest)
        writer.key("avg_fanout")
        writer.number(interest.averageWidth)
    }
}
