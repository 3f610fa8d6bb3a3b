import StreamModel
import StreamStore
import Subjects
import Testing

@testable import StreamEngine

@Suite("Start position")
struct StartPositionTests {
    /// Ten messages on b.1, b.2, b.0, b.1 … so that b.1 is at 1, 4, 7, 10; as in consumers.md §10.3 from zero.
    static let cycle = (0..<10).map { "b.\($0 % 3)" }

    private func fixture(
        _ subjects: [String],
        _ start: ConsumerPolicy.Start,
        _ filter: SubjectFilter = .all,
        limits: StoreLimits = StoreLimits()
    ) -> ConsumerFixture {
        ConsumerFixture(subjects, store: JournalingStore(limits: limits)) {
            $0.start = start
            $0.filter = filter
            $0.acknowledgement = .none
        }
    }

    @Test(
        "Each policy starts where consumers.md §10.3 says",
        arguments: [
            (.all, .all, 0, 10), (.last, .all, 9, 1), (.new, .all, 10, 0),
            (.sequence(StreamSequence(4)), .all, 3, 7), (.sequence(StreamSequence(40)), .all, 39, 0),
            (.time(Timestamp(rawValue: 1)), .all, 0, 10),
            (.time(Timestamp(rawValue: 35_000_000)), .all, 3, 7),
            (.time(.distantFuture), .all, 10, 0), (.last, filter("b.1"), 7, 1), (.last, filter("c"), 0, 0),
            (.lastPerSubject, filter("b.>"), 7, 3), (.lastPerSubject, filter("c"), 9, 0),
            (.lastPerSubject, filter("b.0", "b.2"), 8, 2), (.all, filter("b.1"), 0, 3),
        ] as [(ConsumerPolicy.Start, SubjectFilter, UInt64, UInt64)]
    )
    func table(start: ConsumerPolicy.Start, filter: SubjectFilter, skipped: UInt64, pending: UInt64) {
        let fixture = self.fixture(Self.cycle, start, filter)
        #expect(fixture.delivered == [0, skipped])
        #expect(fixture.floor == [0, skipped])
        #expect(fixture.progress.pending == pending)
    }

    @Test(
        "In an empty stream everything starts at the first message",
        arguments: [
            (.all, 0), (.last, 0), (.new, 0), (.lastPerSubject, 0), (.time(Timestamp(rawValue: 5)), 0),
            (.sequence(StreamSequence(4)), 3), (.sequence(.zero), 0),
        ] as [(ConsumerPolicy.Start, UInt64)]
    )
    func empty(start: ConsumerPolicy.Start, skipped: UInt64) {
        #expect(self.fixture([], start, filter("b.>")).delivered == [0, skipped])
    }

    @Test("The start is never below the first stored message")
    func clamped() {
        for start in [.all, .last, .sequence(StreamSequence(2))] as [ConsumerPolicy.Start] {
            let store = JournalingStore(firstSequence: StreamSequence(100))
            let fixture = ConsumerFixture([], store: store) { $0.start = start }
            #expect(fixture.delivered == [0, 99])
        }
    }

    @Test("A start in the future skips what comes before it")
    func future() {
        let fixture = self.fixture(Self.cycle, .sequence(StreamSequence(13)))
        for _ in 0..<4 { fixture.publish("b.0") }
        #expect(fixture.progress.pending == 2)
        #expect(fixture.pull("10").sequences == [13, 14])
    }

    @Test("The last of each subject come first, then what is new, also on their subjects")
    func lastPerSubject() {
        let fixture = self.fixture(Self.cycle, .lastPerSubject, filter("b.>"))
        fixture.publish("b.2")
        #expect(fixture.progress.pending == 4)
        let frames = fixture.pull("10")
        #expect(frames.map { $0.numbers[1] } == [8, 9, 10, 11])
        #expect(frames.map { $0.numbers[2] } == [1, 2, 3, 4])
        #expect(frames.map { $0.numbers[3] } == [3, 2, 1, 0])
    }

    @Test("A listed message that was removed is skipped, and the count knows it")
    func lastPerSubjectRemoved() {
        let fixture = self.fixture(Self.cycle, .lastPerSubject, filter("b.>"))
        fixture.remove(9)
        #expect(fixture.progress.pending == 2)
        #expect(fixture.pull("10").sequences == [8, 10])
        fixture.publish("b.1")
        #expect(fixture.deliver().sequences == [11])
    }

    @Test("With one message per subject the last of each are all messages")
    func onePerSubject() {
        let fixture = self.fixture(
            Self.cycle,
            .lastPerSubject,
            filter("b.>"),
            limits: StoreLimits(messagesPerSubject: 1)
        )
        #expect(fixture.pull("10").sequences == [8, 9, 10])
    }

    @Test("A filter delivers its messages in stream order, several filters each message once")
    func filters() {
        let one = self.fixture(["b.0", "b.1", "b.2", "b.0", "b.1", "b.2", "b.0", "b.1"], .all, filter("b.1"))
        #expect(
            one.pull("10").texts == ["in: b.1 1/2/1 2", "in: b.1 1/5/2 1", "in: b.1 1/8/3 0"]
        )
        let two = self.fixture(Self.cycle, .all, filter("b.1", "*.2", "b.2"))
        #expect(two.pull("10").sequences == [2, 3, 5, 6, 8, 9])
    }
}
