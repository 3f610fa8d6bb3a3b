import StreamModel
import Testing

@Suite("Responses")
struct APIResponseTests {
    static let time = Timestamp(nanoseconds: 1_795_403_548_593_037_800)
    static let prefix = #"{"type":"io.nats.jetstream.api.v1."#

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    static func stream() throws -> StreamInfo {
        let configuration = try StreamConfiguration(name: "S", subjects: ["s.>"]).normalised()
        return StreamInfo(
            configuration: configuration,
            created: Self.time,
            state: StreamState(),
            time: Self.time
        )
    }

    static func consumer() throws -> ConsumerInfo {
        var configuration = ConsumerConfiguration()
        configuration.durableName = "d2"
        configuration.name = "d2"
        configuration.ackPolicy = .explicit
        var info = ConsumerInfo(
            streamName: "S",
            name: "d2",
            created: Self.time,
            configuration: try configuration.normalised(stream: try Self.stream().configuration),
            time: Self.time
        )
        info.pendingCount = 3
        return info
    }

    @Test(
        "A failure keeps the members that every response of its kind has",
        arguments: [
            (.streamInfo, #","total":0,"offset":0,"limit":0}"#),
            (.streamNames, #","total":0,"offset":0,"limit":0,"streams":null}"#),
            (.streamList, #","total":0,"offset":0,"limit":0,"streams":[]}"#),
            (.streamPurge, #","purged":0}"#),
            (.streamRestore, #","deliver_subject":""}"#), (.streamDelete, "}"), (.messageGet, "}"),
            (.consumerInfo, "}"),
            (.consumerList, #","total":0,"offset":0,"limit":0,"consumers":[]}"#),
            (.consumerNames, #","total":0,"offset":0,"limit":0,"consumers":[]}"#),
            (.consumerPause, #","paused":false,"pause_until":"0001-01-01T00:00:00Z"}"#),
            (.consumerReset, #","reset_seq":0}"#), (.consumerUnpin, "}"),
            (.accountPurge, #","initiated":false}"#),
        ] as [(APIResponseType, String)]
    )
    func failure(type: APIResponseType, rest: String) {
        let error = #"","error":{"code":404,"err_code":10059,"description":"stream not found"}"#
        #expect(Self.text(type.failure(.streamNotFound)) == Self.prefix + type.rawValue + error + rest)
    }

    @Test("The info of an account without streams is the original's")
    func accountInfo() {
        #expect(
            Self.text(APIResponse.accountInfo(AccountInfo()).encoded())
                == Self.prefix + "account_info_response\","
                + #""memory":0,"storage":0,"reserved_memory":0,"reserved_storage":0,"streams":0,"consumers":0,"#
                + #""limits":{"max_memory":-1,"max_storage":-1,"max_streams":-1,"max_consumers":-1,"#
                + #""max_ack_pending":-1,"memory_max_stream_bytes":-1,"storage_max_stream_bytes":-1,"#
                + #""max_bytes_required":false},"api":{"level":5,"total":0,"errors":0}}"#
        )
    }

    @Test("A created stream is shown with the server's metadata, a listed one without")
    func streams() throws {
        let info = try Self.stream()
        let created = try JSONValue(text: APIResponse.streamCreate(info).encoded())
        #expect(created.keys == ["type", "config", "created", "state", "ts", "did_create"])
        #expect(created["config"]?["metadata"]?.keys == ["_nats.level", "_nats.req.level", "_nats.ver"])
        #expect(created["created"]?.text == "2026-11-23T03:12:28.5930378Z")
        #expect(
            created["state"]
                == (try JSONValue(
                    text:
                        #"{"messages":0,"bytes":0,"first_seq":0,"first_ts":"0001-01-01T00:00:00Z","last_seq":0,"#
                        + #""last_ts":"0001-01-01T00:00:00Z","consumer_count":0}"#
                ))
        )
        let listed = try JSONValue(
            text: APIResponse.streamList([info], Page(total: 1, offset: 0, limit: 256)).encoded()
        )
        #expect(listed["streams"]?.elements.first?["config"]?["metadata"]?.keys == ["_nats.req.level"])
        #expect(listed.keys == ["type", "total", "offset", "limit", "streams"])
    }

    @Test("A stream's info shows page, domain, leader, subjects, holes, losses and origins in order")
    func streamInfo() throws {
        var info = try Self.stream()
        info.domain = "hub"
        info.leader = "server"
        info.mirror = StreamSourceInfo(source: StreamSource(name: "O"), error: .streamNotFound)
        info.sources = [
            StreamSourceInfo(
                source: StreamSource(
                    name: "P",
                    subjectTransforms: [SubjectTransform(source: "a", destination: "b")],
                    external: ExternalStream(apiPrefix: "$JS.hub.API")
                ),
                lag: 4,
                sequence: StreamSequence(9),
                active: .seconds(1)
            )
        ]
        info.state.subjectCount = 1
        info.state.subjects = [SubjectCount(subject: "s.a", messages: 2)]
        info.state.deletedCount = 2
        info.state.deleted = [StreamSequence(3), StreamSequence(5)]
        info.state.lost = LostMessages(sequences: [StreamSequence(7)], bytes: 40)
        let response = APIResponse.streamInfo(info, Page(total: 1, offset: 0, limit: Page.subjectsMax))
        let value = try JSONValue(text: response.encoded())
        #expect(
            value.keys == [
                "type", "total", "offset", "limit", "config", "created", "state", "domain", "cluster",
                "mirror",
                "sources", "ts",
            ]
        )
        #expect(value["cluster"] == (try JSONValue(text: #"{"leader":"server"}"#)))
        #expect(
            value["state"]?.keys == [
                "messages", "bytes", "first_seq", "first_ts", "last_seq", "last_ts", "num_subjects",
                "subjects",
                "num_deleted", "deleted", "lost", "consumer_count",
            ]
        )
        #expect(value["state"]?["subjects"]?["s.a"]?.integer == 2)
        #expect(value["mirror"]?["active"]?.integer == -1)
        #expect(value["mirror"]?["error"]?["err_code"]?.integer == 10059)
        #expect(
            value["sources"]?.elements.first?.keys == [
                "name", "external", "lag", "seq", "active", "subject_transforms",
            ]
        )
    }

    @Test("No names are null for streams and an empty list for consumers")
    func names() {
        let page = Page(total: 25, offset: 25, limit: 1024)
        #expect(
            Self.text(APIResponse.streamNames([], page).encoded())
                == Self.prefix
                + #"stream_names_response","total":25,"offset":25,"limit":1024,"streams":null}"#
        )
        #expect(
            Self.text(APIResponse.consumerNames([], page).encoded())
                == Self.prefix
                + #"consumer_names_response","total":25,"offset":25,"limit":1024,"consumers":[]}"#
        )
        #expect(
            Self.text(APIResponse.streamNames(["a", "b"], page).encoded()).hasSuffix(#""streams":["a","b"]}"#)
        )
    }

    @Test("Small successes say so")
    func small() {
        #expect(
            Self.text(APIResponse.streamDelete.encoded()) == Self.prefix
                + #"stream_delete_response","success":true}"#
        )
        #expect(
            Self.text(APIResponse.streamPurge(3).encoded())
                == Self.prefix + #"stream_purge_response","success":true,"purged":3}"#
        )
        #expect(
            Self.text(APIResponse.accountPurge.encoded())
                == Self.prefix + #"account_purge_response","initiated":true}"#
        )
        #expect(Self.text(APIResponse.consumerUnpin.encoded()) == Self.prefix + #"consumer_unpin_response"}"#)
        #expect(
            Self.text(APIResponse.consumerPause(until: Self.time, remaining: .seconds(2)).encoded())
                == Self.prefix
                + #"consumer_pause_response","paused":true,"pause_until":"2026-11-23T03:12:28.5930378Z","#
                + #""pause_remaining":2000000000}"#
        )
        #expect(
            Self.text(APIResponse.consumerPause(until: nil, remaining: .zero).encoded())
                == Self.prefix
                + #"consumer_pause_response","paused":false,"pause_until":"0001-01-01T00:00:00Z"}"#
        )
    }

    @Test("A message is shown in base64, without what it has not")
    func message() {
        var message = StoredMessageView(
            subject: bytes("s.a"),
            sequence: StreamSequence(2),
            headers: bytes("NATS/1.0\r\nNats-Msg-Id: 1\r\n\r\n"),
            payload: bytes("x"),
            time: Self.time
        )
        #expect(
            Self.text(APIResponse.messageGet(message).encoded())
                == Self.prefix + #"stream_msg_get_response","message":{"subject":"s.a","seq":2,"#
                + #""hdrs":"TkFUUy8xLjANCk5hdHMtTXNnLUlkOiAxDQoNCg==","data":"eA==","#
                + #""time":"2026-11-23T03:12:28.5930378Z"}}"#
        )
        message.headers = []
        message.payload = []
        #expect(
            Self.text(APIResponse.messageGet(message).encoded())
                .hasSuffix(
                    #""message":{"subject":"s.a","seq":2,"time":"2026-11-23T03:12:28.5930378Z"}}"#
                )
        )
    }

    @Test("A consumer is shown as the original shows it")
    func consumer() throws {
        let text = Self.text(APIResponse.consumerCreate(try Self.consumer()).encoded())
        let stamp = "2026-11-23T03:12:28.5930378Z"
        #expect(
            text == Self.prefix
                + #"consumer_create_response","stream_name":"S","name":"d2","created":"\#(stamp)","config":{"#
                + #""durable_name":"d2","name":"d2","deliver_policy":"all","ack_policy":"explicit","#
                + #""ack_wait":30000000000,"max_deliver":-1,"replay_policy":"instant","max_waiting":512,"#
                + #""max_ack_pending":1000,"num_replicas":0,"metadata":{"_nats.level":"5","#
                + #""_nats.req.level":"0","_nats.ver":"2.15.1"}},"delivered":{"consumer_seq":0,"stream_seq":0},"#
                + #""ack_floor":{"consumer_seq":0,"stream_seq":0},"num_ack_pending":0,"num_redelivered":0,"#
                + #""num_waiting":0,"num_pending":3,"ts":"\#(stamp)"}"#
        )
    }

    @Test("What happens to a consumer shows when there is something to show")
    func consumerState() throws {
        var info = try Self.consumer()
        info.isPushBound = true
        info.pauseRemaining = .seconds(1)
        info.delivered.lastActive = Self.time
        info.priorityGroups = [PriorityGroupState(group: "A")]
        let value = try JSONValue(text: APIResponse.consumerReset(info, StreamSequence(4)).encoded())
        #expect(
            value.keys.suffix(8) == [
                "num_waiting", "num_pending", "push_bound", "paused", "pause_remaining", "ts",
                "priority_groups",
                "reset_seq",
            ]
        )
        #expect(value["delivered"]?.keys == ["consumer_seq", "stream_seq", "last_active"])
        #expect(
            value["priority_groups"]?.elements.first
                == (try JSONValue(text: #"{"group":"A","pinned_ts":"0001-01-01T00:00:00Z"}"#))
        )
        let listed = APIResponse.consumerList([info], Page(total: 1, offset: 0, limit: 256))
        #expect(
            try JSONValue(text: listed.encoded())["consumers"]?.elements.first?["config"]?["metadata"]?.keys
                == ["_nats.req.level"]
        )
    }
}
