import Foundation
import SegmentLog
import Testing

@testable import StorageTorture
@testable import StreamStore

@Suite("Catalog")
struct CatalogTests {
    @Test("Streams and consumers are there again after opening, as they were last changed")
    func reopening() throws {
        let fixture = try CatalogFixture()
        let expected = try fixture.withCatalog { catalog throws in
            try Self.fill(catalog)
            return catalog.streams()
        }
        #expect(expected.map(\.name) == ["ORDERS", "EVENTS"])
        #expect(expected[0].consumers.map(\.name) == ["one", "three"])
        #expect(expected[0].consumers.map(\.id) == [1, 3])
        #expect(expected[0].bytes == [UInt8](text: "second"))
        #expect(expected[0].consumers[1].bytes == [UInt8](text: "3b"))
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams() == expected)
            #expect(catalog.problems == [])
            #expect(!catalog.wasRebuilt)
        }
    }

    @Test("Numbers are not used again after removals and openings")
    func numbers() throws {
        let fixture = try CatalogFixture()
        var streams: [UInt64] = []
        var consumers: [UInt64] = []
        let kept = try fixture.withCatalog { try $0.addStream(account: "A", name: "kept", bytes: []) }
        for round in 0..<4 {
            try fixture.withCatalog { catalog throws in
                let id = try catalog.addStream(account: "A", name: "S", bytes: [UInt8(round)])
                streams.append(id)
                try catalog.removeStream(id: id)
                consumers.append(try catalog.addConsumer(stream: kept, name: "C", bytes: []))
                try catalog.removeConsumer(stream: kept, name: "C")
            }
        }
        #expect(streams == [2, 3, 4, 5])
        #expect(consumers == [1, 2, 3, 4])
    }

    @Test("Numbers are not used again after the catalog is lost")
    func numbersAfterLoss() throws {
        let fixture = try CatalogFixture()
        var seen: Set<UInt64> = []
        for _ in 0..<3 {
            try fixture.withCatalog { catalog throws in
                for _ in 0..<3 {
                    let id = try catalog.addStream(account: "A", name: "S", bytes: [])
                    #expect(seen.insert(id).inserted)
                    try catalog.removeStream(id: id)
                }
            }
            try fixture.remove("catalog")
        }
    }

    @Test("More streams are added than numbers are set aside at once")
    func many() throws {
        let fixture = try CatalogFixture()
        try fixture.withCatalog { catalog throws in
            for index in 0..<150 { _ = try catalog.addStream(account: "A", name: "S\(index)", bytes: []) }
        }
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams().map(\.id) == Array(1...150))
            #expect(try catalog.addStream(account: "A", name: "next", bytes: []) == 151)
        }
    }

    @Test("A removed stream's directory goes to trash, and its consumers' rows go with it")
    func removal() throws {
        let fixture = try CatalogFixture()
        try fixture.withCatalog { catalog throws in
            try Self.fill(catalog)
            try catalog.removeStream(id: 1)
            try catalog.removeStream(id: 1)
            #expect(catalog.streams().map(\.name) == ["EVENTS"])
        }
        #expect(try fixture.names("streams") == ["3"])
        #expect(try fixture.rows(.consumers).isEmpty)
    }

    @Test("Long, unusual and look-alike names stay apart")
    func names() throws {
        let fixture = try CatalogFixture()
        // The second and third look the same, and are equal to Swift.
        let names = [
            String(repeating: "n", count: 255), "caf\u{e9}", "cafe\u{301}", "流れ/..", "🏞", "a\0b", "",
        ]
        try fixture.withCatalog { catalog throws in
            for name in names {
                let id = try catalog.addStream(account: names[0], name: name, bytes: [])
                for consumer in names { _ = try catalog.addConsumer(stream: id, name: consumer, bytes: []) }
                try catalog.updateConsumer(stream: id, name: names[2], bytes: [1])
                try catalog.removeConsumer(stream: id, name: names[1])
            }
        }
        let rest = [names[0]] + names[2...]
        for isLost in [false, true] {
            if isLost { try fixture.remove("catalog") }
            try fixture.withCatalog { catalog throws in
                let streams = catalog.streams()
                #expect(streams.map { Array($0.name.utf8) } == names.map { Array($0.utf8) })
                for stream in streams {
                    #expect(stream.account == names[0])
                    #expect(stream.consumers.map { Array($0.name.utf8) } == rest.map { Array($0.utf8) })
                    #expect(stream.consumers.map(\.bytes) == [[], [1], [], [], [], []])
                }
            }
        }
    }

    @Test("Large values are kept")
    func largeValues() throws {
        let fixture = try CatalogFixture()
        let bytes = [UInt8](repeating: 7, count: 1 << 20)
        try fixture.withCatalog { catalog throws in
            let id = try catalog.addStream(account: "A", name: "S", bytes: bytes)
            _ = try catalog.addConsumer(stream: id, name: "C", bytes: bytes)
        }
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams().first?.bytes == bytes)
            #expect(catalog.streams().first?.consumers.first?.bytes == bytes)
        }
    }

    @Test("The map grows when it is full")
    func growth() throws {
        let fixture = try CatalogFixture()
        try FileManager.default.createDirectory(
            atPath: fixture.path + "/catalog",
            withIntermediateDirectories: true
        )
        let files = try CatalogFiles(path: fixture.path + "/catalog", mapBytes: 1 << 16)
        let value = [UInt8](repeating: 1, count: 40_000)
        for id in 1...20 as ClosedRange<UInt64> {
            try files.commit([.init(table: .streams, key: CatalogRecord.key(id), value: value)])
        }
        #expect(try files.load()?[.streams]?.count == 20)
    }

    /// Two streams, three consumers on the first of which one is gone, and a stream that is gone.
    static func fill(_ catalog: Catalog) throws {
        let first = try catalog.addStream(account: "A", name: "ORDERS", bytes: [UInt8](text: "first"))
        let gone = try catalog.addStream(account: "A", name: "EVENTS", bytes: [])
        _ = try catalog.addConsumer(stream: first, name: "one", bytes: [UInt8](text: "1"))
        _ = try catalog.addConsumer(stream: first, name: "two", bytes: [UInt8](text: "2"))
        try catalog.updateStream(id: first, bytes: [UInt8](text: "second"))
        _ = try catalog.addConsumer(stream: first, name: "three", bytes: [UInt8](text: "3"))
        try catalog.removeConsumer(stream: first, name: "two")
        try catalog.removeConsumer(stream: first, name: "two")
        try catalog.removeStream(id: gone)
        _ = try catalog.addStream(account: "A", name: "EVENTS", bytes: [UInt8](text: "again"))
        try catalog.updateConsumer(stream: first, name: "three", bytes: [UInt8](text: "3b"))
    }
}
