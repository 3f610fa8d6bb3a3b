import Foundation
import SegmentLog
import StreamModel
import StreamStore
import TestSupport
import Testing

@testable import StoreTools

@Suite("Backups")
struct StoreBackupTests {
    /// A filled store, and a directory for its backup and what is restored from it.
    private struct Setting {
        let fixture: ToolFixture
        let other: TemporaryDirectory
        var backup: String { self.other.path + "/backup" }
        var target: String { self.other.path + "/target" }

        init(messages: Int = 1_000) throws {
            self.fixture = try ToolFixture.filled(messages: messages)
            self.other = try TemporaryDirectory()
        }

        @discardableResult
        func makeBackup(links: Bool = true) throws -> StoreBackup {
            try StoreBackup(
                of: self.fixture.path,
                to: self.backup,
                linksSegments: links,
                now: ToolFixture.now
            )
        }

        func restore(_ limit: StoreRestore.Limit? = nil) throws {
            _ = try StoreRestore(self.backup, to: self.target, limit: limit, now: ToolFixture.now)
        }

        /// The messages of the restored store.
        func restored() throws -> [String] {
            try self.fixture.messages("ORDERS", in: self.target + "/weir")
        }
    }

    @Test("What is restored is what was backed up, with and without links", arguments: [true, false])
    func roundTrip(links: Bool) throws {
        let setting = try Setting()
        let before = try setting.fixture.messages("ORDERS")
        let backup = try setting.makeBackup(links: links)
        #expect((backup.linked > 0) == links)
        #expect(try BackupVerification(setting.backup).findings == [])
        try setting.restore()
        #expect(try setting.fixture.verify(setting.target).all == [])
        #expect(try setting.restored() == before)
        // The restored store is no part of the backup: writing to it leaves the backup as it is.
        #expect(try BackupVerification(setting.backup).findings == [])
    }

    @Test("A second backup copies what is new and nothing else, and the growing segment is never a link")
    func incremental() throws {
        let setting = try Setting()
        let first = try setting.makeBackup()
        #expect(first.kept == 0)
        let same = try setting.makeBackup()
        #expect(same.kept == same.files)
        #expect(same.copied + same.linked == 0)
        try setting.fixture.withStream("ORDERS") { store in
            for number in 0..<50 { store.publish("orders.new", "later \(number)") }
        }
        // What was appended since is not in the backup.
        #expect(try BackupVerification(setting.backup).findings == [])
        let second = try setting.makeBackup()
        #expect(second.linked == 0)
        #expect(second.copied < 6)
        #expect(try BackupVerification(setting.backup).findings == [])
        try setting.restore()
        #expect(try setting.restored() == setting.fixture.messages("ORDERS"))
        // Nothing of the first backup is left over.
        let objects = try FileManager.default.contentsOfDirectory(atPath: setting.backup + "/objects")
        let manifest = try BackupVerification(setting.backup).manifest
        #expect(Set(objects) == Set(manifest.files.map(\.digest)))
    }

    @Test(
        "Everything after a sequence is left out, and the stream goes on from there",
        arguments: [500, 10, 9, 999]
    )
    func toSequence(last: UInt64) throws {
        let setting = try Setting()
        let before = try setting.fixture.messages("ORDERS")
        try setting.makeBackup()
        try setting.restore(StoreRestore.Limit(stream: "ORDERS", sequence: last))
        #expect(try setting.fixture.verify(setting.target).damageCountAndTexts == [])
        let expected = before.filter { (UInt64($0.split(separator: " ")[0]) ?? 0) <= last }
        #expect(try setting.restored() == expected)
        try setting.fixture.withStream("ORDERS", in: setting.target + "/weir") { store in
            for number in 0..<600 { store.publish("orders.new", "again \(number)") }
            #expect(store.state.lastSequence.rawValue == last + 600)
            #expect(store.state.messages == UInt64(expected.count) + 600)
        }
        #expect(try setting.fixture.verify(setting.target).damageCountAndTexts == [])
    }

    @Test("Everything after a time is left out")
    func toTime() throws {
        let setting = try Setting()
        try setting.fixture.withStream("ORDERS") { store in
            for second in 1...10 as ClosedRange<Int64> {
                _ = store.append(
                    subject: Array("orders.late".utf8).span.bytes,
                    headers: [UInt8]().span.bytes,
                    payload: Array("\(second)".utf8).span.bytes,
                    messageID: [UInt8]().span.bytes,
                    timestamp: ToolFixture.now.advanced(byNanoseconds: second * 1_000_000_000)
                )
            }
        }
        try setting.makeBackup()
        let time = ToolFixture.now.advanced(byNanoseconds: 4_500_000_000)
        try setting.restore(StoreRestore.Limit(time: time))
        let found = try setting.restored()
        #expect(found.last?.hasSuffix("orders.late4") == true)
        #expect(try setting.fixture.verify(setting.target).all == [])
    }

