import StreamModel
import Testing

@testable import Broker

@Suite("Endpoints of the API")
struct JetStreamEndpointTests {
    private static let served: [(String, JetStreamEndpoint, APIResponseType)] = [
        ("INFO", .accountInfo, .accountInfo),
        ("STREAM.NAMES", .streamNames, .streamNames),
        ("STREAM.LIST", .streamList, .streamList),
        ("STREAM.CREATE.S", .streamCreate("S"), .streamCreate),
        ("STREAM.UPDATE.S", .streamUpdate("S"), .streamUpdate),
        ("STREAM.INFO.S", .streamInfo("S"), .streamInfo),
        ("STREAM.DELETE.S", .streamDelete("S"), .streamDelete),
        ("STREAM.PURGE.S", .streamPurge("S"), .streamPurge),
        ("STREAM.MSG.GET.S", .messageGet("S"), .messageGet),
        ("STREAM.MSG.DELETE.S", .messageDelete("S"), .messageDelete),
        (
            "STREAM.LEADER.STEPDOWN.S", .refused(.streamLeaderStepdown, .clusterRequired),
            .streamLeaderStepdown
        ),
        ("STREAM.PEER.REMOVE.S", .refused(.streamRemovePeer, .clusterRequired), .streamRemovePeer),
        ("STREAM.PEER.EVACUATE.S", .refused(.streamEvacuatePeer, .clusterRequired), .streamEvacuatePeer),
        ("STREAM.CANCEL_MOVE.S", .refused(.streamCancelMove, .clusterRequired), .streamCancelMove),
        (
            "CONSUMER.CREATE.S", .consumerCreate(ConsumerCreateSubject(form: .legacyEphemeral, stream: "S")),
            .consumerCreate
        ),
        (
            "CONSUMER.CREATE.S.c",
            .consumerCreate(ConsumerCreateSubject(form: .named, stream: "S", consumer: "c")), .consumerCreate
        ),
        (
            "CONSUMER.CREATE.S.c.a",
            .consumerCreate(ConsumerCreateSubject(form: .named, stream: "S", consumer: "c", filter: "a")),
            .consumerCreate
        ),
        (
            "CONSUMER.CREATE.S.c.a.*.>",
            .consumerCreate(ConsumerCreateSubject(form: .named, stream: "S", consumer: "c", filter: "a.*.>")),
            .consumerCreate
        ),
        (
            "CONSUMER.DURABLE.CREATE.S.c",
            .consumerCreate(ConsumerCreateSubject(form: .legacyDurable, stream: "S", consumer: "c")),
            .consumerCreate
        ),
        ("CONSUMER.NAMES.S", .consumerNames("S"), .consumerNames),
        ("CONSUMER.LIST.S", .consumerList("S"), .consumerList),
        ("CONSUMER.INFO.S.c", .consumerInfo(stream: "S", consumer: "c"), .consumerInfo),
        ("CONSUMER.DELETE.S.c", .consumerDelete(stream: "S", consumer: "c"), .consumerDelete),
        ("CONSUMER.PAUSE.S.c", .consumerPause(stream: "S", consumer: "c"), .consumerPause),
        (
            "CONSUMER.LEADER.STEPDOWN.S.c", .refused(.consumerLeaderStepdown, .clusterRequired),
            .consumerLeaderStepdown
        ),
    ]

    private func request(_ subject: String, headers: String = "", payload: String = "") -> JetStreamRequest? {
        let (subject, reply) = (Array(subject.utf8), Array("r".utf8))
        let (headers, payload) = (Array(headers.utf8), Array(payload.utf8))
        return JetStreamRequest(
            subject: subject.span.bytes,
            reply: reply.span.bytes,
            headers: headers.span.bytes,
            payload: payload.span.bytes
        )
    }

    @Test("Every endpoint has its subject and its kind of answer", arguments: Self.served)
    func endpoints(subject: String, endpoint: JetStreamEndpoint, type: APIResponseType) throws {
        let request = try #require(self.request("$JS.API." + subject, payload: "{}"))
        #expect(request.endpoint == endpoint)
        #expect(request.endpoint?.responseType == type)
        #expect(request.payload == Array("{}".utf8))
        #expect(request.reply == Array("r".utf8))
    }

    @Test("The stream of an endpoint is the one its subject names", arguments: Self.served)
    func streams(subject: String, endpoint: JetStreamEndpoint, type: APIResponseType) {
        if case .refused = endpoint { return }
        let namesOne = subject.split(separator: ".").contains("S")
        #expect(endpoint.stream == (namesOne ? "S" : nil))
    }

    @Test(
        "What is no endpoint is none",
        arguments: [
            "", "INFOS", "info", "INFO.x", "STREAM", "STREAM.", "STREAM.NAMES.S", "STREAM.LIST.S",
            "STREAM.CREATE",
            "STREAM.CREATE.S.x", "STREAM.FOO.S", "STREAM.MSG.S", "STREAM.MSG.PUT.S", "STREAM.MSG.GET",
            "STREAM.INFO",
            "STREAM.LEADER.STEPUP.S", "STREAM.PEER.S", "CONSUMER", "CONSUMER.", "CONSUMER.CREATE",
            "CONSUMER.NAMES",
            "CONSUMER.NAMES.S.c", "CONSUMER.INFO.S", "CONSUMER.INFO.S.c.x", "CONSUMER.DURABLE.S.c",
            "CONSUMER.DURABLE.CREATE.S", "CONSUMER.DURABLE.CREATE.S.c.x", "CONSUMER.LEADER.STEPDOWN.S",
            "META", "..", ".",
            "CONSUMER.DELETE.S", "CONSUMER.PAUSE.S", "STREAM.create.S",
        ]
    )
    func unknown(subject: String) throws {
        let request = try #require(self.request("$JS.API." + subject))
        #expect(request.endpoint == nil)
    }

    @Test("Empty tokens are kept: they name nothing, but they trap nothing either")
    func emptyTokens() throws {
        #expect(try #require(self.request("$JS.API.STREAM.INFO.")).endpoint == .streamInfo(""))
        #expect(
            try #require(self.request("$JS.API.CONSUMER.CREATE...")).endpoint
                == .consumerCreate(ConsumerCreateSubject(form: .named, stream: "", consumer: "", filter: ""))
        )
    }

    @Test(
        "A subject outside of the API is no request",
        arguments: ["$JS.API", "$JS.APIX.INFO", "js.api.INFO", ""]
    )
    func outside(subject: String) { #expect(self.request(subject) == nil) }

    @Test(
        "A request may ask for our level of the API and no higher one",
        arguments: [("", true), ("0", true), ("1", true), ("99999", false), ("x", false)]
    )
    func level(value: String, isSatisfied: Bool) throws {
        let headers = value.isEmpty ? "" : "NATS/1.0\r\nNats-Required-Api-Level: \(value)\r\n\r\n"
        let request = try #require(self.request("$JS.API.INFO", headers: headers))
        #expect(request.isLevelSatisfied == isSatisfied)
    }
}
