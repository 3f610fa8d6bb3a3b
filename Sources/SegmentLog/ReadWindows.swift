/// Pieces of segment files kept in memory for readers: a few, so that several readers going forward each have
/// their own and pay one `pread` for many records.
///
/// A window starts small, because a reader that jumps wants one record, and grows while its reader goes on
/// where it ended.
final class ReadWindows {
    /// The most windows, hence the most readers served well.
    static let countMax = 8
    /// The longest window, in bytes.
    static let bytesMax = 128 << 10
    /// The first read of a window, in bytes.
    static let bytesMin = 4 << 10

    /// Bytes asked for ahead of a reader that goes forward.
    static let aheadBytes = 512 << 10

    /// One piece.
    final class Window {
        let block = ByteBlock(capacity: ReadWindows.bytesMin)
        var segment: UInt64 = .max
        var start = 0
        var count = 0
        var lastUse: UInt64 = 0

        /// Whether `count` bytes at `offset` of `segment` are here.
        @inline(__always)
        func holds(_ segment: UInt64, _ offset: Int, _ count: Int) -> Bool {
            segment == self.segment && offset >= self.start && offset + count <= self.start + self.count
        }
    }

    private var windows: [Window] = []
    private var recent: Window?
    private var uses: UInt64 = 0

    /// The window that has `count` bytes at `offset` of `segment`; nil if none has.
    @inline(__always)
    func find(_ segment: UInt64, _ offset: Int, _ count: Int) -> Window? {
        if let recent = self.recent, recent.holds(segment, offset, count) { return recent }
        return self.search(segment, offset, count)
    }

    private func search(_ segment: UInt64, _ offset: Int, _ count: Int) -> Window? {
        for window in self.windows where window.holds(segment, offset, count) {
            self.uses += 1
            window.lastUse = self.uses
            self.recent = window
            return window
        }
        return nil
    }

    /// Reads a window that begins at `offset` and has at least `count` bytes, or all up to `limit` if that is
    /// less.
    func load(
        _ segment: UInt64,
        _ offset: Int,
        _ count: Int,
        limit: Int,
        from file: any StorageFile
    ) throws(SegmentError) -> Window {
        let window: Window
        var wanted = ReadWindows.bytesMin
        if let behind = self.windows.first(where: { $0.holds(segment, offset, 0) }) {
            window = behind
            wanted = min(max(behind.count, ReadWindows.bytesMin / 4) * 4, ReadWindows.bytesMax)
        } else {
            window = self.victim()
        }
        let bytes = min(max(wanted, count), limit - offset)
        if bytes == ReadWindows.bytesMax { self.readAhead(of: offset + bytes, limit: limit, from: file) }
        window.segment = .max  // Nothing, should the read fail.
        window.block.grow(to: bytes, keeping: 0)
        window.count = try window.block.fill(0..<bytes, from: file, at: UInt64(offset))
        window.segment = segment
        window.start = offset
        self.uses += 1
        window.lastUse = self.uses
        self.recent = window
        return window
    }

    /// Has the disk begin with what a reader that goes on will want after `end`.
    private func readAhead(of end: Int, limit: Int, from file: any StorageFile) {
        // Once for several windows, and twice as far as they reach.
        let step = ReadWindows.aheadBytes
        guard end % step < ReadWindows.bytesMax, end < limit else { return }
        file.willRead(min(2 * step, limit - end), at: UInt64(end))
    }

    /// Forgets what was read of `segment`.
    func forget(_ segment: UInt64) {
        for window in self.windows where window.segment == segment { window.segment = .max }
    }

    /// Forgets everything and gives the memory back.
    func removeAll() {
        self.windows.removeAll()
        self.recent = nil
    }

    private func victim() -> Window {
        if let unused = self.windows.first(where: { $0.segment == .max }) { return unused }
        if self.windows.count == ReadWindows.countMax,
            let oldest = self.windows.min(by: { $0.lastUse < $1.lastUse })
        {
            return oldest
        }
        let window = Window()
        self.windows.append(window)
        return window
    }
}
