import Foundation
import SegmentLog
import Testing

@testable import StorageTorture
@testable import StreamStore

@Suite("Catalog recovery")
struct CatalogRecoveryTests {
    /// What can happen to the whole catalog.
    enum Loss: String, CaseIterable {
        case removed, emptied, cut, overwritten, foreign
    }

    @Test("A lost catalog is made again from the second copies", arguments: Loss.allCases)
    func rebuilding(loss: Loss) throws {
        let fixture = try CatalogFixture()
        let expected = try fixture.withCatalog { catalog throws in
            try CatalogTests.fill(catalog)
            return catalog.streams()
        }
        let file = fixture.path + "/catalog/data.mdb"
        var isKept = true
        switch loss {
        case .removed:
            try fixture.remove("catalog")
            isKept = false
        case .emptied:
            #expect(truncate(file, 0) == 0)
            isKept = false
        case .cut: #expect(truncate(file, 8192) == 0)
        case .overwritten: try Data(repeating: 0xa5, count: 65_536).write(to: URL(fileURLWithPath: file))
        case .foreign: try fixture.write("#!/bin/sh\n", to: "catalog/data.mdb")
        }
        try fixture.withCatalog { catalog throws in
            #expect(catalog.wasRebuilt)
            #expect(catalog.problems.count == 1)
            #expect(catalog.streams() == expected)
            #expect(try catalog.addConsumer(stream: 1, name: "four", bytes: []) == 4)
            #expect(try catalog.addStream(account: "A", name: "NEW", bytes: []) > 3)
        }
        #expect(try fixture.names("quarantine") == (isKept ? ["catalog-0"] : []))
        try fixture.withCatalog { catalog throws in
            #expect(!catalog.wasRebuilt)
            #expect(catalog.problems == [])
            #expect(catalog.streams().map(\.name) == ["ORDERS", "EVENTS", "NEW"])
        }
    }

