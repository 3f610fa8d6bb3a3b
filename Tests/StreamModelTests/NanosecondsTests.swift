import StreamModel
import Testing

@Suite("Durations as text")
struct NanosecondsTests {
    @Test(
        "A duration is written in hours, minutes and seconds, or in one smaller unit",
        arguments: [
            (0, "0s"), (1, "1ns"), (1_500, "1.5µs"), (300_000_000, "300ms"), (1_000_000_000, "1s"),
            (1_500_000_000, "1.5s"), (10_000_000_000, "10s"), (60_000_000_000, "1m0s"),
            (900_000_000_000, "15m0s"), (5_400_000_000_000, "1h30m0s"), (-2_000_000_000, "-2s"),
            (90_001_000_000, "1m30.001s"), (999_999_999, "999.999999ms"), (.max, "2562047h47m16.854775807s"),
            (.min, "-2562047h47m16.854775808s"),
        ] as [(Int64, String)]
    )
    func written(nanoseconds: Int64, text: String) {
        #expect(Nanoseconds(nanoseconds).description == text)
        #expect(Nanoseconds(text: bytes(text).span.bytes) == Nanoseconds(nanoseconds))
    }

    @Test(
        "Every spelling of a duration is read",
        arguments: [
            ("0", 0), ("+5s", 5_000_000_000), ("1h30m", 5_400_000_000_000), ("1.5s", 1_500_000_000),
            (".5s", 500_000_000), ("1.s", 1_000_000_000), ("3us", 3_000), ("3\u{3bc}s", 3_000),
            ("-1.000000001s", -1_000_000_001), ("0.00000000000000000000001h", 0), ("1m1m", 120_000_000_000),
        ] as [(String, Int64)]
    )
    func read(text: String, nanoseconds: Int64) {
        #expect(Nanoseconds(text: bytes(text).span.bytes) == Nanoseconds(nanoseconds))
    }

    @Test(
        "What is not a duration is refused",
        arguments: [
            "", "-", "+", ".", "s", ".s", "1", "1.5", "1x", "1 s", " 1s", "1s ", "1d", "--1s", "1s-",
            "9223372036854775808ns", "2562048h", "99999999999999999999s", "1S",
        ]
    )
    func refused(text: String) { #expect(Nanoseconds(text: bytes(text).span.bytes) == nil) }

    @Test("Seconds beyond the range are clamped to it")
    func clamped() {
        #expect(Nanoseconds.seconds(.max) == Nanoseconds(.max))
        #expect(Nanoseconds.milliseconds(.min) == Nanoseconds(.min))
        #expect(Nanoseconds.seconds(2) == .milliseconds(2_000))
    }
}
