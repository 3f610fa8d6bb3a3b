import StreamModel
import Testing

@Suite("Moments as text")
struct TimestampTests {
    @Test(
        "A moment is written in UTC without trailing zeros, and reads back",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.000000001Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"), (1_500_000_000, "1970-01-01T00:00:01.5Z"),
            (1_795_403_548_593_037_801, "2026-11-23T03:12:28.593037801Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00Z"),
            (.max, "2262-04-11T23:47:16.854775807Z"), (.min, "1677-09-21T00:12:43.145224192Z"),
        ] as [(Int64, String)]
    )
    func written(nanoseconds: Int64, text: String) throws {
        let time = Timestamp(nanoseconds: nanoseconds)
        #expect(time.rfc3339 == text)
        #expect(try Timestamp.parse(rfc3339: text) == time)
    }

    @Test(
        "Zone offsets and long fractions are read",
        arguments: [
            ("2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z"),
            ("2023-12-31T18:30:00-05:30", "2024-01-01T00:00:00Z"),
            ("2024-01-01T00:00:00.1234567891234Z", "2024-01-01T00:00:00.123456789Z"),
            ("2024-01-01T00:00:00.500Z", "2024-01-01T00:00:00.5Z"),
        ]
    )
    func read(text: String, normal: String) throws {
        #expect(try Timestamp.parse(rfc3339: text)?.rfc3339 == normal)
    }

    @Test("The zero time is no time, in any zone")
    func zero() throws {
        #expect(try Timestamp.parse(rfc3339: Timestamp.zeroText) == nil)
        #expect(try Timestamp.parse(rfc3339: "0001-01-01T01:00:00+01:00") == nil)
    }

    @Test("Moments that do not fit are clamped to the ends of the range")
    func clamped() throws {
        #expect(try Timestamp.parse(rfc3339: "9999-12-31T23:59:59Z") == .distantFuture)
        #expect(try Timestamp.parse(rfc3339: "0000-01-01T00:00:00Z") == .distantPast)
        #expect(try Timestamp.parse(rfc3339: "2262-04-11T23:47:16.854775808Z") == .distantFuture)
    }

    @Test(
        "What is not a moment is refused",
        arguments: [
            "", "x", "2024-01-01", "2024-01-01T00:00:00", "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z",
            "2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00.Z", "2024-01-01t00:00:00Z",
            "2024-01-01T00:00:00z", "2024-01-01T00:00:00+1:00", "2024-01-01T00:00:00+24:00",
            "2024-01-01T00:00:00+01:60", "2024-01-01T00:00:00*01:00", "2024-01-01T00:00:00Zx",
            "+024-01-01T00:00:00Z", "2024-01-01T00:00:00.5", "2024-1-01T00:00:000Z",
        ]
    )
    func refused(text: String) {
        #expect(throws: TimestampSyntaxError.self) { try Timestamp.parse(rfc3339: text) }
    }

    @Test("Every day of four centuries is written as the day after the last")
    func calendar() throws {
        var previous = ""
        for day in stride(from: -100_000 as Int64, through: 100_000, by: 1) {
            let text = Timestamp(nanoseconds: day * 86_400_000_000_000).rfc3339
            #expect(text > previous)
            if day % 7 == 0 {
                #expect(try Timestamp.parse(rfc3339: text)?.rawValue == day * 86_400_000_000_000)
            }
            previous = text
        }
    }
}
