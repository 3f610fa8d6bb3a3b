import LMDB
import StreamModel
import Subjects
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

/// Times to live and age, of both stores.
@Suite("Expiry")
struct ExpiryTests {
    private static let second: Int64 = 1_000_000_000

    /// Appends a message with that time to live, or without one if it is empty.
    private func append(_ store: any StreamStore, _ subject: String, _ timeToLive: String, time: Int64) {
        let headers = timeToLive.isEmpty ? "" : "NATS/1.0\r\nNats-TTL: \(timeToLive)\r\n\r\n"
        _ = store.append(
            subject: subject.bytes.span.bytes,
            headers: headers.bytes.span.bytes,
            payload: "x".bytes.span.bytes,
            messageID: RawSpan(),
            timestamp: Timestamp(rawValue: time),
            timeToLive: TimeToLive(text: timeToLive.bytes.span.bytes)
        )
    }

    private func stored(_ store: any StreamStore) -> [UInt64] {
        var found: [UInt64] = []
        var next = StreamSequence(1)
        while let sequence = store.next(from: next, matching: .all) {
            found.append(sequence.rawValue)
            next = sequence.next
        }
        return found
    }

    /// Runs `body` on a store in memory and on one in files.
    private func withBoth(_ body: (any StreamStore) throws -> Void) throws {
        try body(MemoryStreamStore())
        let fixture = try StoreFixture()
        try body(fixture.store)
    }

    @Test("Messages go when their time has ended, the earliest first")
    func order() throws {
        try self.withBoth { store in
            self.append(store, "a", "3s", time: 0)
            self.append(store, "b", "", time: 0)
            self.append(store, "c", "1s", time: 0)
            self.append(store, "d", "2", time: 1)
            #expect(store.nextExpiry?.rawValue == Self.second)
            #expect(store.expire(by: Timestamp(rawValue: Self.second - 1)) == 0)
            #expect(store.expire(by: Timestamp(rawValue: Self.second)) == 1)
            #expect(self.stored(store) == [1, 2, 4])
            #expect(store.nextExpiry?.rawValue == 2 * Self.second + 1)
            #expect(store.expire(by: Timestamp(rawValue: 2 * Self.second + 1)) == 1)
            #expect(self.stored(store) == [1, 2])
            #expect(store.expire(by: Timestamp(rawValue: 9 * Self.second)) == 1)
            #expect(store.expire(by: Timestamp(rawValue: 9 * Self.second)) == 0)
            #expect(self.stored(store) == [2])
            #expect(store.nextExpiry == nil)
        }
    }

    @Test("A removed message is not removed again")
    func removed() throws {
        try self.withBoth { store in
            self.append(store, "a", "1s", time: 0)
            self.append(store, "b", "1s", time: 0)
            #expect(store.remove(StreamSequence(1), erase: false))
            store.removals.areKept = true
            #expect(store.expire(by: Timestamp(rawValue: Self.second)) == 1)
            var removals: [StoreRemoval] = []
            store.removals.take(into: &removals)
            let second = StreamSequence(2)
            #expect(removals == [StoreRemoval(first: second, last: second, cause: .limit)])
        }
    }

    @Test("What never expires survives age, in front and in the middle")
    func never() throws {
        try self.withBoth { store in
            for index in 1...9 as ClosedRange<Int64> {
                self.append(store, "s\(index)", index % 4 == 1 ? "never" : "", time: index)
            }
            #expect(store.nextExpiry == nil)
            store.limits.age = 10
            #expect(store.nextExpiry?.rawValue == 13)
            #expect(store.expire(by: Timestamp(rawValue: 12)) == 0)
            #expect(store.expire(by: Timestamp(rawValue: 15)) == 3)
            #expect(self.stored(store) == [1, 5, 6, 7, 8, 9])
            #expect(store.nextExpiry?.rawValue == 17)
            #expect(store.expire(by: Timestamp(rawValue: 110)) == 3)
            #expect(self.stored(store) == [1, 5, 9])
            #expect(store.state.firstSequence.rawValue == 1)
            #expect(store.nextExpiry == nil)
        }
    }

    @Test("A limit by count takes what never expires, too")
    func limits() throws {
        try self.withBoth { store in
            self.append(store, "a", "never", time: 1)
            self.append(store, "a", "", time: 2)
            store.limits = StoreLimits(messages: 1)
            #expect(self.stored(store) == [2])
        }
    }

