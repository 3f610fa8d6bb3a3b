import StreamModel
import Testing

@Suite("Time to live")
struct TimeToLiveTests {
    private func parse(_ text: String) -> TimeToLive? {
        let bytes = Array(text.utf8)
        return TimeToLive(text: bytes.span.bytes)
    }

    // streams.md §3.10
    @Test(
        "A number of seconds, a duration cut to whole seconds, or never",
        arguments: [("1", 1), ("86400", 86_400), ("1s", 1), ("1.5s", 1), ("1h30m", 5_400), ("1500ms", 1)]
    )
    func valid(text: String, seconds: Int64) {
        #expect(self.parse(text) == .after(nanoseconds: seconds * 1_000_000_000))
    }

    @Test("Never is a word")
    func never() {
        #expect(self.parse("never") == .never)
        #expect(self.parse("Never") == nil)
        #expect(TimeToLive.never.expiry(storedAt: Timestamp(rawValue: 7)) == .distantFuture)
        #expect(TimeToLive.after(nanoseconds: 5).expiry(storedAt: Timestamp(rawValue: 7)).rawValue == 12)
    }

    @Test(
        "Less than a second and what is no time is refused",
        arguments: ["", "0", "500ms", "-1", "-5s", "bogus", "1 s"]
    )
    func invalid(text: String) { #expect(self.parse(text) == nil) }

    @Test("What does not fit into 64 bits is refused")
    func huge() {
        #expect(self.parse("9223372037") == nil)
        #expect(self.parse("99999999999999999999999") == nil)
    }
}
