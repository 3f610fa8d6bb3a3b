import SegmentLog
import TestSupport

/// A fixed script of everything a log and its journal do, and what a witness outside knows about it.
///
/// It stops at the first error. The witness knows what was acknowledged up to there; a disk must then hold at
/// least that, and nothing that was never appended.
struct Workload {
    /// Every message ever appended, by sequence.
    private(set) var appended: [UInt64: Message] = [:]
    /// Every message up to here has been acknowledged as synced.
    private(set) var synced: UInt64 = 0
    /// Messages asked to be erased.
    private(set) var erasing: Set<UInt64> = []
    /// Messages whose erasure was acknowledged.
    private(set) var erased: Set<UInt64> = []
    /// Messages below this may have been dropped.
    private(set) var droppedBelow: UInt64 = 0
    /// Every entry ever appended.
    private(set) var entries: [Entry] = []
    /// So many of them have been acknowledged as synced.
    private(set) var syncedEntries = 0
    /// So many were in files that may have been removed.
    private(set) var removedEntries = 0
    /// The file that a recovery of the journal starts from.
    private(set) var journalFrom: UInt64 = 1
    /// Whether the script came to its end.
    private(set) var isDone = false
    /// What encrypts the files; nil: nothing does.
    var keys: StorageKeys?

    /// Runs the script on a disk.
    mutating func run(on disk: FakeDisk, preallocates: Bool, seed: UInt64) {
        do {
            try self.script(LogFixture(disk.root, keys: self.keys), preallocates, SeededGenerator(seed: seed))
            self.isDone = true
        } catch {}
    }

    private mutating func script(
        _ fixture: LogFixture,
        _ preallocates: Bool,
        _ chance: SeededGenerator
    ) throws {
        var chance = chance
        let log = try fixture.open(LogOptions(segmentBytes: 700, preallocates: preallocates)).log
        let options = LogOptions(segmentBytes: 1 << 20, preallocates: preallocates)
        let journal = try fixture.openJournal(from: 1, options).journal
        var positions: [UInt64: LogPosition] = [:]
        var sequence: UInt64 = 0
        for step in 1...12 {
            for _ in 0..<Int.random(in: 1...4, using: &chance) {
                sequence += UInt64.random(in: 1...3, using: &chance)
                let message = Message(sequence, payloadLength: Int.random(in: 0...200, using: &chance))
                self.appended[sequence] = message
                positions[sequence] = log.append(message)
            }
            for _ in 0..<Int.random(in: 0...3, using: &chance) {
                let count = UInt64(self.entries.count + 1)
                var entry = Entry(count, length: Int.random(in: 0...60, using: &chance))
                entry.after = sequence
                self.entries.append(entry)
                journal.append(entry)
            }
            if step % 4 == 2, let victim = positions.keys.sorted().dropFirst(step / 4).first {
                self.erasing.insert(victim)
                if let position = positions[victim] { _ = log.erase(at: position) }
            }
            if step == 7 {
                sequence += 20
                log.roll(to: sequence + 1)
            }
            try self.write(log, journal, sync: step % 3 != 0)
            if step % 5 == 0 { try self.rotate(journal) }
            if step == 8 { try self.drop(log, below: sequence - 12) }
        }
        log.append(Message(sequence + 1, payloadLength: 3))
        self.appended[sequence + 1] = Message(sequence + 1, payloadLength: 3)
        try self.write(log, journal, sync: true)
    }

    private mutating func write(_ log: MessageLog, _ journal: Journal, sync: Bool) throws {
        let erasing = self.erasing
        try log.write(sync: sync)
        self.synced = max(self.synced, log.marks.synced)
        self.erased = erasing
        try journal.write(sync: sync)
        self.syncedEntries = Int(journal.marks.synced)
    }

    private mutating func rotate(_ journal: Journal) throws {
        let number = journal.rotate()
        let before = self.entries.count
        try journal.write(sync: true)
        self.syncedEntries = Int(journal.marks.synced)
        // The checkpoint would be made durable here.
        self.journalFrom = number
        self.removedEntries = before
        try journal.removeFiles(below: number)?.perform()
    }

    private mutating func drop(_ log: MessageLog, below sequence: UInt64) throws {
        guard let removal = log.dropSegments(before: sequence) else { return }
        self.droppedBelow = sequence
        try removal.perform()
    }
}
