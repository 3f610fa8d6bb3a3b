import Foundation
import SegmentLog
import StreamModel
import Subjects
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

extension StoreFixture {
    /// Does all the rewriting there is to do by `now`, with the checkpoints it needs; returns how often.
    @discardableResult
    func rewrite(now: Int64) throws -> Int {
        var count = 0
        for round in 0..<100 {
            let time = Timestamp(rawValue: now + Int64(round) * 2_000_000_000)
            if let rewrite = self.store.makeRewrite(now: time) {
                rewrite.perform { _ in }
                try self.store.finish(rewrite)
                count += 1
            } else if self.store.wantsCheckpoint {
                try self.checkpoint()
            } else {
                break
            }
        }
        return count
    }

    /// Bytes of all files of the log.
    var logBytes: Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: self.path + "/log")) ?? []
        return names.reduce(0) { sum, name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(self.path)/log/\(name)")
            return sum + (attributes?[.size] as? Int ?? 0)
        }
    }

    /// Sequences of all messages that can be read.
    func stored() -> [UInt64] {
        let last = self.store.state.lastSequence.rawValue
        return last == 0 ? [] : (1...last).filter { self.load($0) != nil }
    }
}

@Suite("Giving back disk space")
struct RewritingTests {
    private static let minute: Int64 = 60_000_000_000

    /// A store of many small segments.
    private func fixture(
        _ count: Int,
        configure: (inout FileStoreOptions) -> Void = { _ in }
    ) throws -> StoreFixture {
        let fixture = try StoreFixture {
            $0.segmentBytes = 8_192
            configure(&$0)
        }
        for index in 0..<count {
            fixture.append(
                "a.\(index % 10)",
                "payload of message \(index), " + String(repeating: "x", count: 60)
            )
            if index % 50 == 49 { try fixture.commit() }
        }
        try fixture.checkpoint()
        return fixture
    }

    @Test("A segment under a third alive is rewritten while the stream is busy", arguments: [false, true])
    func underAThird(compresses: Bool) throws {
        let fixture = try self.fixture(1_000) { $0.compresses = compresses }
        for sequence in 1...900 as ClosedRange<UInt64> where sequence % 4 != 0 {
            #expect(fixture.store.remove(StreamSequence(sequence), erase: false))
        }
        let before = fixture.logBytes
        let expected = fixture.stored()
        let state = fixture.store.state
        #expect(try fixture.rewrite(now: 1) > 5)
        #expect(fixture.logBytes < before / 2)
        for _ in 0..<2 {
            #expect(fixture.stored() == expected)
            #expect(fixture.store.state == state)
            try fixture.reopen()
            #expect(fixture.report.damagedRecords == 0 && fixture.report.lostSequences == 0)
        }
        try fixture.reopen(removingIndex: true)
        #expect(fixture.stored() == expected)
        #expect(fixture.store.state == state)
        #expect(fixture.report.damagedRecords == 0 && fixture.report.lostSequences == 0)
    }

    @Test("A quiet stream takes no more than 1.3 times its live bytes and two segments")
    func quiet() throws {
        let fixture = try self.fixture(2_000)
        // More than a third of each segment stays: only quiet makes them worth the work.
        for sequence in 1...2_000 as ClosedRange<UInt64> where sequence % 2 == 0 {
            #expect(fixture.store.remove(StreamSequence(sequence), erase: false))
        }
        let live = fixture.stored().count * (MessageLog.recordBytes(subject: 3, headers: 0, payload: 84))
        let bound = live * 13 / 10 + 2 * 8_192
        #expect(fixture.logBytes > bound)
        #expect(try fixture.rewrite(now: 1) == 0)
        #expect(fixture.logBytes > bound)
        #expect(try fixture.rewrite(now: Self.minute) > 5)
        #expect(fixture.logBytes <= bound)
        #expect(try fixture.rewrite(now: 2 * Self.minute) == 0)
        // Nobody has to be woken any more, until something changes.
        #expect(fixture.store.rewriteDeadline == nil)
        #expect(fixture.store.remove(StreamSequence(1), erase: false))
        #expect(fixture.store.rewriteDeadline != nil)
        // The numbers are kept: nothing is done twice.
        try fixture.store.close(consumers: [])
        try fixture.reopen()
        #expect(try fixture.rewrite(now: 3 * Self.minute) == 0)
        #expect(fixture.stored().count == 999)
    }

