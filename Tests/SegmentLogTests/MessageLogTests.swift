import Glibc
import TestSupport
import Testing

@testable import SegmentLog

@Suite("Message log")
struct MessageLogTests {
    let disk = FakeDisk()

    @Test("An empty log has no end, nothing to write and nothing to read")
    func empty() throws {
        let log = try LogFixture(self.disk.root).open().log
        #expect(log.end == nil)
        #expect(log.start == nil)
        #expect(log.takeWrite() == nil)
        #expect(log.takeWrite(forSync: true) == nil)
        #expect(!log.hasUnwritten)
        #expect(log.message(at: LogPosition(segment: 1, offset: 48)).1 == .absent)
        #expect(log.lastSequence == 0)
        #expect(self.disk.names("log").isEmpty)
    }

    @Test("A message is read back from memory, from the write under way, and from the disk")
    func threePlaces() throws {
        let log = try LogFixture(self.disk.root).open().log
        let message = Message(3, payloadLength: 33)
        let position = log.append(message)
        #expect(position == LogPosition(segment: 3, offset: 48))
        #expect(log.message(at: position).0 == message)
        let write = try #require(log.takeWrite())
        let second = log.append(Message(4, payloadLength: 5))
        #expect(log.message(at: position).0 == message)
        #expect(log.message(at: second).0 == Message(4, payloadLength: 5))
        #expect(log.takeWrite() == nil, "one at a time")
        try write.perform(sync: true)
        #expect(log.message(at: position).0 == message)
        try log.finish(write)
        let (read, result) = log.message(at: position)
        #expect(read == message)
        #expect(result == .record(next: second))
        #expect(log.message(at: second).1 == .record(next: try #require(log.end)))
        #expect(log.message(at: try #require(log.end)).1 == .end)
        #expect(log.message(at: LogPosition(segment: 3, offset: 4_000)).1 == .absent)
        #expect(log.message(at: LogPosition(segment: 3, offset: 0)).1 == .absent)
    }

    @Test("Marks move only when a write is given back, and sync only when it was asked for")
    func marks() throws {
        let log = try LogFixture(self.disk.root).open().log
        log.append(Message(1, payloadLength: 5))
        log.append(Message(2, payloadLength: 5))
        let first = try #require(log.takeWrite())
        log.append(Message(3, payloadLength: 5))
        #expect([log.marks.appended, log.marks.written, log.marks.synced] == [3, 0, 0])
        try first.perform(sync: true)
        try log.finish(first)
        #expect([log.marks.appended, log.marks.written, log.marks.synced] == [3, 2, 2])
        try log.write(sync: false)
        #expect([log.marks.appended, log.marks.written, log.marks.synced] == [3, 3, 2])
        #expect(log.takeWrite() == nil)
        try log.write(sync: true)
        #expect([log.marks.appended, log.marks.written, log.marks.synced] == [3, 3, 3])
        #expect(log.takeWrite(forSync: true) == nil)
    }

