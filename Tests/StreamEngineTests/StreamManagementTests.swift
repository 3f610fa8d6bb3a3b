import StreamModel
import StreamStore
import Subjects
import Testing

@testable import StreamEngine

@Suite("Another configuration of a stream")
struct StreamManagementTests {
    private static let start = Timestamp(rawValue: 1_000_000_000)

    private func stream(_ configuration: StreamConfiguration) -> StreamEngine.Stream {
        StreamEngine.Stream(
            name: "S",
            configuration: configuration,
            created: Self.start,
            store: MemoryStreamStore(limits: StoreLimits(configuration), firstSequence: .zero),
            now: Self.start
        )
    }

    private func publish(_ subject: String, to stream: StreamEngine.Stream) {
        let (subject, payload) = (Array(subject.utf8), Array("x".utf8))
        stream.publish(
            subject: subject.span.bytes,
            reply: RawSpan(),
            headers: RawSpan(),
            payload: payload.span.bytes,
            now: Self.start
        )
    }

    @Test(
        "A lower limit per subject removes the oldest, whether new ones are refused or not",
        arguments: [true, false]
    )
    func lowerLimit(refuses: Bool) {
        var configuration = StreamConfiguration(name: "S")
        configuration.maxMessageSize = -1
        let stream = self.stream(configuration)
        for _ in 0..<7 { self.publish("a", to: stream) }
        self.publish("b", to: stream)
        configuration.maxMessagesPerSubject = 5
        if refuses {
            configuration.discard = .new
            configuration.discardNewPerSubject = true
        }
        stream.update(configuration, now: Self.start)
        #expect(stream.store.state.messages == 6)
        #expect(stream.store.state.firstSequence == StreamSequence(3))
        self.publish("a", to: stream)
        #expect(stream.store.state.messages == 6)
        #expect(stream.store.state.lastSequence == StreamSequence(refuses ? 8 : 9))
    }
}
