import Glibc
import TestSupport
import Testing

@testable import SegmentLog

@Suite("Files of the operating system")
struct POSIXTests {
    let temporary: TemporaryDirectory
    var root: POSIXDirectory { self.temporary.directory }

    init() throws { self.temporary = try TemporaryDirectory() }

    private func read(_ file: any StorageFile, _ count: Int, at offset: UInt64) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xee, count: count)
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let found = try file.read(into: &raw, at: offset)
        return Array(bytes.prefix(found))
    }

    @Test("Where data ends is never before it, and reserved room behind it is zeros")
    func dataEnd() throws {
        let file = try self.root.createFile("a")
        #expect(try file.dataEnd() == 0)
        try file.write([UInt8](repeating: 7, count: 5_000).span.bytes, at: 0)
        #expect(try file.dataEnd() == 5_000)
        try file.allocate(to: 1 << 20)
        try file.write(([1] as [UInt8]).span.bytes, at: 300_000)
        for isSynced in [false, true] {
            if isSynced { try file.sync() }
            let end = Int(try file.dataEnd())
            #expect(300_001...(1 << 20) ~= end)
            #expect(try self.read(file, 1 << 20, at: UInt64(end)).allSatisfy { $0 == 0 })
        }
        // Data behind a hole counts.
        try file.write(([1] as [UInt8]).span.bytes, at: 1 << 20)
        #expect(try file.dataEnd() == 1 << 20 + 1)
    }

    @Test("A file is written and read at any place, cut, extended and closed")
    func files() throws {
        let file = try self.root.createFile("a")
        try file.write(([1, 2, 3, 4, 5] as [UInt8]).span.bytes, at: 3)
        #expect(try file.size() == 8)
        #expect(try self.read(file, 100, at: 0) == [0, 0, 0, 1, 2, 3, 4, 5])
        #expect(try self.read(file, 2, at: 4) == [2, 3])
        #expect(try self.read(file, 2, at: 100) == [])
        #expect(try self.root.fileSize("a") == 8)
        try file.truncate(to: 4)
        try file.allocate(to: 6)
        try file.allocate(to: 2)
        #expect(try self.read(file, 100, at: 0) == [0, 0, 0, 1, 0, 0])
        try file.sync()
        file.discardCache()
        try file.close()
        try file.close()
        #expect(throws: SegmentError.system(call: "fdatasync", path: "\(self.root.path)/a", errno: EBADF)) {
            try file.sync()
        }
        let readOnly = try self.root.openFile("a", for: .reading)
        #expect(throws: SegmentError.self) { try readOnly.write(([1] as [UInt8]).span.bytes, at: 0) }
    }

    @Test("Directories are made, listed, renamed and removed; errors say what failed")
    func directories() throws {
        let child = try self.root.ensureDirectory("child")
        _ = try self.root.ensureDirectory("child")
        _ = try child.createFile("x")
        let exists = #expect(throws: SegmentError.self) { try child.createFile("x") }
        #expect(exists?.isPresent == true)
        let absent = #expect(throws: SegmentError.self) { try child.openFile("y", for: .reading) }
        #expect(absent?.isAbsent == true)
        #expect(absent?.errno == ENOENT)
        try child.rename("x", to: "y", in: self.root)
        #expect(try self.root.list().sorted() == ["child", "y"])
        try child.sync()
        try self.root.sync()
        try self.root.removeFile("y")
        try self.root.removeDirectory("child")
        #expect(try self.root.list().isEmpty)
        #expect(try self.root.availableBytes() > 0)
    }

    @Test("A name that is a path or leads elsewhere is refused")
    func names() throws {
        for name in ["", ".", "..", "a/b", "../x", "/etc/passwd"] {
            #expect(throws: SegmentError.self, "\(name)") { try self.root.createFile(name) }
            #expect(throws: SegmentError.self, "\(name)") { try self.root.openDirectory(name) }
            #expect(throws: SegmentError.self, "\(name)") { try self.root.removeFile(name) }
            #expect(throws: SegmentError.self, "\(name)") { try self.root.rename(name, to: "b", in: nil) }
            #expect(throws: SegmentError.self, "\(name)") { try self.root.fileSize(name) }
        }
        #expect(symlink("/etc/passwd", "\(self.root.path)/link") == 0)
        let followed = #expect(throws: SegmentError.self) { try self.root.openFile("link", for: .reading) }
        #expect(followed?.errno == ELOOP)
        #expect(symlink("/etc", "\(self.root.path)/directory") == 0)
        #expect(throws: SegmentError.self) { try self.root.openDirectory("directory") }
    }

    @Test("A lock is held once, until it is closed")
    func locks() throws {
        let lock = try self.root.lock("lock")
        let other = try POSIXDirectory(path: self.root.path)
        let refused = #expect(throws: SegmentError.self) { try other.lock("lock") }
        #expect(refused?.errno == EWOULDBLOCK)
        try lock.close()
        _ = try other.lock("lock")
    }

    @Test("The log and the journal work on a real disk")
    func realDisk() throws {
        let fixture = try LogFixture(self.root)
        let options = LogOptions(segmentBytes: 100_000)
        let log = try fixture.open(options).log
        let journal = try fixture.openJournal().journal
        let messages = (1...2_000).map { Message($0, payloadLength: Int($0 % 300)) }
        for message in messages {
            log.append(message)
            journal.append(Entry(message.sequence, length: 9))
            if message.sequence % 300 == 0 {
                try log.write()
                try journal.write()
            }
        }
        _ = log.erase(at: LogPosition(segment: 1, offset: 48))
        try log.write()
        try journal.write()
        log.release()
        #expect(log.readAll() == Array(messages.dropFirst()))
        let reopened = try fixture.open(options)
        #expect(reopened.messages == Array(messages.dropFirst()))
        #expect(reopened.report.isClean)
        #expect(reopened.report.tail == nil)
        #expect(try fixture.openJournal().entries.count == 2_000)
        try #require(reopened.log.dropSegments(before: .max)).perform()
        #expect(try fixture.log.list().count == 1)
    }
}
