import CChecksum
import TestSupport
import Testing

@testable import SegmentLog

@Suite("CRC-32C")
struct ChecksumTests {
    @Test(
        "Known answers of RFC 3720, appendix B.4, and the usual check value",
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0...31), 0x46dd_794e),
            (Array((0...31).reversed()), 0x113f_db5c),
            (Array("123456789".utf8), 0xe306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)]
    )
    func knownAnswers(bytes: [UInt8], expected: UInt32) {
        #expect(weir_crc32c(0, bytes, bytes.count) == expected)
        #expect(weir_crc32c_portable(0, bytes, bytes.count) == expected)
    }

    @Test("Instruction and table agree at every length and alignment, and pieces add up")
    func agreement() {
        var chance = SeededGenerator(seed: 4)
        let bytes = chance.bytes(4_000)
        for length in Array(0...300) + [767, 768, 769, 1_535, 1_536, 1_543, 3_900] {
            for start in [0, 1, 3, 7, 8] {
                let piece = Array(bytes[start..<start + length])
                let whole = weir_crc32c(7, piece, length)
                #expect(whole == weir_crc32c_portable(7, piece, length))
                let cut = length / 3
                let first = weir_crc32c(7, piece, cut)
                #expect(whole == weir_crc32c(first, Array(piece[cut...]), length - cut))
            }
        }
    }

    @Test("The instruction is used where the processor has it")
    func acceleration() throws {
        #if arch(x86_64)
        let features = try #require(try? String(contentsOfProcFile: "/proc/cpuinfo"))
        #expect((weir_crc32c_is_accelerated() != 0) == features.contains("sse4_2"))
        #endif
    }

    @Test("A checksum starts from the stream, the file and the place")
    func places() {
        let one = StreamUUID(high: 1, low: 2)
        let seed = Checksum.seed(magic: FileKind.segment.magic, stream: one, number: 5)
        #expect(seed != Checksum.seed(magic: FileKind.segment.magic, stream: one, number: 6))
        #expect(seed != Checksum.seed(magic: FileKind.journal.magic, stream: one, number: 5))
        let other = StreamUUID(high: 2, low: 1)
        #expect(seed != Checksum.seed(magic: FileKind.segment.magic, stream: other, number: 5))
        #expect(Checksum.seed(seed, at: 48) != Checksum.seed(seed, at: 56))
    }
}

extension String {
    /// The text of a file that says it is empty and is not.
    fileprivate init(contentsOfProcFile path: String) throws {
        let parts = path.split(separator: "/").map(String.init)
        let directory = try POSIXDirectory(path: "/" + parts.dropLast().joined(separator: "/"))
        let file = try directory.openFile(parts[parts.count - 1], for: .reading)
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let count = try file.read(into: &raw, at: 0)
        self = String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
