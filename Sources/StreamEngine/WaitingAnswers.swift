import Synchronization

/// Acknowledgements of one commit, sorted by the lanes on which they leave.
///
/// A lane stands for an event loop other than the stream's: whoever performs the commit hands its part to that loop
/// directly, so that a publisher does not wait until the stream has been told too.
public final class WaitingAnswers: Sendable {
    /// What leaves on one lane.
    public final class Lane: @unchecked Sendable {
        // Unchecked: the stream fills it before it hands out the commit; then it is the performer's and, once
        // `isUnderWay` is set, the receiver's until `finish()`. On a failed commit it is the stream's again.

        /// The answers.
        public internal(set) var effects = EffectBuffer()
        private let underWay = Atomic<Bool>(false)

        /// Whether it was handed out and not finished.
        public var isUnderWay: Bool { self.underWay.load(ordering: .acquiring) }

        /// Notes that it will be handed to another loop.
        func start() { self.underWay.store(true, ordering: .relaxed) }

        /// Ends it: the answers were sent.
        public func finish() {
            self.effects.removeAll()
            self.underWay.store(false, ordering: .releasing)
        }

        /// Hands what is in it to `effects`, which are empty: somebody else sends it.
        func giveUp(to effects: inout EffectBuffer) {
            swap(&self.effects, &effects)
            self.takeBack()
        }

        /// Takes it back: the commit failed.
        func takeBack() { self.underWay.store(false, ordering: .relaxed) }
    }

    /// The lanes, by number.
    public let lanes: [Lane]

    init(lanes: Int) { self.lanes = (0..<lanes).map { _ in Lane() } }

    /// Whether nothing waits.
    public var isEmpty: Bool { self.lanes.allSatisfy { $0.effects.isEmpty } }

    /// Whether all of it was sent, and it can be filled again.
    var isFinished: Bool { self.lanes.allSatisfy { !$0.isUnderWay } }

    /// Notes that whoever performs the commit sends what is in it.
    func start() { for lane in self.lanes where !lane.effects.isEmpty { lane.start() } }

    /// Moves everything behind `effects`.
    func move(to effects: inout EffectBuffer) {
        for lane in self.lanes where !lane.effects.isEmpty {
            effects.append(contentsOf: lane.effects)
            lane.effects.removeAll()
            lane.takeBack()
        }
    }
}
