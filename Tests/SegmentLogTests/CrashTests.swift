import Glibc
import TestSupport
import Testing

@testable import SegmentLog

@Suite("Crashes and failing calls")
struct CrashTests {
    static let cuts: [FakeDisk.PowerCut] =
        [.keepingNothing, .keepingEverything]
        + (1...2).flatMap { [.keepingSome(seed: $0), .tearing(seed: $0)] }

    @Test(
        "After a crash at any change, whatever the power cut leaves, what was acknowledged is there",
        arguments: [false, true],
        [1, 2] as [UInt64]
    )
    func crashEverywhere(preallocates: Bool, seed: UInt64) throws {
        var states = 0
        for mutations in 0... {
            let disk = FakeDisk()
            disk.crash(afterMutations: mutations)
            var workload = Workload()
            workload.run(on: disk, preallocates: preallocates, seed: seed)
            for cut in CrashTests.cuts {
                let survivor = disk.afterPowerCut(cut)
                try CrashTests.check(survivor, workload, cut, "seed \(seed), after \(mutations) changes")
                states += 1
            }
            if workload.isDone { break }
        }
        #expect(states > 300)
    }

    @Test("The same with files that are encrypted", arguments: StorageCipher.allCases)
    func crashEverywhereEncrypted(cipher: StorageCipher) throws {
        for mutations in stride(from: cipher == .aes ? 1 : 0, to: .max, by: 4) {
            let disk = FakeDisk()
            disk.crash(afterMutations: mutations)
            var workload = Workload()
            workload.keys = EncryptionTests.keys(cipher)
            workload.run(on: disk, preallocates: true, seed: 3)
            for cut in CrashTests.cuts {
                let survivor = disk.afterPowerCut(cut)
                try CrashTests.check(survivor, workload, cut, "\(cipher), after \(mutations) changes")
            }
            if workload.isDone { break }
        }
    }

    @Test("A crash during recovery, and one during the recovery after it, lose nothing either")
    func crashInRecovery() throws {
        for mutations in stride(from: 3, to: 120, by: 7) {
            let disk = FakeDisk()
            disk.crash(afterMutations: mutations)
            var workload = Workload()
            workload.run(on: disk, preallocates: true, seed: 4)
            for seed in 1...3 as ClosedRange<UInt64> {
                let torn = disk.afterPowerCut(.tearing(seed: seed))
                for first in 0..<12 {
                    let once = torn.afterPowerCut(.keepingEverything)
                    once.crash(afterMutations: first)
                    _ = try? LogFixture(once.root).open()
                    let twice = once.afterPowerCut(.tearing(seed: seed + 10))
                    twice.crash(afterMutations: first / 2)
                    _ = try? LogFixture(twice.root).open()
                    let cut = FakeDisk.PowerCut.tearing(seed: seed + 20)
                    try CrashTests.check(twice.afterPowerCut(cut), workload, cut, "recovery crash \(first)")
                    if !once.isDown { break }
                }
            }
        }
    }

    @Test("What recovery shows after the process ended survives a power cut right after it")
    func shownIsKept() throws {
        for mutations in 0... {
            let disk = FakeDisk()
            disk.crash(afterMutations: mutations)
            var workload = Workload()
            workload.run(on: disk, preallocates: true, seed: 8)
            disk.restart()
            let shown = try LogFixture(disk.root).open()
            let entries = try LogFixture(disk.root).openJournal(from: workload.journalFrom).entries
            let kept = disk.afterPowerCut(.keepingNothing)
            #expect(try LogFixture(kept.root).open().messages == shown.messages, "after \(mutations) changes")
            let keptEntries = try LogFixture(kept.root).openJournal(from: workload.journalFrom).entries
            #expect(keptEntries == entries, "after \(mutations) changes")
            if workload.isDone { break }
        }
    }

    @Test("Each call of the workload fails in turn, once and for good", arguments: [false, true])
    func failEverywhere(isSticky: Bool) throws {
        for errno in [EIO, ENOSPC] {
            for call in 1... {
                let disk = FakeDisk()
                disk.fail(FakeDisk.Fault(call: call, errno: errno, isSticky: isSticky))
                var workload = Workload()
                workload.run(on: disk, preallocates: true, seed: 6)
                let hasFailed = disk.didFail
                disk.fail(nil)
                for cut in [FakeDisk.PowerCut.keepingNothing, .keepingEverything, .tearing(seed: 3)] {
                    let survivor = disk.afterPowerCut(cut)
                    try CrashTests.check(survivor, workload, cut, "call \(call) fails with \(errno)")
                }
                if !hasFailed {
                    #expect(workload.isDone)
                    break
                }
            }
        }
    }

