public import SegmentLog

/// The end of a stream that was cut after one of its messages.
public struct StreamCut: Sendable {
    /// The last sequence that is left.
    public var last: UInt64
    /// The last message's time; nil if none is left.
    public var lastTime: Int64?
    /// Where the log goes on; nil: at its start.
    public var position: LogPosition?
    /// Messages that are left.
    public var messages: UInt64
    /// Their bytes (streams.md §8.4).
    public var bytes: UInt64

    /// Makes the value.
    public init(last: UInt64, lastTime: Int64?, position: LogPosition?, messages: UInt64, bytes: UInt64) {
        self.last = last
        self.lastTime = lastTime
        self.position = position
        self.messages = messages
        self.bytes = bytes
    }
}

extension IndexInspection {
    /// Writes the state file of the stream in `directory` anew from this index, whole or not at all.
    ///
    /// What the index does not know are the message ids of overwritten messages: they are forgotten.
    ///
    /// - Parameter cut: where the stream was cut after the index was made; nil if it was not.
    /// - Precondition: nobody has the stream open.
    public func writeState(inStream directory: String, cut: StreamCut? = nil) throws(StoreError) {
        var file = StateFile(record: self.record)
        if let cut { file.record.cut(cut) }
        let holes = try self.rows(.deleted)
        while let row = try holes.next() {
            guard case .deleted(let chunk, var words) = row else { continue }
            if let cut {
                // A hole behind the cut would hide the message that gets its sequence next.
                for index in words.indices {
                    let base = chunk << 12 + UInt64(index) << 6
                    if base > cut.last {
                        words[index] = 0
                    } else if cut.last - base < 63 {
                        words[index] &= (1 << (cut.last - base + 1)) - 1
                    }
                }
                if words.allSatisfy({ $0 == 0 }) { continue }
            }
            var value: [UInt8] = []
            HoleChunk.encode(ContiguousArray(words), at: 0, into: &value)
            file.chunks.append((chunk, value))
        }
        let consumers = try self.rows(.consumers)
        while let row = try consumers.next() {
            if case .consumer(let snapshot) = row { file.consumers.append(snapshot) }
        }
        let bytes = file.encode()
        try StoreError.converting { () throws(SegmentError) in
            try StateFile.write(bytes, to: POSIXDirectory(path: directory))
        }
    }
}

extension CheckpointRecord {
    /// Takes out what lies behind the cut.
    fileprivate mutating func cut(_ cut: StreamCut) {
        self.last = cut.last
        self.first = min(self.first, cut.last + 1)
        self.lastTime = cut.lastTime
        self.position = cut.position
        self.messages = cut.messages
        self.bytes = cut.bytes
        self.gaps = self.gaps.compactMap { gap in
            gap.lowerBound > cut.last ? nil : gap.lowerBound...min(gap.upperBound, cut.last)
        }
    }
}
