import Testing

@testable import Broker

@Suite("Trace encoding")
struct TraceEncodingTests {
    @Test(
        "What a reader accepts decides",
        arguments: [
            ("gzip", TraceEncoding.gzip), ("br, GZIP;q=0.5", .gzip), ("gzip, s2", .snappy),
            ("Snappy", .snappy),
            ("deflate", .identity), ("", .identity), ("xgzip", .identity),
        ]
    )
    func choice(accepted: String, encoding: TraceEncoding) {
        #expect(TraceEncoding(accepted: accepted) == encoding)
    }

    @Test("A short text is framed as its formats say")
    func frames() {
        let text = Array("123456789".utf8)
        // CRC-32C of these digits is e3069283; their CRC-32 is cbf43926.
        let masked: UInt32 = (0xe306_9283 >> 15 | 0xe306_9283 << 17) &+ 0xa282_ead8
        let sum = (0..<4).map { UInt8(truncatingIfNeeded: masked >> (8 * $0)) }
        #expect(
            TraceEncoding.snappy.wrap(text)
                == [0xff, 6, 0, 0] + Array("sNaPpY".utf8) + [1, 13, 0, 0] + sum + text
        )
        #expect(
            TraceEncoding.gzip.wrap(text)
                == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1, 9, 0, 0xf6, 0xff] + text
                + [0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0]
        )
    }

    @Test("A long text goes in several parts", arguments: [0, 65_534, 65_535, 65_536, 65_537, 200_000])
    func parts(count: Int) {
        let text = [UInt8](repeating: 7, count: count)
        let chunks = max(1, (count + 65_535) / 65_536)
        #expect(TraceEncoding.snappy.wrap(text).count == 10 + chunks * 8 + count)
        let blocks = max(1, (count + 65_534) / 65_535)
        #expect(TraceEncoding.gzip.wrap(text).count == 18 + blocks * 5 + count)
    }
}
