import Subjects
import Testing

@Suite("Subject hash")
struct SubjectHashTests {
    @Test("The same bytes and seed give the same hash, wherever the bytes lie")
    func place() {
        let hash = SubjectHash(seed: 1)
        for length in 0...40 {
            let text = (0..<length).map { UInt8($0 + 65) }
            for before in 0...9 {
                let padded = [UInt8](repeating: 7, count: before) + text + [1, 2, 3]
                let found = hash.hash(padded.span.bytes, from: before, to: before + length)
                #expect(found == hash.hash(text.span.bytes))
            }
        }
    }

    @Test("Zeros behind a text change its hash")
    func lengthCounts() {
        let hash = SubjectHash(seed: 2)
        var seen: Set<UInt64> = []
        for length in 0...64 {
            let zeros = [UInt8](repeating: 0, count: length)
            #expect(seen.insert(hash.hash(zeros.span.bytes)).inserted)
        }
    }

    @Test("Another seed gives other hashes")
    func seed() {
        let text = Array("orders.eu.42".utf8)
        let hashes = (0..<1000 as Range<UInt64>).map { SubjectHash(seed: $0).hash(text.span.bytes) }
        #expect(Set(hashes).count == 1000)
    }

    @Test("Each bit of the text moves about half the bits of the hash")
    func avalanche() {
        let hash = SubjectHash(seed: 3)
        for length in [1, 3, 7, 8, 9, 16, 23, 40] {
            var moved = 0
            var trials = 0
            for start in 0..<20 {
                let text = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ start) }
                let before = hash.hash(text.span.bytes)
                for bit in 0..<length * 8 {
                    var other = text
                    other[bit / 8] ^= 1 << UInt8(bit % 8)
                    moved += (before ^ hash.hash(other.span.bytes)).nonzeroBitCount
                    trials += 1
                }
            }
            let mean = Double(moved) / Double(trials)
            #expect(mean > 30 && mean < 34, "length \(length): \(mean) of 64 bits")
        }
    }

    @Test("Numbered subjects spread evenly by their low and by their high bits")
    func spread() {
        let hash = SubjectHash(seed: 4)
        var low = [Int](repeating: 0, count: 1024)
        var high = [Int](repeating: 0, count: 1024)
        for number in 0..<102_400 {
            let text = Array("orders.eu.\(number)".utf8)
            let value = hash.hash(text.span.bytes)
            low[Int(value & 1023)] += 1
            high[Int(value >> 54)] += 1
        }
        for counts in [low, high] {
            // Chi squared of 1023 degrees of freedom: 1023 ± 45; the bound is seven deviations away.
            let chi = counts.reduce(0.0) { $0 + Double(($1 - 100) * ($1 - 100)) / 100 }
            #expect(chi < 1350, "chi squared \(chi)")
        }
    }
}
