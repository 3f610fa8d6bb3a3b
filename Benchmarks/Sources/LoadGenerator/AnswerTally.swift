/// What the answers to requests must be, and what has been seen of them.
struct AnswerTally {
    /// What an answer must be.
    enum Answer {
        /// A payload of this many bytes.
        case payload(bytes: Int)
        /// A stream's acknowledgement, with a sequence that is new.
        case pubAck(PubAckCheck)
    }

    private let answer: Answer
    /// How long each answer took.
    var latencies: LatencySamples
    /// The stream sequences that were acknowledged.
    private(set) var sequences: SequenceSet
    /// How many requests have been answered.
    private(set) var count = 0

    /// - Parameters:
    ///   - limit: how many answers there will be at most.
    ///   - lastSequence: the stream's last sequence before the run.
    init(_ answer: Answer, limit: Int, after lastSequence: UInt64 = 0) {
        self.answer = answer
        self.latencies = LatencySamples(reserving: limit)
        self.sequences = SequenceSet(after: lastSequence, limit: limit)
    }

    /// Checks one answer and counts it.
    mutating func add(_ bytes: RawSpan, _ frame: Frame, nanoseconds: UInt64) throws(LoadError) {
        switch self.answer {
        case .payload(let count):
            guard frame.payloadCount == count else {
                throw .wrong("an answer of \(frame.payloadCount) bytes, not \(count)")
            }
        case .pubAck(let check):
            try self.sequences.insert(check.sequence(bytes, frame.payload, frame.end - 2))
        }
        self.latencies.add(nanoseconds)
        self.count += 1
    }
}