    @Test("Segments without a message go within seconds of a purge, with nothing else to do")
    func purged() throws {
        let fixture = try self.fixture(1_000)
        #expect(fixture.store.purge(matching: .all, below: nil, keep: 3) == 997)
        try fixture.checkpoint()
        let segments = fixture.store.segments.rows.count
        #expect(segments <= 2)
        let empty = try self.fixture(1_000)
        _ = empty.store.purge(matching: .all, below: nil, keep: 0)
        #expect(empty.store.rewriteDeadline != nil)
        #expect(!empty.store.wantsCheckpoint)
        _ = empty.store.makeRewrite(now: Timestamp(rawValue: Self.minute))
        #expect(empty.store.wantsCheckpoint)
        try empty.checkpoint()
        #expect(empty.logBytes <= 8_192)
        #expect(empty.store.rewriteDeadline == nil)
    }

    @Test("What is removed while a segment is rewritten stays removed, and goes the next time")
    func removedMeanwhile() throws {
        let fixture = try self.fixture(300)
        for sequence in 1...60 as ClosedRange<UInt64> where sequence % 5 != 0 {
            #expect(fixture.store.remove(StreamSequence(sequence), erase: false))
        }
        #expect(fixture.store.makeRewrite(now: Timestamp(rawValue: 1)) == nil)
        try fixture.checkpoint()
        let rewrite = try #require(fixture.store.makeRewrite(now: Timestamp(rawValue: 2)))
        #expect(fixture.store.makeRewrite(now: Timestamp(rawValue: 3)) == nil)
        for sequence in [5, 10, 15] as [UInt64] {
            #expect(fixture.store.remove(StreamSequence(sequence), erase: sequence == 10))
        }
        fixture.append("late")
        rewrite.perform { _ in }
        // An erasure that becomes due now has to wait for the new file.
        try fixture.checkpoint()
        try fixture.store.finish(rewrite)
        let expected = fixture.stored()
        #expect(!expected.contains(5) && !expected.contains(10) && expected.contains(20))
        #expect(fixture.store.wantsCheckpoint)
        try fixture.checkpoint()
        try fixture.commit()
        #expect(try self.text(fixture).contains("message 19,"))
        #expect(try !self.text(fixture).contains("message 9,"))
        try fixture.reopen()
        #expect(fixture.stored() == expected)
        try fixture.reopen(removingIndex: true)
        #expect(fixture.stored() == expected)
    }

    /// Everything in the files of the log.
    private func text(_ fixture: StoreFixture) throws -> String {
        var text = ""
        for name in try FileManager.default.contentsOfDirectory(atPath: fixture.path + "/log") {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(fixture.path)/log/\(name)"))
            text += String(decoding: data, as: UTF8.self)
        }
        return text
    }

    @Test("A purge of everything while a segment is rewritten calls that off")
    func purgedMeanwhile() throws {
        let fixture = try self.fixture(300)
        for sequence in 1...60 as ClosedRange<UInt64> {
            if sequence % 5 != 0 { _ = fixture.store.remove(StreamSequence(sequence), erase: false) }
        }
        #expect(fixture.store.makeRewrite(now: Timestamp(rawValue: 1)) == nil)
        try fixture.checkpoint()
        let rewrite = try #require(fixture.store.makeRewrite(now: Timestamp(rawValue: 2)))
        _ = fixture.store.purge(matching: .all, below: nil, keep: 0)
        try fixture.checkpoint()
        rewrite.perform { _ in }
        try fixture.store.finish(rewrite)
        try fixture.rewrite(now: Self.minute)
        #expect(fixture.logBytes <= 8_192)
        #expect(fixture.store.state.messages == 0)
        try fixture.reopen()
        #expect(fixture.store.state.messages == 0 && fixture.store.state.lastSequence.rawValue == 300)
    }

