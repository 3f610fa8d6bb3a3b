import TestSupport
import Testing

@testable import StreamStore

@Suite("Timers")
struct MessageTimerTests {
    @Test("The heap gives what was put in, in order", arguments: 1...5 as ClosedRange<UInt64>)
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var heap = TimerHeap()
        var expected: [MessageTimer] = []
        for sequence in 0..<200 as Range<UInt64> {
            let timer = MessageTimer(due: Int64.random(in: -20..<20, using: &random), sequence: sequence)
            heap.insert(timer)
            expected.append(timer)
            if Int.random(in: 0..<3, using: &random) == 0 {
                expected.sort()
                #expect(heap.first == expected.first, "seed \(seed)")
                heap.removeFirst()
                expected.removeFirst()
            }
        }
        for timer in expected.sorted() {
            #expect(heap.first == timer, "seed \(seed)")
            heap.removeFirst()
        }
        #expect(heap.first == nil)
    }

    @Test("Keys sort as timers do, also before 1970")
    func keys() {
        var previous: [UInt8] = []
        for timer in [
            MessageTimer(due: .min, sequence: 0), MessageTimer(due: -1, sequence: 7),
            MessageTimer(due: 0, sequence: 3), MessageTimer(due: 0, sequence: 4),
            MessageTimer(due: .max, sequence: 0),
        ] {
            var key: [UInt8] = []
            timer.encodeKey(into: &key)
            #expect(previous.lexicographicallyPrecedes(key))
            #expect(MessageTimer(key: key.span.bytes) == timer)
            previous = key
        }
        #expect(MessageTimer(key: Array(previous.dropLast()).span.bytes) == nil)
    }
}
