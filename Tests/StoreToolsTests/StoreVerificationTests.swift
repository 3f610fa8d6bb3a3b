import Foundation
import StreamModel
import StreamStore
import TestSupport
import Testing

@testable import StoreTools

@Suite("Verifying a store")
struct StoreVerificationTests {
    @Test("A store that was closed properly has no damage, and verifying changes no byte")
    func clean() throws {
        let fixture = try ToolFixture.filled()
        let before = try fixture.contents()
        let verification = try fixture.verify()
        #expect(verification.all == [])
        let stream = try #require(verification.streams.first)
        #expect(stream.name == "ORDERS")
        #expect(stream.messages == 981)
        #expect(stream.sequences == 10...1_000)
        #expect(stream.segments.count > 2)
        #expect(try fixture.contents() == before)
        #expect(verification.text.contains("No damage."))
    }

    @Test("The directory of a server and the folder weir in it are the same store")
    func bothDirectories() throws {
        let fixture = try ToolFixture.filled(messages: 10)
        let outer = try fixture.verify(fixture.directory.path)
        let inner = try fixture.verify(fixture.path + "/")
        #expect([outer.path, inner.path] == [fixture.path, fixture.path])
    }

    @Test("A store that is in use, of a newer format, or none at all cannot be looked at")
    func refused() throws {
        let fixture = try ToolFixture.filled(messages: 10)
        let server = try StoreDirectory.open(fixture.path, randomBytes: [UInt8](repeating: 0, count: 16))
        #expect(throws: StoreError.self) { try fixture.verify() }
        server.close()
        _ = try fixture.verify()
        let lock = fixture.path + "/lock"
        try ToolFixture.flip(lock, at: 3)
        #expect(throws: StoreError.self) { try fixture.verify() }
        let other = try TemporaryDirectory()
        #expect(throws: StoreError.self) { try fixture.verify(other.path) }
        #expect(throws: StoreError.self) { try fixture.verify(other.path + "/nothing") }
    }

