import StreamModel
import Testing

@Suite("Consumer configuration")
struct ConsumerConfigurationTests {
    private static func consumer(
        _ change: (inout ConsumerConfiguration) -> Void = { _ in }
    ) -> ConsumerConfiguration {
        var consumer = ConsumerConfiguration()
        consumer.durableName = "c"
        consumer.name = "c"
        consumer.ackPolicy = .explicit
        change(&consumer)
        return consumer
    }

    private static let stream: StreamConfiguration = {
        var stream = StreamConfiguration(name: "S", subjects: ["s.>"])
        stream.replicas = 1
        return stream
    }()

    @Test("The limits of server and account lower the default of unacknowledged messages, and cap the value")
    func ackPending() throws {
        var limits = ConfigurationLimits(server: ServerLimits(maxAckPending: 200))
        #expect(try Self.consumer().normalised(stream: Self.stream, limits: limits).maxAckPending == 200)
        limits.account.maxAckPending = 100
        #expect(try Self.consumer().normalised(stream: Self.stream, limits: limits).maxAckPending == 100)
        let greedy = Self.consumer { $0.maxAckPending = 101 }
        #expect(
            apiError { _ = try greedy.normalised(stream: Self.stream, limits: limits) }
                == .consumerMaxPendingAckExcess(100)
        )
    }

    @Test("The server's limit on batches is the default of pull consumers, and their cap")
    func maxBatch() throws {
        let limits = ConfigurationLimits(server: ServerLimits(maxRequestBatch: 50))
        #expect(try Self.consumer().normalised(stream: Self.stream, limits: limits).maxBatch == 50)
        let push = Self.consumer { $0.deliverSubject = "d" }
        #expect(try push.normalised(stream: Self.stream, limits: limits).maxBatch == 0)
        let greedy = Self.consumer { $0.maxBatch = 51 }
        #expect(
            apiError { _ = try greedy.normalised(stream: Self.stream, limits: limits) }
                == .consumerMaxRequestBatchExceeded(50)
        )
        #expect(
            apiError {
                _ = try Self.consumer().normalised(stream: Self.stream, limits: limits, pedantic: true)
            }
                == .pedantic("max_request_batch must be set if it's JetStream limits are set")
        )
    }

    @Test("Texts are bounded")
    func texts() throws {
        let long = Self.consumer { $0.description = String(repeating: "d", count: 4097) }
        #expect(
            apiError { _ = try long.normalised(stream: Self.stream) } == .consumerDescriptionTooLong(4096)
        )
        let wordy = Self.consumer { $0.metadata = ["k": String(repeating: "v", count: 131_072)] }
        #expect(
            apiError { _ = try wordy.normalised(stream: Self.stream) } == .consumerMetadataLength("128KB")
        )
        let named = Self.consumer { $0.name = String(repeating: "n", count: 256) }
        #expect(apiError { try named.checkNameLength() } == .consumerNameTooLong(255))
        #expect(
            apiError { try Self.consumer { $0.name = String(repeating: "n", count: 255) }.checkNameLength() }
                == nil
        )
        let mismatched = Self.consumer { $0.name = "d" }
        #expect(
            apiError { _ = try mismatched.normalised(stream: Self.stream) }
                == .consumerCreateDurableAndNameMismatch
        )
    }

    @Test("Replicas follow the stream")
    func replicas() {
        #expect(
            apiError { _ = try Self.consumer { $0.replicas = 3 }.normalised(stream: Self.stream) }
                == .consumerReplicasExceedStream
        )
        var stream = Self.stream
        stream.replicas = 3
        stream.retention = .interest
        #expect(
            apiError { _ = try Self.consumer { $0.replicas = 1 }.normalised(stream: stream) }
                == .consumerReplicasShouldMatchStream
        )
    }

    @Test(
        "A group's name has at most 16 of its characters",
        arguments: [("a/=_-9Z", true), ("a b", false), ("ä", false)]
    )
    func groups(name: String, isValid: Bool) {
        for (group, expected) in [(name, isValid), (String(repeating: "g", count: 17), false)] {
            let consumer = Self.consumer { ($0.priorityPolicy, $0.priorityGroups) = (.overflow, [group]) }
            let error: APIError? = expected ? nil : .consumerInvalidGroupName
            #expect(apiError { _ = try consumer.normalised(stream: Self.stream) } == error)
        }
    }

    @Test("Consumers of a work queue share no message")
    func workQueue() {
        let filtered = { (filters: [String]) in Self.consumer { $0.filterSubjects = filters } }
        let one = filtered(["wca.*.c"])
        #expect(
            apiError { try filtered(["wca.b.>"]).checkWorkQueue(others: [one]) }
                == .consumerWorkQueueNotUnique
        )
        #expect(apiError { try filtered(["x", "y"]).checkWorkQueue(others: [one]) } == nil)
        #expect(
            apiError { try filtered([]).checkWorkQueue(others: [one]) }
                == .consumerWorkQueueMultipleUnfiltered
        )
        #expect(
            apiError { try filtered(["x"]).checkWorkQueue(others: [filtered([])]) }
                == .consumerWorkQueueNotUnique
        )
        #expect(apiError { try filtered([]).checkWorkQueue(others: []) } == nil)
        #expect(
            apiError { try Self.consumer { $0.ackPolicy = .all }.checkWorkQueue(others: []) }
                == .consumerWorkQueueRequiresExplicitAck
        )
        #expect(
            apiError { try Self.consumer { $0.deliverPolicy = .new }.checkWorkQueue(others: []) }
                == .consumerWorkQueueNotDeliverAll
        )
    }

    @Test("A pause is changed by its own request only, and decides the level")
    func pause() throws {
        let time = Timestamp(nanoseconds: 1_900_000_000_000_000_000)
        let existing = try Self.consumer().normalised(stream: Self.stream).paused(until: time)
        #expect(existing.metadata["_nats.req.level"] == "1")
        let updated = try Self.consumer { $0.description = "new" }.normalised(stream: Self.stream)
            .updated(from: existing)
        #expect(updated.pauseUntil == time)
        #expect(updated.metadata["_nats.req.level"] == "1")
        #expect(existing.paused(until: nil).metadata["_nats.req.level"] == "0")
    }

    @Test("Identical means the same filters in the same order, whatever the server added")
    func identical() throws {
        let one = try Self.consumer { $0.filterSubjects = ["a", "b"] }.normalised(stream: Self.stream)
        let other = try Self.consumer { $0.filterSubjects = ["b", "a"] }.normalised(stream: Self.stream)
        #expect(!one.isEquivalent(to: other))
        var answered = one
        answered.metadata = [:]
        #expect(one.isEquivalent(to: answered))
    }

    @Test(
        "The sampling frequency is a percentage",
        arguments: [("", 0), ("30", 30), ("30%", 30), ("300", 100)]
    )
    func sampling(text: String, percent: Int) {
        #expect(Self.consumer { $0.sampleFrequency = text }.samplePercent == percent)
    }
}