    @Test("A damaged row is read from its second copy, told once, and healed")
    func damagedRows() throws {
        let fixture = try CatalogFixture()
        let expected = try Self.filled(fixture)
        try fixture.damage(.streams, key: CatalogRecord.key(1))
        try fixture.damage(.consumers, key: CatalogRecord.key(1, consumer: 3))
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams() == expected)
            #expect(catalog.problems.count == 2)
            #expect(!catalog.wasRebuilt)
        }
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams() == expected)
            #expect(catalog.problems == [])
        }
    }

    @Test("A stream damaged in both places is left alone; the rest is served")
    func unreadableStream() throws {
        let fixture = try CatalogFixture()
        let expected = try Self.filled(fixture)
        try fixture.damage(.streams, key: CatalogRecord.key(1))
        try fixture.damage("streams/1/stream.meta")
        let row = try fixture.rows(.streams)
        let file = try fixture.contents("streams/1/stream.meta")
        for _ in 0..<2 {
            try fixture.withCatalog { catalog throws in
                #expect(catalog.streams() == [expected[1]])
                #expect(catalog.problems.count == 1)
                #expect(catalog.problems.first?.contains("stream 1 ") == true)
                try catalog.updateStream(id: 3, bytes: [1])
                try catalog.updateStream(id: 3, bytes: expected[1].bytes)
            }
        }
        #expect(try fixture.rows(.streams).map(\.value) == row.map(\.value))
        #expect(try fixture.contents("streams/1/stream.meta") == file)
        #expect(try fixture.rows(.consumers).count == 2)
    }

    @Test("A consumer damaged in both places is left alone; the rest is served and its number stays taken")
    func unreadableConsumer() throws {
        let fixture = try CatalogFixture()
        var expected = try Self.filled(fixture)
        expected[0].consumers.removeLast()
        try fixture.damage(.consumers, key: CatalogRecord.key(1, consumer: 3))
        try fixture.damage("streams/1/stream.meta")
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams() == expected)
            #expect(catalog.problems.count == 2)
            #expect(try catalog.addConsumer(stream: 1, name: "four", bytes: []) == 4)
        }
        #expect(try fixture.rows(.consumers).count == 3)
    }

    @Test("A second copy that is damaged, missing or behind is written anew", arguments: [0, 1, 2])
    func secondCopy(kind: Int) throws {
        let fixture = try CatalogFixture()
        let expected = try Self.filled(fixture)
        let good = try fixture.contents("streams/1/stream.meta")
        switch kind {
        case 0: try fixture.damage("streams/1/stream.meta")
        case 1: try fixture.remove("streams/1/stream.meta")
        default:
            var record = CatalogRecord(stream: expected[0])
            record.nextConsumer = 9
            try Data(record.file()).write(to: URL(fileURLWithPath: fixture.path + "/streams/1/stream.meta"))
        }
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams() == expected)
            #expect(catalog.problems.count == (kind == 2 ? 0 : 1))
        }
        #expect(try fixture.contents("streams/1/stream.meta") == good)
    }

    @Test("Rows of the catalog's own that are damaged are written anew, and no number is used again")
    func damagedMeta() throws {
        let fixture = try CatalogFixture()
        let expected = try Self.filled(fixture)
        try fixture.withCatalog { try $0.removeStream(id: 3) }
        try fixture.damage(.meta, key: CatalogFiles.nextKey)
        try fixture.damage(.meta, key: CatalogFiles.formatKey)
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams() == [expected[0]])
            #expect(catalog.problems.count == 2)
            #expect(try catalog.addStream(account: "A", name: "NEW", bytes: []) > 3)
        }
        try fixture.withCatalog { #expect($0.problems == []) }
    }

    @Test("A catalog of a newer format is refused and not changed")
    func newerFormat() throws {
        let fixture = try CatalogFixture()
        _ = try Self.filled(fixture)
        var value: [UInt8] = [2]
        let key = CatalogFiles.formatKey
        value.seal(key: key.span.bytes)
        try fixture.edit([.init(table: .meta, key: CatalogFiles.formatKey, value: value)])
        let error = #expect(throws: StoreError.self) { try fixture.withCatalog { _ in } }
        guard case .foreign(_, let reason) = error else {
            Issue.record("not foreign: \(String(describing: error))")
            return
        }
        #expect(reason.contains("newer"))
        #expect(try fixture.rows(.meta).contains { $0.value == value })
        #expect(try fixture.names("quarantine") == [])
    }

    @Test("A directory that the catalog does not know is taken up, and one without a second copy left alone")
    func unknownDirectories() throws {
        let fixture = try CatalogFixture()
        let expected = try Self.filled(fixture)
        try fixture.edit([.init(table: .streams, key: CatalogRecord.key(3), value: nil)])
        try fixture.write("messages", to: "streams/8/log/1.seg")
        try fixture.write("half", to: "streams/9/stream.meta.new")
        var double = CatalogRecord(stream: expected[0])
        double.stream.id = 10
        double.stream.consumers = []
        try fixture.write("", to: "streams/10/x")
        try Data(double.file()).write(to: URL(fileURLWithPath: fixture.path + "/streams/10/stream.meta"))
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams() == expected)
            #expect(catalog.problems.count == 3)
            #expect(try catalog.addStream(account: "A", name: "NEW", bytes: []) == 11)
        }
        #expect(fixture.exists("streams/8/log/1.seg"))
        #expect(fixture.exists("streams/10/x"))
        #expect(!fixture.exists("streams/9"))
    }

    @Test("A stream whose directory is gone is served with a new one, and told")
    func missingDirectory() throws {
        let fixture = try CatalogFixture()
        let expected = try Self.filled(fixture)
        try fixture.remove("streams/1")
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams() == expected)
            #expect(catalog.problems.count == 1)
        }
        #expect(fixture.exists("streams/1/stream.meta"))
    }

    @Test("A second copy with any byte changed, or cut anywhere, is not taken")
    func everyByte() {
        let consumer = CatalogConsumer(id: 2, name: "C", bytes: [1, 2, 3])
        var record = CatalogRecord(
            stream: CatalogStream(id: 5, account: "A", name: "S", bytes: [4, 5], consumers: [consumer])
        )
        record.nextConsumer = 3
        let file = record.file()
        #expect(CatalogRecord(id: 5, file: file) == record)
        #expect(CatalogRecord(id: 6, file: file) == nil)
        for index in file.indices {
            for change in [1, 0x80, 0xff] as [UInt8] {
                var damaged = file
                damaged[index] ^= change
                #expect(CatalogRecord(id: 5, file: damaged) == nil)
            }
            #expect(CatalogRecord(id: 5, file: Array(file.prefix(index))) == nil)
        }
    }

    @Test("Bytes that verify and make no sense are refused without a trap")
    func sealedNonsense() {
        var generator = SplitMix(state: 0x5eed_ca7a)
        let key = CatalogRecord.key(5)
        for _ in 0..<20_000 {
            var bytes = (0..<Int(generator.next() % 40))
                .map { _ in
                    UInt8(truncatingIfNeeded: generator.next()) & (generator.next() % 3 == 0 ? 0xff : 0x07)
                }
            if generator.next() % 2 == 0 {
                bytes = Array("WEIRMETA".utf8) + [1, 5] + bytes
            } else {
                bytes.insert(1, at: 0)
            }
            var row = bytes
            row.seal(key: key.span.bytes)
            if let record = CatalogRecord(id: 5, row: row) { #expect(record.row() == row) }
            bytes.seal(key: RawSpan())
            if let record = CatalogRecord(id: 5, file: bytes) { #expect(record.stream.id == 5) }
        }
    }

    @Test("Keys that make no sense are told and left alone")
    func keys() throws {
        let fixture = try CatalogFixture()
        let expected = try Self.filled(fixture)
        let odd: [UInt8] = [1, 2, 3]
        let last = [UInt8](repeating: 0xff, count: 16)
        try fixture.edit([
            .init(table: .streams, key: odd, value: []), .init(table: .consumers, key: odd, value: []),
            .init(table: .consumers, key: last, value: []),
            .init(table: .streams, key: Array(last.prefix(8)), value: []),
            .init(table: .consumers, key: CatalogRecord.key(77, consumer: 1), value: []),
        ])
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams() == expected)
            #expect(catalog.problems.count == 5)
        }
        #expect(try fixture.rows(.streams).count == 4)
    }

    /// Fills a catalog; returns its streams, numbers 1 and 3.
    private static func filled(_ fixture: CatalogFixture) throws -> [CatalogStream] {
        try fixture.withCatalog { catalog throws in
            try CatalogTests.fill(catalog)
            return catalog.streams()
        }
    }

    /// Random numbers from a seed.
    private struct SplitMix {
        var state: UInt64

        mutating func next() -> UInt64 {
            self.state &+= 0x9e37_79b9_7f4a_7c15
            var value = self.state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }
}
