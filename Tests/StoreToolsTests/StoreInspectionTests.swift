import StreamModel
import StreamStore
import TestSupport
import Testing

@testable import StoreTools

@Suite("Inspecting a store")
struct StoreInspectionTests {
    private func text(
        _ fixture: ToolFixture,
        _ view: StoreInspection.View,
        from: UInt64 = 0,
        limit: Int = 20
    ) throws -> [String] {
        let store = try OfflineStore.open(fixture.path, for: .reading)
        defer { store.close() }
        let inspection = try StoreInspection(
            store,
            stream: "ORDERS",
            view: view,
            window: StoreInspection.Window(from: from, limit: limit)
        )
        return inspection.text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }

    @Test("The overview names streams, subjects and sizes")
    func overview() throws {
        let lines = try self.text(ToolFixture.filled(messages: 100), .overview)
        #expect(lines[0].hasSuffix("format 1, id 0102030405060708090a0b0c0d0e0f10"))
        #expect(lines[3].contains("ORDERS") && lines[3].contains("orders.>"))
    }

    @Test("Records are shown from a sequence on, with where they are and whether they are still stored")
    func records() throws {
        let fixture = try ToolFixture.filled(messages: 300)
        let lines = try self.text(fixture, .records, from: 99, limit: 3)
        #expect(lines.count == 5)
        #expect(lines[2].hasPrefix("      99") && lines[2].hasSuffix("orders.18"))
        #expect(lines[3].contains("removed") && lines[3].contains(" 100 "))
        #expect(lines[4].contains(" 101 ") && !lines[4].contains("removed"))
    }

    @Test("Segments, journal and every database of the index are shown")
    func tables() throws {
        let fixture = try ToolFixture.filled(messages: 600)
        #expect(try self.text(fixture, .segments).count > 3)
        do {
            let opened = try fixture.open("ORDERS")
            _ = opened.store.remove(StreamSequence(rawValue: 300), erase: true)
            opened.store.commitNow()
        }
        #expect(try self.text(fixture, .journal).last?.hasSuffix("remove 300, overwritten") == true)
        let index = try self.text(fixture, .index(nil), limit: 2)
        for table in IndexTable.allCases { #expect(index.contains { $0.hasPrefix(table.rawValue + ", ") }) }
        #expect(index.contains { $0.hasPrefix("  orders.1: ") && $0.contains("postings") })
        let one = try self.text(fixture, .index(.subjects), limit: 100)
        #expect(one.count == 22)
    }

    @Test("Bytes of clients cannot write to the terminal")
    func printable() {
        let escape: [UInt8] = [0x1b, 0x5b, 0x32, 0x4a, 0x61, 0xff, 0x7f]
        #expect(PrintableText.of(escape) == "\\x1b[2Ja\u{fffd}\\x7f")
    }
}
