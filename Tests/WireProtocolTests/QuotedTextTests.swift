import Subjects
import Testing
import WireProtocol

@Suite("Quoted text")
struct QuotedTextTests {
    @Test(
        "What cannot be printed is escaped",
        arguments: [
            (Array("foo.bar".utf8), "\"foo.bar\""), ([], "\"\""),
            (Array("a\"b\\c'd".utf8), "\"a\\\"b\\\\c'd\""),
            ([7, 8, 12, 10, 13, 9, 11], "\"\\a\\b\\f\\n\\r\\t\\v\""),
            ([0, 0x1f, 0x7f], "\"\\x00\\x1f\\x7f\""),
            ([0xff, 0xfe, 0x41], "\"\\xff\\xfeA\""), (Array("ä€😀 é".utf8), "\"ä€😀 é\""),
            (Array("\u{a0}\u{ad}\u{200b}\u{feff}".utf8), "\"\\u00a0\\u00ad\\u200b\\ufeff\""),
            (Array("\u{e0001}".utf8), "\"\\U000e0001\""), (Array("\u{fffd}".utf8), "\"\u{fffd}\""),
            ([0xc3], "\"\\xc3\""), ([0xc3, 0x41], "\"\\xc3A\""), ([0xc0, 0x80], "\"\\xc0\\x80\""),
            ([0xe0, 0x80, 0x80], "\"\\xe0\\x80\\x80\""), ([0xed, 0xa0, 0x80], "\"\\xed\\xa0\\x80\""),
            ([0xf4, 0x90, 0x80, 0x80], "\"\\xf4\\x90\\x80\\x80\""),
            ([0xf0, 0x9f, 0x98], "\"\\xf0\\x9f\\x98\""),
        ] as [([UInt8], String)]
    )
    func quoted(bytes: [UInt8], expected: String) {
        #expect(QuotedText.quote(bytes.span.bytes) == expected)
    }

    @Test("A line of a log keeps its quotes, and nothing in it ends the line")
    func shown() {
        let bytes = Array("a \"b\" \\ \n\u{1b}[1m ä".utf8) + [0xff]
        #expect(QuotedText.show(bytes.span.bytes) == "a \"b\" \\ \\n\\x1b[1m ä\\xff")
    }
}
