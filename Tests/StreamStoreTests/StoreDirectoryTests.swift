import Foundation
import SegmentLog
import Testing

@testable import StreamStore

@Suite("Store directory")
struct StoreDirectoryTests {
    @Test("A store is made with the directories above it and keeps its identifier")
    func making() throws {
        let fixture = try CatalogFixture()
        let path = fixture.base + "/a/b//c/"
        let directory = try StoreDirectory.open(path, randomBytes: CatalogFixture.random)
        #expect(directory.identifier == CatalogFixture.random)
        directory.close()
        let again = try StoreDirectory.open(path, randomBytes: [UInt8](repeating: 9, count: 16))
        #expect(again.identifier == CatalogFixture.random)
        #expect(again.notices == [])
    }

    @Test("A second server is refused until the first has gone, and told why")
    func inUse() throws {
        let fixture = try CatalogFixture()
        let first = try fixture.directory()
        let error = #expect(throws: StoreError.self) { try fixture.directory() }
        guard case .inUse(fixture.path) = error else {
            Issue.record("not in use: \(String(describing: error))")
            return
        }
        #expect(error.map { "\($0)" }?.contains(fixture.path) == true)
        #expect(error.map { "\($0)" }?.contains("in use by another server") == true)
        first.close()
        try fixture.directory().close()
    }

    @Test("A store of a newer format is refused and not changed")
    func newer() throws {
        let fixture = try CatalogFixture()
        try fixture.directory().close()
        try fixture.write("x", to: "trash/1-0/kept")
        let text = SealedText([("weir", "store"), ("format", "2"), ("shape", "other than today")])
        try fixture.write(String(decoding: text.encode(), as: UTF8.self), to: "lock")
        let error = #expect(throws: StoreError.self) { try fixture.directory() }
        guard case .foreign(fixture.path, let reason) = error else {
            Issue.record("not foreign: \(String(describing: error))")
            return
        }
        #expect(reason.contains("format 2 is newer than 1"))
        #expect(try fixture.contents("lock") == text.encode())
        #expect(fixture.exists("trash/1-0/kept"))
    }

    @Test("A lock file that does not verify is refused in a store and written anew where there is none")
    func damagedLock() throws {
        let fixture = try CatalogFixture()
        try fixture.write("half a tex", to: "lock")
        try fixture.directory().close()
        let good = try fixture.contents("lock")
        try fixture.damage("lock")
        #expect(throws: StoreError.self) { try fixture.directory() }
        #expect(try fixture.contents("lock") != good)
        try fixture.remove("lock")
        try fixture.directory().close()
        #expect(try fixture.contents("lock") == good)
    }

    @Test("A text of the lock file with any bit turned is not taken")
    func everyBit() {
        let bytes = SealedText([("weir", "store"), ("format", "1")]).encode()
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                #expect(SealedText(damaged) == nil)
            }
            #expect(SealedText(Array(bytes.prefix(index))) == nil)
        }
        #expect(SealedText(bytes)?["format"] == "1")
    }

    @Test("A network file system is refused before anything is made")
    func network() throws {
        let fixture = try CatalogFixture()
        let error = #expect(throws: StoreError.self) {
            try StoreDirectory.open(fixture.path, randomBytes: CatalogFixture.random) { $0 == fixture.base }
        }
        guard case .foreign(_, let reason) = error else {
            Issue.record("not foreign: \(String(describing: error))")
            return
        }
        #expect(reason.contains("network"))
        #expect(!FileManager.default.fileExists(atPath: fixture.path))
    }

    @Test("A path that is no directory is an error", arguments: ["", "/dev/null", "/dev/null/x", "a\0b"])
    func noDirectory(path: String) {
        #expect(throws: StoreError.self) {
            try StoreDirectory.open(path, randomBytes: CatalogFixture.random)
        }
    }

    @Test("A discarded stream goes to trash under a name of its own, and out of it when trash is emptied")
    func discard() throws {
        let fixture = try CatalogFixture()
        let directory = try fixture.directory()
        for expected in ["7-0", "7-1"] {
            try directory.makeStreamDirectory(7)
            try directory.makeStreamDirectory(7)
            try fixture.write("messages", to: "streams/7/log/1.seg")
            try directory.discardStream(7)
            #expect(!fixture.exists("streams/7"))
            #expect(fixture.exists("trash/\(expected)/log/1.seg"))
        }
        try directory.discardStream(7)
        #expect(try fixture.names("trash") == ["7-0", "7-1"])
        try directory.emptyTrash()
        #expect(try fixture.names("trash") == [])
    }

    @Test(
        "What an interrupted deletion left in trash is removed at opening, and links in it are not followed"
    )
    func interruptedDeletion() throws {
        let fixture = try CatalogFixture()
        try fixture.directory().close()
        try fixture.write("x", to: "trash/3-0/log/1.seg")
        try fixture.write("x", to: "trash/file")
        try fixture.write("x", to: "kept/inside")
        let files = FileManager.default
        try files.createSymbolicLink(
            atPath: fixture.path + "/trash/3-0/link",
            withDestinationPath: fixture.path + "/kept"
        )
        try files.createSymbolicLink(
            atPath: fixture.path + "/trash/link",
            withDestinationPath: fixture.path + "/kept"
        )
        let directory = try fixture.directory()
        #expect(directory.notices == [])
        #expect(try fixture.names("trash") == [])
        #expect(fixture.exists("kept/inside"))
    }

    @Test("A directory nested without end is given up with a notice, and the store opens")
    func deep() throws {
        let fixture = try CatalogFixture()
        try fixture.directory().close()
        try fixture.write("x", to: "trash/" + String(repeating: "d/", count: 80) + "file")
        try fixture.write("x", to: "trash/other/file")
        let directory = try fixture.directory()
        #expect(directory.notices.count == 1)
        #expect(try fixture.names("trash") == ["d"])
        #expect(throws: StoreError.self) { try directory.emptyTrash() }
    }

    @Test("Only canonical numbers name streams")
    func streamIDs() throws {
        let fixture = try CatalogFixture()
        let directory = try fixture.directory()
        for name in ["12", "3", "03", "0", "-1", "x", "18446744073709551615", "+4"] {
            try fixture.write("x", to: "streams/\(name)/file")
        }
        #expect(try directory.streamIDs() == [3, 12])
    }
}
