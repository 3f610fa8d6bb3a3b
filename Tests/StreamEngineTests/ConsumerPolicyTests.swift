import StreamModel
import Subjects
import Testing

@testable import StreamEngine

@Suite("Consumer policy")
struct ConsumerPolicyTests {
    @Test("A configuration becomes the policy that it asks for")
    func translation() throws {
        var configuration = ConsumerConfiguration()
        configuration.ackPolicy = .all
        configuration.deliverPolicy = .byStartSequence
        configuration.startSequence = StreamSequence(7)
        configuration.ackWait = .seconds(3)
        configuration.backoff = [.seconds(3), .seconds(9)]
        configuration.maxDeliver = 4
        configuration.maxAckPending = -1
        configuration.maxWaiting = 9
        configuration.filterSubjects = ["a.*", "b"]
        configuration.replayPolicy = .original
        configuration.sampleFrequency = "30%"
        configuration.priorityGroups = ["A"]
        configuration.priorityPolicy = .overflow
        let policy = try #require(ConsumerPolicy(configuration, isPersistent: true))
        #expect(policy.acknowledgement == .all)
        #expect(policy.start == .sequence(StreamSequence(7)))
        #expect(policy.backoff == [3_000_000_000, 9_000_000_000])
        #expect(policy.maxDeliver == 4)
        #expect(policy.maxAckPending == nil)
        #expect(policy.maxWaiting == 9)
        #expect(policy.filter == filter("a.*", "b"))
        #expect(policy.replaysOriginalPace)
        #expect(policy.sampleFrequency == 30)
        #expect(policy.priority == .overflow)
        #expect(policy.isPersistent)
        #expect(policy.deadline(after: 1, at: 5) == 3_000_000_005)
        #expect(policy.deadline(after: 7, at: 5) == 9_000_000_005)
    }

    @Test("Absent limits are none, and a filter for everything is none")
    func defaults() throws {
        var configuration = ConsumerConfiguration()
        configuration.maxDeliver = -1
        configuration.filterSubject = ">"
        configuration.memoryStorage = true
        let policy = try #require(ConsumerPolicy(configuration, isPersistent: true))
        #expect(policy.filter.isAll)
        #expect(policy.maxDeliver == nil)
        #expect(policy.maxBatch == nil)
        #expect(policy.inactiveThreshold == nil)
        #expect(policy.maxWaiting == 512)
        #expect(!policy.isPersistent)
    }

    @Test("A filter that is not a subject is refused, not taken for everything")
    func invalid() {
        var configuration = ConsumerConfiguration()
        configuration.filterSubjects = ["a..b"]
        #expect(ConsumerPolicy(configuration, isPersistent: true) == nil)
    }
}
