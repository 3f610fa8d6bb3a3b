/// Bytes appended to a log and not yet written: runs of them, each for one place in one file.
///
/// A log has two and swaps them: while one is written by another thread, the other one fills.
final class AppendBuffer {
    /// A buffer that had to grow beyond this is kept only while it is used: one large batch shall not cost its size for
    /// ever, but where all are large, each would have to ask for its memory anew.
    static let keptBytesMax = 4 << 20
    /// Beyond this it is not kept at all.
    static let usedBytesMax = 16 << 20
    /// How often in a row it may be used little: large batches and small ones come in turn.
    static let sparedMax = 16
    /// What an idle stream pays.
    static let initialBytes = 256

    let block = ByteBlock(capacity: AppendBuffer.initialBytes)
    private(set) var count = 0
    private(set) var runs: [AppendRun] = []
    /// How often in a row less than a quarter of the memory was needed.
    private var spared = 0

    /// Adds `bytes` bytes, which the caller fills before anything else happens.
    @inline(__always)
    func reserve(_ bytes: Int) -> UnsafeMutableRawPointer {
        let start = self.count
        if start + bytes > self.block.capacity { self.block.grow(to: start + bytes, keeping: start) }
        self.count = start + bytes
        // In bounds: the block holds at least `count` bytes.
        return unsafe self.block.base + start
    }

    /// Ends a run.
    func add(_ run: AppendRun) {
        assert(run.start <= run.end)
        assert(run.end <= self.count)
        self.runs.append(run)
    }

    /// Forgets everything; keeps the memory unless it is large, and was more than four times what was needed for a while.
    func recycle() {
        let capacity = self.block.capacity
        self.spared = self.count >= capacity / 4 ? 0 : self.spared + 1
        self.count = 0
        self.runs.removeAll(keepingCapacity: true)
        guard capacity > AppendBuffer.keptBytesMax else { return }
        if capacity > AppendBuffer.usedBytesMax || self.spared > AppendBuffer.sparedMax {
            self.block.shrink(to: AppendBuffer.initialBytes)
            self.spared = 0
        }
    }
}

/// Bytes of an ``AppendBuffer`` that belong together in one file.
struct AppendRun {
    /// The file's number.
    var number: UInt64
    /// Where the run begins in the file.
    var offset: Int
    /// Where it begins in the buffer.
    var start: Int
    /// Where it ends in the buffer.
    var end: Int
    /// Whether the file has to be made first: the run begins with its header.
    var begins: Bool
    /// Whether nothing follows in the file: it is cut here and synced.
    var seals: Bool

    /// Where the run ends in the file.
    var endOffset: Int { self.offset + self.end - self.start }
}
