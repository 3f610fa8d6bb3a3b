import Testing

@testable import StreamEngine

@Suite("Ring")
struct RingTests {
    @Test("A ring agrees with an array under random work", arguments: [1, 2, 3] as [UInt64])
    func model(seed: UInt64) {
        var random = SplitMix(state: seed)
        var ring = Ring<Int>()
        var model: [Int] = []
        for step in 0..<5_000 {
            switch random.below(7) {
            case 0..<4:
                ring.append(step)
                model.append(step)
            case 4 where !model.isEmpty:
                ring.removeFirst()
                model.removeFirst()
            case 5 where !model.isEmpty:
                let place = Int(random.below(UInt64(model.count)))
                ring[place] = -step
                model[place] = -step
            case 6 where random.below(40) == 0:
                ring.truncate(to: model.count / 2)
                model.removeLast(model.count - model.count / 2)
            default: continue
            }
            #expect(ring.count == model.count)
            #expect(ring.first == model.first)
            #expect(ring.last == model.last)
            #expect((0..<ring.count).map { ring[$0] } == model)
        }
    }
}
