import Broker
import StreamModel

/// Accounts (core.md §5.4, `/accountz` and `/accstatz`).
extension ServerReports {
    /// Writes the names of all accounts, or everything about one.
    func writeAccounts(_ name: String?, to writer: inout JSONWriter) async throws(ReportError) {
        var found: AccountSnapshot?
        if let name {
            found = await self.broker.accountSnapshots().first { $0.name == name }
            if found == nil { throw .refused("Account \(name) does not exist") }
        }
        writer.beginObject()
        self.writeHead(to: &writer)
        writer.fieldIfSet("system_account", self.broker.systemAccount?.name ?? "")
        if let found {
            writer.key("account_detail")
            await self.write(found, to: &writer)
        } else {
            writer.field("accounts", self.broker.accountNames)
        }
        writer.endObject()
    }

    /// Writes everything about an account.
    func write(_ account: AccountSnapshot, to writer: inout JSONWriter) async {
        writer.beginObject()
        writer.field("account_name", account.name)
        writer.field("update_time", self.broker.started)
        writer.fieldIfSet("is_system", account.isSystem)
        writer.field("expired", false)
        writer.field("complete", true)
        writer.field("jetstream_enabled", account.hasJetStream)
        writer.field("leafnode_connections", 0)
        writer.field("client_connections", account.clients)
        writer.field("subscriptions", account.subscriptions.count)
        let mappings = self.broker.mappings(of: account.name)
        if !mappings.isEmpty {
            writer.key("mappings")
            writer.beginObject()
            for mapping in mappings { Self.write(mapping, to: &writer) }
            writer.endObject()
        }
        writer.field("name_tag", account.name)
        writer.key("sublist_stats")
        writer.beginObject()
        Self.writeTable(await self.broker.interestAndRoutes(of: account.name), to: &writer)
        writer.endObject()
        writer.endObject()
    }

    private static func write(_ mapping: MappingOptions, to writer: inout JSONWriter) {
        writer.key(mapping.source)
        writer.beginArray()
        for destination in mapping.destinations {
            writer.beginObject()
            writer.field("subject", destination.subject)
            writer.field("weight", destination.weight)
            writer.fieldIfSet("cluster", destination.cluster ?? "")
            writer.endObject()
        }
        writer.endArray()
    }

    /// The accounts of those names, or all; without those that have no clients, unless they are asked for.
    func accountsWithTraffic(_ names: [String], unused: Bool) async -> [AccountSnapshot] {
        let wanted = Set(names)
        return await self.broker.accountSnapshots()
            .filter { (wanted.isEmpty || wanted.contains($0.name)) && (unused || $0.clients > 0) }
    }
}

/// What the clients of accounts did.
struct AccountTrafficReport {
    /// The accounts.
    let accounts: [AccountSnapshot]

    /// Writes the object.
    func write(_ serverID: String, _ now: Timestamp, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("server_id", serverID)
        writer.field("now", now)
        writer.key("account_statz")
        writer.beginArray()
        for account in self.accounts {
            writer.beginObject()
            Self.writeMembers(account, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// Writes what is told of one account, as members.
    static func writeMembers(_ account: AccountSnapshot, to writer: inout JSONWriter) {
        writer.field("acc", account.name)
        writer.field("name", account.name)
        writer.field("conns", account.clients)
        writer.field("leafnodes", 0)
        writer.field("total_conns", account.clients)
        writer.field("num_subscriptions", account.subscriptions.count)
        writer.key("sent")
        Self.write(account.sent, to: &writer)
        writer.key("received")
        Self.write(account.received, to: &writer)
        writer.field("slow_consumers", account.slowConsumers)
    }

    private static func write(_ traffic: ClientSnapshot.Traffic, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("msgs", traffic.messages)
        writer.field("bytes", traffic.bytes)
        for link in ["gateways", "routes", "leafs"] {
            writer.key(link)
            writer.beginObject()
            writer.field("msgs", 0)
            writer.field("bytes", 0)
            writer.endObject()
        }
        writer.endObject()
    }
}
