import Broker
import StreamModel

/// Something that is told in the system account when it happens (core.md §3.8).
enum SystemEvent {
    /// A client is in its account.
    case connected(ClientSnapshot)
    /// A client is gone.
    case disconnected(ClientSnapshot)
    /// A client was sent away because it could not say who it is.
    case refused(ClientSnapshot)
    /// How many clients an account has, and what they did.
    case connections(AccountSnapshot)

    private var type: String {
        switch self {
        case .connected: "io.nats.server.advisory.v1.client_connect"
        case .disconnected, .refused: "io.nats.server.advisory.v1.client_disconnect"
        case .connections: "io.nats.server.advisory.v1.account_connections"
        }
    }

    /// The subjects on which it is told.
    func subjects(serverID: String) -> [String] {
        switch self {
        case .connected(let client): ["$SYS.ACCOUNT.\(client.account).CONNECT"]
        case .disconnected(let client): ["$SYS.ACCOUNT.\(client.account).DISCONNECT"]
        case .refused: ["$SYS.SERVER.\(serverID).CLIENT.AUTH.ERR"]
        case .connections(let account):
            ["$SYS.ACCOUNT.\(account.name).SERVER.CONNS", "$SYS.SERVER.ACCOUNT.\(account.name).CONNS"]
        }
    }

    /// The text.
    func json(from service: SystemService) -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.field("type", self.type)
        writer.field("id", Self.makeID())
        writer.field("timestamp", service.broker.now)
        service.nextEnvelope().write(to: &writer)
        switch self {
        case .connected(let client): Self.write(client, to: &writer)
        case .disconnected(let client), .refused(let client):
            Self.write(client, to: &writer)
            // What the client sent is what the server received, and is told from the client's side.
            Self.write("sent", client.received, to: &writer)
            Self.write("received", client.sent, to: &writer)
            writer.field("reason", client.end?.reason.rawValue ?? "")
        case .connections(let account): AccountTrafficReport.writeMembers(account, to: &writer)
        }
        writer.endObject()
        return JSONLayout.compact(writer.bytes)
    }

    private static func write(_ client: ClientSnapshot, to writer: inout JSONWriter) {
        writer.key("client")
        writer.beginObject()
        writer.field("start", client.start)
        writer.fieldIfSet("host", client.host)
        writer.field("id", client.id)
        writer.field("acc", client.account)
        writer.fieldIfSet("user", client.user)
        writer.fieldIfSet("name", client.name)
        writer.fieldIfSet("lang", client.language)
        writer.fieldIfSet("ver", client.version)
        if let end = client.end {
            writer.fieldIfSet("rtt", client.roundTrip)
            writer.field("stop", end.time)
        }
        writer.field("name_tag", client.account)
        writer.field("kind", "Client")
        writer.field("client_type", "nats")
        writer.endObject()
    }

    private static func write(
        _ name: String,
        _ traffic: ClientSnapshot.Traffic,
        to writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.beginObject()
        writer.field("msgs", traffic.messages)
        writer.field("bytes", traffic.bytes)
        writer.endObject()
    }

    /// 22 letters and digits, unlike those of every other event.
    private static func makeID() -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        return String(decoding: (0..<22).map { _ in alphabet[Int.random(in: 0..<62)] }, as: UTF8.self)
    }
}
