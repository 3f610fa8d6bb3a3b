import Testing

@testable import Broker

@Suite("Repetitions")
struct RepeatScanTests {
    /// What the steps stand for.
    private static func bytes(_ steps: [RepeatScan.Step], of source: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for step in steps {
            result += source[step.literals]
            for _ in 0..<step.length { result.append(result[result.count - step.distance]) }
        }
        return result
    }

    @Test("What was there before is named by its distance")
    func distance() {
        let bytes = Array("abcdeXabcdef".utf8)
        #expect(
            RepeatScan.steps(of: bytes, 0..<bytes.count) == [
                .init(literals: 0..<6, length: 5, distance: 6), .init(literals: 11..<12),
            ]
        )
    }

    @Test("A repetition may reach into itself")
    func overlap() {
        let bytes = Array("aaaaaaaaaa".utf8)
        #expect(RepeatScan.steps(of: bytes, 0..<10) == [.init(literals: 0..<1, length: 9, distance: 1)])
    }

    @Test("Nothing before the block is looked at")
    func block() {
        let bytes = Array("abcdabcd".utf8)
        #expect(RepeatScan.steps(of: bytes, 4..<8) == [.init(literals: 4..<8)])
    }

    @Test("The steps stand for the bytes", arguments: 0..<50 as Range<UInt64>)
    func random(seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        var bytes: [UInt8] = []
        for _ in 0..<Int(seed) * 40 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.append(UInt8(state >> 60 & 3))
        }
        #expect(Self.bytes(RepeatScan.steps(of: bytes, 0..<bytes.count), of: bytes) == bytes)
    }
}
