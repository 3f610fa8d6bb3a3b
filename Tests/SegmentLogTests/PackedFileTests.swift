import TestSupport
import Testing

@testable import SegmentLog

@Suite("A packed segment")
struct PackedFileTests {
    static let kept: [UInt64] = [1, 2, 3, 5, 8, 13]

    /// A log whose first segment is packed.
    private func fixture(_ compresses: Bool) throws -> RewriteFixture {
        let fixture = try RewriteFixture(count: 30)
        try fixture.rewrite(keeping: Self.kept, compresses: compresses)
        return fixture
    }

    @Test(
        "Whatever bit flips, no wrong message is read and nothing outside the block is lost",
        arguments: [false, true]
    )
    func bitFlips(compresses: Bool) throws {
        let fixture = try self.fixture(compresses)
        let good = try #require(fixture.disk.contents(fixture.path))
        let known = Dictionary(uniqueKeysWithValues: fixture.messages.map { ($0.sequence, $0) })
        let rest = fixture.messages.filter { !fixture.first.contains($0.sequence) }.map { $0.sequence }
        var lossy = 0
        for bit in 0..<good.count * 8 {
            var bytes = good
            bytes[bit / 8] ^= 1 << (bit % 8)
            fixture.disk.replaceContents(fixture.path, with: bytes)
            let opened: LogFixture.Opened
            do {
                opened = try fixture.fixture.open(RewriteFixture.options)
            } catch {
                Issue.record("bit \(bit): \(error)")
                return
            }
            #expect(opened.messages.allSatisfy { known[$0.sequence] == $0 }, "bit \(bit)")
            let found = opened.messages.map { $0.sequence }
            #expect(Array(found.suffix(rest.count)) == rest, "bit \(bit)")
            let lost = Self.kept.count + rest.count - found.count
            if lost > 0 {
                lossy += 1
                #expect(!opened.report.holes.isEmpty, "bit \(bit): \(lost) lost in silence")
            }
            // Without compression each record stands for itself; extents stand for all.
            if !compresses { #expect(lost <= 1 || lost == Self.kept.count, "bit \(bit)") }
        }
        #expect(lossy > 0)
    }

    @Test("Cut anywhere, it gives no wrong message and does not end the reader", arguments: [false, true])
    func truncations(compresses: Bool) throws {
        let fixture = try self.fixture(compresses)
        let good = try #require(fixture.disk.contents(fixture.path))
        let known = Dictionary(uniqueKeysWithValues: fixture.messages.map { ($0.sequence, $0) })
        for length in 0..<good.count {
            fixture.disk.replaceContents(fixture.path, with: Array(good.prefix(length)))
            let opened = try fixture.fixture.open(RewriteFixture.options)
            #expect(opened.messages.allSatisfy { known[$0.sequence] == $0 }, "\(length) bytes")
            #expect(opened.messages.suffix(1).map { $0.sequence } == [30], "\(length) bytes")
        }
    }

    @Test("With directory and tail gone, the heads of the blocks are enough", arguments: [false, true])
    func withoutDirectory(compresses: Bool) throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root)
        let options = LogOptions(segmentBytes: 1 << 20, preallocates: false)
        let log = try fixture.open(options).log
        for sequence in 1...3_000 as ClosedRange<UInt64> { log.append(RewriteFixture.message(sequence)) }
        log.roll(to: 3_001)
        try log.write()
        let rewrite = try #require(log.makeRewrite(1, RewritePlan(compresses: compresses)))
        rewrite.perform()
        guard case .done = log.finish(rewrite) else {
            Issue.record("\(String(describing: rewrite.outcome))")
            return
        }
        let path = "log/" + FileKind.segment.name(1)
        let good = try #require(disk.contents(path))
        let blocks = try #require(
            try PackedFile.read(
                fixture.log.openFile(FileKind.segment.name(1), for: .reading),
                number: 1,
                stream: LogFixture.stream,
                keys: nil
            )
        )
        .blocks
        #expect(blocks.count > 5)
        let directory = blocks.count * PackedBlock.headBytes + PackedTail.bytes
        disk.replaceContents(path, with: Array(good.dropLast(directory)))
        let opened = try fixture.open(options)
        #expect(opened.messages.count == 3_000)
        #expect(opened.report.holes == [])
        // One body besides: its messages are lost and reported, no others.
        var bytes = good
        for index in blocks[2].offset + 40..<blocks[2].offset + 60 { bytes[index] ^= 0xff }
        disk.replaceContents(path, with: bytes)
        let damaged = try fixture.open(options)
        #expect(damaged.messages.count >= 3_000 - blocks[2].records)
        #expect(damaged.report.holes.count == 1)
        // The head of a block and the directory: the same.
        bytes = Array(good.dropLast(directory))
        bytes[blocks[2].offset + 5] ^= 1
        disk.replaceContents(path, with: bytes)
        let headless = try fixture.open(options)
        #expect(headless.messages.count == 3_000 - blocks[2].records)
        #expect(headless.report.holes.count == 1)
    }

    @Test("An erased message is in no file any more, and its neighbours are", arguments: [false, true])
    func erases(compresses: Bool) throws {
        let fixture = try self.fixture(compresses)
        let victims: [UInt64] = [1, 5]
        for victim in victims { _ = fixture.log.erase(at: try #require(fixture.positions[victim])) }
        #expect(RewriteFixture.read(fixture.log, fixture.positions[5])?.sequence != 5)
        try fixture.log.write()
        try fixture.log.write()
        let expected = Self.kept.filter { !victims.contains($0) }
        let found = RewriteFixture.all(fixture.log).map { $0.sequence }.filter { fixture.first.contains($0) }
        #expect(found == expected)
        // Erasing what is gone touches nothing else.
        _ = fixture.log.erase(at: try #require(fixture.positions[5]))
        try fixture.log.write()
        let opened = try fixture.fixture.open(RewriteFixture.options)
        #expect(opened.messages.map { $0.sequence }.filter { fixture.first.contains($0) } == expected)
        #expect(opened.report.holes == [])
        guard !compresses, let bytes = fixture.disk.contents(fixture.path) else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("orders.1reading 1") && !text.contains("orders.5"))
        #expect(text.contains("orders.2"))
    }

    @Test("Erasing wherever the power is cut loses no other message", arguments: [false, true])
    func erasesAcrossCrashes(compresses: Bool) throws {
        var step = 0
        var isOver = false
        while !isOver {
            let fixture = try self.fixture(compresses)
            _ = fixture.log.erase(at: try #require(fixture.positions[3]))
            fixture.disk.crash(afterMutations: fixture.disk.mutations + step)
            try? fixture.log.write()
            isOver = !fixture.disk.isDown
            for cut in [FakeDisk.PowerCut.keepingNothing, .keepingEverything, .tearing(seed: UInt64(step))] {
                let opened = try LogFixture(fixture.disk.afterPowerCut(cut).root).open(RewriteFixture.options)
                #expect(opened.report.holes == [], "step \(step)")
                let found = opened.messages.map { $0.sequence }.filter { fixture.first.contains($0) }
                #expect(found == Self.kept || found == Self.kept.filter { $0 != 3 }, "step \(step)")
                if isOver, cut == .keepingNothing { #expect(!found.contains(3)) }
            }
            step += 1
        }
        #expect(step > 3)
    }

    @Test("The file that was replaced is overwritten before it is let go")
    func overwritesReplaced() throws {
        let fixture = try self.fixture(false)
        let old = try fixture.fixture.log.openFile(FileKind.segment.name(1), for: .reading)
        _ = fixture.log.erase(at: try #require(fixture.positions[3]))
        try fixture.log.write()
        #expect(fixture.log.hasUnwritten)
        try fixture.log.write()
        #expect(!fixture.log.hasUnwritten)
        let size = Int(try old.size())
        var bytes = [UInt8](repeating: 1, count: size)
        var words = bytes.mutableSpan
        var span = words.mutableBytes
        _ = try old.read(into: &span, at: 0)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("reading 3"))
    }

    @Test("A journal file that claims to be packed is of a newer format")
    func journalVersion() throws {
        let fixture = try LogFixture(FakeDisk().root)
        let header = FileHeader(kind: .journal, stream: LogFixture.stream, number: 1, version: 2)
        let block = ByteBlock(capacity: FileHeader.bytes)
        header.encode(into: block.base)
        let expected = FileHeader(kind: .journal, stream: LogFixture.stream, number: 1)
        #expect(block.withBytes(0..<FileHeader.bytes) { expected.compare($0) } == .newer(version: 2))
        _ = fixture
    }

    @Test(
        "Repairing keeps what verifies, sets the file aside, and leaves a whole one alone",
        arguments: [false, true]
    )
    func repairs(compresses: Bool) throws {
        let fixture = try self.fixture(compresses)
        let good = try #require(fixture.disk.contents(fixture.path))
        func repair() throws -> FileRepair {
            try MessageLog.repair(
                1,
                in: fixture.fixture.log,
                stream: LogFixture.stream,
                quarantine: fixture.fixture.quarantine
            )
        }
        #expect(try repair() == FileRepair())
        #expect(fixture.disk.contents(fixture.path) == good)
        let before = try fixture.fixture.open(RewriteFixture.options).messages
        for index in stride(from: 0, to: good.count, by: 5) {
            var bytes = good
            bytes[index] ^= 0x10
            fixture.disk.replaceContents(fixture.path, with: bytes)
            let damaged = try fixture.fixture.open(RewriteFixture.options).messages
            let repaired = try repair()
            // Padding between blocks says nothing; everything else is noticed.
            if repaired.mended == 0 {
                #expect(damaged == before, "byte \(index)")
                continue
            }
            #expect(fixture.disk.contents("quarantine/\(repaired.kept[0])") == bytes)
            let opened = try fixture.fixture.open(RewriteFixture.options)
            #expect(opened.messages == damaged, "byte \(index)")
            #expect(opened.report.holes == [] && opened.report.damagedHeaders == [], "byte \(index)")
            #expect(opened.log.summaries[0].lastSequence == fixture.first.upperBound, "byte \(index)")
            #expect(try repair().mended == 0, "byte \(index)")
        }
    }
}
