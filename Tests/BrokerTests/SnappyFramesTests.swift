import Testing

@testable import Broker

@Suite("Frames of Snappy")
struct SnappyFramesTests {
    private static let head: [UInt8] = [0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]

    @Test("Nothing is a head alone")
    func nothing() { #expect(SnappyFrames.compress([]) == Self.head) }

    @Test("What would not become smaller stays as it is")
    func plain() {
        let frames = SnappyFrames.compress(Array("abc".utf8))
        #expect(Array(frames.prefix(10)) == Self.head)
        #expect(Array(frames[10..<14]) == [1, 7, 0, 0])
        #expect(Array(frames.suffix(3)) == Array("abc".utf8))
    }

    @Test("A checksum is masked")
    func checksum() {
        // RFC 3720, §B.4: the checksum of 32 zeros is 8a9136aa. Masked: (8a9136aa >> 15 | << 17) + a282ead8.
        let masked = ((0x8a91_36aa as UInt32) >> 15 | 0x8a91_36aa << 17) &+ 0xa282_ead8
        let frames = SnappyFrames.compress([UInt8](repeating: 0, count: 32))
        #expect(Array(frames[14..<18]) == (0..<4).map { UInt8(truncatingIfNeeded: masked >> (8 * $0)) })
    }

    @Test("A block has its length, literals, and copies of 64 bytes at the most")
    func block() {
        let frames = SnappyFrames.compress([UInt8](repeating: 0x61, count: 200))
        // 200 is c8 01; one literal; 199 copied bytes are 64, 64, 64 and 7.
        let block: [UInt8] = [
            0xc8, 0x01, 0x00, 0x61, 0xfe, 1, 0, 0xfe, 1, 0, 0xfe, 1, 0, 0x1a, 1, 0,
        ]
        #expect(Array(frames[10..<14]) == [0, UInt8(block.count + 4), 0, 0])
        #expect(Array(frames[18...]) == block)
    }

    @Test("Long texts are several blocks of 65 536 bytes")
    func blocks() {
        let frames = SnappyFrames.compress([UInt8](repeating: 0x61, count: 65_537))
        // The second one has a single byte, and stays as it is.
        #expect(Array(frames.suffix(9).prefix(4)) == [1, 5, 0, 0])
        #expect(frames.count < 4096)
    }
}