    @Test("Message ids are found after a rewriting, also when the index is lost, as long as they count")
    func messageIDs() throws {
        let window: Int64 = 120_000_000_000
        let fixture = try StoreFixture {
            $0.segmentBytes = 8_192
            $0.duplicateWindow = window
        }
        for index in 1...400 {
            let headers = "NATS/1.0\r\nNats-Msg-Id: id-\(index)\r\n\r\n"
            fixture.append(
                "a",
                String(repeating: "x", count: 80),
                headers: headers,
                id: "id-\(index)",
                time: 1_000
            )
        }
        try fixture.checkpoint()
        for sequence in 1...390 as ClosedRange<UInt64> where sequence % 10 != 0 {
            #expect(fixture.store.remove(StreamSequence(sequence), erase: false))
        }
        let before = fixture.logBytes
        try fixture.rewrite(now: 2_000)
        try fixture.reopen(now: 3_000, removingIndex: true)
        for index in [1, 5, 10, 300] as [UInt64] {
            let id = "id-\(index)".bytes
            let found = fixture.store.duplicate(of: id.span.bytes, since: Timestamp(rawValue: 0))
            #expect(found?.rawValue == index)
        }
        // Later they are not needed any more.
        try fixture.rewrite(now: 3 * window)
        #expect(fixture.logBytes < before / 2)
        #expect(fixture.stored().count == 39 + 10)
    }

    @Test("Full segments of a compressed stream are compressed, and others when that is switched on")
    func compresses() throws {
        let plain = try self.fixture(1_000)
        let fixture = try self.fixture(1_000) { $0.compresses = true }
        #expect(fixture.store.rewriteDeadline != nil && plain.store.rewriteDeadline == nil)
        let segments = fixture.store.segments.rows.count
        #expect(try fixture.rewrite(now: 1) == segments - 1)
        #expect(fixture.logBytes * 2 < plain.logBytes)
        #expect(fixture.stored().count == 1_000)
        #expect(try fixture.rewrite(now: Self.minute) == 0)
        try fixture.store.close(consumers: [])
        try fixture.reopen()
        #expect(fixture.stored().count == 1_000)
        #expect(try fixture.rewrite(now: 2 * Self.minute) == 0)
        plain.store.compresses = true
        #expect(try plain.rewrite(now: Self.minute) == segments - 1)
        #expect(plain.logBytes == fixture.logBytes)
        try plain.reopen(removingIndex: true)
        #expect(plain.stored().count == 1_000)
    }

    @Test("A rewriting can be ended at once, begun or not, and its result is not missed")
    func ends() throws {
        let fixture = try self.fixture(1_000) { $0.compresses = true }
        let first = try #require(fixture.store.makeRewrite(now: Timestamp(rawValue: 1)))
        fixture.store.endRewrite()
        first.perform { _ in Issue.record("it was ended") }
        try fixture.store.finish(first)
        let second = try #require(fixture.store.makeRewrite(now: Timestamp(rawValue: Self.minute)))
        second.perform { _ in }
        fixture.store.endRewrite()
        try fixture.store.finish(second)
        #expect(fixture.store.rewrites == 1)
        #expect(fixture.stored().count == 1_000)
    }

    @Test("A long run of skipped sequences costs nothing to rewrite over")
    func gaps() throws {
        let fixture = try self.fixture(20)
        fixture.store.skip(to: StreamSequence(1 << 50))
        for _ in 0..<200 { fixture.append("b", String(repeating: "y", count: 80)) }
        try fixture.checkpoint()
        for sequence in 1...18 as ClosedRange<UInt64> {
            _ = fixture.store.remove(StreamSequence(sequence), erase: false)
        }
        let start: UInt64 = (1 << 50) + 1
        for sequence in start..<start + 50 {
            _ = fixture.store.remove(StreamSequence(sequence), erase: false)
        }
        #expect(try fixture.rewrite(now: 1) > 0)
        for sequence in [19, 20, start + 50, start + 199] { #expect(fixture.load(sequence) != nil) }
        try fixture.reopen(removingIndex: true)
        for sequence in [19, 20, start + 50, start + 199] { #expect(fixture.load(sequence) != nil) }
        #expect(fixture.store.state.messages == 152)
    }
}
