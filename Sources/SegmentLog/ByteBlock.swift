/// A piece of memory that grows, owned by one thread at a time.
@safe
final class ByteBlock {
    /// The first byte.
    ///
    /// Valid up to ``capacity``; moves when the block grows.
    private(set) var base: UnsafeMutableRawPointer
    /// Bytes at ``base``.
    private(set) var capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 64)
        unsafe self.base = UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 16)
    }

    // Allocated by this class and freed nowhere else.
    deinit { unsafe self.base.deallocate() }

    /// Makes room for at least `capacity` bytes, keeping the first `kept`.
    func grow(to capacity: Int, keeping kept: Int) {
        if capacity <= self.capacity { return }
        precondition(kept <= self.capacity)
        let larger = max(capacity, self.capacity * 2)
        let base = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        // `kept` bytes are in both, and they do not overlap.
        unsafe base.copyMemory(from: self.base, byteCount: kept)
        unsafe self.base.deallocate()
        unsafe self.base = base
        self.capacity = larger
    }

    /// Gives memory back and forgets what was in it.
    func shrink(to capacity: Int) {
        unsafe self.base.deallocate()
        self.capacity = max(capacity, 64)
        unsafe self.base = UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 16)
    }

    /// Calls `body` with the bytes in `range`.
    ///
    /// Traps out of bounds.
    @inline(__always)
    func withBytes<Result, Failure: Error>(
        _ range: Range<Int>,
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(0 <= range.lowerBound)
        precondition(range.upperBound <= self.capacity)
        // In bounds; the block outlives the call because `self` does.
        let bytes = unsafe RawSpan(
            _unsafeStart: UnsafeRawPointer(self.base + range.lowerBound),
            byteCount: range.count
        )
        defer { withExtendedLifetime(self) {} }
        return try body(bytes)
    }

    /// Reads from `file` at `offset` into `range`; returns how many bytes there were.
    ///
    /// Traps out of bounds.
    func fill(_ range: Range<Int>, from file: any StorageFile, at offset: UInt64) throws(SegmentError) -> Int
    {
        precondition(0 <= range.lowerBound)
        precondition(range.upperBound <= self.capacity)
        // In bounds; nobody else touches the block during the call.
        var bytes = unsafe MutableRawSpan(_unsafeStart: self.base + range.lowerBound, byteCount: range.count)
        let count = try file.read(into: &bytes, at: offset)
        return min(count, range.count)
    }
}