    @Test("A checkpoint, a reopening and a lost index change nothing", arguments: [false, true])
    func recovery(removesIndex: Bool) throws {
        let fixture = try StoreFixture()
        for index in 0..<300 as Range<Int64> {
            let timeToLive = index % 3 == 0 ? "\(300 - index)s" : index % 7 == 0 ? "never" : ""
            self.append(fixture.store, "s.\(index % 10)", timeToLive, time: index)
            if index == 99 { try fixture.checkpoint() }
            if index == 150 {
                let now = Timestamp(rawValue: 155 * Self.second + 1_000)
                #expect(fixture.store.expire(dueBy: now, limit: 2) == 2)
            }
        }
        try fixture.commit()
        let before = self.stored(fixture.store)
        #expect(before.count == 298)
        let next = try #require(fixture.store.nextExpiry)
        try fixture.reopen(removingIndex: removesIndex)
        #expect(self.stored(fixture.store) == before)
        #expect(try #require(fixture.store.nextExpiry).rawValue <= next.rawValue)
        let all = fixture.store.expire(dueBy: Timestamp(rawValue: 400 * Self.second), limit: 1_000)
        #expect(all == 98)
        fixture.store.expire(before: Timestamp(rawValue: 1_000))
        var exempt: [UInt64] = []
        for index in 0..<300 as Range<UInt64> where index % 3 != 0 && index % 7 == 0 {
            exempt.append(index + 1)
        }
        #expect(self.stored(fixture.store) == exempt)
        try fixture.commit()
        try fixture.reopen(removingIndex: removesIndex)
        #expect(self.stored(fixture.store) == exempt)
    }

    @Test("Timers come from all layers in one order, also while a checkpoint runs")
    func layers() throws {
        let fixture = try StoreFixture()
        for (index, timeToLive) in ["5s", "1s", "9s"].enumerated() {
            self.append(fixture.store, "a.\(index)", timeToLive, time: 0)
        }
        try fixture.checkpoint()
        for (index, timeToLive) in ["4s", "2s", "8s"].enumerated() {
            self.append(fixture.store, "b.\(index)", timeToLive, time: 0)
        }
        try fixture.commit()
        let checkpoint = try #require(fixture.store.makeCheckpoint(consumers: []))
        for (index, timeToLive) in ["6s", "3s", "7s"].enumerated() {
            self.append(fixture.store, "c.\(index)", timeToLive, time: 0)
        }
        for (second, sequence) in [2, 5, 8, 4].enumerated() {
            let due = Timestamp(rawValue: Int64(second + 1) * Self.second)
            #expect(fixture.store.nextExpiry == due)
            #expect(fixture.store.expire(by: due) == 1)
            #expect(!self.stored(fixture.store).contains(UInt64(sequence)))
        }
        checkpoint.perform()
        try fixture.store.finish(checkpoint)
        try fixture.checkpoint()
        let files = try #require(fixture.store.reader.files)
        #expect(try files.environment.read().count(files.timers) == 5)
        for (second, sequence) in [1, 7, 9, 6, 3].enumerated() {
            #expect(fixture.store.expire(by: Timestamp(rawValue: Int64(second + 5) * Self.second)) == 1)
            #expect(!self.stored(fixture.store).contains(UInt64(sequence)))
        }
    }

    @Test("Timers of messages that are gone do not gather in the index")
    func sweep() throws {
        let fixture = try StoreFixture { $0.limits = StoreLimits(messagesPerSubject: 1) }
        for round in 0..<20 as Range<Int64> {
            for index in 0..<500 as Range<Int64> {
                self.append(fixture.store, "k.\(index)", index % 2 == 0 ? "never" : "1h", time: round)
            }
            try fixture.checkpoint()
        }
        let files = try #require(fixture.store.reader.files)
        // One for each message, and what the last checkpoints have not swept yet.
        #expect(try files.environment.read().count(files.timers) < 2_000)
        #expect(fixture.store.state.messages == 500)
    }

    @Test("Age goes on where it stopped when more is old than one call takes")
    func pieces() throws {
        try self.withBoth { store in
            let count = Int64(FileStreamStore.agingMax + 10)
            for index in 0..<count { self.append(store, "a", "", time: index) }
            store.limits.age = 0
            let now = Timestamp(rawValue: count - 1)
            #expect(store.expire(by: now) == UInt64(FileStreamStore.agingMax))
            #expect(store.nextExpiry?.rawValue == count - 9)
            #expect(store.expire(by: now) == 9)
            #expect(store.state.messages == 1)
            #expect(store.nextExpiry?.rawValue == count)
        }
    }
}