    @Test("Segments roll when full; going forward crosses them; reopening reads the same")
    func rolling() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open().log
        let messages = (1...60).map { Message($0, payloadLength: Int($0) * 3) }
        for message in messages {
            log.append(message)
            if message.sequence % 4 == 0 { try log.write() }
        }
        #expect(log.readAll() == messages)
        try log.write()
        #expect(log.readAll() == messages)
        #expect(log.summaries.count > 8)
        #expect(log.summaries.dropLast().allSatisfy { $0.isSealed && $0.bytes <= 1_024 })
        #expect(log.summaries.reduce(0) { $0 + ($1.messages ?? 0) } == 60)
        let reopened = try fixture.open()
        #expect(reopened.messages == messages)
        #expect(reopened.report == RecoveryReport(records: 60))
        #expect(reopened.log.summaries == log.summaries)
        #expect(reopened.log.end == log.end)
        #expect(reopened.log.lastSequence == 60)
        #expect(reopened.log.lastTimestamp == 60_000)
        #expect(reopened.log.marks == SegmentMarks(recovered: 60))
        #expect(reopened.log.readAll() == messages)
    }

    @Test("Sequences may leave gaps; a segment is named by its first one")
    func gaps() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open().log
        for sequence in [5, 900, 1_000_000, UInt64(1) << 60] {
            log.append(Message(sequence, payloadLength: 400))
        }
        try log.write()
        #expect(log.summaries.map(\.firstSequence) == [5, 1_000_000])
        #expect(try fixture.open().messages.map(\.sequence) == [5, 900, 1_000_000, 1 << 60])
    }

    @Test("A message longer than a segment and than a read window has a segment to itself")
    func large() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open().log
        let messages = [
            Message(1, payloadLength: 10), Message(2, payloadLength: 300_000), Message(3, payloadLength: 10),
        ]
        for message in messages { log.append(message) }
        try log.write()
        #expect(log.summaries.count == 3)
        #expect(log.readAll() == messages)
        #expect(try fixture.open().messages == messages)
    }

    @Test("Reopening from a checkpoint reads the tail alone and serves what is before it")
    func checkpoint() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open().log
        let messages = (1...40).map { Message($0, payloadLength: 60) }
        var positions: [LogPosition] = []
        for message in messages { positions.append(log.append(message)) }
        try log.write()
        for index in [0, 7, 20, 39] {
            let reopened = try fixture.open(from: positions[index], after: UInt64(index))
            #expect(reopened.messages == Array(messages[index...]))
            #expect(reopened.log.readAll() == messages)
            #expect(reopened.log.message(at: positions[0]).0 == messages[0])
            #expect(reopened.log.summaries.map(\.bytes) == log.summaries.map(\.bytes))
        }
        let end = try #require(log.end)
        let reopened = try fixture.open(from: end, after: 40)
        #expect(reopened.messages.isEmpty)
        #expect(reopened.log.lastSequence == 40)
        reopened.log.append(Message(41, payloadLength: 600))
        reopened.log.append(Message(42, payloadLength: 600))
        try reopened.log.write()
        #expect(try fixture.open().messages.map(\.sequence) == Array(1...42))

        // Every place in a sealed segment's footer, and the one behind it, is the end of that segment.
        let sealed = try #require(reopened.log.summaries.first)
        for bytes in [0, 8, 48] {
            let place = LogPosition(
                segment: sealed.firstSequence,
                offset: UInt32(sealed.bytes) - UInt32(bytes)
            )
            let rest = try fixture.open(from: place, after: sealed.lastSequence)
            #expect(rest.messages.first?.sequence == sealed.lastSequence + 1)
            #expect(rest.report.isClean)
        }
    }

    @Test("A checkpoint that the log does not have is refused, and nothing is changed")
    func unknownCheckpoint() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open().log
        log.append(Message(1, payloadLength: 60))
        try log.write()
        let mutations = self.disk.mutations
        for position in [
            LogPosition(segment: 2, offset: 48), LogPosition(segment: 1, offset: 1 << 20),
            LogPosition(segment: 1, offset: 0), LogPosition(segment: 1, offset: 49),
        ] {
            #expect(throws: SegmentError.self) { try fixture.open(from: position) }
        }
        #expect(self.disk.mutations == mutations)
    }

    @Test("Another stream's segments and a newer format are refused, and nothing is changed")
    func foreign() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open().log
        log.append(Message(1, payloadLength: 60))
        try log.write()
        let mutations = self.disk.mutations
        let other = MessageLog(directory: fixture.log, stream: StreamUUID(high: 1, low: 1))
        #expect(throws: SegmentError.foreignStream(path: "/log/00000000000000000001.seg")) {
            _ = try other.recover(quarantine: fixture.quarantine) { _, _ in }
        }
        #expect(self.disk.mutations == mutations)
        #expect(try MessageLog.identify(fixture.log) == LogFixture.stream)
    }

    @Test("An erased message is gone at once, and from the disk with the next write")
    func erasing() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open().log
        let messages = (1...12).map { Message($0, payloadLength: 100) }
        let positions = messages.map { log.append($0) }
        #expect(log.erase(at: positions[1]) == .record(next: positions[2]))  // in memory
        let write = try #require(log.takeWrite())
        #expect(log.erase(at: positions[2]) == .record(next: positions[3]))  // under way
        try write.perform(sync: true)
        try log.finish(write)
        #expect(log.readAll().map(\.sequence) == [1, 4, 5, 6, 7, 8, 9, 10, 11, 12])
        #expect(log.hasUnwritten)
        log.release()
        try log.write()
        _ = log.erase(at: positions[9])  // on the disk
        #expect(log.message(at: positions[9]).1 == .erased(next: positions[10]))
        #expect(log.erase(at: positions[9]) == .erased(next: positions[10]))
        try log.write()
        #expect(!log.hasUnwritten)
        let expected: [UInt64] = [1, 4, 5, 6, 7, 8, 9, 11, 12]
        #expect(log.readAll().map(\.sequence) == expected)
        #expect(log.erase(at: positions[9]) == .erased(next: positions[10]))
        #expect(log.hasUnwritten, "asked again, as after a crash")
        try log.write()
        let reopened = try fixture.open()
        #expect(reopened.messages.map(\.sequence) == expected)
        #expect(reopened.erased == [2, 3, 10])
        #expect(reopened.report.isClean)
        for name in self.disk.names("log") {
            let bytes = try #require(self.disk.contents("log/\(name)"))
            for sequence in [2, 3, 10] {
                #expect(!bytes.contains(messages[sequence - 1].payload), "\(sequence) is still in \(name)")
            }
        }
    }

    @Test("Dropping removes whole segments, never the last, and never one whose successor is not written")
    func dropping() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open().log
        let messages = (1...30).map { Message($0, payloadLength: 100) }
        for message in messages { log.append(message) }
        #expect(log.dropSegments(before: 20) == nil)
        try log.write()
        let firsts = log.summaries.map(\.firstSequence)
        let removal = try #require(log.dropSegments(before: 15))
        #expect(removal.files == firsts.filter { $0 <= 15 }.dropLast())
        #expect(log.dropSegments(before: 15) == nil)
        let kept = messages.filter { $0.sequence >= log.summaries[0].firstSequence }
        #expect(log.readAll() == kept)
        #expect(log.message(at: LogPosition(segment: 1, offset: 48)).1 == .absent)
        try removal.perform()
        #expect(self.disk.names("log").count == log.summaries.count)
        #expect(try fixture.open().messages == kept)

        let middle = log.summaries[1].firstSequence
        try #require(log.dropSegment(middle)).perform()
        #expect(log.dropSegment(middle) == nil)
        #expect(log.readAll() == (try fixture.open().messages))

        try #require(log.dropSegments(before: .max)).perform()
        #expect(self.disk.names("log").count == 1)
        #expect(log.readAll().last == messages.last)
    }

    @Test("A log rolled ahead and emptied still knows which sequence it had reached")
    func rollingAhead() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open().log
        log.append(Message(1, payloadLength: 10))
        log.roll(to: 500)
        log.roll(to: 500)
        #expect(log.lastSequence == 499)
        try log.write()
        #expect(log.marks == SegmentMarks(recovered: 499))
        try #require(log.dropSegments(before: 500)).perform()
        var reopened = try fixture.open()
        #expect(reopened.log.lastSequence == 499)
        #expect(reopened.report.isClean)
        #expect(reopened.messages.isEmpty)
        reopened.log.append(Message(600, payloadLength: 10))
        try reopened.log.write()
        reopened = try fixture.open()
        #expect(reopened.messages.map(\.sequence) == [600])
        #expect(reopened.log.summaries.map(\.firstSequence) == [500])
    }

    @Test("A full disk postpones a write: nothing is lost, and it succeeds when there is room")
    func noSpace() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open().log
        log.append(Message(1, payloadLength: 100))
        try log.write()
        self.disk.limit(bytes: 1_100)
        let messages = (2...30).map { Message($0, payloadLength: 100) }
        for message in messages { log.append(message) }
        for _ in 0..<3 {
            let error = #expect(throws: SegmentError.self) { try log.write() }
            #expect(error?.isNoSpace == true)
            #expect(log.frozen == nil)
            #expect(log.marks.written == 1)
            #expect(log.hasUnwritten)
        }
        #expect(log.readAll().count == 30)
        let late = log.append(Message(31, payloadLength: 7))
        #expect(log.message(at: late).0?.sequence == 31)
        self.disk.limit(bytes: nil)
        try log.write()
        #expect(log.marks.synced == 30)
        try log.write()
        #expect(log.marks.synced == 31)
        #expect(try fixture.open().messages.map(\.sequence) == Array(1...31))
    }

    @Test(
        "A failed write or sync freezes the log; what is written can still be read",
        arguments: [0, 1, 2, 3]
    )
    func freezing(call: Int) throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open(LogOptions(preallocates: false)).log
        let first = log.append(Message(1, payloadLength: 100))
        try log.write()
        let second = log.append(Message(2, payloadLength: 100))
        self.disk.fail(FakeDisk.Fault(call: self.disk.calls + 1 + call % 2, errno: call < 2 ? EIO : ENOSPC))
        if call == 2 {
            // A full disk before anything was synced: postponed, not frozen.
            #expect(throws: SegmentError.self) { try log.write() }
            #expect(log.frozen == nil)
            try log.write()
            return
        }
        #expect(throws: SegmentError.self) { try log.write() }
        let frozen = try #require(log.frozen)
        #expect(frozen.errno == (call < 2 ? EIO : ENOSPC))
        #expect(log.takeWrite(forSync: true) == nil)
        #expect(log.marks.synced == 1)
        #expect(log.message(at: first).0 == Message(1, payloadLength: 100))
        #expect(log.message(at: second).0 == Message(2, payloadLength: 100))
    }

    @Test("After a failed sync, recovery goes by what the disk has, not by what the kernel remembers")
    func failedSync() throws {
        let fixture = try LogFixture(self.disk.root)
        let log = try fixture.open(LogOptions(preallocates: false)).log
        log.append(Message(1, payloadLength: 100))
        try log.write()
        log.append(Message(2, payloadLength: 100))
        self.disk.fail(FakeDisk.Fault(call: self.disk.calls + 2, errno: EIO))
        #expect(throws: SegmentError.self) { try log.write() }
        #expect(try fixture.open().messages.map(\.sequence) == [1])
    }

    @Test("An idle log that gave its files back goes on when it is used")
    func releasing() throws {
        let log = try LogFixture(self.disk.root).open().log
        for sequence in 1...20 as ClosedRange<UInt64> {
            log.append(Message(sequence, payloadLength: 100))
            try log.write()
            log.release()
        }
        #expect(log.readAll().count == 20)
    }

    @Test("Many readers at once, at random and forward, read what was written")
    func randomReads() throws {
        let log = try LogFixture(self.disk.root).open(LogOptions(segmentBytes: 200_000)).log
        var chance = SeededGenerator(seed: 11)
        var positions: [LogPosition] = []
        for sequence in 1...3_000 as ClosedRange<UInt64> {
            let length = sequence % 200 == 0 ? 20_000 : Int.random(in: 0...300, using: &chance)
            positions.append(log.append(Message(sequence, payloadLength: length)))
            if sequence % 500 == 0, sequence < 3_000 { try log.write() }
        }
        var readers = (0..<12).map { _ in Int.random(in: 0..<3_000, using: &chance) }
        for _ in 0..<6_000 {
            let reader = Int.random(in: 0..<12, using: &chance)
            if Int.random(in: 0..<20, using: &chance) == 0 {
                readers[reader] = Int.random(in: 0..<3_000, using: &chance)
            }
            let index = readers[reader]
            let (message, result) = log.message(at: positions[index])
            #expect(message?.sequence == UInt64(index + 1))
            if index + 1 < positions.count, case .record(let next) = result {
                #expect(next <= positions[index + 1])
            }
            readers[reader] = (index + 1) % 3_000
        }
    }
}

extension Array where Element: Equatable {
    /// Whether `other` occurs somewhere in a row.
    func contains(_ other: [Element]) -> Bool {
        guard let first = other.first, other.count <= self.count else { return other.isEmpty }
        return (0...self.count - other.count)
            .contains { start in
                self[start] == first && Array(self[start..<start + other.count]) == other
            }
    }
}

extension RecoveryReport {
    init(records: UInt64) {
        self.init()
        self.records = records
    }
}
