import Glibc
import TestSupport
import Testing

@testable import SegmentLog

/// A log of several sealed segments on a disk in memory, and what is to be kept of them.
struct RewriteFixture {
    let disk: FakeDisk
    let fixture: LogFixture
    let log: MessageLog
    var messages: [Message] = []
    var positions: [UInt64: LogPosition] = [:]

    static let options = LogOptions(segmentBytes: 4_096, preallocates: false)

    /// Text that compresses well.
    static func message(_ sequence: UInt64) -> Message {
        var message = Message(sequence, payloadLength: 0)
        message.payload = Array(String(repeating: "reading \(sequence % 5); ", count: 8).utf8)
        return message
    }

    init(count: UInt64 = 60, disk: FakeDisk = FakeDisk()) throws {
        self.disk = disk
        self.fixture = try LogFixture(disk.root)
        self.log = try self.fixture.open(Self.options).log
        for sequence in 1...count {
            let message = Self.message(sequence)
            self.messages.append(message)
            self.positions[sequence] = self.log.append(message)
        }
        try self.log.write()
    }

    /// The number of the first segment.
    static let number: UInt64 = 1

    /// Sequences in the first segment.
    var first: ClosedRange<UInt64> { 1...self.log.summaries[0].lastSequence }

    static func live(_ sequences: [UInt64]) -> LiveSequences {
        var live = LiveSequences()
        for word in 0..<8 as Range<UInt64> {
            live.append(
                sequences.filter { $0 / 64 == word }.reduce(0) { $0 | 1 << ($1 % 64) },
                at: word * 64
            )
        }
        return live
    }

    /// Rewrites the first segment.
    @discardableResult
    func rewrite(keeping sequences: [UInt64]?, compresses: Bool = false) throws -> RewriteOutcome {
        let plan = RewritePlan(live: sequences.map { Self.live($0) }, compresses: compresses)
        let rewrite = try #require(self.log.makeRewrite(Self.number, plan))
        rewrite.perform()
        return self.log.finish(rewrite)
    }

    /// Every message found by going forward from the start.
    static func all(_ log: MessageLog) -> [Message] {
        var found: [Message] = []
        var position = log.start
        while let place = position {
            switch log.withRecord(at: place, { found.append(Message($0, $1)) }) {
            case .record(let next), .erased(let next): position = next
            case .damaged(_, let next): position = next
            case .end, .absent, .failed: position = nil
            }
        }
        return found
    }

    /// The message that a read at `position` gives.
    static func read(_ log: MessageLog, _ position: LogPosition?) -> Message? {
        var found: Message?
        if let position { _ = log.withRecord(at: position) { found = Message($0, $1) } }
        return found
    }

    var path: String { "log/" + FileKind.segment.name(Self.number) }
}

@Suite("Rewriting a segment")
struct SegmentRewriteTests {
    static let forms = [false, true]

