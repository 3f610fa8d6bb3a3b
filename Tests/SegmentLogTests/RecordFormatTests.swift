import TestSupport
import Testing

@testable import SegmentLog

@Suite("Record format")
struct RecordFormatTests {
    static let seed: UInt32 = 0x1234_5678

    static func encoded(_ message: Message, flags: RecordFlags = [], offset: Int = 48) -> [UInt8] {
        let block = ByteBlock(capacity: message.recordBytes)
        _ = RecordFormat.write(
            into: block.base,
            kind: .message,
            sequence: message.sequence,
            timestamp: message.timestamp,
            flags: flags,
            subject: message.subject.span.bytes,
            headers: message.headers.span.bytes,
            payload: message.payload.span.bytes
        )
        Checksum.seal(block.base, message.recordBytes, seed: seed, offset: offset)
        return block.withBytes(0..<message.recordBytes) { $0.withUnsafeBytes { Array($0) } }
    }

    static func decode(_ bytes: [UInt8], at offset: Int = 0, place: UInt32 = 48) -> RecordDecoding {
        let position = LogPosition(segment: 1, offset: place)
        return RecordFormat.decode(bytes.span.bytes, at: offset, position: position, seed: seed)
    }

    @Test("What is encoded is decoded, at every length of payload around the padding", arguments: 0...40)
    func roundTrip(length: Int) throws {
        for sequence in [3, 4] as [UInt64] {  // With and without a header block.
            let message = Message(sequence, payloadLength: length)
            let bytes = RecordFormatTests.encoded(message, flags: RecordFlags(rawValue: 0x05))
            #expect(bytes.count % 8 == 0)
            guard case .record(let header) = RecordFormatTests.decode(bytes) else {
                Issue.record("not a record")
                return
            }
            #expect(header.recordBytes == bytes.count)
            #expect(header.flags.rawValue == 0x05)
            let body = bytes.span.bytes.extracting(32..<32 + header.bodyLength)
            #expect(Message(header, body) == message)
            #expect(header.end == LogPosition(segment: 1, offset: UInt32(48 + bytes.count)))
        }
    }

