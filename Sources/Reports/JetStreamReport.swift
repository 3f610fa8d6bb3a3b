import Broker
import StreamModel

/// Which streams `/jsz` tells of, and how much (core.md §5.1).
struct JetStreamOptions {
    var account: String
    var accounts: Bool
    var streams: Bool
    var consumers: Bool
    var configurations: Bool
    /// Whether it is told how many groups this server leads: all, where there is one server.
    var leads: Bool
    var offset: Int
    var limit: Int

    init(_ parameters: ReportParameters) throws(ReportError) {
        self.accounts = try parameters.flag("accounts")
        self.streams = try parameters.flag("streams")
        self.consumers = try parameters.flag("consumers", json: "consumer")
        _ = try parameters.flag("direct-consumers", json: "direct_consumer")
        self.configurations = try parameters.flag("config")
        self.offset = max(0, try parameters.integer("offset"))
        let limit = try parameters.integer("limit")
        self.limit = limit > 0 ? limit : 1024
        // One server leads every stream and consumer: those left out are none.
        _ = try parameters.flag("leader-only", json: "leader_only")
        _ = try parameters.flag("stream-leader-only", json: "stream_leader_only")
        self.leads = try parameters.flag("raft")
        self.account = try parameters.text("acc", json: "account")
    }

    /// Whether accounts are listed at all.
    var listsAccounts: Bool { self.accounts || self.streams || self.consumers || !self.account.isEmpty }
    /// Whether streams are.
    var listsStreams: Bool { self.streams || self.consumers }
}

/// Streams and what they hold (core.md §5.4, `/jsz`).
extension ServerReports {
    func writeJetStream(_ options: JetStreamOptions, to writer: inout JSONWriter) async throws(ReportError) {
        let server = await self.broker.snapshot()
        let summary = JetStreamSummary(server: server)
        let totals = server.streams ?? ServerSnapshot.StreamTotals()
        writer.beginObject()
        summary.writeUsage(totals, to: &writer)
        writer.field("server_id", server.serverID)
        writer.field("now", server.now)
        writer.fieldIfSet("disabled", server.streams == nil)
        writer.key("config")
        summary.writeConfiguration(to: &writer)
        writer.key("limits")
        JetStreamSummary.writeLimits(to: &writer)
        writer.field("streams", totals.count)
        if options.leads { writer.field("streams_leader", totals.count) }
        writer.field("consumers", totals.consumers)
        if options.leads { writer.field("consumers_leader", totals.consumers) }
        writer.field("messages", totals.messages)
        writer.field("bytes", totals.memory + totals.storage)
        let names = self.broker.jetStreamAccountNames
        if options.listsAccounts {
            let found = options.account.isEmpty ? names : names.filter { $0 == options.account }
            let first = min(options.offset, found.count)
            let page = found[first..<min(found.count, first + min(options.limit, found.count))]
            if !page.isEmpty {
                writer.key("account_details")
                writer.beginArray()
                for name in page { await self.writeAccount(name, options, to: &writer) }
                writer.endArray()
            }
        }
        writer.field("total", names.count)
        writer.key("weir_storage")
        Self.writeStorage(totals, to: &writer)
        writer.endObject()
    }

    /// Writes an account's use, and its streams where they are asked for.
    func writeAccount(_ name: String, _ options: JetStreamOptions, to writer: inout JSONWriter) async {
        var query = StreamQuery()
        query.account = name
        query.wantsConsumers = options.consumers
        let streams = await self.broker.streams(query)
        let usage = self.broker.jetStreamUsage(of: name)
        var memory: UInt64 = 0
        var storage: UInt64 = 0
        for stream in streams {
            switch stream.info.configuration.storage {
            case .memory: memory += stream.info.state.bytes
            case .file: storage += stream.info.state.bytes
            }
        }
        writer.beginObject()
        writer.field("name", name)
        writer.field("id", name)
        writer.field("memory", memory)
        writer.field("storage", storage)
        writer.field("reserved_memory", usage.memoryLimit)
        writer.field("reserved_storage", usage.storageLimit)
        writer.field("accounts", 0)
        writer.field("ha_assets", 0)
        writer.key("api")
        writer.beginObject()
        writer.field("level", 0)
        writer.field("total", usage.requests)
        writer.field("errors", usage.failedRequests)
        writer.endObject()
        if options.listsStreams, !streams.isEmpty {
            writer.key("stream_detail")
            writer.beginArray()
            for stream in streams { Self.write(stream, options, to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }

    private static func write(
        _ stream: StreamSnapshot,
        _ options: JetStreamOptions,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("name", stream.info.configuration.name)
        writer.field("created", stream.info.created)
        writer.key("cluster")
        writer.beginObject()
        writer.field("leader", stream.info.leader)
        writer.endObject()
        if options.configurations {
            writer.key("config")
            stream.info.configuration.write(to: &writer, metadata: .stored)
        }
        writer.key("state")
        stream.info.state.write(to: &writer)
        if options.consumers, !stream.consumers.isEmpty {
            writer.key("consumer_detail")
            writer.beginArray()
            for consumer in stream.consumers { Self.write(consumer.info, options, to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }

    private static func write(
        _ consumer: ConsumerInfo,
        _ options: JetStreamOptions,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("stream_name", consumer.streamName)
        writer.field("name", consumer.name)
        writer.field("created", consumer.created)
        if options.configurations {
            writer.key("config")
            consumer.configuration.write(to: &writer, metadata: .stored)
        }
        writer.key("delivered")
        consumer.delivered.write(to: &writer)
        writer.key("ack_floor")
        consumer.ackFloor.write(to: &writer)
        writer.field("num_ack_pending", consumer.ackPendingCount)
        writer.field("num_redelivered", consumer.redeliveredCount)
        writer.field("num_waiting", consumer.waitingCount)
        writer.field("num_pending", consumer.pendingCount)
        writer.fieldIfSet("push_bound", consumer.isPushBound)
        if consumer.pauseRemaining > .zero {
            writer.field("paused", true)
            writer.field("pause_remaining", consumer.pauseRemaining)
        }
        writer.field("ts", consumer.time)
        writer.endObject()
    }

    /// Writes what is wrong with what is stored; Weir's own.
    private static func writeStorage(_ totals: ServerSnapshot.StreamTotals, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("frozen_streams", totals.frozenCount)
        writer.field("unavailable_streams", totals.unavailable.count)
        writer.field("damaged_streams", totals.damagedStreams)
        writer.field("damaged_records", totals.damagedRecords)
        writer.field("rebuilt_indexes", totals.rebuiltIndexes)
        writer.endObject()
    }
}
