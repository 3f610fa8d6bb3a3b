import Testing

@testable import Reports

@Suite("Uptime")
struct UptimeTests {
    @Test(
        "The text starts at the largest unit",
        arguments: [
            (-1, "0s"), (0, "0s"), (59, "59s"), (60, "1m0s"), (65, "1m5s"), (7384, "2h3m4s"),
            (3 * 86_400 + 2 * 3600 + 60, "3d2h1m0s"), (3600, "1h0m0s"),
            (367 * 86_400 + 3 * 3600 + 4 * 60 + 5, "1y2d3h4m5s"),
        ] as [(Int64, String)]
    )
    func text(seconds: Int64, expected: String) {
        #expect(Uptime(seconds: seconds).text == expected)
    }
}
