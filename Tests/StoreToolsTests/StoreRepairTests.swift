import Foundation
import StreamModel
import StreamStore
import TestSupport
import Testing

@testable import StoreTools

@Suite("Repairing a store")
struct StoreRepairTests {
    private func repair(_ fixture: ToolFixture) throws -> StoreRepair {
        let plan = RepairPlan(try fixture.verify())
        return try StoreRepair(
            plan,
            at: fixture.path,
            randomBytes: [UInt8](repeating: 7, count: 16),
            now: ToolFixture.now
        )
    }

    private func quarantined(_ fixture: ToolFixture) throws -> [Data] {
        try fixture.contents().filter { $0.key.hasPrefix("quarantine/") }.map(\.value)
    }

    @Test("A store without damage has nothing to repair")
    func clean() throws {
        let fixture = try ToolFixture.filled(messages: 100)
        let plan = RepairPlan(try fixture.verify())
        #expect(plan.isEmpty)
        #expect(plan.text == "No damage: there is nothing to repair.")
    }

    @Test("Damage in each segment costs the message it hit, whose bytes are kept", arguments: [true, false])
    func segments(keepsIndex: Bool) throws {
        let fixture = try ToolFixture.filled()
        let before = try fixture.messages("ORDERS")
        var damaged: [Data] = []
        for file in try fixture.files("log", of: "ORDERS") {
            let path = "\(fixture.streamPath("ORDERS"))/log/\(file)"
            try ToolFixture.flip(path, at: 48 + 1_500)
            damaged.append(try Data(contentsOf: URL(fileURLWithPath: path))[1_548..<1_556])
        }
        if !keepsIndex {
            try ToolFixture.flip("\(fixture.streamPath("ORDERS"))/index/data.mdb", at: 20)
            try ToolFixture.flip("\(fixture.streamPath("ORDERS"))/index/data.mdb", at: 4_096 + 20)
        }
        _ = try self.repair(fixture)
        #expect(try fixture.verify().all == [])
        let after = try fixture.messages("ORDERS")
        #expect(Set(after).isSubset(of: Set(before)))
        #expect(before.count - after.count <= damaged.count)
        #expect(before.count > after.count)
        let kept = try self.quarantined(fixture)
        for bytes in damaged { #expect(kept.contains { $0.range(of: bytes) != nil }) }
        // And it goes on: the next message gets the next sequence.
        try fixture.withStream("ORDERS") { store in
            store.publish("orders.new", "again")
            #expect(store.state.lastSequence.rawValue == 1_001)
        }
        #expect(try fixture.verify().all == [])
    }

    @Test("A damaged header, a damaged footer and a cut segment are made whole")
    func frames() throws {
        let fixture = try ToolFixture.filled()
        let before = try fixture.messages("ORDERS")
        let files = try fixture.files("log", of: "ORDERS")
        let log = "\(fixture.streamPath("ORDERS"))/log"
        try ToolFixture.flip("\(log)/\(files[0])", at: 20)
        let size = try Data(contentsOf: URL(fileURLWithPath: "\(log)/\(files[1])")).count
        try ToolFixture.flip("\(log)/\(files[1])", at: size - 10)
        _ = try self.repair(fixture)
        #expect(try fixture.verify().all == [])
        #expect(try fixture.messages("ORDERS") == before)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(log)/\(files[1])"))
        try bytes.prefix(size - 1_000).write(to: URL(fileURLWithPath: "\(log)/\(files[1])"))
        _ = try self.repair(fixture)
        #expect(try fixture.verify().all == [])
        let after = try fixture.messages("ORDERS")
        #expect(Set(after).isSubset(of: Set(before)))
        #expect(before.count - after.count < 8)
    }

    @Test("A missing segment and a damaged last message are taken out of the index")
    func lost() throws {
        let fixture = try ToolFixture.filled()
        let files = try fixture.files("log", of: "ORDERS")
        let log = "\(fixture.streamPath("ORDERS"))/log"
        try FileManager.default.removeItem(atPath: "\(log)/\(files[1])")
        let newest = URL(fileURLWithPath: "\(log)/\(files[files.count - 1])")
        var bytes = try Data(contentsOf: newest)
        let end = try #require(bytes.lastIndex { $0 != 0 })
        bytes[end - 4] ^= 1
        try bytes.write(to: newest)
        _ = try self.repair(fixture)
        #expect(try fixture.verify().all == [])
        #expect(try !fixture.messages("ORDERS").contains { $0.hasSuffix("damaged") })
    }

    @Test("A damaged index and a damaged state file are made again, and no answer changes")
    func derived() throws {
        let fixture = try ToolFixture.filled()
        let before = try fixture.messages("ORDERS")
        let stream = fixture.streamPath("ORDERS")
        let state = try Data(contentsOf: URL(fileURLWithPath: stream + "/state"))
        try ToolFixture.flip(stream + "/state", at: 40)
        _ = try self.repair(fixture)
        #expect(try fixture.verify().all == [])
        #expect(try fixture.messages("ORDERS") == before)
        let index = stream + "/index/data.mdb"
        let size = try Data(contentsOf: URL(fileURLWithPath: index)).count
        for offset in stride(from: 0, to: size, by: 512) { try ToolFixture.flip(index, at: offset) }
        let broken = try Data(contentsOf: URL(fileURLWithPath: index))
        _ = try self.repair(fixture)
        #expect(try fixture.verify().all == [])
        #expect(try fixture.messages("ORDERS") == before)
        let kept = try self.quarantined(fixture)
        #expect(kept.contains(broken))
        #expect(kept.contains { $0.count == state.count })
    }

    @Test("A damaged journal loses the entries that were hit, and keeps the rest")
    func journal() throws {
        let fixture = try ToolFixture.filled()
        do {
            let opened = try fixture.open("ORDERS")
            for sequence in 50...60 as ClosedRange<UInt64> {
                _ = opened.store.remove(StreamSequence(rawValue: sequence), erase: false)
            }
            opened.store.commitNow()
        }
        let file = try #require(try fixture.files("journal", of: "ORDERS").last)
        try ToolFixture.flip("\(fixture.streamPath("ORDERS"))/journal/\(file)", at: 48 + 30)
        _ = try self.repair(fixture)
        #expect(try fixture.verify().all == [])
        let left = try fixture.messages("ORDERS").compactMap { UInt64($0.split(separator: " ")[0]) }
        #expect(left.filter { 50...60 ~= $0 }.count == 1)
    }

    @Test("A damaged catalogue and a damaged second copy make up for each other")
    func catalog() throws {
        let fixture = try ToolFixture.filled(messages: 10)
        try fixture.addStream("EVENTS")
        try ToolFixture.flip(fixture.streamPath("EVENTS") + "/stream.meta", at: 30)
        try ToolFixture.flip(fixture.path + "/ids", at: 5)
        _ = try self.repair(fixture)
        #expect(try fixture.verify().all == [])
        let catalog = fixture.path + "/catalog/data.mdb"
        let size = try Data(contentsOf: URL(fileURLWithPath: catalog)).count
        for offset in stride(from: 0, to: size, by: 512) { try ToolFixture.flip(catalog, at: offset) }
        _ = try self.repair(fixture)
        let verification = try fixture.verify()
        #expect(verification.all == [])
        #expect(verification.streams.map(\.name) == ["ORDERS", "EVENTS"])
    }
}
