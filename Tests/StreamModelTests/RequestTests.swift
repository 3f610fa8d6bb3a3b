import StreamModel
import Testing

@Suite("Requests")
struct RequestTests {
    @Test(
        "A body counts as JSON if it begins like an object or an array",
        arguments: [
            ("{", true), (" \t\r\n[", true), ("", false), ("junk", false), ("1", false), ("null", false),
        ]
    )
    func json(body: String, isJSON: Bool) { #expect(RequestBody.isJSON(bytes(body).span.bytes) == isJSON) }

    @Test(
        "An empty request has no bytes or no members",
        arguments: [
            ("", true), ("{}", true), (" { } ", true), (" ", false), ("{\"x\":1}", false), ("[]", false),
            ("null", false), ("{", false), ("{}{}", false),
        ]
    )
    func empty(body: String, isEmpty: Bool) {
        #expect(RequestBody.isEmptyRequest(bytes(body).span.bytes) == isEmpty)
        #expect(
            apiError { try RequestBody.checkEmpty(bytes(body).span.bytes) }
                == (isEmpty ? nil : .notEmptyRequest)
        )
    }

    @Test("A level is satisfied if it is an integer that is not greater than ours")
    func level() {
        for (value, isSatisfied) in [
            ("5", true), ("0", true), ("-1", true), ("+3", true), ("", true), ("6", false), ("abc", false),
            ("5.0", false),
            ("0x1", false), ("99999999999999999999", false),
        ] {
            #expect(
                ServerIdentity.satisfies(requiredAPILevel: bytes(value).span.bytes) == isSatisfied,
                "\(value)"
            )
        }
    }

    @Test("Paging clips the offset and the page")
    func paging() {
        #expect(Page(total: 25, offset: 1000, limit: 1024).range == 25..<25)
        #expect(Page(total: 25, offset: -3, limit: 10) == Page(total: 25, offset: 0, limit: 10))
        #expect(Page(total: 25, offset: 20, limit: 10).range == 20..<25)
        #expect(Page(total: 25, offset: 3, limit: .max).range == 3..<25)
    }

    @Test("Requests with an optional body ignore what is not JSON, and refuse wrong JSON")
    func optionalBodies() throws {
        #expect(try StreamListRequest(bytes("junk").span.bytes) == StreamListRequest(bytes("").span.bytes))
        #expect(try StreamPurgeRequest(bytes("junk").span.bytes).keep == 0)
        #expect(
            try StreamInfoRequest(
                bytes(#"{"deleted_details":true,"subjects_filter":">","offset":3}"#).span.bytes
            )
            .offset == 3
        )
        for body in [#"{"x":1}"#, #"{"offset":"1"}"#, "[1]", "{"] {
            #expect(apiError { _ = try StreamListRequest(bytes(body).span.bytes) }?.errCode == 10025)
            #expect(apiError { _ = try StreamInfoRequest(bytes(body).span.bytes) }?.errCode == 10025)
            #expect(apiError { _ = try ConsumerListRequest(bytes(body).span.bytes) }?.errCode == 10025)
        }
        #expect(try StreamListRequest(bytes(#"{"x":1,"offset":2}"#).span.bytes, strict: false).offset == 2)
        #expect(try ConsumerListRequest(bytes(#"{"offset":-5}"#).span.bytes).offset == -5)
    }

    @Test("A list request asks for streams whose subjects overlap")
    func list() throws {
        let request = try StreamListRequest(bytes(#"{"subject":"li.2"}"#).span.bytes)
        #expect(request.matches(StreamConfiguration(name: "A", subjects: ["li.*"])))
        #expect(!request.matches(StreamConfiguration(name: "B", subjects: ["lo.*"])))
        #expect(!request.matches(StreamConfiguration(name: "Mirror")))
    }

    @Test("Purge takes a sequence or a number to keep, not both")
    func purge() throws {
        let request = try StreamPurgeRequest(bytes(#"{"filter":"a","keep":2}"#).span.bytes)
        #expect(request.filter == "a")
        #expect(request.keep == 2)
        #expect(
            apiError { _ = try StreamPurgeRequest(bytes(#"{"seq":1,"keep":1}"#).span.bytes) } == .badRequest
        )
    }

    @Test(
        "A message is asked for in one way only",
        arguments: [
            ("", 10003), ("{}", 10003), (#"{"no_hdr":true}"#, 10003),
            (#"{"seq":1,"last_by_subj":"a"}"#, 10003),
            (#"{"seq":1,"start_time":"2024-01-01T00:00:00Z"}"#, 10003),
            (#"{"last_by_subj":"a","start_time":"2024-01-01T00:00:00Z"}"#, 10003),
            (#"{"last_by_subj":"a","next_by_subj":"b"}"#, 10003), (#"{"seq":1,"batch":1}"#, 10003),
            (#"{"multi_last":["a"]}"#, 10003), ("x", 10025), (#"{"x":1}"#, 10025), (#"{"seq":-1}"#, 10025),
            (#"{"seq":1}"#, nil), (#"{"next_by_subj":"a"}"#, nil), (#"{"seq":3,"next_by_subj":"a"}"#, nil),
            (#"{"last_by_subj":"a.>","no_hdr":true}"#, nil),
            (#"{"start_time":"2024-01-01T00:00:00+01:00"}"#, nil),
            (#"{"seq":1,"multi_last":["a"]}"#, nil), (#"{"seq":1,"max_bytes":-1}"#, nil),
        ] as [(String, Int?)]
    )
    func messageGet(body: String, errCode: Int?) {
        #expect(apiError { _ = try MessageGetRequest(bytes(body).span.bytes) }?.errCode == errCode)
    }

    @Test(
        "A direct get is refused with a status",
        arguments: [
            ("", "", .empty), ("{}", "", .empty), (#"{"batch":3}"#, "", .empty), ("junk", "", .malformed),
            (#"{"seq":"a"}"#, "", .malformed), (#"{"seq":1,"last_by_subj":"a"}"#, "", .bad),
            (#"{"last_by_subj":"a","batch":2}"#, "", .bad),
            (#"{"multi_last":["a"],"last_by_subj":"a"}"#, "", .bad),
            (#"{"multi_last":["a"],"next_by_subj":"a"}"#, "", .bad),
            (#"{"multi_last":["a"],"up_to_seq":1,"up_to_time":"2024-01-01T00:00:00Z"}"#, "", .bad),
            (#"{"seq":1}"#, "d.a", .bad), ("junk", "d.a", .malformed), ("", "d.a", nil),
            (#"{"no_hdr":true}"#, "d.*", nil),
            (#"{"seq":1,"unknown":1}"#, "", nil), (#"{"seq":1,"batch":3,"max_bytes":5}"#, "", nil),
            (#"{"multi_last":["a"],"up_to_seq":1,"seq":2,"batch":2}"#, "", nil),
        ] as [(String, String, DirectGetRequest.Refusal?)]
    )
    func directGet(body: String, subject: String, refusal: DirectGetRequest.Refusal?) {
        do {
            let request = try DirectGetRequest(bytes(body).span.bytes, subject: subject)
            #expect(refusal == nil)
            if !subject.isEmpty { #expect(request.get.lastBySubject == subject) }
        } catch {
            #expect(error == refusal)
        }
    }

    @Test("A message is deleted by its sequence")
    func messageDelete() throws {
        let request = try MessageDeleteRequest(bytes(#"{"seq":5,"no_erase":true}"#).span.bytes)
        #expect(request.sequence == StreamSequence(5))
        #expect(request.noErase)
        #expect(apiError { _ = try MessageDeleteRequest(bytes("").span.bytes) } == .badRequest)
    }

    @Test("Pause, reset and unpin read what they need")
    func consumerRequests() throws {
        #expect(try ConsumerPauseRequest(bytes("").span.bytes).pauseUntil == nil)
        #expect(try ConsumerPauseRequest(bytes("x").span.bytes).pauseUntil == nil)
        let pause = try ConsumerPauseRequest(
            bytes(#"{"pause_until":"2030-01-01T00:00:00+01:00"}"#).span.bytes
        )
        #expect(pause.pauseUntil?.rfc3339 == "2029-12-31T23:00:00Z")
        #expect(
            apiError { _ = try ConsumerPauseRequest(bytes(#"{"pause_until":"x"}"#).span.bytes) }?.errCode
                == 10025
        )
        #expect(try ConsumerResetRequest(bytes(#"{"seq":7,"x":1}"#).span.bytes).sequence == StreamSequence(7))
        #expect(try ConsumerResetRequest(bytes("").span.bytes).sequence == .zero)
        #expect(apiError { _ = try ConsumerResetRequest(bytes("{").span.bytes) }?.errCode == 10025)
        #expect(try ConsumerUnpinRequest(bytes(#"{"group":"A"}"#).span.bytes).group == "A")
        #expect(
            apiError { _ = try ConsumerUnpinRequest(bytes("{}").span.bytes) }
                == .invalidJSON("consumer group not specified")
        )
        #expect(
            apiError { _ = try ConsumerUnpinRequest(bytes("").span.bytes) }
                == .invalidJSON("unexpected end of JSON input")
        )
        #expect(
            apiError { _ = try ConsumerUnpinRequest(bytes(#"{"group":"A B"}"#).span.bytes) }
                == .consumerInvalidGroupName
        )
    }

    @Test("Lenient servers ignore unknown members, also of inner objects")
    func lenient() throws {
        let body = bytes(#"{"stream_name":"S","x":1,"config":{"durable_name":"d","y":{}}}"#)
        #expect(apiError { _ = try ConsumerCreateRequest(body.span.bytes) }?.errCode == 10025)
        #expect(try ConsumerCreateRequest(body.span.bytes, strict: false).configuration.durableName == "d")
        let stream = bytes(#"{"name":"S","x":1,"mirror":{"name":"O","y":1}}"#)
        #expect(
            try StreamConfigurationRequest(stream.span.bytes, strict: false).configuration.mirror?.name == "O"
        )
    }
}
