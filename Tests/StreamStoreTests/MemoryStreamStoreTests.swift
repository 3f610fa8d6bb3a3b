import NIOCore
import StreamModel
import Subjects
import Testing

@testable import StreamStore

@Suite("Memory stream store")
struct MemoryStreamStoreTests {
    /// Appends a message at `time` and returns its sequence.
    @discardableResult
    private func append(
        _ store: MemoryStreamStore,
        _ subject: String,
        _ payload: String = "",
        headers: String = "",
        id: String = "",
        time: Int64 = 0
    ) -> UInt64 {
        let subject = Array(subject.utf8)
        let headers = Array(headers.utf8)
        let payload = Array(payload.utf8)
        let id = Array(id.utf8)
        let sequence = store.append(
            subject: subject.span.bytes,
            headers: headers.span.bytes,
            payload: payload.span.bytes,
            messageID: id.span.bytes,
            timestamp: Timestamp(rawValue: time)
        )
        return sequence.rawValue
    }

    private func filter(_ patterns: String...) throws -> SubjectFilter {
        SubjectFilter(try patterns.map { try #require(SubjectPattern($0)) })
    }

    /// Ten messages on b.0, b.1, b.2, b.0 …, at times 10, 20 … 100.
    private func ten() -> MemoryStreamStore {
        let store = MemoryStreamStore()
        for index in 0..<10 { self.append(store, "b.\(index % 3)", "p\(index)", time: Int64(index + 1) * 10) }
        return store
    }

    @Test("A message is loaded as it was appended")
    func load() throws {
        let store = MemoryStreamStore()
        self.append(store, "mb.1", "hello", headers: "NATS/1.0\r\nA: b\r\n\r\n", time: 5)
        var buffer = ByteBuffer(string: "before")
        guard case .message(let message) = store.load(StreamSequence(1), into: &buffer) else {
            Issue.record("absent")
            return
        }
        #expect(buffer.getString(at: message.start, length: message.subjectLength) == "mb.1")
        #expect(buffer.getString(at: message.headers.lowerBound, length: 18) == "NATS/1.0\r\nA: b\r\n\r\n")
        #expect(buffer.getString(at: message.payload.lowerBound, length: 5) == "hello")
        #expect(message.payloadLength == 5)
        #expect(message.timestamp == Timestamp(rawValue: 5))
        #expect(store.state.bytes == 43)  // streams.md §8.4
        guard case .absent = store.load(StreamSequence(2), into: &buffer) else {
            Issue.record("found what is not there")
            return
        }
    }

    @Test("Times never go back")
    func monotoneTime() {
        let store = MemoryStreamStore()
        self.append(store, "a", time: 10)
        self.append(store, "a", time: 5)
        #expect(store.state.lastTime == Timestamp(rawValue: 10))
    }

    @Test("The next match is found by all, literal and wildcard filters")
    func next() throws {
        let store = self.ten()
        #expect(store.next(from: StreamSequence(4), matching: .all)?.rawValue == 4)
        #expect(store.next(from: StreamSequence(4), matching: try self.filter("b.2"))?.rawValue == 6)
        #expect(store.next(from: StreamSequence(4), matching: try self.filter("b.2", "b.1"))?.rawValue == 5)
        #expect(store.next(from: StreamSequence(4), matching: try self.filter("b.*"))?.rawValue == 4)
        #expect(store.next(from: StreamSequence(4), matching: try self.filter("c.>")) == nil)
        #expect(store.next(from: StreamSequence(11), matching: .all) == nil)
        #expect(store.last(matching: try self.filter("b.1"), atOrBefore: StreamSequence(7))?.rawValue == 5)
        #expect(store.last(matching: .all, atOrBefore: StreamSequence(7))?.rawValue == 7)
        #expect(store.first(atOrAfter: Timestamp(rawValue: 41))?.rawValue == 5)
        #expect(store.first(atOrAfter: Timestamp(rawValue: 101)) == nil)
        #expect(
            store.lastPerSubject(matching: try self.filter("b.>"), atOrBefore: StreamSequence(9))
                .map(\.rawValue) == [7, 8, 9]
        )
    }

    @Test("Limits drop the oldest: per subject, then by count, then by bytes")
    func limits() {
        let store = self.ten()
        store.removals.areKept = true
        store.limits = StoreLimits(messagesPerSubject: 2)
        #expect(store.state.messages == 6)
        #expect(store.state.firstSequence.rawValue == 5)
        store.limits = StoreLimits(messages: 3)
        #expect(store.state.firstSequence.rawValue == 8)
        store.limits = StoreLimits(bytes: 21)
        #expect(store.state.messages == 1)
        store.limits = StoreLimits(bytes: 20)
        #expect(store.state.messages == 0)
        #expect(store.state.firstSequence.rawValue == 11)
        #expect(store.state.lastSequence.rawValue == 10)
        var removals: [StoreRemoval] = []
        store.removals.take(into: &removals)
        let removed = removals.flatMap { Array($0.first.rawValue...$0.last.rawValue) }
        #expect(removed.sorted() == Array(1...10))
    }

    @Test("Purge follows the table of streams.md §2.7")
    func purge() throws {
        var store = self.ten()
        #expect(store.purge(matching: .all, below: StreamSequence(1), keep: 0) == 0)
        #expect(store.purge(matching: .all, below: StreamSequence(4), keep: 0) == 3)
        #expect(store.state.firstSequence.rawValue == 4)
        #expect(store.purge(matching: try self.filter("b.0"), below: nil, keep: 1) == 2)
        #expect(store.deletedSequences().map(\.rawValue) == [7])
        #expect(store.purge(matching: try self.filter("b.1"), below: StreamSequence(100), keep: 0) == 2)
        #expect(store.state.lastSequence.rawValue == 10)
        #expect(store.purge(matching: .all, below: nil, keep: 0) == 3)
        #expect(store.state.firstSequence.rawValue == 11)
        store = self.ten()
        #expect(store.purge(matching: .all, below: StreamSequence(50), keep: 0) == 10)
        #expect(store.state.firstSequence.rawValue == 50)
        #expect(self.append(store, "x") == 50)
    }

    @Test("A removed last message stays counted as deleted and its sequence is not reused")
    func removeLast() {
        let store = self.ten()
        #expect(store.remove(StreamSequence(10), erase: true))
        #expect(!store.remove(StreamSequence(10), erase: true))
        #expect(store.deletedSequences().map(\.rawValue) == [10])
        #expect(store.state.deleted == 1)
        #expect(self.append(store, "x") == 11)
    }

    @Test("A message id is known inside the window only")
    func duplicates() {
        let store = MemoryStreamStore()
        self.append(store, "a", id: "one", time: 10)
        self.append(store, "a", id: "two", time: 20)
        let one = Array("one".utf8)
        let two = Array("two".utf8)
        #expect(store.duplicate(of: one.span.bytes, since: Timestamp(rawValue: 10))?.rawValue == 1)
        #expect(store.duplicate(of: one.span.bytes, since: Timestamp(rawValue: 11)) == nil)
        #expect(store.duplicate(of: two.span.bytes, since: Timestamp(rawValue: 11))?.rawValue == 2)
    }

    @Test("A configured first sequence is that of the first message")
    func firstSequence() {
        let store = MemoryStreamStore(firstSequence: StreamSequence(100))
        #expect(store.state.firstSequence.rawValue == 100)
        #expect(store.state.lastSequence.rawValue == 99)
        #expect(self.append(store, "a") == 100)
        #expect(MemoryStreamStore(firstSequence: StreamSequence(1)).state == StoreState())
    }

    @Test("The store agrees with a plain list under random work", arguments: [1, 2, 3, 4] as [UInt64])
    func model(seed: UInt64) throws {
        struct Message {
            var sequence: UInt64
            var subject: String
            var time: Int64
        }
        var random = SplitMix(state: seed)
        let store = MemoryStreamStore()
        var model: [Message] = []
        var last: UInt64 = 0
        let filters = [
            SubjectFilter.all, try self.filter("k.3"), try self.filter("k.*"), try self.filter("k.1", "j.>"),
        ]
        for step in 0..<3000 {
            switch random.next() % 20 {
            case 0..<12:
                let subject = "\(random.next() % 3 == 0 ? "j" : "k").\(random.next() % 6)"
                last = self.append(store, subject, "x", time: Int64(step))
                model.append(Message(sequence: last, subject: subject, time: Int64(step)))
            case 12..<17:
                guard last > 0 else { continue }
                let sequence = random.next() % last + 1
                let known = model.contains { $0.sequence == sequence }
                #expect(store.remove(StreamSequence(sequence), erase: false) == known)
                model.removeAll { $0.sequence == sequence }
            case 17:
                let time = Int64(step) - Int64(random.next() % 300)
                store.expire(before: Timestamp(rawValue: time))
                while let first = model.first, first.time < time { model.removeFirst() }
            case 18:
                last += random.next() % 5
                store.skip(to: StreamSequence(last))
            default:
                let filter = filters[Int(random.next() % 4)]
                let below = last > 100 ? last - random.next() % 100 : 0
                let matching = model.filter { $0.sequence < below && self.matches(filter, $0.subject) }
                let gone = Set(matching.dropLast(5).map(\.sequence))
                #expect(
                    store.purge(matching: filter, below: StreamSequence(below), keep: 5) == UInt64(gone.count)
                )
                model.removeAll { gone.contains($0.sequence) }
            }
            let filter = filters[Int(random.next() % 4)]
            let from = random.next() % (last + 2)
            let matching = model.filter { self.matches(filter, $0.subject) }
            #expect(store.state.messages == UInt64(model.count))
            #expect(store.state.subjects == Set(model.map(\.subject)).count)
            #expect(
                store.state.firstSequence.rawValue == (model.first?.sequence ?? (last == 0 ? 0 : last + 1))
            )
            #expect(
                store.next(from: StreamSequence(from), matching: filter)?.rawValue
                    == matching.first { $0.sequence >= from }?.sequence
            )
            #expect(
                store.last(matching: filter, atOrBefore: StreamSequence(from))?.rawValue
                    == matching.last { $0.sequence <= from }?.sequence
            )
            #expect(
                store.count(from: StreamSequence(from), matching: filter)
                    == UInt64(matching.count { $0.sequence >= from })
            )
        }
    }

    private func matches(_ filter: SubjectFilter, _ subject: String) -> Bool {
        let bytes = Array(subject.utf8)
        return filter.matches(bytes.span.bytes)
    }
}

/// A small seeded generator.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
