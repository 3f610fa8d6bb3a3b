import SegmentLog
import StreamModel
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

/// LMDB's file is damaged in every way that a disk knows; in a process of its own, which LMDB could end.
@Suite("A damaged file of LMDB", .serialized)
struct IndexDamageTests {
    /// A store of some hundred messages that was killed after its third checkpoint.
    final class Store {
        let workload: StoreWorkload
        let disk = FakeDisk()
        let directory: TemporaryDirectory
        /// The index after each checkpoint, and in the end.
        var indexes: [[UInt8]] = []
        var answers = ""

        init() throws {
            var operations: [StoreWorkload.Operation] = []
            for number in 1...600 as ClosedRange<UInt64> {
                let subject = number % 2 == 0 ? "many.\(number)" : "a.\(number % 5)"
                let id = number % 3 == 0 ? "id-\(number)" : ""
                operations.append(.append(subject: subject, payload: "\(number)", id: id, time: 1_000))
                if number % 11 == 0 { operations.append(.remove(number - 7, erase: number % 2 == 0)) }
                if number % 200 == 0 { operations += [.progress(number), .checkpoint] }
            }
            operations += [.remove(590, erase: false), .commit]
            self.workload = StoreWorkload(operations: operations, segmentBytes: 16 << 10)
            self.directory = try TemporaryDirectory(inMemory: true)
            do {
                let store = try self.workload.open(self.disk, self.directory.directory).store
                var progress: UInt64 = 0
                for operation in operations {
                    try StoreWorkload.apply(operation, to: store, progress: &progress)
                    if operation == .checkpoint { self.indexes.append(self.directory.index ?? []) }
                }
            }
            self.answers = try self.open(self.indexes[self.indexes.count - 1]).answers
        }

        struct Wrong: Error { var text: String }

        func open(_ index: [UInt8]?) throws -> (answers: String, rebuilt: Bool) {
            try self.directory.replaceIndex(by: index)
            let disk = self.disk.afterPowerCut(.endingTheProcess)
            let opened = try self.workload.open(disk, self.directory.directory)
            let answers = opened.answers
            if opened.store.state.frozen != nil { return ("frozen", false) }
            // The writer walks other ways than the reader.
            var progress: UInt64 = 600
            for sequence in stride(from: 3, to: 600, by: 31) as StrideTo<UInt64> {
                try StoreWorkload.apply(
                    .remove(sequence, erase: false),
                    to: opened.store,
                    progress: &progress
                )
            }
            let message = StoreWorkload.Operation.append(
                subject: "a.1",
                payload: "",
                id: "id-new",
                time: 2_000
            )
            try StoreWorkload.apply(message, to: opened.store, progress: &progress)
            try StoreWorkload.apply(.checkpoint, to: opened.store, progress: &progress)
            return (answers, opened.report.rebuiltIndex)
        }

        /// What comes of opening the store with that index.
        func outcome(_ index: [UInt8]) throws -> String {
            do {
                let found = try self.open(index)
                if found.answers == "frozen" { return "frozen" }
                if found.rebuilt { return found.answers == self.answers ? "made again" : "wrong" }
                return found.answers == self.answers ? "same" : "other"
            } catch is StoreError {
                return "refused"
            }
        }

        /// Opens the store with that index; it must say what it said before.
        func check(_ index: [UInt8]?, _ what: String) throws {
            print(what)
            let found = try self.open(index)
            if found.answers != self.answers { throw Wrong(text: "\(what): \(found.answers.prefix(300))") }
        }
    }

    @Test("A bit flipped in the head of any page, or a page lost, is made good from the log")
    func heads() async {
        await #expect(processExitsWith: .success) {
            let store = try Store()
            let index = store.indexes[store.indexes.count - 1]
            var random = SeededGenerator(seed: 11)
            for page in stride(from: 0, to: index.count, by: 4_096) {
                // The 16 bytes of a head; of the first two pages all that is used.
                let isMeta = page < 8_192
                // Half of them, and the other half of the next page.
                for byte in stride(from: page / 4_096 % 2, to: isMeta ? 152 : 16, by: isMeta ? 3 : 2) {
                    var damaged = index
                    damaged[page + byte] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    try store.check(damaged, "byte \(byte) of page \(page / 4_096)")
                }
                for filler in [0, 0xff] as [UInt8] {
                    var damaged = index
                    damaged.replaceSubrange(
                        page..<page + 4_096,
                        with: [UInt8](repeating: filler, count: 4_096)
                    )
                    try store.check(damaged, "page \(page / 4_096) filled with \(filler)")
                }
            }
        }
    }

    @Test(
        "Cut short, replaced by an older copy or by garbage, or with pages exchanged, it is made good as well"
    )
    func files() async {
        await #expect(processExitsWith: .success) {
            let store = try Store()
            let index = store.indexes[store.indexes.count - 1]
            var random = SeededGenerator(seed: 12)
            try store.check(nil, "missing")
            for (number, older) in store.indexes.enumerated() { try store.check(older, "copy \(number)") }
            for size in stride(from: 0, to: index.count, by: 4_096) {
                try store.check(Array(index.prefix(size)), "cut to \(size)")
                try store.check(Array(index.prefix(size + 100)), "cut to \(size + 100)")
                try store.check(random.bytes(size), "garbage of \(size)")
            }
            for _ in 0..<20 {
                let pages = index.count / 4_096
                let one = Int.random(in: 0..<pages, using: &random) * 4_096
                let other = Int.random(in: 0..<pages, using: &random) * 4_096
                var damaged = index
                damaged.replaceSubrange(one..<one + 4_096, with: index[other..<other + 4_096])
                try store.check(damaged, "page \(other / 4_096) in place of \(one / 4_096)")
            }
        }
    }

    @Test("A bit flipped in a value shows no wrong message; when it is noticed, the next opening mends it")
    func values() async throws {
        let ended = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            let store = try Store()
            let index = store.indexes[store.indexes.count - 1]
            var random = SeededGenerator(seed: 13)
            var counts = ["same": 0, "made again": 0, "frozen": 0, "refused": 0, "other": 0]
            for _ in 0..<1_500 {
                let byte = Int.random(in: 8_192..<index.count, using: &random)
                if index[byte] == 0 { continue }
                var damaged = index
                damaged[byte] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                print("byte \(byte % 4_096) of page \(byte / 4_096)")
                let outcome = try store.outcome(damaged)
                counts[outcome, default: 0] += 1
                if outcome != "frozen", outcome != "refused" { continue }
                // The same files once more.
                let disk = store.disk.afterPowerCut(.endingTheProcess)
                let opened = try store.workload.open(disk, store.directory.directory)
                if !opened.report.rebuiltIndex || opened.store.state.frozen != nil
                    || opened.answers != store.answers
                {
                    throw Store.Wrong(text: "\(outcome), and then \(opened.report)")
                }
            }
            print(counts)
        }
        let output = String(decoding: ended?.standardOutputContent ?? [], as: UTF8.self)
        print("A bit flipped in a value: \(output.split(separator: "\n").suffix(1))")
    }
}
