import TestSupport
import Testing

@testable import SegmentLog

@Suite("Journal")
struct JournalTests {
    let disk = FakeDisk()

    @Test("Entries come back in order, also those of length zero")
    func roundTrip() throws {
        let fixture = try LogFixture(self.disk.root)
        let journal = try fixture.openJournal().journal
        let entries = (1...40).map { Entry($0, length: Int($0) - 1) }
        for entry in entries {
            journal.append(entry)
            if entry.bytes.count % 7 == 0 { try journal.write() }
        }
        #expect(journal.marks.appended == 40)
        try journal.write()
        #expect(journal.marks == SegmentMarks(recovered: 40))
        let reopened = try fixture.openJournal()
        #expect(reopened.entries == entries)
        #expect(reopened.report == RecoveryReport(records: 40))
        reopened.journal.append(entries[0])
        try reopened.journal.write()
        #expect(try fixture.openJournal().entries == entries + [entries[0]])
        #expect(self.disk.names("journal").count == 1)
    }

    @Test("A rotation begins a new file with the next entry; recovery starts from the number it gave")
    func rotation() throws {
        let fixture = try LogFixture(self.disk.root)
        let journal = try fixture.openJournal().journal
        #expect(journal.rotate() == 1)
        journal.append(Entry(1, length: 5))
        #expect(journal.rotate() == 2)
        #expect(journal.rotate() == 2)
        journal.append(Entry(2, length: 5))
        journal.append(Entry(3, length: 5))
        #expect(journal.removeFiles(below: 2) == nil, "not written yet")
        try journal.write()
        #expect(self.disk.names("journal").count == 2)
        #expect(try fixture.openJournal(from: 2).entries == [Entry(2, length: 5), Entry(3, length: 5)])
        #expect(journal.rotate() == 3)
        try journal.write()
        #expect(try fixture.openJournal(from: 3).entries.isEmpty)
        let removal = try #require(journal.removeFiles(below: 3))
        #expect(removal.files == [1, 2])
        try removal.perform()
        #expect(self.disk.names("journal").isEmpty)

        let reopened = try fixture.openJournal(from: 3).journal
        #expect(reopened.number == 3)
        reopened.append(Entry(4, length: 5))
        try reopened.write()
        #expect(self.disk.names("journal") == ["00000000000000000003.jnl"])
    }

    @Test("A file that is full ends without a rotation, and its successors are read too")
    func fullFiles() throws {
        let fixture = try LogFixture(self.disk.root)
        let options = LogOptions(segmentBytes: 256, preallocates: true)
        let journal = try fixture.openJournal(from: 1, options).journal
        let entries = (1...30).map { Entry($0, length: 50) }
        for entry in entries { journal.append(entry) }
        try journal.write()
        #expect(self.disk.names("journal").count > 5)
        #expect(try fixture.openJournal().entries == entries)
    }

    @Test("A missing file is reported, and what follows it is read")
    func missingFile() throws {
        let fixture = try LogFixture(self.disk.root)
        let journal = try fixture.openJournal().journal
        for number in 1...3 as ClosedRange<UInt64> {
            journal.append(Entry(number, length: 5))
            _ = journal.rotate()
        }
        try journal.write()
        try fixture.journal.removeFile("00000000000000000002.jnl")
        let reopened = try fixture.openJournal()
        #expect(reopened.report.missingFiles == [2])
        #expect(!reopened.report.isClean)
        #expect(reopened.entries.count == 2)
    }

    @Test("Cut anywhere, the newest file loses the cut entries and no more")
    func cuts() throws {
        let (name, bytes, entries, ends) = try self.make()
        for length in 0...bytes.count {
            let damaged = self.disk.afterPowerCut(.keepingEverything)
            damaged.replaceContents(name, with: Array(bytes.prefix(length)))
            let fixture = try LogFixture(damaged.root)
            let opened = try fixture.openJournal()
            let whole = ends.count { $0 <= length }
            #expect(opened.entries == Array(entries.prefix(whole)), "cut at \(length)")
            try self.checkUsable(fixture, opened.entries)
        }
    }

    @Test("With any byte flipped, one entry is lost at most, no wrong one is read, and it is reported")
    func flips() throws {
        let (name, bytes, entries, _) = try self.make()
        for index in bytes.indices {
            let damaged = self.disk.afterPowerCut(.keepingEverything)
            var changed = bytes
            changed[index] ^= UInt8(truncatingIfNeeded: 1 << (index % 8))
            damaged.replaceContents(name, with: changed)
            let fixture = try LogFixture(damaged.root)
            let reports = try Journal.verify(fixture.journal, stream: LogFixture.stream)
            #expect(reports.contains { $0.isHeaderDamaged || $0.holeCount > 0 || $0.tailBytes > 0 })
            let opened = try fixture.openJournal()
            #expect(opened.entries.allSatisfy { entries.contains($0) }, "byte \(index)")
            #expect(entries.count - 1 <= opened.entries.count, "byte \(index)")
            #expect(!opened.report.isClean || opened.report.tail != nil, "byte \(index)")
            try self.checkUsable(fixture, opened.entries)
        }
    }

    @Test("Another stream's journal is refused, and nothing is changed")
    func foreign() throws {
        _ = try self.make()
        let fixture = try LogFixture(self.disk.root)
        let mutations = self.disk.mutations
        let other = Journal(directory: fixture.journal, stream: StreamUUID(high: 1, low: 1))
        #expect(throws: SegmentError.foreignStream(path: "/journal/00000000000000000001.jnl")) {
            _ = try other.recover(from: 1, quarantine: fixture.quarantine) { _, _ in }
        }
        #expect(self.disk.mutations == mutations)
    }

    /// A journal file with six entries, and where each ends.
    private func make() throws -> (name: String, bytes: [UInt8], entries: [Entry], ends: [Int]) {
        let options = LogOptions(segmentBytes: 1 << 20, preallocates: false)
        let journal = try LogFixture(self.disk.root).openJournal(from: 1, options).journal
        let entries = (1...6).map { Entry($0, length: 8 * Int($0)) }
        var ends: [Int] = []
        for entry in entries {
            journal.append(entry)
            ends.append((ends.last ?? 48) + 16 + entry.bytes.count)
        }
        try journal.write()
        let name = "journal/00000000000000000001.jnl"
        return (name, try #require(self.disk.contents(name)), entries, ends)
    }

    private func checkUsable(_ fixture: LogFixture, _ expected: [Entry]) throws {
        let second = try fixture.openJournal()
        #expect(second.entries == expected)
        var more = Entry(7, length: 7)
        more.after = 100
        second.journal.append(more)
        try second.journal.write()
        #expect(try fixture.openJournal().entries == expected + [more])
    }
}
