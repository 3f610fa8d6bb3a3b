import StreamModel
import Testing

/// Responses against the published schemas: nothing that is required is missing, nothing is there that is
/// unknown.
@Suite("Schemas")
struct SchemaTests {
    /// What `value` has too little or too much of, following objects, lists and combined schemas.
    private static func faults(_ value: JSONValue, _ schema: JSONValue, path: String = "$") -> [String] {
        if let choices = schema["oneOf"] ?? schema["anyOf"] {
            let results = choices.elements.map { Self.faults(value, $0, path: path) }
            return results.contains(where: \.isEmpty) ? [] : results.first ?? []
        }
        var faults: [String] = []
        for part in schema["allOf"]?.elements ?? [] { faults += Self.faults(value, part, path: path) }
        if case .array(let elements) = value, let items = schema["items"] {
            for element in elements { faults += Self.faults(element, items, path: path + "[]") }
        }
        guard case .object(let members) = value else { return faults }
        for required in schema["required"]?.elements ?? [] {
            if let key = required.text, value[key] == nil { faults.append("\(path).\(key) is missing") }
        }
        guard let properties = schema["properties"] else { return faults }
        for member in members {
            if let property = properties[member.key] {
                faults += Self.faults(member.value, property, path: "\(path).\(member.key)")
            } else if schema["additionalProperties"] == .bool(false) {
                faults.append("\(path).\(member.key) is unknown")
            }
        }
        return faults
    }

    @Test("Responses have what their schemas require")
    func responses() throws {
        let stream = try APIResponseTests.stream()
        let consumer = try APIResponseTests.consumer()
        let page = Page(total: 1, offset: 0, limit: 256)
        let message = StoredMessageView(
            subject: bytes("s"),
            sequence: StreamSequence(1),
            headers: [],
            payload: bytes("x"),
            time: APIResponseTests.time
        )
        let responses: [APIResponse] = [
            .accountInfo(AccountInfo()), .streamCreate(stream), .streamInfo(stream, .none),
            .streamNames(["S"], page), .streamList([stream], page), .streamDelete, .streamPurge(1),
            .messageGet(message), .consumerCreate(consumer), .consumerInfo(consumer),
            .consumerList([consumer], page), .consumerNames(["d2"], page),
            .consumerPause(until: APIResponseTests.time, remaining: .seconds(1)),
        ]
        for response in responses {
            let schema = try Fixture.json("schemas/\(response.type.rawValue).json")
            let value = try JSONValue(text: response.encoded())
            #expect(Self.faults(value, schema) == [], "\(response.type)")
        }
    }

    @Test("Acknowledgements have what their schema requires")
    func acknowledgement() throws {
        let schema = try Fixture.json("schemas/pub_ack_response.json")
        let format = PubAckFormat(stream: "S", domain: "hub")
        for append in [
            { format.appendStored(StreamSequence(1), to: &$0) },
            { format.appendDuplicate(StreamSequence(1), to: &$0) },
            { format.appendError(.streamSealed, to: &$0) },
        ] as [(inout [UInt8]) -> Void] {
            var bytes: [UInt8] = []
            append(&bytes)
            #expect(Self.faults(try JSONValue(text: bytes), schema) == [])
        }
    }

    @Test("Every member of a configuration that the schemas know is read and written")
    func members() throws {
        for (file, write) in [
            ("stream_configuration", { try StreamConfiguration(stored: $0.span.bytes).stored }),
            ("consumer_configuration", { try ConsumerConfiguration(stored: $0.span.bytes).stored }),
        ] as [(String, ([UInt8]) throws -> [UInt8])] {
            let properties = try #require(try Fixture.json("schemas/\(file).json")["properties"])
            for key in properties.keys {
                guard let property = properties[key], let example = Self.example(key, property) else {
                    continue
                }
                let written = try JSONValue(text: try write(bytes("{\"\(key)\":\(example)}")))
                #expect(written[key] == (try JSONValue(text: example)), "\(file) \(key)")
            }
        }
    }

    /// A value that is not the default, in the type that the schema gives the member.
    private static func example(_ key: String, _ property: JSONValue) -> String? {
        switch key {
        case "retention": return "\"interest\""
        case "discard": return "\"new\""
        case "storage": return "\"memory\""
        case "compression": return "\"s2\""
        case "persist_mode": return "\"async\""
        case "placement": return #"{"cluster":"c","tags":["t"],"preferred":"p"}"#
        case "mirror": return Self.source
        case "sources": return "[\(Self.source)]"
        case "republish": return #"{"src":"a","dest":"b","headers_only":true}"#
        case "subject_transform": return #"{"src":"a","dest":"b"}"#
        case "consumer_limits": return #"{"inactive_threshold":1,"max_ack_pending":2}"#
        case "metadata": return #"{"k":"v"}"#
        case "deliver_policy": return "\"last_per_subject\""
        case "ack_policy": return "\"explicit\""
        case "replay_policy": return "\"original\""
        case "priority_policy": return "\"overflow\""
        case "opt_start_time", "pause_until": return "\"2024-01-01T00:00:00Z\""
        case "backoff": return "[1,2]"
        case "subjects", "filter_subjects", "priority_groups": return #"["a","b"]"#
        case "template_owner": return nil  // Gone from the API (streams.md §1.2).
        default: break
        }
        switch property["type"]?.text {
        case "boolean": return "true"
        case "integer": return "7"
        case "string": return "\"x\""
        default: return nil
        }
    }

    private static let source =
        #"{"name":"O","opt_start_seq":3,"opt_start_time":"2024-01-01T00:00:00Z","filter_subject":"a","#
        + #""subject_transforms":[{"src":"a","dest":"b"}],"external":{"api":"x","deliver":"y"},"#
        + #""consumer":{"name":"c","deliver_subject":"d"}}"#
}
