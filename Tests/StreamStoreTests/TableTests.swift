import SegmentLog
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

@Suite("Tables in memory")
struct TableTests {
    @Test("Every subject put into a table is found, and no other")
    func subjects() {
        var table = SubjectTable()
        let hash = SubjectHash(seed: 42)
        for number in 0..<5_000 {
            let text = "subject.\(number)".bytes
            let value = hash.hash(text.span.bytes)
            let before = table.find(text.span.bytes, hash: value)
            #expect(before == nil)
            let index = table.insert(text.span.bytes, hash: value)
            #expect(index == number)
        }
        for number in 0..<5_000 {
            let text = "subject.\(number)".bytes
            let found = table.find(text.span.bytes, hash: hash.hash(text.span.bytes))
            #expect(found == number)
            #expect(table.text(number) == text)
        }
    }

    @Test(
        "Subjects that differ anywhere have different hashes, whatever the key",
        arguments: [
            0, 1, 0x0f0f_0f0f_0f0f_0f0f, 0x8000_0000_0000_0000, .max,
        ] as [UInt64]
    )
    func hashes(seed: UInt64) {
        let hash = SubjectHash(seed: seed)
        var seen: Set<UInt64> = []
        var low: Set<UInt64> = []
        for number in 0..<20_000 as Range<UInt64> {
            let text = "events.user.\(number &* 0x9e37_79b9_7f4a_7c15 % 1_000_000_007)".bytes
            let value = hash.hash(text.span.bytes)
            seen.insert(value)
            low.insert(value & 0xffff)
        }
        #expect(seen.count == 20_000)
        // A random function would reach about 17 200 of 65 536 places.
        #expect(low.count > 16_500)
    }

    @Test("A layer links the messages of a subject, and unlinks one that goes")
    func links() {
        var layer = LayerMessages()
        let hash = SubjectHash(seed: 1)
        var subjects: [Int] = []
        for name in ["a", "b"] {
            let text = name.bytes
            subjects.append(layer.subjects.insert(text.span.bytes, hash: hash.hash(text.span.bytes)))
        }
        for sequence in 1...6 as ClosedRange<UInt64> {
            _ = layer.append(
                sequence: sequence * 2,
                time: Int64(sequence),
                position: .init(segment: 1, offset: 48),
                size: 31,
                subject: subjects[Int(sequence % 2)]
            )
        }
        func chain(_ subject: Int) -> [UInt64] {
            var found: [UInt64] = []
            var mark = layer.subjects.entries[subject].head
            while mark != 0 {
                found.append(layer.entries[Int(mark) - 1].sequence)
                mark = layer.entries[Int(mark) - 1].next
            }
            return found
        }
        #expect(chain(subjects[0]) == [4, 8, 12])
        #expect(chain(subjects[1]) == [2, 6, 10])
        layer.unlink(3)
        #expect(chain(subjects[0]) == [4, 12])
        layer.unlink(0)
        #expect(chain(subjects[1]) == [6, 10])
        layer.unlink(4)
        #expect(chain(subjects[1]) == [6])
        #expect(layer.index(of: 8) == 3)
        #expect(layer.index(of: 7) == nil)
        #expect(layer.index(atOrAfter: 7) == 3)
        #expect(layer.index(atOrAfter: 13) == 6)
    }

    @Test("Subjects are ordered as their keys are", arguments: [1, 2, 3] as [UInt64])
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = SubjectTable()
        let hash = SubjectHash(seed: 1)
        var texts: Set<[UInt8]> = []
        for _ in 0..<300 {
            texts.insert(
                "shared.prefix.".bytes + random.bytes(Int.random(in: 0...12, using: &random)).map { $0 & 3 }
            )
        }
        for text in texts { _ = table.insert(text.span.bytes, hash: hash.hash(text.span.bytes)) }
        let sorted = SubjectOrder(table).indexes.map { table.text($0) }
        #expect(sorted == texts.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test("A message id is found with the message it was last given to")
    func messageIDs() {
        var table = DedupTable()
        for number in 0..<1_000 as Range<UInt64> {
            table.insert(Hash128(low: number % 900, high: 7), sequence: number, time: Int64(number))
        }
        #expect(table.entries.count == 900)
        #expect(table.find(Hash128(low: 5, high: 7))?.sequence == 905)
        #expect(table.find(Hash128(low: 500, high: 7))?.sequence == 500)
        #expect(table.find(Hash128(low: 500, high: 8)) == nil)
    }

    @Test("Generations count time in both directions, and four of them cover the window")
    func generations() {
        #expect(DedupGeneration.of(0, length: 10) == 0)
        #expect(DedupGeneration.of(9, length: 10) == 0)
        #expect(DedupGeneration.of(10, length: 10) == 1)
        #expect(DedupGeneration.of(-1, length: 10) == -1)
        #expect(DedupGeneration.of(-10, length: 10) == -1)
        #expect(DedupGeneration.of(-11, length: 10) == -2)
        #expect(DedupGeneration.slot(-1) == 3)
        #expect(DedupGeneration.length(window: 0) == 0)
        let length = DedupGeneration.length(window: 120_000_000_000)
        #expect(length * 3 >= 120_000_000_000)
    }
}