    @Test("A backup with a flipped or missing byte is found, and not restored")
    func tampered() throws {
        let setting = try Setting(messages: 100)
        try setting.makeBackup(links: false)
        let objects = setting.backup + "/objects"
        for name in try FileManager.default.contentsOfDirectory(atPath: objects).sorted() {
            let path = "\(objects)/\(name)"
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            try ToolFixture.flip(path, at: good.count / 2)
            #expect(try BackupVerification(setting.backup).findings.count == 1)
            #expect(throws: StoreError.self) { try setting.restore() }
            try good.dropLast().write(to: URL(fileURLWithPath: path))
            #expect(throws: StoreError.self) { try setting.restore() }
            try FileManager.default.removeItem(atPath: path)
            #expect(try BackupVerification(setting.backup).findings.count == 1)
            #expect(throws: StoreError.self) { try setting.restore() }
            try good.write(to: URL(fileURLWithPath: path))
        }
        let manifest = setting.backup + "/manifest"
        let good = try Data(contentsOf: URL(fileURLWithPath: manifest))
        for offset in stride(from: 0, to: good.count, by: 61) {
            try ToolFixture.flip(manifest, at: offset)
            #expect(throws: StoreError.self) { try setting.restore() }
            try good.write(to: URL(fileURLWithPath: manifest))
        }
        // What failed left nothing behind.
        #expect(try FileManager.default.contentsOfDirectory(atPath: setting.target) == [])
        try setting.restore()
    }

    @Test("A message that is overwritten in the store later is the only one that a linked segment loses")
    func erased() throws {
        let setting = try Setting()
        let before = try setting.fixture.messages("ORDERS")
        try setting.makeBackup()
        try setting.fixture.withStream("ORDERS") { store in
            #expect(store.remove(StreamSequence(rawValue: 200), erase: true))
            store.commitNow()
        }
        // Overwriting follows the checkpoint that was made at the close.
        try setting.fixture.withStream("ORDERS") { $0.publish("orders.new", "later") }
        let backup = try BackupVerification(setting.backup)
        #expect(backup.findings.map(\.severity) == [.notice])
        try setting.restore()
        let after = try setting.restored().filter { !$0.hasSuffix("damaged") && !$0.hasSuffix("absent") }
        #expect(before.count - after.count == 1)
        #expect(Set(after).isSubset(of: Set(before)))
    }

    @Test("A backup without its manifest is none, and a half one does not harm the one before")
    func half() throws {
        let setting = try Setting()
        try setting.makeBackup()
        try Data("half".utf8).write(to: URL(fileURLWithPath: setting.backup + "/manifest.new"))
        try Data("half".utf8).write(to: URL(fileURLWithPath: setting.backup + "/objects/part"))
        #expect(try BackupVerification(setting.backup).findings == [])
        try setting.makeBackup()
        try FileManager.default.removeItem(atPath: setting.backup + "/manifest")
        #expect(throws: StoreError.self) { try setting.restore() }
    }

    @Test("Neither a filled directory nor another store's backup is written over")
    func refusedTargets() throws {
        let setting = try Setting()
        try setting.makeBackup()
        try FileManager.default.createDirectory(atPath: setting.target, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: setting.target + "/file"))
        #expect(throws: StoreError.self) { try setting.restore() }
        #expect(throws: StoreError.self) {
            try StoreBackup(of: setting.fixture.path, to: setting.target, now: ToolFixture.now)
        }
        #expect(throws: StoreError.self) {
            try StoreBackup(of: setting.fixture.path, to: setting.fixture.path, now: ToolFixture.now)
        }
    }

    @Test(
        "Only paths that a store has are taken from a manifest",
        arguments: [
            "../lock", "/etc/passwd", "streams/1/log/../../../x", "streams/../lock", "streams/01/state",
            "streams/0/state",
            "streams/1/log/1.seg", "streams/1/log/00000000000000000001.seg/x", "streams/1/index/lock.mdb", "",
            ".",
            "streams/1/log/0000000000000000000a.seg", "streams//1/state", "streams/1/state/",
            "catalog/../lock",
            "streams/99999999999999999999/state", "quarantine/1", "lock\u{0}", "./lock",
            "streams/1/journal/\u{661}.jnl",
        ]
    )
    func paths(path: String) {
        #expect(BackupPath(path) == nil)
    }

    @Test("A manifest that names a path outside, but has the right digest, is refused")
    func forgedManifest() throws {
        let setting = try Setting()
        try setting.makeBackup()
        let path = setting.backup + "/manifest"
        let text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
        for (old, new) in [(" lock\n", " ../lock\n"), (" ids\n", " /tmp/ids\n"), (" ids\n", " lock\n")] {
            var body = text.replacingOccurrences(of: old, with: new)
            body = String(body[..<(try #require(body.range(of: "sha256 "))).lowerBound])
            let sealed = body + "sha256 \(FileDigest.digest(Array(body.utf8)))\n"
            try Data(sealed.utf8).write(to: URL(fileURLWithPath: path))
            #expect(throws: StoreError.self) { try setting.restore() }
        }
    }

    @Test("Digests are those of the standard")
    func sha256() {
        #expect(FileDigest.digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            FileDigest.digest(Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        // FIPS 180-4 examples: 448 bits, and a million times "a", added in uneven pieces.
        let two = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
        #expect(FileDigest.digest(two) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        var hash = FileDigest()
        var left = 1_000_000
        var size = 1
        while left > 0 {
            let piece = [UInt8](repeating: 0x61, count: min(size, left))
            hash.update(piece.span.bytes)
            left -= piece.count
            size = size % 997 + 13
        }
        #expect(hash.finish() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
}

extension StoreVerification {
    fileprivate var damageCountAndTexts: [String] {
        self.all.filter { $0.severity == .damage }.map(\.text)
    }
}