    @Test("Leaves out what is not wanted, and nothing that is kept moves", arguments: forms)
    func keeps(compresses: Bool) throws {
        let fixture = try RewriteFixture()
        let kept: [UInt64] = [2, 3, 7, 11, 12, 13]
        #expect(kept.allSatisfy { fixture.first.contains($0) } && fixture.first.upperBound > 13)
        let before = fixture.disk.contents(fixture.path)?.count ?? 0
        let outcome = try fixture.rewrite(keeping: kept, compresses: compresses)
        let after = fixture.disk.contents(fixture.path)?.count ?? 0
        let bytes = fixture.messages.filter { kept.contains($0.sequence) }.reduce(0) { $0 + $1.recordBytes }
        #expect(outcome == .done(keptBytes: bytes, fileBytes: after))
        #expect(after < before)
        #expect(fixture.log.summaries[0].bytes == UInt64(after))
        let expected = fixture.messages.filter {
            !fixture.first.contains($0.sequence) || kept.contains($0.sequence)
        }
        #expect(RewriteFixture.all(fixture.log) == expected)
        for sequence in kept {
            let found = RewriteFixture.read(fixture.log, fixture.positions[sequence])
            #expect(found == fixture.messages[Int(sequence) - 1])
        }
        // Where something was left out, reading goes on behind it.
        #expect(RewriteFixture.read(fixture.log, fixture.positions[4])?.sequence == 7)
        #expect(
            RewriteFixture.read(fixture.log, fixture.positions[14])?.sequence == fixture.first.upperBound + 1
        )
    }

    @Test("Recovery finds the same, from the start and from a position in the segment", arguments: forms)
    func recovers(compresses: Bool) throws {
        let fixture = try RewriteFixture()
        let kept: [UInt64] = [2, 3, 7, 11, 12, 13]
        try fixture.rewrite(keeping: kept, compresses: compresses)
        let expected = fixture.messages.filter {
            !fixture.first.contains($0.sequence) || kept.contains($0.sequence)
        }
        for _ in 0..<2 {
            let opened = try fixture.fixture.open(RewriteFixture.options)
            #expect(opened.messages == expected)
            #expect(opened.report.holes == [] && opened.report.damagedHeaders == [])
            #expect(opened.report.tail == nil)
            #expect(opened.log.lastSequence == 60)
            #expect(opened.log.summaries[0].messages == 6)
            #expect(opened.log.summaries[0].lastSequence == fixture.first.upperBound)
        }
        // Sequence 10 is gone; its place is still a place.
        let opened = try fixture.fixture.open(RewriteFixture.options, from: fixture.positions[10], after: 9)
        #expect(opened.messages == expected.filter { $0.sequence >= 10 })
        // The last place may lie behind the end of the shorter file.
        let last = try #require(fixture.positions[fixture.first.upperBound])
        #expect(Int(last.offset) > fixture.disk.contents(fixture.path)?.count ?? .max)
        let late = try fixture.fixture.open(
            RewriteFixture.options,
            from: last,
            after: fixture.first.upperBound - 1
        )
        #expect(late.messages.first?.sequence == fixture.first.upperBound + 1)
        // Not read by recovery, looked at when it is read.
        #expect(RewriteFixture.read(late.log, fixture.positions[7])?.sequence == 7)
        #expect(late.log.summaries[0].bytes == UInt64(fixture.disk.contents(fixture.path)?.count ?? 0))
    }

    @Test("Twice keeps what both keep, and compresses what was not", arguments: forms)
    func twice(compresses: Bool) throws {
        let fixture = try RewriteFixture()
        try fixture.rewrite(keeping: [2, 3, 7, 11], compresses: !compresses)
        let outcome = try fixture.rewrite(keeping: [1, 3, 11], compresses: compresses)
        guard case .done = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let found = RewriteFixture.all(fixture.log).map { $0.sequence }
        #expect(found == [3, 11] + Array(fixture.first.upperBound + 1...60))
        #expect(try fixture.fixture.open(RewriteFixture.options).report.holes == [])
    }

    @Test("Keeping everything in compressed form makes the file smaller and changes no answer")
    func compresses() throws {
        let fixture = try RewriteFixture()
        let before = fixture.disk.contents(fixture.path)?.count ?? 0
        try fixture.rewrite(keeping: nil, compresses: true)
        let after = fixture.disk.contents(fixture.path)?.count ?? .max
        #expect(after * 2 < before)
        #expect(RewriteFixture.all(fixture.log) == fixture.messages)
        #expect(try fixture.fixture.open(RewriteFixture.options).messages == fixture.messages)
    }

    @Test("Messages of all lengths survive, in both forms", arguments: forms)
    func lengths(compresses: Bool) throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root)
        let options = LogOptions(segmentBytes: 8 << 20, preallocates: false)
        let log = try fixture.open(options).log
        var messages: [Message] = []
        for (index, length) in [0, 70_000, 1, 65_536, 3_000_000, 7, 300, 1 << 20, 200_000].enumerated() {
            var message = Message(UInt64(index) + 1, payloadLength: index % 2 == 0 ? length : 0)
            if index % 2 == 1 { message.payload = [UInt8](repeating: 0x41, count: length) }
            messages.append(message)
            log.append(message)
        }
        log.roll(to: 10)
        try log.write()
        let rewrite = try #require(log.makeRewrite(1, RewritePlan(compresses: compresses)))
        rewrite.perform()
        guard case .done = log.finish(rewrite) else {
            Issue.record("\(String(describing: rewrite.outcome))")
            return
        }
        #expect(RewriteFixture.all(log) == messages)
        #expect(try fixture.open(options).messages == messages)
    }

    @Test("A marked message is kept while it is young enough, wanted or not")
    func keepsMarked() throws {
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root)
        let log = try fixture.open(RewriteFixture.options).log
        for sequence in 1...6 as ClosedRange<UInt64> {
            let message = RewriteFixture.message(sequence)
            _ = log.append(
                sequence: sequence,
                timestamp: message.timestamp,
                flags: sequence % 2 == 0 ? RecordFlags(rawValue: 1) : [],
                subject: message.subject.span.bytes,
                headers: message.headers.span.bytes,
                payload: message.payload.span.bytes
            )
        }
        log.roll(to: 7)
        try log.write()
        let plan = RewritePlan(
            live: RewriteFixture.live([1]),
            keptFlags: RecordFlags(rawValue: 1),
            keptSince: 4_000
        )
        let rewrite = try #require(log.makeRewrite(1, plan))
        rewrite.perform()
        _ = log.finish(rewrite)
        #expect(RewriteFixture.all(log).map { $0.sequence } == [1, 4, 6])
    }

    @Test("Who has the old file open goes on reading, before and after it is replaced", arguments: forms)
    func readsMeanwhile(compresses: Bool) throws {
        let fixture = try RewriteFixture()
        let kept: [UInt64] = [2, 7, 11]
        let plan = RewritePlan(live: RewriteFixture.live(kept), compresses: compresses)
        let rewrite = try #require(fixture.log.makeRewrite(RewriteFixture.number, plan))
        func check(_ step: String) {
            for sequence in kept {
                let found = RewriteFixture.read(fixture.log, fixture.positions[sequence])
                #expect(found == fixture.messages[Int(sequence) - 1], "\(step)")
            }
        }
        check("before")
        rewrite.perform(pausing: { _ in check("under way") })
        check("replaced, not adopted")
        // As if the file had been closed and opened again in between.
        fixture.log.release()
        check("replaced, opened again")
        fixture.log.append(RewriteFixture.message(61))
        #expect(fixture.log.finish(rewrite) == rewrite.outcome)
        check("adopted")
        try fixture.log.write()
        #expect(RewriteFixture.all(fixture.log).last?.sequence == 61)
    }

    @Test("The newest segment, one followed by nothing on the disk, and an unknown one are not rewritten")
    func refuses() throws {
        let fixture = try RewriteFixture()
        let numbers = fixture.log.summaries.map { $0.firstSequence }
        #expect(fixture.log.makeRewrite(numbers[numbers.count - 1], RewritePlan()) == nil)
        #expect(fixture.log.makeRewrite(2, RewritePlan()) == nil)
        fixture.log.roll(to: 61)
        #expect(fixture.log.makeRewrite(numbers[numbers.count - 1], RewritePlan()) == nil)
        _ = fixture.log.erase(at: try #require(fixture.positions[1]))
        #expect(fixture.log.makeRewrite(1, RewritePlan()) == nil)
        try fixture.log.write()
        let rewrite = try #require(fixture.log.makeRewrite(1, RewritePlan()))
        #expect(fixture.log.makeRewrite(numbers[1], RewritePlan()) == nil)
        rewrite.perform()
        _ = fixture.log.finish(rewrite)
        #expect(fixture.log.makeRewrite(numbers[1], RewritePlan()) != nil)
    }

    @Test("A segment that is given up meanwhile calls its rewriting off and goes later")
    func dropped() throws {
        let fixture = try RewriteFixture()
        let rewrite = try #require(fixture.log.makeRewrite(1, RewritePlan()))
        #expect(fixture.log.dropSegment(1) == nil)
        rewrite.perform()
        let before = fixture.disk.names("log")
        #expect(fixture.log.finish(rewrite) == .cancelled)
        #expect(!before.contains { $0.hasSuffix(".new") })
        try #require(fixture.log.dropSegment(1)).perform()
        #expect(fixture.disk.contents(fixture.path) == nil)
    }

    @Test("A segment with damage in it stays as it is")
    func damaged() throws {
        let fixture = try RewriteFixture()
        var bytes = try #require(fixture.disk.contents(fixture.path))
        bytes[1_000] ^= 1
        fixture.disk.replaceContents(fixture.path, with: bytes)
        #expect(try fixture.rewrite(keeping: [2]) == .damaged)
        #expect(fixture.disk.contents(fixture.path) == bytes)
        #expect(!fixture.disk.names("log").contains { $0.hasSuffix(".new") })
    }

    @Test("A call that fails leaves the segment whole, and the next try succeeds", arguments: [EIO, ENOSPC])
    func failingCalls(errno: CInt) throws {
        var index = 1
        while true {
            let fixture = try RewriteFixture()
            fixture.disk.fail(FakeDisk.Fault(call: fixture.disk.calls + index, errno: errno))
            let outcome = try fixture.rewrite(keeping: [2, 7], compresses: index % 2 == 0)
            let didFail = fixture.disk.didFail
            fixture.disk.fail(nil)
            let found = RewriteFixture.all(fixture.log).map { $0.sequence }
            #expect(found.contains(2) && found.contains(7), "call \(index)")
            if case .failed = outcome {} else { #expect(!didFail || index > 6, "call \(index): \(outcome)") }
            let again = try fixture.rewrite(keeping: [2, 7])
            guard case .done = again else {
                Issue.record("call \(index): \(again)")
                return
            }
            #expect(RewriteFixture.all(fixture.log).prefix(2).map { $0.sequence } == [2, 7])
            if !didFail { break }
            index += 1
        }
        #expect(index > 8)
    }

    @Test(
        "Wherever the power is cut, everything kept is there and nothing else is in the way",
        arguments: forms
    )
    func crashes(compresses: Bool) throws {
        let kept: [UInt64] = [2, 3, 7, 11, 12, 13]
        var step = 0
        var isOver = false
        while !isOver {
            let fixture = try RewriteFixture()
            fixture.disk.crash(afterMutations: fixture.disk.mutations + step)
            try fixture.rewrite(keeping: kept, compresses: compresses)
            isOver = !fixture.disk.isDown
            let cuts: [FakeDisk.PowerCut] = [
                .keepingNothing, .keepingEverything, .keepingSome(seed: UInt64(step)),
                .tearing(seed: UInt64(step)),
            ]
            for cut in cuts {
                let opened = try LogFixture(fixture.disk.afterPowerCut(cut).root).open(RewriteFixture.options)
                let context = "step \(step), \(cut)"
                #expect(opened.report.holes == [], "\(context)")
                let old = fixture.messages
                let new = old.filter { !fixture.first.contains($0.sequence) || kept.contains($0.sequence) }
                #expect(opened.messages == old || opened.messages == new, "\(context)")
                #expect(try opened.log.directory.list().allSatisfy { !$0.hasSuffix(".new") }, "\(context)")
            }
            step += 1
        }
        #expect(step > 5)
    }
}
