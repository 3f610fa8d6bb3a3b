/// Pieces of segment files kept in memory for readers: a few, so that several readers going forward each have
/// their own and pay one `pread` for many records.
///
/// A window starts small, because a reader that jumps wants one record, and grows while its reader goes on
/// where it ended.
final class ReadWindows {
    /// The most windows, hence the most readers served well.
    static let countMax = 8
    /// The longest window, in bytes.
    static let bytesMax = 256 << 10
    /// The first read of a window, in bytes.
    static let bytesMin = 4 << 10

    /// One piece.
    final class Window {
        let block = ByteBlock(capacity: ReadWindows.bytesMin)
        var segment: UInt64 = .max
        var start = 0
        var count = 0
        /// How many bytes were asked for, had its segment had them.
        var wanted = 0
        /// Whether it goes up to where its segment ends.
        var isLast = false
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
        if let behind = self.window(before: segment, offset) {
            window = behind
            wanted = min(behind.wanted * 4, ReadWindows.bytesMax)
        } else {
            window = self.victim()
        }
        let bytes = min(max(wanted, count), limit - offset)
        window.segment = .max  // Nothing, should the read fail.
        window.block.grow(to: bytes, keeping: 0)
        window.count = try window.block.fill(0..<bytes, from: file, at: UInt64(offset))
        window.segment = segment
        window.start = offset
        window.wanted = max(wanted, count)
        window.isLast = offset + window.count == limit
        self.uses += 1
        window.lastUse = self.uses
        self.recent = window
        return window
    }

    /// The window of a reader that has come to `offset` of `segment`: by going on, or from the end of the segment before.
    private func window(before segment: UInt64, _ offset: Int) -> Window? {
        if let behind = self.windows.first(where: { $0.holds(segment, offset, 0) }) { return behind }
        guard offset == FileHeader.bytes, let recent = self.recent, recent.isLast, recent.segment < segment
        else { return nil }
        return recent
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
