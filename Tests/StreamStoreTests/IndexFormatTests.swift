import Foundation
import LMDB
import StreamModel
import TestSupport
import Testing

@testable import StreamStore

/// The worked example of docs/index-format.md: the page shows these bytes, and no others.
@Suite("The index format")
struct IndexFormatTests {
    /// The page's store: four messages, one of them removed, a message id, a consumer.
    private func makeExample() throws -> StoreFixture {
        let fixture = try StoreFixture { $0.duplicateWindow = 120_000_000_000 }
        fixture.append("a.b", "one", time: 1_000)
        fixture.append("a.c", "two", headers: "NATS/1.0\r\nNats-Msg-Id: x\r\n\r\n", id: "x", time: 2_000)
        fixture.append("a.b", "more", time: 3_000)
        fixture.append(
            "a.b",
            "more",
            headers: "NATS/1.0\r\nNats-TTL: 2s\r\n\r\n",
            time: 4_000,
            timeToLive: .after(nanoseconds: 2_000_000_000)
        )
        fixture.append("a.b", "more", time: 5_000)
        #expect(fixture.store.remove(StreamSequence(3), erase: false))
        try fixture.commit()
        try fixture.store.close(consumers: [
            ConsumerSnapshot(consumer: ConsumerID(rawValue: 1), bytes: [0xca, 0xfe])
        ])
        return fixture
    }

    /// The rows of each database, in hexadecimal; a long value is told by its length.
    private func rows(_ fixture: StoreFixture) throws -> [String] {
        let files = try #require(fixture.store.reader.files)
        var lines: [String] = []
        let databases: [(String, Database)] = [
            ("meta", files.meta), ("segments", files.segments), ("positions", files.positions),
            ("subjects", files.subjects), ("postings", files.postings), ("deleted", files.deleted),
            ("dedup0", files.dedup[0]), ("timers", files.timers), ("consumers", files.consumers),
        ]
        let read = try files.environment.read()
        for (name, database) in databases {
            var cursor = try read.cursor(database)
            while try cursor.next() {
                let key = cursor.key.withUnsafeBytes { [UInt8]($0) }
                let value = cursor.value.withUnsafeBytes { [UInt8]($0) }
                let shown = value.count <= 160 ? value.hex : Array(value.prefix(16)).hex + "…"
                lines.append("\(name) \(key.hex) \(shown)")
            }
        }
        return lines
    }

    @Test("The page shows the bytes that are written")
    func example() throws {
        let lines = try self.rows(self.makeExample())
        #expect(lines.count >= 8)
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appendingPathComponent("docs/index-format.md"),
            encoding: .utf8
        )
        for line in lines { #expect(page.contains(line), "\(line)") }
        print(lines.joined(separator: "\n"))
    }

    @Test("The same operations write the same bytes")
    func repeatable() throws {
        #expect(try self.rows(self.makeExample()) == self.rows(self.makeExample()))
    }
}
