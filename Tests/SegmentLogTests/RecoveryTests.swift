import TestSupport
import Testing

@testable import SegmentLog

@Suite("Recovery of a damaged log")
struct RecoveryTests {
    /// A disk with two segments of small messages, the first one sealed, and those messages.
    static func make(preallocates: Bool) throws -> (disk: FakeDisk, messages: [Message]) {
        let disk = FakeDisk()
        let log = try LogFixture(disk.root).open(LogOptions(segmentBytes: 512, preallocates: preallocates))
            .log
        let messages = [1, 2, 3, 4, 6, 7].map { Message($0, payloadLength: 40 + Int($0)) }
        for message in messages { log.append(message) }
        try log.write()
        #expect(disk.names("log").count == 2)
        return (disk, messages)
    }

    @Test("Cut anywhere in its last three records, the newest segment loses the cut ones and no more")
    func cuts() throws {
        let (disk, messages) = try RecoveryTests.make(preallocates: false)
        let name = try #require(disk.names("log").last)
        let bytes = try #require(disk.contents("log/\(name)"))
        let newest = messages.filter { $0.sequence >= FileKind.segment.number(name) ?? 0 }
        let inLastThree = newest.suffix(3).reduce(0) { $0 + $1.recordBytes }
        for length in bytes.count - inLastThree...bytes.count {
            let damaged = disk.afterPowerCut(.keepingEverything)
            damaged.replaceContents("log/\(name)", with: Array(bytes.prefix(length)))
            var end = bytes.count
            var expected = messages
            while end > length, let last = expected.popLast() { end -= last.recordBytes }
            let fixture = try LogFixture(damaged.root)
            let opened = try fixture.open()
            #expect(opened.messages == expected, "cut at \(length)")
            #expect(opened.report.isClean)
            // A whole record, or bytes of one, that end in zeros are no more than the zeros say.
            #expect(
                (opened.report.tail != nil) == (bytes[end..<length].contains { $0 != 0 }),
                "cut at \(length)"
            )
            if let tail = opened.report.tail {
                let kept = damaged.contents("quarantine/\(tail.quarantined ?? "")")
                #expect(kept == Array(bytes[end..<end + tail.bytes]))
            }
            try RecoveryTests.checkUsable(fixture, expected)
        }
    }

    @Test(
        "With any byte flipped, one message is lost at most, no wrong one is read, and it is reported",
        arguments: [false, true]
    )
    func flips(preallocates: Bool) throws {
        let (disk, messages) = try RecoveryTests.make(preallocates: preallocates)
        for name in disk.names("log") {
            let bytes = try #require(disk.contents("log/\(name)"))
            for index in bytes.indices {
                let damaged = disk.afterPowerCut(.keepingEverything)
                var changed = bytes
                changed[index] ^= UInt8(truncatingIfNeeded: 1 << (index % 8))
                damaged.replaceContents("log/\(name)", with: changed)
                let fixture = try LogFixture(damaged.root)

                let reports = try MessageLog.verify(fixture.log, stream: LogFixture.stream)
                #expect(reports.contains { $0.isHeaderDamaged || $0.holeCount > 0 || $0.tailBytes > 0 })
                let opened = try fixture.open()
                let lost = messages.filter { !opened.messages.contains($0) }
                #expect(opened.messages.allSatisfy { messages.contains($0) }, "\(name), byte \(index)")
                #expect(opened.messages.count + lost.count == messages.count)
                #expect(lost.count <= 1, "\(name), byte \(index)")
                #expect(!opened.report.isClean || opened.report.tail != nil, "\(name), byte \(index)")
                if let gone = lost.first, opened.report.tail == nil {
                    #expect(opened.report.holes.first?.sequences?.contains(gone.sequence) == true)
                }
                #expect(opened.log.readAll() == opened.messages, "\(name), byte \(index)")
                try RecoveryTests.checkUsable(fixture, opened.messages)
            }
        }
    }

    @Test("Damage that appears while the log is open is seen by the read, which says where to go on")
    func damageWhileOpen() throws {
        let (disk, messages) = try RecoveryTests.make(preallocates: true)
        let fixture = try LogFixture(disk.root)
        let name = try #require(disk.names("log").first)
        let bytes = try #require(disk.contents("log/\(name)"))
        for index in bytes.indices.dropFirst(48) {
            let log = try fixture.open().log
            var changed = bytes
            changed[index] ^= 0x10
            disk.replaceContents("log/\(name)", with: changed)
            let read = log.readAll()
            #expect(messages.count - 1 <= read.count)
            #expect(read.allSatisfy { messages.contains($0) })
            disk.replaceContents("log/\(name)", with: bytes)
        }
    }

    @Test("A segment whose header and first record are gone is read from where it verifies")
    func lostBeginning() throws {
        let (disk, messages) = try RecoveryTests.make(preallocates: true)
        let name = try #require(disk.names("log").first)
        var bytes = try #require(disk.contents("log/\(name)"))
        var chance = SeededGenerator(seed: 5)
        bytes.replaceSubrange(0..<60, with: chance.bytes(60))
        disk.replaceContents("log/\(name)", with: bytes)
        let opened = try LogFixture(disk.root).open()
        #expect(opened.messages == Array(messages.dropFirst()))
        #expect(opened.report.damagedHeaders == [1])
        #expect(opened.report.holes.map(\.sequences) == [1...1])
    }

    @Test("A stretch of zeros over several records is one hole with all their sequences")
    func zeros() throws {
        let (disk, messages) = try RecoveryTests.make(preallocates: true)
        let name = try #require(disk.names("log").first)
        var bytes = try #require(disk.contents("log/\(name)"))
        let start = 48 + messages[0].recordBytes
        let count = messages[1].recordBytes + 8
        bytes.replaceSubrange(start..<start + count, with: [UInt8](repeating: 0, count: count))
        disk.replaceContents("log/\(name)", with: bytes)
        let opened = try LogFixture(disk.root).open()
        #expect(opened.messages.map(\.sequence) == [1, 4, 6, 7])
        #expect(
            opened.report.holes == [
                LogHole(
                    position: LogPosition(segment: 1, offset: UInt32(start)),
                    bytes: messages[1].recordBytes + messages[2].recordBytes,
                    damage: .lengths,
                    sequences: 2...3
                )
            ]
        )
    }

    @Test("A record inside a payload is never taken for one, also when what holds it is damaged")
    func recordsInPayloads() throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root)
        let log = try fixture.open(LogOptions(segmentBytes: 1 << 20, preallocates: false)).log
        log.append(Message(1, payloadLength: 20))
        try log.write()
        let segment = try #require(disk.contents("log/\(FileKind.segment.name(1))"))
        var carrier = Message(2, payloadLength: 0)
        carrier.payload = segment + segment  // At several alignments: a record of 4 bytes more in between.
        carrier.subject = Array("a.segment.as.message....".utf8)
        log.append(carrier)
        log.append(Message(3, payloadLength: 20))
        try log.write()
        var bytes = try #require(disk.contents("log/\(FileKind.segment.name(1))"))
        bytes[segment.count + 40] ^= 1
        disk.replaceContents("log/\(FileKind.segment.name(1))", with: bytes)
        let opened = try fixture.open()
        #expect(opened.messages.map(\.sequence) == [1, 3])
        #expect(opened.report.holes.map(\.sequences) == [2...2])
    }

    @Test("A tail that cannot be copied is not cut: the next message begins a new segment")
    func fullQuarantine() throws {
        let (disk, messages) = try RecoveryTests.make(preallocates: false)
        let name = try #require(disk.names("log").last)
        var bytes = try #require(disk.contents("log/\(name)"))
        bytes.removeLast(8)
        disk.replaceContents("log/\(name)", with: bytes)
        disk.limit(bytes: 0)
        let fixture = try LogFixture(disk.root)
        let opened = try fixture.open()
        #expect(opened.messages == messages.dropLast())
        #expect(opened.report.tail?.quarantined == nil)
        #expect(opened.report.tail != nil)
        #expect(disk.contents("log/\(name)") == bytes)
        disk.limit(bytes: nil)
        opened.log.append(Message(8, payloadLength: 1))
        try opened.log.write()
        let again = try fixture.open()
        #expect(again.messages == messages.dropLast() + [Message(8, payloadLength: 1)])
        #expect(again.report.holes.map(\.sequences) == [7...7])
    }

    @Test("Large damaged stretches are passed in reasonable time, candidates that pretend included")
    func hostileBytes() throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root)
        let log = try fixture.open(LogOptions(segmentBytes: 16 << 20, preallocates: false)).log
        // Every 32 bytes a head that claims what follows to be a long record with the right sequence.
        var head = [UInt8](repeating: 0, count: 32)
        head.replaceSubrange(0..<8, with: [1, 2, 3, 4, 0, 0x80, 0, 0])
        head[8] = 9
        var hostile = Message(1, payloadLength: 0)
        hostile.subject = Array("12345678".utf8)
        hostile.payload = Array(repeatElement(head, count: 20_000).joined())
        log.append(hostile)
        log.append(Message(9, payloadLength: 2 << 20))
        log.append(Message(10, payloadLength: 20))
        try log.write()
        var bytes = try #require(disk.contents("log/\(FileKind.segment.name(1))"))
        bytes[60] ^= 1
        disk.replaceContents("log/\(FileKind.segment.name(1))", with: bytes)
        #expect(try fixture.open().messages.last?.sequence == 10)
    }

    /// The log takes one more message, keeps it, and recovers the same way again.
    static func checkUsable(_ fixture: LogFixture, _ expected: [Message]) throws {
        let second = try fixture.open()
        #expect(second.messages == expected)
        #expect(second.report.tail == nil || second.report.tail?.quarantined == nil)
        let more = Message(second.log.lastSequence + 10, payloadLength: 30)
        second.log.append(more)
        try second.log.write()
        #expect(try fixture.open().messages == expected + [more])
    }
}
