import TestSupport
import Testing

@testable import SegmentLog

@Suite("Encrypted files")
struct EncryptionTests {
    static func keys(
        _ cipher: StorageCipher = .chaCha,
        _ secret: String = "a secret",
        previous: String? = nil
    ) -> StorageKeys {
        StorageKeys(cipher: cipher, secret: Array(secret.utf8), previous: previous.map { Array($0.utf8) })
    }

    /// A message that would be found among other bytes.
    static func message(_ sequence: UInt64) -> Message {
        var message = Message(sequence, payloadLength: 0)
        message.subject = Array("tells.of.\(sequence)".utf8)
        message.payload = Array("a plain word, again and again: a plain word; \(sequence)".utf8)
        return message
    }

    /// Texts of ``message(_:)`` and of the entries below.
    static let words = ["tells.of", "plain word", "NATS/1.0", "entry of"]

    /// Some segments and a journal file, written and synced.
    static func fill(_ fixture: LogFixture, _ sequences: ClosedRange<UInt64> = 1...40) throws {
        let log = try fixture.open().log
        for sequence in sequences { log.append(self.message(sequence)) }
        try log.write()
        let journal = try fixture.openJournal().journal
        for number in 1...5 as ClosedRange<UInt64> {
            journal.append(kind: 3, after: number, bytes: Array("entry of \(number)".utf8).span.bytes)
        }
        try journal.write()
    }

    static func leaks(_ disk: FakeDisk) -> [String] {
        disk.files.flatMap { name, bytes in
            self.words.filter { Self.contains(bytes, Array($0.utf8)) }.map { "\(name): \($0)" }
        }
    }

    static func contains(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
        guard let first = word.first, bytes.count >= word.count else { return false }
        return bytes.indices.dropLast(word.count - 1)
            .contains { bytes[$0] == first && bytes[$0..<$0 + word.count].elementsEqual(word) }
    }