    /// Opens what a power cut left and compares it with what the witness knows.
    static func check(
        _ disk: FakeDisk,
        _ workload: Workload,
        _ cut: FakeDisk.PowerCut,
        _ context: String
    ) throws {
        let context = "\(context), \(cut)"
        let fixture = try LogFixture(disk.root, keys: workload.keys)
        let opened = try fixture.open()
        let found = Dictionary(uniqueKeysWithValues: opened.messages.map { ($0.sequence, $0) })

        let sequences = opened.messages.map(\.sequence)
        #expect(zip(sequences, sequences.dropFirst()).allSatisfy { $0 < $1 }, "\(context): order")
        for message in opened.messages {
            #expect(workload.appended[message.sequence] == message, "\(context): invented \(message)")
            // A dropped segment may come back as it was, until the directory is synced.
            let isBack = message.sequence < workload.droppedBelow
            #expect(isBack || !workload.erased.contains(message.sequence), "\(context): erased \(message)")
        }
        for (sequence, _) in workload.appended where sequence <= workload.synced {
            let mayBeGone = workload.erasing.contains(sequence) || sequence < workload.droppedBelow
            #expect(found[sequence] != nil || mayBeGone, "\(context): lost #\(sequence)")
        }
        for sequence in opened.erased {
            #expect(workload.erasing.contains(sequence), "\(context): erased unasked #\(sequence)")
        }
        switch cut {
        case .endingTheProcess, .keepingNothing, .keepingEverything:
            #expect(opened.report.isClean, "\(context)")
        case .keepingSome, .tearing, .choosing:
            // What was never synced may be torn, but only in the file that was being written.
            let newest = opened.log.summaries.last?.firstSequence
            #expect(opened.report.holes.allSatisfy { $0.position.segment == newest }, "\(context)")
            #expect(opened.report.damagedHeaders.isEmpty, "\(context)")
        }
        #expect(opened.log.readAll() == opened.messages, "\(context): read")
        try CrashTests.checkJournal(fixture, workload, cut, context)

        // Recovering again finds the same, and the log can be used.
        let again = try fixture.open()
        #expect(again.messages == opened.messages, "\(context): second recovery")
        #expect(again.erased == opened.erased, "\(context): second recovery")
        #expect(again.report.holes == opened.report.holes, "\(context): second recovery")
        let next = Message(max(again.log.lastSequence, workload.synced) + 1, payloadLength: 9)
        again.log.append(next)
        try again.log.write()
        #expect(try fixture.open().messages == opened.messages + [next], "\(context): append")
        if again.erased.isEmpty { return }
        // The write has finished what a crash had kept from being overwritten.
        for number in try FileKind.segment.numbers(in: fixture.log) {
            var recovery = FileRecovery(
                kind: .segment,
                directory: fixture.log,
                stream: LogFixture.stream,
                allowsLocked: true
            )
            let scan = try recovery.scan(number, from: 48, .all, isNewest: true) { _, _ in }
            #expect(scan.unfinishedErasures.isEmpty, "\(context): a body is still there")
        }
    }

    private static func checkJournal(
        _ fixture: LogFixture,
        _ workload: Workload,
        _ cut: FakeDisk.PowerCut,
        _ context: String
    ) throws {
        let opened = try fixture.openJournal(from: workload.journalFrom)
        let expected = workload.entries[workload.removedEntries...]
        let mustBe = expected.prefix(max(0, workload.syncedEntries - workload.removedEntries))
        if cut == .keepingNothing || cut == .keepingEverything {
            #expect(opened.report.isClean, "\(context): journal")
            #expect(Array(expected.prefix(opened.entries.count)) == opened.entries, "\(context): journal")
        }
        // In order, with gaps only in what was not synced.
        #expect(Array(opened.entries.prefix(mustBe.count)) == Array(mustBe), "\(context): journal lost")
        var rest = expected[...]
        for entry in opened.entries {
            let index = rest.firstIndex(of: entry)
            #expect(index != nil, "\(context): journal invented")
            if let index { rest = rest[(index + 1)...] }
        }
        #expect(try fixture.openJournal(from: workload.journalFrom).entries == opened.entries)
    }
}
