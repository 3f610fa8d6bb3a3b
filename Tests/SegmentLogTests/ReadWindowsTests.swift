import Synchronization
import Testing

@testable import SegmentLog

@Suite("Read windows")
struct ReadWindowsTests {
    @Test("A reader that goes forward is given longer and longer windows, and every byte once")
    func forward() throws {
        let file = CountedFile(bytes: 2 << 20)
        let windows = ReadWindows()
        try file.readForward(windows, segment: 1, record: 1_024)
        let longest = ReadWindows.bytesMax
        #expect(file.reads.prefix(4).map { $0.count } == [4_096, 16_384, 65_536, longest])
        #expect(file.reads.dropFirst(3).dropLast().allSatisfy { $0.count == longest })
        #expect(file.reads.last?.upperBound == 2 << 20)
        #expect(file.reads.reduce(0) { $0 + $1.count } < 2 << 20 + 1_024 * file.reads.count)
    }

    @Test("A reader that jumps reads no more than it asks for, rounded up to one small window")
    func jumps() throws {
        let file = CountedFile(bytes: 2 << 20)
        let windows = ReadWindows()
        for place in [900_000, 100_000, 1_500_000, 500_000, 48] {
            _ = try windows.load(1, place, 100, limit: 2 << 20, from: file)
        }
        #expect(file.reads.allSatisfy { $0.count == ReadWindows.bytesMin })
    }

    @Test("A reader that has come to the end of a segment goes on in the next one with a window as long")
    func nextSegment() throws {
        let windows = ReadWindows()
        try CountedFile(bytes: 2 << 20).readForward(windows, segment: 1, record: 1_000)
        let next = CountedFile(bytes: 1 << 20)
        _ = try windows.load(77, FileHeader.bytes, 100, limit: 1 << 20, from: next)
        #expect(next.reads.map { $0.count } == [ReadWindows.bytesMax])
    }

    @Test("A reader that has not come to the end begins another segment with a small window")
    func otherSegment() throws {
        let windows = ReadWindows()
        _ = try windows.load(1, 48, 100, limit: 2 << 20, from: CountedFile(bytes: 2 << 20))
        let other = CountedFile(bytes: 1 << 20)
        _ = try windows.load(2, FileHeader.bytes, 100, limit: 1 << 20, from: other)
        #expect(other.reads.map { $0.count } == [ReadWindows.bytesMin])
    }

    @Test("A window whose read failed holds nothing")
    func failure() throws {
        let file = CountedFile(bytes: 1 << 20)
        let windows = ReadWindows()
        _ = try windows.load(1, 48, 100, limit: 1 << 20, from: file)
        try file.close()
        #expect(throws: SegmentError.self) {
            _ = try windows.load(1, 4_000, 500, limit: 1 << 20, from: file)
        }
        #expect(windows.find(1, 48, 100) == nil)
    }
}

/// A file of zeros that notes what is read of it.
private final class CountedFile: StorageFile {
    let path = "counted"
    private let bytes: Int
    private let noted = Mutex<(reads: [Range<Int>], isOpen: Bool)>(([], true))

    init(bytes: Int) { self.bytes = bytes }

    /// What was read, in order.
    var reads: [Range<Int>] { self.noted.withLock { $0.reads } }

    /// Reads records of `record` bytes from the first to the last, as a log does.
    func readForward(_ windows: ReadWindows, segment: UInt64, record: Int) throws {
        var offset = FileHeader.bytes
        while offset < self.bytes {
            let count = min(record, self.bytes - offset)
            if windows.find(segment, offset, count) == nil {
                _ = try windows.load(segment, offset, count, limit: self.bytes, from: self)
            }
            offset += count
        }
    }

    func size() throws(SegmentError) -> UInt64 { UInt64(self.bytes) }

    func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(SegmentError) -> Int {
        let start = min(Int(offset), self.bytes)
        let count = min(bytes.byteCount, self.bytes - start)
        let isOpen = self.noted.withLock { noted in
            noted.reads.append(start..<start + count)
            return noted.isOpen
        }
        if !isOpen { throw .system(call: "pread", path: self.path, errno: 9) }
        return count
    }

    func write(_ bytes: RawSpan, at offset: UInt64) throws(SegmentError) {}

    func truncate(to size: UInt64) throws(SegmentError) {}

    func allocate(to size: UInt64) throws(SegmentError) {}

    func sync() throws(SegmentError) {}

    func discardCache() {}

    func close() throws(SegmentError) { self.noted.withLock { $0.isOpen = false } }
}
