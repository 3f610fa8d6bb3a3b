/// Bytes appended to a log and not yet written: runs of them, each for one place in one file.
///
/// A log has two and swaps them: while one is written by another thread, the other one fills.
final class AppendBuffer {
    /// A buffer that had to grow beyond this is not kept: one large batch shall not cost its size for ever.
    static let keptBytesMax = 4 << 20
    /// What an idle stream pays.
    static let initialBytes = 256

    let block = ByteBlock(capacity: AppendBuffer.initialBytes)
    private(set) var count = 0
    private(set) var runs: [AppendRun] = []

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

    /// Forgets everything; keeps the memory unless it is large.
    func recycle() {
        self.count = 0
        self.runs.removeAll(keepingCapacity: true)
        if self.block.capacity > AppendBuffer.keptBytesMax {
            self.block.shrink(to: AppendBuffer.initialBytes)
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
