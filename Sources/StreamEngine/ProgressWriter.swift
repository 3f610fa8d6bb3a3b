import StreamModel

/// Gathers a consumer's progress into one journal entry: neighbours become one operation.
struct ProgressWriter {
    /// The entry so far, without the open operation; empty when there is nothing to write.
    private(set) var bytes: [UInt8] = []
    private var open: ProgressOperation?
    private var list: [UInt8] = []
    private var count: UInt64 = 0
    private var time: Int64 = 0
    private var firstConsumerSequence: UInt64 = 0
    private var last: UInt64 = 0
    private var ends = (delivered: SequencePair(), floor: SequencePair())

    /// Whether nothing was noted.
    var isEmpty: Bool { self.bytes.isEmpty && self.open == nil }

    /// Bytes noted so far, roughly.
    var size: Int { self.bytes.count + self.list.count }

    /// A first delivery.
    mutating func deliver(_ sequence: UInt64, consumerSequence: UInt64, at time: Int64) {
        if self.open != .delivered || self.time != time {
            self.begin(.delivered)
            self.time = time
            self.firstConsumerSequence = consumerSequence
        }
        self.add(sequence)
    }

    /// A further delivery.
    mutating func redeliver(_ sequence: UInt64, at time: Int64) {
        if self.open != .redelivered || self.time != time {
            self.begin(.redelivered)
            self.time = time
        }
        self.add(sequence)
    }

    /// One message settled.
    mutating func settle(_ sequence: UInt64) {
        if self.open != .settled { self.begin(.settled) }
        self.add(sequence)
    }

    /// Everything up to a message settled.
    mutating func settle(upTo sequence: UInt64, consumerSequence: UInt64) {
        self.write(.settledUpTo, sequence, consumerSequence)
    }

    /// What was pending in a range settled.
    mutating func settle(in range: ClosedRange<UInt64>) {
        self.write(.settledRange, range.lowerBound, range.upperBound)
    }

    /// A message put off.
    mutating func postpone(_ sequence: UInt64, until deadline: Int64) {
        self.write(.postponed, sequence, UInt64(bitPattern: deadline))
    }

    /// A message in progress.
    mutating func progress(_ sequence: UInt64, at time: Int64) {
        self.write(.progressed, sequence, UInt64(bitPattern: time))
    }

    /// A message given up.
    mutating func giveUp(_ sequence: UInt64) {
        self.close()
        self.start(.gaveUp)
        Varint.write(sequence, to: &self.bytes)
    }

    /// New ends; the last ones of a row count.
    mutating func setEnds(delivered: SequencePair, floor: SequencePair) {
        if self.open != .ends { self.begin(.ends) }
        self.ends = (delivered, floor)
    }

    /// A whole state: what was noted before is superfluous.
    mutating func replace(_ acks: AckState, boundary: UInt64) {
        self.reset()
        self.bytes.append(progressFormatVersion)
        self.bytes.append(ProgressOperation.state.rawValue)
        Self.write(acks.delivered, to: &self.bytes)
        Self.write(acks.floor, to: &self.bytes)
        Varint.write(boundary, to: &self.bytes)
        Varint.write(UInt64(acks.pendingCount), to: &self.bytes)
        var last = SequencePair()
        for place in 0..<acks.ring.count where acks.ring[place].deliveries > 0 {
            let entry = acks.ring[place]
            Varint.writeDifference(entry.sequence, from: last.stream.rawValue, to: &self.bytes)
            Varint.writeDifference(entry.consumerSequence, from: last.consumer, to: &self.bytes)
            Varint.writeSigned(entry.delivered, to: &self.bytes)
            Varint.writeSigned(entry.deadline, to: &self.bytes)
            Varint.write(UInt64(entry.deliveries), to: &self.bytes)
            last = SequencePair(
                consumer: entry.consumerSequence,
                stream: StreamSequence(entry.sequence)
            )
        }
        Varint.write(UInt64(acks.givenUp.runs.count), to: &self.bytes)
        for run in acks.givenUp.runs {
            Varint.write(run.first, to: &self.bytes)
            Varint.write(run.last, to: &self.bytes)
        }
    }

    /// Puts the open operation into the bytes.
    mutating func close() {
        guard let open = self.open else { return }
        self.open = nil
        self.start(open)
        switch open {
        case .delivered:
            Varint.writeSigned(self.time, to: &self.bytes)
            Varint.write(self.firstConsumerSequence, to: &self.bytes)
        case .redelivered: Varint.writeSigned(self.time, to: &self.bytes)
        case .ends:
            Self.write(self.ends.delivered, to: &self.bytes)
            Self.write(self.ends.floor, to: &self.bytes)
            return
        default: break
        }
        Varint.write(self.count, to: &self.bytes)
        self.bytes.append(contentsOf: self.list)
    }

    /// Forgets everything and keeps the memory, unless there is much of it.
    mutating func reset() {
        self.open = nil
        self.bytes.removeAll(keepingCapacity: self.bytes.capacity < 1 << 17)
        self.list.removeAll(keepingCapacity: self.list.capacity < 1 << 17)
    }

    private mutating func begin(_ operation: ProgressOperation) {
        self.close()
        self.open = operation
        self.list.removeAll(keepingCapacity: true)
        self.count = 0
        self.last = 0
    }

    private mutating func add(_ sequence: UInt64) {
        Varint.writeDifference(sequence, from: self.last, to: &self.list)
        self.last = sequence
        self.count += 1
    }

    private mutating func start(_ operation: ProgressOperation) {
        if self.bytes.isEmpty { self.bytes.append(progressFormatVersion) }
        self.bytes.append(operation.rawValue)
    }

    private mutating func write(_ operation: ProgressOperation, _ one: UInt64, _ other: UInt64) {
        self.close()
        self.start(operation)
        Varint.write(one, to: &self.bytes)
        Varint.write(other, to: &self.bytes)
    }

    private static func write(_ pair: SequencePair, to bytes: inout [UInt8]) {
        Varint.write(pair.consumer, to: &bytes)
        Varint.write(pair.stream.rawValue, to: &bytes)
    }
}