    @Test(
        "What was written is read again, and no word of it is on the disk",
        arguments: StorageCipher.allCases
    )
    func roundTrip(cipher: StorageCipher) throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root, keys: Self.keys(cipher))
        try Self.fill(fixture)
        #expect(Self.leaks(disk) == [])
        let expected = (1...40 as ClosedRange<UInt64>).map { Self.message($0) }
        let opened = try fixture.open()
        #expect(opened.messages == expected)
        #expect(opened.report.isClean)
        #expect(opened.log.summaries.count > 2)
        #expect(opened.log.readAll() == expected)
        let journal = try fixture.openJournal()
        #expect(journal.entries.map { String(decoding: $0.bytes, as: UTF8.self) }.first == "entry of 1")
        #expect(journal.entries.map(\.kind) == [3, 3, 3, 3, 3])
        // The same without encryption: the search finds something.
        let plain = FakeDisk()
        try Self.fill(LogFixture(plain.root))
        #expect(Self.leaks(plain).count >= 4)
    }

    @Test(
        "A message is read while it is in memory alone, whatever its length",
        arguments: StorageCipher.allCases
    )
    func memory(cipher: StorageCipher) throws {
        let fixture = try LogFixture(FakeDisk().root, keys: Self.keys(cipher))
        let log = try fixture.open(LogOptions(segmentBytes: 1 << 20)).log
        for (index, length) in [0, 1, 7, 8, 9, 1_000, 300_000].enumerated() {
            let message = Message(UInt64(index + 1), payloadLength: length)
            let position = log.append(message)
            #expect(log.message(at: position).0 == message)
        }
        try log.write()
        #expect(try fixture.open(LogOptions(segmentBytes: 1 << 20)).messages.count == 7)
    }

    @Test(
        "Without the right key nothing opens, and no byte on the disk changes",
        arguments: [nil, "another"]
    )
    func wrongKey(secret: String?) throws {
        let disk = FakeDisk()
        var fixture = try LogFixture(disk.root, keys: Self.keys())
        try Self.fill(fixture)
        // An unfinished write at the end, which recovery would cut.
        let last = try #require(disk.names("log").max())
        disk.replaceContents("log/\(last)", with: (disk.contents("log/\(last)") ?? []) + [1, 2, 3])
        let before = disk.digest
        fixture.keys = secret.map { Self.keys(.chaCha, $0) }
        #expect {
            _ = try fixture.open()
        } throws: {
            guard case .locked(_, let hasKey) = $0 as? SegmentError else { return false }
            return hasKey == (secret != nil)
        }
        #expect(throws: SegmentError.self) { _ = try fixture.openJournal() }
        #expect(disk.digest == before)
        fixture.keys = Self.keys()
        #expect(try fixture.open().messages.count == 40)
    }

    @Test("A plain log goes on encrypted with its next segment, and a new key takes over the same way")
    func rotation() throws {
        let disk = FakeDisk()
        var fixture = try LogFixture(disk.root)
        try Self.fill(fixture, 1...5)
        let keys: [StorageKeys] = [
            Self.keys(.chaCha, "one"), Self.keys(.aes, "one"), Self.keys(.aes, "two", previous: "one"),
        ]
        var next: UInt64 = 6
        for key in keys {
            fixture.keys = key
            let opened = try fixture.open()
            #expect(opened.messages.count == Int(next) - 1)
            opened.log.append(Self.message(next))
            try opened.log.write()
            #expect(opened.log.summaries.last?.firstSequence == next)
            let journal = try fixture.openJournal()
            journal.journal.append(kind: 1, after: next, bytes: [1, 2].span.bytes)
            try journal.journal.write()
            next += 1
        }
        #expect(disk.names("journal").count == 4)
        let opened = try fixture.open()
        #expect(opened.messages == (1..<next).map { Self.message($0) })
        #expect(opened.report.isClean)
        #expect(try fixture.openJournal().entries.count == 8)
        fixture.keys = Self.keys(.aes, "two")
        #expect(throws: SegmentError.self) { _ = try fixture.open() }
    }

    @Test("An empty file takes the new key, so that no two files need one name")
    func emptyFile() throws {
        let disk = FakeDisk()
        var fixture = try LogFixture(disk.root)
        let log = try fixture.open().log
        log.append(Self.message(1))
        log.roll(to: 9)
        try log.write()
        fixture.keys = Self.keys()
        let opened = try fixture.open().log
        opened.append(Self.message(9))
        try opened.write()
        #expect(disk.names("log").count == 2)
        #expect(try fixture.open().messages == [Self.message(1), Self.message(9)])
        let bytes = try #require(disk.contents("log/" + FileKind.segment.name(9)))
        #expect(!Self.contains(bytes, Array("plain word".utf8)))
    }

    @Test("Each bit that flips is found, by the checksum or, if that is made to fit, by the cipher")
    func flips() throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root, keys: Self.keys())
        let options = LogOptions(segmentBytes: 1 << 20, preallocates: false)
        let log = try fixture.open(options).log
        let position = log.append(Self.message(1))
        log.append(Self.message(2))
        try log.write()
        let path = "log/" + FileKind.segment.name(1)
        let good = try #require(disk.contents(path))
        let start = Int(position.offset)
        let size = Int(good[start + 4]) * 8
        let seed = Checksum.seed(magic: FileKind.segment.magic, stream: LogFixture.stream, number: 1)
        for place in start + RecordFormat.headBytes..<start + size {
            var bytes = good
            bytes[place] ^= 4
            disk.replaceContents(path, with: bytes)
            let opened = try fixture.open(options)
            #expect(opened.messages == [Self.message(2)])
            #expect(opened.report.holes.map(\.damage) == [.checksum])
            let crc = Checksum.of(
                bytes.span.bytes,
                start + 4..<start + size,
                seed: Checksum.seed(seed, at: start)
            )
            for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: crc >> (8 * index)) }
            disk.replaceContents(path, with: bytes)
            let forged = try fixture.open(options)
            // Padding is no part of what is encrypted.
            if forged.messages.count == 2 { continue }
            #expect(forged.messages == [Self.message(2)])
            #expect(forged.report.holes.map(\.damage) == [.cipher])
            #expect(forged.report.holes.map(\.sequences) == [1...1])
            #expect(forged.report.tail == nil)
            #expect(forged.log.message(at: position).1 == .damaged(.cipher, next: position.after(size)))
        }
    }

    @Test("A damaged header costs nothing: the records tell the key")
    func damagedHeader() throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root, keys: Self.keys(.aes, "two", previous: "one"))
        try Self.fill(LogFixture(disk.root, keys: Self.keys(.chaCha, "one")))
        for name in disk.names("log") { disk.flip("log/\(name)", bit: 42 * 8) }
        let opened = try fixture.open()
        #expect(opened.messages.count == 40)
        #expect(opened.report.damagedHeaders.count == disk.names("log").count)
        #expect(opened.log.readAll().count == 40)
        // Without a key the records tell that it is not damage.
        var bare = fixture
        bare.keys = nil
        let before = disk.digest
        #expect(throws: SegmentError.self) { _ = try bare.open() }
        #expect(disk.digest == before)
    }

    @Test("An erased record leaves nothing, and needs no key to be told")
    func erasing() throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root, keys: Self.keys())
        let log = try fixture.open().log
        let positions = (1...6 as ClosedRange<UInt64>).map { log.append(Self.message($0)) }
        try log.write()
        _ = log.erase(at: positions[2])
        try log.write()
        let opened = try fixture.open()
        #expect(opened.erased == [3])
        #expect(opened.messages.count == 5)
        let reports = try MessageLog.verify(fixture.log, stream: LogFixture.stream)
        #expect(reports.map(\.records).reduce(0, +) == 6)
        #expect(reports.map(\.lockedRecords).reduce(0, +) == 5)
        #expect(reports.allSatisfy { $0.holeCount == 0 })
    }

    @Test(
        "A rewritten segment is encrypted by blocks, by the new key, and read and erased as before",
        arguments: [false, true],
        [nil, "one"]
    )
    func packed(compresses: Bool, previous: String?) throws {
        let disk = FakeDisk()
        var fixture = try LogFixture(disk.root, keys: previous.map { Self.keys(.chaCha, $0) })
        let options = LogOptions(segmentBytes: 4_096, preallocates: false)
        let log = try fixture.open(options).log
        var positions: [UInt64: LogPosition] = [:]
        for sequence in 1...60 as ClosedRange<UInt64> {
            positions[sequence] = log.append(Self.message(sequence))
        }
        try log.write()
        let last = log.summaries[0].lastSequence
        fixture.keys = Self.keys(.aes, "two", previous: previous)
        let opened = try fixture.open(options).log
        let plan = RewritePlan(live: RewriteFixture.live([1, 3, 4, 9]), compresses: compresses)
        let rewrite = try #require(opened.makeRewrite(1, plan))
        rewrite.perform()
        guard case .done(let kept, _) = opened.finish(rewrite) else {
            Issue.record("\(String(describing: rewrite.outcome))")
            return
        }
        // Counted as if they were not encrypted: else they would always look as if something could be left out.
        #expect(kept == [1, 3, 4, 9].map { Self.message($0).recordBytes }.reduce(0, +))
        let path = "log/" + FileKind.segment.name(1)
        let bytes = try #require(disk.contents(path))
        for word in Self.words { #expect(!Self.contains(bytes, Array(word.utf8))) }
        for sequence in [1, 3, 4, 9] as [UInt64] {
            #expect(opened.message(at: try #require(positions[sequence])).0 == Self.message(sequence))
        }
        _ = opened.erase(at: try #require(positions[4]))
        try opened.write()
        let again = try fixture.open(options)
        #expect(again.messages.map(\.sequence) == [1, 3, 9] + Array(last + 1...60))
        #expect(again.report.isClean)
        // Without the key: verified by checksums, with the footer's word for what is in it.
        let reports = try MessageLog.verify(fixture.log, stream: LogFixture.stream)
        #expect(reports[0].records == 3)
        #expect(reports[0].lockedRecords == 3)
        #expect(reports[0].lastSequence == last)
        #expect(reports.allSatisfy { $0.holeCount == 0 })
        disk.flip(path, bit: 8 * (FileHeader.bytes + PackedBlock.headBytes + 20))
        #expect(try MessageLog.verify(fixture.log, stream: LogFixture.stream)[0].holeCount == 1)
        #expect(try fixture.open(options).report.holeCount == 1)
    }

    @Test("A log is cut in a packed segment with the key, and not without")
    func cut() throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root, keys: Self.keys())
        let options = LogOptions(segmentBytes: 4_096, preallocates: false)
        let log = try fixture.open(options).log
        for sequence in 1...60 as ClosedRange<UInt64> { log.append(Self.message(sequence)) }
        try log.write()
        let rewrite = try #require(log.makeRewrite(1, RewritePlan(compresses: true)))
        rewrite.perform()
        guard case .done = log.finish(rewrite) else { return }
        #expect {
            _ = try MessageLog.cut(fixture.log, stream: LogFixture.stream, after: 5)
        } throws: {
            guard case .locked = $0 as? SegmentError else { return false }
            return true
        }
        let cut = try MessageLog.cut(fixture.log, stream: LogFixture.stream, after: 5, keys: fixture.keys)
        #expect(cut.last?.sequence == 5)
        #expect(Self.leaks(disk) == [])
        let opened = try fixture.open(options)
        #expect(opened.messages == (1...5 as ClosedRange<UInt64>).map { Self.message($0) })
        #expect(opened.report.isClean)
    }

    @Test("A damaged place is repaired without the key; a journal file needs it")
    func repair() throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root, keys: Self.keys())
        try Self.fill(fixture)
        let number = try #require(try FileKind.segment.numbers(in: fixture.log).first)
        disk.flip("log/" + FileKind.segment.name(number), bit: 8 * 200)
        let result = try MessageLog.repair(
            number,
            in: fixture.log,
            stream: LogFixture.stream,
            quarantine: fixture.quarantine
        )
        #expect(result.mended == 1)
        let opened = try fixture.open()
        #expect(opened.messages.count == 39)
        #expect(opened.report.isClean)
        disk.flip("journal/" + FileKind.journal.name(1), bit: 8 * 60)
        let journal = { (keys: StorageKeys?) throws in
            try Journal.repair(
                1,
                in: fixture.journal,
                stream: LogFixture.stream,
                quarantine: fixture.quarantine,
                keys: keys
            )
        }
        #expect(throws: SegmentError.self) { _ = try journal(nil) }
        _ = try journal(fixture.keys)
        #expect(try fixture.openJournal().entries.count == 4)
    }

    @Test("Keys differ by secret, cipher, stream, kind and number; numbers used once are used once")
    func derivation() {
        let keys = Self.keys(.chaCha, "one", previous: "two")
        let other = StreamUUID(high: 1, low: 2)
        let marks: [UInt64] = [
            keys.cipher(.segment, LogFixture.stream, 1).mark,
            keys.cipher(.segment, LogFixture.stream, 2).mark,
            keys.cipher(.journal, LogFixture.stream, 1).mark,
            keys.cipher(.segment, other, 1).mark,
            Self.keys(.aes, "one").cipher(.segment, LogFixture.stream, 1).mark,
            Self.keys(.chaCha, "two").cipher(.segment, LogFixture.stream, 1).mark,
        ]
        #expect(Set(marks).count == marks.count)
        #expect(keys.cipher(.segment, LogFixture.stream, 1, mark: marks[5]) != nil)
        #expect(keys.cipher(.segment, LogFixture.stream, 1, mark: marks[4]) != nil)
        #expect(keys.cipher(.segment, LogFixture.stream, 1, mark: marks[1]) == nil)
        var nonces = NonceSequence()
        var seen: Set<[UInt32]> = []
        for _ in 0..<1_000 {
            let nonce = nonces.next()
            seen.insert([nonce.0, nonce.1, nonce.2])
        }
        #expect(seen.count == 1_000)
    }

    @Test("What two writers of one file write has no nonce in common")
    func twoWriters() throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root, keys: Self.keys())
        var nonces: Set<[UInt8]> = []
        let options = LogOptions(segmentBytes: 1 << 20, preallocates: false)
        for sequence in 1...10 as ClosedRange<UInt64> {
            let log = try fixture.open(options).log
            let position = log.append(Self.message(sequence))
            try log.write()
            let bytes = try #require(disk.contents("log/" + FileKind.segment.name(1)))
            let start = Int(position.offset) + RecordFormat.headBytes
            nonces.insert(Array(bytes[start..<start + 12]))
        }
        #expect(nonces.count == 10)
    }
}

extension LogPosition {
    fileprivate func after(_ bytes: Int) -> LogPosition {
        LogPosition(segment: self.segment, offset: self.offset + UInt32(bytes))
    }
}
