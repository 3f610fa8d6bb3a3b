import Subjects
import Testing

@Suite("Bytes of a raw span")
struct RawSpanBytesTests {
    private static let bytes: [UInt8] = (0..<40).map { UInt8($0 * 5 & 0xff) }

    @Test("A word is the bytes at its place, the first one lowest, and zero above")
    func words() {
        let span = Self.bytes.span.bytes
        for offset in 0...40 {
            for count in 0...min(8, 40 - offset) {
                var expected: UInt64 = 0
                for index in (0..<count).reversed() {
                    expected = expected << 8 | UInt64(Self.bytes[offset + index])
                }
                #expect(span.word(offset, count: count) == expected)
                if count == 8 { #expect(span.word(offset) == expected) }
            }
        }
    }

    @Test("A word of a short span is read byte by byte")
    func wordsOfShortSpans() {
        for length in 0...8 {
            let short = Array(Self.bytes[1..<1 + length])
            for offset in 0...length {
                var expected: UInt64 = 0
                for index in (offset..<length).reversed() { expected = expected << 8 | UInt64(short[index]) }
                #expect(short.span.bytes.word(offset, count: length - offset) == expected)
            }
        }
    }

    @Test("A byte is found at every place of every length, the first one of several")
    func firstIndex() {
        for length in 0...20 {
            var bytes = [UInt8](repeating: 0x2f, count: length)
            #expect(bytes.span.bytes.firstIndex(of: 0x2e, from: 0, to: length) == length)
            for place in 0..<length {
                bytes[place] = 0x2e
                if place + 1 < length { bytes[place + 1] = 0x2e }
                for start in 0...place {
                    #expect(bytes.span.bytes.firstIndex(of: 0x2e, from: start, to: length) == place)
                }
                #expect(bytes.span.bytes.firstIndex(of: 0x2e, from: 0, to: place) == place)
                bytes = [UInt8](repeating: 0x2f, count: length)
            }
        }
    }

    @Test("The last one of a byte is found at every place of every length")
    func endOfLast() {
        for length in 0...20 {
            var bytes = [UInt8](repeating: 0x2f, count: length)
            #expect(bytes.span.bytes.endOfLast(0x2e) == 0)
            for place in 0..<length {
                bytes[place] = 0x2e
                bytes[place / 2] = 0x2e
                #expect(bytes.span.bytes.endOfLast(0x2e) == place + 1)
                bytes = [UInt8](repeating: 0x2f, count: length)
            }
        }
    }

    @Test("Spans are equal when every byte is")
    func equality() {
        for length in 0...20 {
            let one = Array(Self.bytes[0..<length])
            #expect(one.span.bytes.equals(one.span.bytes) == true)
            #expect(one.span.bytes.array() == one)
            for place in 0..<length {
                var other = one
                other[place] ^= 0x80
                #expect(one.span.bytes.equals(other.span.bytes) == false)
            }
            let longer = one + [0]
            #expect(one.span.bytes.equals(longer.span.bytes) == false)
        }
    }

    @Test("Lanes are exact for every byte next to every other")
    func lanes() {
        for first in 0...255 as ClosedRange<UInt64> {
            for second in 0...255 as ClosedRange<UInt64> {
                let word = first << 16 | second << 24 | 0x6161_6161_0000_6161
                let zeros: UInt64 = (first == 0 ? 0x80_0000 : 0) | (second == 0 ? 0x8000_0000 : 0)
                let blanks: UInt64 = (first <= 0x20 ? 0x80_0000 : 0) | (second <= 0x20 ? 0x8000_0000 : 0)
                if ByteLanes.zeros(word) != zeros || ByteLanes.blanksAndControls(word) != blanks {
                    Issue.record("bytes \(first) and \(second)")
                }
            }
        }
        #expect(ByteLanes.first(0x8000) == 1)
    }
}
