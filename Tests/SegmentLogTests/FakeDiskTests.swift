import Glibc
import SegmentLog
import TestSupport
import Testing

@Suite("The disk in memory")
struct FakeDiskTests {
    let disk = FakeDisk()

    private func write(_ bytes: [UInt8], to file: any StorageFile, at offset: UInt64 = 0) throws {
        try file.write(bytes.span.bytes, at: offset)
    }

    @Test("A power cut takes what was not synced: bytes of a file, and entries of a directory")
    func powerCut() throws {
        let synced = try self.disk.root.createFile("synced")
        let unlisted = try self.disk.root.createFile("removed")
        try self.disk.root.sync()
        try self.write([1, 2, 3], to: synced)
        try synced.sync()
        try self.write([9], to: synced, at: 1)
        try self.write([4], to: unlisted)
        try unlisted.sync()
        try self.disk.root.removeFile("removed")
        let late = try self.disk.root.createFile("late")
        try self.write([5], to: late)
        try late.sync()

        let nothing = self.disk.afterPowerCut(.keepingNothing)
        #expect(nothing.names("") == ["removed", "synced"])
        #expect(nothing.contents("synced") == [1, 2, 3])
        #expect(nothing.contents("removed") == [4])
        let everything = self.disk.afterPowerCut(.keepingEverything)
        #expect(everything.names("") == ["late", "synced"])
        #expect(everything.contents("synced") == [1, 9, 3])
        #expect(self.disk.contents("synced") == [1, 9, 3], "the cut disk itself is not changed")
    }

    @Test("A torn write is torn at sectors, by its seed")
    func tearing() throws {
        let file = try self.disk.root.createFile("a")
        try self.disk.root.sync()
        try self.write([UInt8](repeating: 7, count: 8_000), to: file, at: 100)
        var shapes: Set<[UInt8]> = []
        for seed in 0..<20 as Range<UInt64> {
            let torn = try #require(self.disk.afterPowerCut(.tearing(seed: seed)).contents("a"))
            #expect(torn == self.disk.afterPowerCut(.tearing(seed: seed)).contents("a"))
            shapes.insert(torn)
            for start in stride(from: 512, to: torn.count, by: 512) {
                #expect(Set(torn[start..<min(start + 512, torn.count)]).count == 1)
            }
        }
        #expect(shapes.count > 10)
    }

    @Test("A failed sync loses what it should have written, and a later one does not bring it back")
    func failedSync() throws {
        let file = try self.disk.root.createFile("a")
        try self.disk.root.sync()
        try self.write([1], to: file)
        self.disk.fail(FakeDisk.Fault(call: self.disk.calls + 1, errno: EIO))
        #expect(throws: SegmentError.system(call: "fdatasync", path: "/a", errno: EIO)) { try file.sync() }
        try self.write([2], to: file, at: 1)
        try file.sync()
        #expect(self.disk.contents("a") == [1, 2])
        #expect(self.disk.afterPowerCut(.keepingNothing).contents("a") == [0, 2])
        file.discardCache()
        #expect(self.disk.contents("a") == [0, 2])
    }

    @Test("After a crash every call fails; a full disk takes what fits")
    func failing() throws {
        let file = try self.disk.root.createFile("a")
        self.disk.limit(bytes: 3)
        let full = #expect(throws: SegmentError.self) { try self.write([1, 2, 3, 4], to: file) }
        #expect(full?.isNoSpace == true)
        #expect(self.disk.contents("a") == [1, 2, 3])
        self.disk.crash(afterMutations: self.disk.mutations)
        #expect(!self.disk.isDown)
        #expect(throws: SegmentError.self) { try file.sync() }
        #expect(self.disk.isDown)
        #expect(throws: SegmentError.self) { try file.size() }
        #expect(throws: SegmentError.self) { try self.disk.root.list() }
    }
}
