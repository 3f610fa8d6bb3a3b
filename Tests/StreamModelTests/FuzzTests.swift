import StreamModel
import Testing

/// Random bytes into everything that reads bytes of clients: nothing may trap.
@Suite("Fuzz")
struct FuzzTests {
    /// A generator with a seed, so that a failure can be repeated.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let mixed = (self.state ^ (self.state >> 29)) &* 0xbf58_476d_1ce4_e5b9
            return mixed ^ (mixed >> 32)
        }
    }

    /// Members as the requests use them, to be put together in any order.
    private static let parts: [String] = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "1", "-1", "0.5", "1e999", "null", "true",
        "9223372036854775808", "-9223372036854775808", "18446744073709551615", "\"name\"", "\"subjects\"",
        "\"config\"",
        "\"stream_name\"", "\"mirror\"", "\"sources\"", "\"subject_transforms\"", "\"max_age\"",
        "\"duplicate_window\"",
        "\"republish\"", "\"dest\"", "\"src\"", "\"{{split(1,\"", "\"a.{{left(1,99999999999)}}\"", "\"$9\"",
        "\"S\"",
        "\"a.*\"", "\">\"", "\"\"", "\"opt_start_time\"", "\"2024-01-01T00:00:00.999Z\"",
        "\"0000-00-00T00:00:00Z\"",
        "\"metadata\"", "\"backoff\"", "\"deliver_subject\"", "\"filter_subjects\"", "\"priority_groups\"",
        "\"ack_policy\"",
        "\"explicit\"", "\"seq\"", "\"batch\"", "\"multi_last\"", " ", "\u{0}", "ä",
    ]

    /// Recorded requests, to be damaged.
    private static func seeds() throws -> [[UInt8]] {
        try (Fixture.rows("stream-create.jsonl") + Fixture.rows("consumer-create.jsonl"))
            .compactMap { $0["request"]?.text }.map { bytes($0) }
    }

    private static func input(_ generator: inout Generator, seeds: [[UInt8]]) -> [UInt8] {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0:
            let count = Int.random(in: 0..<40, using: &generator)
            return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        case 1:
            let count = Int.random(in: 0..<30, using: &generator)
            return (0..<count).flatMap { _ in bytes(Self.parts.randomElement(using: &generator) ?? "") }
        default:
            var input = seeds.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 0..<4, using: &generator) where !input.isEmpty {
                let index = Int.random(in: 0..<input.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: input[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: input.remove(at: index)
                default:
                    input.insert(
                        contentsOf: bytes(Self.parts.randomElement(using: &generator) ?? ""),
                        at: index
                    )
                }
            }
            return input
        }
    }

    /// Runs every reader of requests over `input`.
    private static func readAll(_ input: [UInt8]) {
        let body = input.span.bytes
        _ = RequestBody.isJSON(body)
        _ = RequestBody.isEmptyRequest(body)
        _ = ServerIdentity.satisfies(requiredAPILevel: body)
        _ = Nanoseconds(text: body)
        _ = try? Timestamp.parse(rfc3339: String(decoding: input, as: UTF8.self))
        _ = try? JSONValue(parsing: body)
        _ = try? StreamInfoRequest(body)
        _ = try? StreamListRequest(body)
        _ = try? StreamPurgeRequest(body)
        _ = try? MessageGetRequest(body)
        _ = try? MessageDeleteRequest(body)
        _ = try? DirectGetRequest(body, subject: "")
        _ = try? ConsumerListRequest(body)
        _ = try? ConsumerPauseRequest(body)
        _ = try? ConsumerResetRequest(body)
        _ = try? ConsumerUnpinRequest(body)
        _ = try? StreamConfiguration(stored: body)
        _ = try? ConsumerConfiguration(stored: body)
    }

    @Test(
        "No reader of requests traps, and what passes the checks can be stored",
        arguments: [1, 2, 3] as [UInt64]
    )
    func requests(seed: UInt64) throws {
        var generator = Generator(state: seed)
        let seeds = try Self.seeds()
        let stream = try StreamConfiguration(name: "S", subjects: ["s.>"]).normalised()
        for _ in 0..<3_000 {
            let input = Self.input(&generator, seeds: seeds)
            Self.readAll(input)
            if let request = try? StreamConfigurationRequest(input.span.bytes, strict: false),
                let stored = try? request.configuration.normalised(origin: { _ in stream })
            {
                #expect(try StreamConfiguration(stored: stored.stored.span.bytes) == stored, "seed \(seed)")
                _ = try? stored.updated(from: stream)
                _ = stored.overlaps(subjects: stream.subjects)
            }
            if let request = try? ConsumerCreateRequest(input.span.bytes, strict: false),
                let stored = try? request.configuration.normalised(stream: stream)
            {
                #expect(try ConsumerConfiguration(stored: stored.stored.span.bytes) == stored, "seed \(seed)")
                _ = stored.samplePercent
            }
        }
    }

    @Test("No reader of headers traps, and all agree", arguments: [1, 2, 3] as [UInt64])
    func headers(seed: UInt64) {
        var generator = Generator(state: seed)
        let parts = [
            "NATS/1.0", "\r\n", "\r", "\n", ":", ": ", " ", "\t", "Nats-", "Nats-Msg-Id",
            "Nats-Msg-Id: 1\r\n", "KV-Operation",
            "KV-Operation:", "K", "KV", "N", "Na", "Nats-Rollup:sub\r\n",
            "Nats-Expected-Last-Subject-Sequence-Subject", "x",
            "Nats-TTL", "503", "\u{0}", "xxxxxxxx",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<16, using: &generator)
            var block = (0..<count).flatMap { _ in bytes(parts.randomElement(using: &generator) ?? "") }
            let headers = PublishHeaders(block.span.bytes)
            #expect(
                headers.rollup.range == HeaderBlock.value(of: "Nats-Rollup", in: block.span.bytes),
                "seed \(seed)"
            )
            #expect(
                headers.timeToLive.range == HeaderBlock.value(of: "Nats-TTL", in: block.span.bytes),
                "seed \(seed)"
            )
            #expect(
                headers.keyValueOperation.range
                    == HeaderBlock.value(of: "KV-Operation", in: block.span.bytes),
                "seed \(seed)"
            )
            if case .cut(let range) = HeaderBlock.disposition(of: block.span.bytes) {
                block.removeSubrange(range)
            }
            let removed = HeaderBlock.remove("Nats-Msg-Id", from: &block)
            HeaderBlock.append("A", "1", to: &block)
            #expect(block.suffix(4) == bytes("\r\n\r\n"))
            _ = removed
        }
    }
}
