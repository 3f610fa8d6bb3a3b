import Foundation
import SegmentLog
import StreamModel
import Subjects
import TestSupport
import Testing

@testable import StreamStore

@Suite("An encrypted store")
struct EncryptionTests {
    static let encryption = StoreEncryption(cipher: .aes, key: "a secret")

    /// Everything below a directory but the index, which is not encrypted.
    private static func bytes(_ path: String) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for name in FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? [] {
            let file = "\(path)/\(name)"
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory)
            if isDirectory.boolValue || name.contains("index/") { continue }
            found[name] = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        }
        return found
    }

    private static func filter(_ pattern: String) -> SubjectFilter {
        SubjectFilter([pattern].compactMap { SubjectPattern($0) })
    }

    private static func filled(_ encryption: StoreEncryption? = encryption) throws -> StoreFixture {
        let fixture = try StoreFixture { $0.encryption = encryption }
        for number in 0..<50 {
            fixture.append(
                "secret.subject.\(number)",
                "a plain payload \(number)",
                id: "message id \(number)"
            )
        }
        try fixture.commit()
        _ = fixture.store.purge(matching: Self.filter("secret.subject.7"), below: nil, keep: 0)
        _ = fixture.store.remove(StreamSequence(9), erase: true)
        try fixture.checkpoint([ConsumerSnapshot(consumer: ConsumerID(rawValue: 1), bytes: [1, 2])])
        _ = fixture.store.purge(matching: Self.filter("secret.subject.8"), below: nil, keep: 0)
        fixture.append("secret.subject.last", "a plain payload, the last")
        try fixture.commit()
        return fixture
    }

    @Test("What was stored is there after a restart, with the index and without", arguments: [false, true])
    func restart(removingIndex: Bool) throws {
        let fixture = try Self.filled()
        let files = try Self.bytes(fixture.path)
        #expect(files.count >= 2)
        for (name, bytes) in files {
            for word in ["secret.subject", "plain payload", "message id"] {
                #expect(Data(bytes).range(of: Data(word.utf8)) == nil, "\(word) in \(name)")
            }
        }
        try fixture.reopen(removingIndex: removingIndex)
        #expect(fixture.report.damagedRecords == 0)
        #expect(fixture.store.state.messages == 49)
        #expect(fixture.load(1)?.subject == "secret.subject.0")
        #expect(
            fixture.load(51).map { String(decoding: $0.payload, as: UTF8.self) }
                == "a plain payload, the last"
        )
        #expect(fixture.load(9) == nil)
    }

    @Test(
        "Without the right key it is not opened, and nothing of it changes, also with a broken index",
        arguments: [nil, StoreEncryption(key: "another")],
        [false, true]
    )
    func locked(encryption: StoreEncryption?, breaksIndex: Bool) throws {
        let fixture = try Self.filled()
        let copy = try fixture.directory.copy()
        let path = copy.path + "/1"
        if breaksIndex {
            let url = URL(fileURLWithPath: path + "/index/data.mdb")
            try Data(repeating: 7, count: 20_000).write(to: url)
            let state = URL(fileURLWithPath: path + "/state")
            try Data([1, 2, 3]).write(to: state)
        }
        let before = try Self.bytes(path)
        var options = fixture.options
        options.encryption = encryption
        options.quarantine = copy.path + "/quarantine"
        #expect {
            _ = try FileStreamStore.open(directory: path, options: options, now: .distantPast)
        } throws: {
            guard case .locked(_, let hasKey) = $0 as? StoreError else { return false }
            return hasKey == (encryption != nil)
        }
        #expect(try Self.bytes(path) == before)
        #expect(FileManager.default.fileExists(atPath: path + "/index/data.mdb"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: copy.path + "/quarantine") == [])
        options.encryption = Self.encryption
        let opened = try FileStreamStore.open(directory: path, options: options, now: .distantPast)
        // With index and state file lost, a removal is undone whose journal file is gone; what was erased is not.
        #expect(
            opened.store.deletedSequences()
                == (breaksIndex ? [StreamSequence(9)] : [8, 9].map { StreamSequence($0) })
        )
    }

    @Test("A plain store goes on encrypted, and a new key follows the old one")
    func takeOver() throws {
        let fixture = try Self.filled(nil)
        let keys = [
            StoreEncryption(key: "one"), StoreEncryption(cipher: .aes, key: "two", previousKey: "one"),
        ]
        for (index, key) in keys.enumerated() {
            fixture.options.encryption = key
            try fixture.reopen()
            fixture.append("round.\(index)", "a payload of round \(index)")
            try fixture.checkpoint()
        }
        try fixture.reopen(removingIndex: true)
        #expect(fixture.store.state.messages == 51)
        #expect(fixture.report.damagedRecords == 0)
        for (name, bytes) in try Self.bytes(fixture.path) {
            #expect(Data(bytes).range(of: Data("payload of round".utf8)) == nil, "\(name)")
        }
    }
}

@Suite("An encrypted catalogue")
struct CatalogEncryptionTests {
    @Test(
        "Configurations are encrypted in both copies; with another key they are locked and stay as they are"
    )
    func values() throws {
        let fixture = try CatalogFixture()
        let secret = [UInt8](text: "a secret configuration")
        let one = StoreEncryption(key: "one")
        let two = StoreEncryption(cipher: .aes, key: "two", previousKey: "one")
        let open = { (encryption: StoreEncryption?, body: (Catalog) throws -> Void) throws in
            let directory = try fixture.directory()
            defer { directory.close() }
            let catalog = try Catalog.open(directory: directory, encryption: encryption)
            #expect(catalog.problems == [])
            try body(catalog)
        }
        let values = { (catalog: Catalog) -> [[UInt8]] in
            catalog.streams().flatMap { [$0.bytes] + $0.consumers.map(\.bytes) }
        }
        // Plain, then taken over by the first opening with a key.
        try open(nil) { catalog in
            let id = try catalog.addStream(account: "A", name: "S", bytes: secret)
            _ = try catalog.addConsumer(stream: id, name: "C", bytes: secret)
        }
        try open(one) { #expect(values($0) == [secret, secret]) }
        for row in try fixture.rows(.streams) + fixture.rows(.consumers) {
            #expect(Data(row.value).range(of: Data(secret)) == nil)
        }
        let copy = try Data(contentsOf: URL(fileURLWithPath: fixture.path + "/streams/1/stream.meta"))
        #expect(copy.range(of: Data(secret)) == nil)
        let before = try fixture.rows(.streams).map(\.value)
        for encryption in [nil, StoreEncryption(key: "another")] {
            try open(encryption) { catalog in
                #expect(catalog.streams().map(\.isLocked) == [true])
                #expect(values(catalog) == [[], []])
            }
        }
        #expect(try fixture.rows(.streams).map(\.value) == before)
        // A new key takes over at once: then the old one is not needed any more.
        try open(two) { #expect(values($0) == [secret, secret]) }
        try open(StoreEncryption(key: "two")) { catalog in
            #expect(values(catalog) == [secret, secret])
            try catalog.updateStream(id: 1, bytes: [1])
            _ = try catalog.addStream(account: "A", name: "T", bytes: secret)
        }
        try open(StoreEncryption(key: "two")) { #expect(values($0) == [[1], secret, secret]) }
        // The second copy alone is enough.
        try fixture.remove("catalog")
        let directory = try fixture.directory()
        defer { directory.close() }
        let rebuilt = try Catalog.open(directory: directory, encryption: StoreEncryption(key: "two"))
        #expect(values(rebuilt) == [[1], secret, secret])
    }
}