    @Test("A flipped byte of any segment is found and the message named")
    func segment() throws {
        let fixture = try ToolFixture.filled()
        for file in try fixture.files("log", of: "ORDERS") {
            let path = "\(fixture.streamPath("ORDERS"))/log/\(file)"
            // In the body of the segment's third record or thereabouts.
            try ToolFixture.flip(path, at: 48 + 500)
            let found = try fixture.verify().all.filter { $0.severity == .damage }
            #expect(found.count == 1)
            #expect(found.first?.place.contains(file) == true)
            #expect(
                found.first?.text.contains("cannot be read") == true
                    || found.first?.text.contains("no stored") == true
            )
            try ToolFixture.flip(path, at: 48 + 500)
        }
        #expect(try fixture.verify().all == [])
    }

    @Test("A damaged header, a damaged footer and a missing segment are named")
    func segmentFrame() throws {
        let fixture = try ToolFixture.filled()
        let files = try fixture.files("log", of: "ORDERS")
        let path = "\(fixture.streamPath("ORDERS"))/log/\(files[1])"
        try ToolFixture.flip(path, at: 20)
        #expect(try fixture.verify().all.map(\.text) == ["the header does not verify"])
        try ToolFixture.flip(path, at: 20)
        let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
        try ToolFixture.flip(path, at: size - 10)
        #expect(
            try fixture.verify().all.map(\.text) == ["48 bytes do not verify; no stored message is in them"]
        )
        try FileManager.default.removeItem(atPath: path)
        let found = try fixture.verify().all
        #expect(found.contains { $0.text.contains("the segment is missing") && $0.place.hasSuffix(files[1]) })
    }

    @Test("The last message's damage is told from an unfinished write")
    func tail() throws {
        let fixture = try ToolFixture.filled()
        let file = try #require(try fixture.files("log", of: "ORDERS").last)
        let path = "\(fixture.streamPath("ORDERS"))/log/\(file)"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let end = try #require(bytes.lastIndex { $0 != 0 })
        bytes[end - 4] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let found = try fixture.verify().all
        #expect(found.map(\.severity) == [.damage])
        #expect(found.first?.text.contains("1 stored messages cannot be read") == true)
        bytes[end - 4] ^= 1
        bytes.replaceSubrange(end + 9..<end + 40, with: [UInt8](repeating: 0x55, count: 31))
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try fixture.verify().all.map(\.severity) == [.notice])
    }

    @Test("A damaged journal file and a damaged state file are named")
    func journalAndState() throws {
        let fixture = try ToolFixture.filled()
        try fixture.withStream("ORDERS") { store in
            for sequence in 20...40 as ClosedRange<UInt64> {
                _ = store.remove(StreamSequence(rawValue: sequence), erase: false)
            }
            store.commitNow()
        }
        do {
            // Not closed, as after a crash: the journal alone tells of these removals.
            let opened = try fixture.open("ORDERS")
            for sequence in 50...60 as ClosedRange<UInt64> {
                _ = opened.store.remove(StreamSequence(rawValue: sequence), erase: false)
            }
            opened.store.commitNow()
        }
        let file = try #require(try fixture.files("journal", of: "ORDERS").last)
        let path = "\(fixture.streamPath("ORDERS"))/journal/\(file)"
        try ToolFixture.flip(path, at: 48 + 30)
        let journal = try fixture.verify().all
        #expect(journal.map(\.severity) == [.damage])
        #expect(journal.first?.place.contains(file) == true)
        try ToolFixture.flip(path, at: 48 + 30)
        try ToolFixture.flip(fixture.streamPath("ORDERS") + "/state", at: 40)
        #expect(try fixture.verify().all.map(\.text) == ["the state file does not verify"])
    }

    @Test("A damaged catalogue and a damaged second copy are named")
    func catalog() throws {
        let fixture = try ToolFixture.filled(messages: 10)
        try fixture.addStream("EVENTS")
        let copy = fixture.streamPath("EVENTS") + "/stream.meta"
        try ToolFixture.flip(copy, at: 30)
        #expect(try fixture.verify().all.map(\.place) == ["streams/2/stream.meta"])
        try ToolFixture.flip(copy, at: 30)
        let catalog = fixture.path + "/catalog/data.mdb"
        let size = try Data(contentsOf: URL(fileURLWithPath: catalog)).count
        for offset in stride(from: 0, to: size, by: 512) { try ToolFixture.flip(catalog, at: offset) }
        let found = try fixture.verify()
        #expect(found.findings.contains { $0.place == "catalog" && $0.severity == .damage })
        // The second copies tell the names.
        #expect(found.streams.map(\.name) == ["ORDERS", "EVENTS"])
        #expect(found.streams.map(\.isClean) == [true, true])
    }

    @Test("Any flipped byte of an index is found or harmless, and never ends the program")
    func indexBytes() throws {
        let fixture = try ToolFixture.filled()
        let path = fixture.streamPath("ORDERS") + "/index/data.mdb"
        let good = try Data(contentsOf: URL(fileURLWithPath: path))
        var random = SeededGenerator(seed: 20_261_123)
        var found = 0
        for _ in 0..<150 {
            var bytes = good
            let offset = Int.random(in: 0..<bytes.count, using: &random)
            bytes[offset] ^= UInt8.random(in: 1...255, using: &random)
            try bytes.write(to: URL(fileURLWithPath: path))
            if try fixture.verify().damageCount > 0 { found += 1 }
        }
        // The rest lies in pages that no tree uses, or in unused room.
        #expect(found > 15)
        for length in [1, 100, 4_096, 8_192, good.count / 2, good.count - 1] {
            try good.prefix(length).write(to: URL(fileURLWithPath: path))
            let count = try fixture.verify().damageCount
            #expect(count > 0)
        }
    }

    @Test("An index that is whole and does not fit the log is named row by row")
    func foreignIndex() throws {
        let fixture = try ToolFixture.filled()
        let other = try ToolFixture.filled(messages: 900)
        let path = fixture.streamPath("ORDERS") + "/index/data.mdb"
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: other.streamPath("ORDERS") + "/index/data.mdb", toPath: path)
        let found = try fixture.verify()
        #expect(found.damageCount > 0)
        #expect(Set(found.all.map { "\($0.remedy)" }) == ["index"])
    }

    @Test("The JSON form says the same")
    func json() throws {
        let fixture = try ToolFixture.filled(messages: 50)
        let data = Data(try fixture.verify().json.utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["clean"] as? Bool == true)
        let streams = try #require(object["streams"] as? [[String: Any]])
        #expect(streams.first?["name"] as? String == "ORDERS")
        #expect(streams.first?["last_seq"] as? Int == 50)
    }
}
