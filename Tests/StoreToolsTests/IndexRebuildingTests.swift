import Foundation
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import TestSupport
import Testing

@testable import StoreTools

@Suite("Making an index anew")
struct IndexRebuildingTests {
    /// Answers of a store that come from its index.
    private func answers(_ store: FileStreamStore) -> [String] {
        var answers = ["\(store.state)"]
        var counts: [String] = []
        store.forEachSubject(matching: .all) { subject, count in
            counts.append("\(String(decoding: subject.array(), as: UTF8.self)) \(count)")
        }
        answers += counts.sorted()
        for sequence in stride(from: 1, through: 1_000, by: 83) as StrideThrough<UInt64> {
            for pattern in ["orders.*", "orders.7", "orders.>"] {
                guard let filter = SubjectPattern(pattern).map({ SubjectFilter([$0]) }) else { continue }
                let from = StreamSequence(rawValue: sequence)
                answers.append("\(store.count(from: from, matching: filter))")
                answers.append("\(String(describing: store.next(from: from, matching: filter)))")
                answers.append("\(String(describing: store.last(matching: filter, atOrBefore: from)))")
            }
        }
        answers.append("\(store.deletedSequences())")
        return answers
    }

    @Test(
        "Every answer is as before, and the old index is gone when the new one is whole",
        arguments: [true, false]
    )
    func sameAnswers(hasState: Bool) throws {
        let fixture = try ToolFixture.filled()
        var before: [String] = []
        try fixture.withStream("ORDERS") { before = self.answers($0) }
        let messages = try fixture.messages("ORDERS")
        if !hasState {
            // Then the journal is gone too, and what it told with it: only a store without removals is the same.
            let plain = try ToolFixture()
            try plain.addStream("ORDERS") { store in
                for number in 0..<500 {
                    store.publish("orders.\(number % 7)", "m\(number)", id: "id\(number)")
                }
            }
            try plain.withStream("ORDERS") { before = self.answers($0) }
            try FileManager.default.removeItem(atPath: plain.streamPath("ORDERS") + "/index")
            try self.rebuild(plain)
            try plain.withStream("ORDERS") { store in
                #expect(self.answers(store) == before)
                let id = Array("id499".utf8)
                #expect(store.duplicate(of: id.span.bytes, since: .distantPast)?.rawValue == 500)
            }
            return
        }
        var made: [String] = []
        try StoreTools.rebuildIndexes(of: fixture.path, stream: nil, now: ToolFixture.now) {
            made.append("\($0.name) \($0.messages) \($0.subjects)")
        }
        #expect(made == ["ORDERS 981 20"])
        #expect(try fixture.verify().all == [])
        try fixture.withStream("ORDERS") { #expect(self.answers($0) == before) }
        #expect(try fixture.messages("ORDERS") == messages)
        #expect(try fixture.contents().keys.filter { $0.hasPrefix("quarantine/1/index") } == [])
    }

    private func rebuild(_ fixture: ToolFixture) throws {
        try StoreTools.rebuildIndexes(of: fixture.path, stream: "ORDERS", now: ToolFixture.now) { _ in }
    }

    @Test("Consumers are where they were")
    func consumers() throws {
        let fixture = try ToolFixture.filled(messages: 100)
        let path = fixture.path
        var configuration = ConsumerConfiguration()
        configuration.name = "reader"
        configuration.durableName = "reader"
        configuration.ackPolicy = .explicit
        configuration.ackWait = Nanoseconds(rawValue: 30_000_000_000)
        let record = ConsumerRecord(created: ToolFixture.now, configuration: configuration)
        var number: UInt64 = 0
        do {
            let directory = try StoreDirectory.open(path, randomBytes: [UInt8](repeating: 1, count: 16))
            defer { directory.close() }
            let catalog = try Catalog.open(directory: directory)
            number = try catalog.addConsumer(stream: 1, name: "reader", bytes: record.bytes)
        }
        let id = ConsumerID(rawValue: number)
        var before: [UInt8] = []
        do {
            // As the server does it; not closed, so that the journal alone tells of the consumer.
            let opened = try fixture.open("ORDERS")
            let stream = StreamEngine.Stream(
                name: "ORDERS",
                configuration: StreamConfiguration(name: "ORDERS", subjects: ["orders.>"]),
                created: ToolFixture.now,
                store: opened.store,
                now: ToolFixture.now
            )
            _ = stream.addConsumer(name: "reader", configuration: configuration, id: id, now: ToolFixture.now)
            before = try #require(stream.consumerSnapshots().first).bytes
            opened.store.commitNow()
        }
        #expect(try fixture.open("ORDERS").consumers[id]?.entries.isEmpty == false)
        try self.rebuild(fixture)
        let after = try fixture.open("ORDERS").consumers[id]
        #expect(after?.snapshot == before)
        #expect(after?.entries == [])
        #expect(try fixture.verify().all == [])
    }

    @Test("A stream that is not there is an error that says so")
    func noSuchStream() throws {
        let fixture = try ToolFixture.filled(messages: 10)
        #expect(throws: StoreError.self) {
            try StoreTools.rebuildIndexes(of: fixture.path, stream: "OTHER", now: ToolFixture.now) { _ in }
        }
    }
}