    @Test("No bit can be flipped unseen")
    func bitFlips() {
        let bytes = RecordFormatTests.encoded(Message(3, payloadLength: 21))
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                if case .record = RecordFormatTests.decode(damaged) {
                    Issue.record("byte \(index), bit \(bit)")
                }
            }
        }
    }

    @Test("A record cut anywhere is incomplete and says how much it needs")
    func cuts() {
        let bytes = RecordFormatTests.encoded(Message(3, payloadLength: 21))
        for length in 0..<bytes.count {
            guard case .incomplete(let needed) = RecordFormatTests.decode(Array(bytes.prefix(length))) else {
                Issue.record("\(length) bytes")
                continue
            }
            #expect(length < needed)
            #expect(needed <= bytes.count)
        }
    }

    @Test("A record does not verify at another place")
    func places() {
        let bytes = RecordFormatTests.encoded(Message(3, payloadLength: 21))
        guard case .damaged(.checksum) = RecordFormatTests.decode(bytes, place: 56) else {
            Issue.record("verified at another offset")
            return
        }
    }

    @Test("Decoding never traps, whatever the bytes and the offset are")
    func garbage() {
        var chance = SeededGenerator(seed: 99)
        for _ in 0..<20_000 {
            var bytes = chance.bytes(Int.random(in: 0...80, using: &chance))
            if bytes.count > 7, Bool.random(using: &chance) {
                // A plausible length reaches further into the decoder.
                bytes.replaceSubrange(4..<8, with: [UInt8.random(in: 0...12, using: &chance), 0, 0, 0])
            }
            let offset = Int.random(in: -9...90, using: &chance)
            switch RecordFormatTests.decode(bytes, at: offset) {
            case .record, .footer: Issue.record("garbage verified")
            case .incomplete, .damaged: break
            }
            let entry = JournalEntry.decode(
                bytes.span.bytes,
                at: offset,
                position: LogPosition(segment: 1, offset: 48),
                seed: 5
            )
            if case .frame = entry { Issue.record("garbage verified") }
        }
    }

    @Test("An erased record verifies whatever its body is, and needs one word to be changed")
    func erased() {
        var bytes = RecordFormatTests.encoded(Message(3, payloadLength: 21))
        guard case .record(let header) = RecordFormatTests.decode(bytes) else {
            Issue.record("not a record")
            return
        }
        let word = RecordFormat.erasedWord(header, seed: RecordFormatTests.seed)
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * index)) }
        for length in [0, 3, 30] {
            bytes.replaceSubrange(32..<32 + length, with: [UInt8](repeating: 0, count: length))
            guard case .record(let after) = RecordFormatTests.decode(bytes) else {
                Issue.record("not a record")
                return
            }
            #expect(after.flags == .erased)
            #expect(after.sequence == header.sequence)
            #expect(after.recordBytes == header.recordBytes)
        }
    }

    @Test("A footer says what it was given, unknowns too")
    func footers() {
        for footer in [
            SegmentFooter(lastSequence: 9, lastTime: 5, count: 3, firstTime: -4),
            SegmentFooter(lastSequence: 9, lastTime: nil, count: nil, firstTime: nil),
        ] {
            let block = ByteBlock(capacity: 64)
            footer.encode(into: block.base, seed: RecordFormatTests.seed, offset: 48)
            let decoding = block.withBytes(0..<48) {
                RecordFormat.decode(
                    $0,
                    at: 0,
                    position: LogPosition(segment: 1, offset: 48),
                    seed: RecordFormatTests.seed
                )
            }
            guard case .footer(let read) = decoding else {
                Issue.record("not a footer")
                return
            }
            #expect(read == footer)
        }
    }

    @Test("A file header tells its own from a foreign, a newer, a blank and a damaged one")
    func headers() {
        let header = FileHeader(kind: .segment, stream: LogFixture.stream, number: 7)
        let block = ByteBlock(capacity: 48)
        header.encode(into: block.base)
        var bytes = block.withBytes(0..<48) { $0.withUnsafeBytes { Array($0) } }
        #expect(header.compare(bytes.span.bytes) == .valid)
        var other = header
        other.stream = StreamUUID(high: 1, low: 1)
        #expect(other.compare(bytes.span.bytes) == .foreign)
        other = header
        other.number = 8
        #expect(other.compare(bytes.span.bytes) == .damaged)
        other = header
        other.kind = .journal
        #expect(other.compare(bytes.span.bytes) == .damaged)
        #expect(header.compare([UInt8](repeating: 0, count: 48).span.bytes) == .blank)
        #expect(header.compare([UInt8]().span.bytes) == .blank)
        for index in bytes.indices {
            bytes[index] ^= 0x40
            #expect(header.compare(bytes.span.bytes) == .damaged, "byte \(index)")
            bytes[index] ^= 0x40
        }
        bytes[12] = 5
        let crc = Checksum.of(bytes.span.bytes, 12..<48, seed: 0)
        for index in 0..<4 { bytes[8 + index] = UInt8(truncatingIfNeeded: crc >> UInt32(8 * index)) }
        #expect(header.compare(bytes.span.bytes) == .newer(version: 5))
    }

    @Test("Names are twenty digits and a suffix, and nothing else is one")
    func names() {
        #expect(FileKind.segment.name(1) == "00000000000000000001.seg")
        #expect(FileKind.journal.name(.max) == "18446744073709551615.jnl")
        #expect(FileKind.segment.number("00000000000000000001.seg") == 1)
        for name in [
            "1.seg", "00000000000000000001.jnl", "0000000000000000000a.seg", "99999999999999999999.seg",
            "+0000000000000000001.seg", "00000000000000000001.seg.tmp", "",
        ] {
            #expect(FileKind.segment.number(name) == nil, "\(name)")
        }
    }
}
