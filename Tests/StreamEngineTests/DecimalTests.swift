import NIOCore
import Testing

@testable import StreamEngine

@Suite("Decimal")
struct DecimalTests {
    @Test("Digits are those of the standard library, around each power of ten")
    func digits() {
        var power: UInt64 = 1
        while true {
            for value in [power - 1, power, power + 1, power &* 7] {
                var buffer = ByteBuffer()
                buffer.writeDecimal(value)
                #expect(String(buffer: buffer) == String(value))
                #expect(Decimal.count(value) == String(value).utf8.count)
            }
            let (next, overflow) = power.multipliedReportingOverflow(by: 10)
            if overflow { break }
            power = next
        }
        for value in [Int64.min, -1, 0, .max] {
            var buffer = ByteBuffer()
            buffer.writeDecimal(value)
            #expect(String(buffer: buffer) == String(value))
            let bytes = Array(String(value).utf8)
            #expect(Decimal.parseSigned(bytes.span.bytes, 0..<bytes.count) == value)
        }
    }
}
