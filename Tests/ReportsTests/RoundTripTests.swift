import Testing

@testable import Reports

@Suite("Round trip")
struct RoundTripTests {
    @Test(
        "The text is in the largest unit in which the number is not below one",
        arguments: [
            (-5, "0s"), (0, "0s"), (1, "1ns"), (999, "999ns"), (1_000, "1µs"), (987_000, "987µs"),
            (1_500, "1.5µs"), (150_500_000, "150.5ms"), (1_000_000, "1ms"), (1_050_000, "1.05ms"),
            (1_000_000_000, "1s"), (61_500_000_000, "1m1.5s"), (3_600_000_000_000, "1h0m0s"),
        ] as [(Int64, String)]
    )
    func text(nanoseconds: Int64, expected: String) {
        #expect(RoundTrip(nanoseconds: nanoseconds).text == expected)
    }
}
