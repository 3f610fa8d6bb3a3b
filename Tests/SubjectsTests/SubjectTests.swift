import Subjects
import Testing

@Suite("Subject")
struct SubjectTests {
    @Test(
        "A valid pattern has no empty token, and `>` last only",
        arguments: [
            ("foo", true), ("foo.bar", true), ("*", true), (">", true), ("foo.*", true), ("foo.>", true),
            ("*.*.>", true), ("foo.b*r", true), ("foo*.bar", true), ("foo.>>", true), (">>.a", true),
            ("foo..bar", false), (".foo", false), ("foo.", false), ("foo.>.x", false), (">.a", false),
            ("", false), (".", false), ("..", false),
        ]
    )
    func validPattern(text: String, isValid: Bool) {
        let bytes = Array(text.utf8)
        #expect(Subject.isValidPattern(bytes.span.bytes) == isValid)
        #expect((SubjectPattern(text) != nil) == isValid)
    }

    @Test(
        "A literal has no empty token and no wildcard",
        arguments: [
            ("foo", true), ("foo.bar", true), ("foo.b*r", true), ("foo.>>", true), ("**", true),
            ("*", false), (">", false), ("foo.*", false), ("foo.>", false), ("foo.>.x", false),
            ("*.a", false),
            ("foo..bar", false), (".foo", false), ("foo.", false), ("", false),
        ]
    )
    func validLiteral(text: String, isValid: Bool) {
        let bytes = Array(text.utf8)
        #expect(Subject.isValidLiteral(bytes.span.bytes) == isValid)
    }

    @Test(
        "A configured subject has no blanks",
        arguments: [
            ("foo.>", true), ("a b", false), ("a\tb", false), ("a\rb", false), ("a\nb", false),
            ("a\u{0c}b", false), ("a\u{0b}b", true), ("a..b", false), ("", false), ("ä.ö", true),
        ]
    )
    func validInConfiguration(text: String, isValid: Bool) {
        let bytes = Array(text.utf8)
        #expect(Subject.isValidInConfiguration(bytes.span.bytes) == isValid)
    }

    @Test("Bytes that are no UTF-8 are as good as any")
    func anyBytes() {
        let bytes: [UInt8] = [0xff, 0xfe, 0x2e, 0x80]
        #expect(Subject.isValidPattern(bytes.span.bytes) == true)
        #expect(Subject.isValidLiteral(bytes.span.bytes) == true)
        #expect(Subject.tokenCount(bytes.span.bytes) == 2)
    }

    @Test(
        "Only a token of one wildcard is a wildcard",
        arguments: [
            ("*", true), (">", true), ("a.*.b", true), ("a.>", true), ("a.>.b", false), ("a*", false),
            ("a.b", false), ("", false), ("a..*", true),
        ]
    )
    func wildcard(text: String, hasWildcard: Bool) {
        let bytes = Array(text.utf8)
        #expect(Subject.hasWildcard(bytes.span.bytes) == hasWildcard)
    }

    @Test("Empty tokens and tokens are counted at every length and place")
    func emptyTokensEverywhere() {
        for length in 1...40 {
            var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
            #expect(Subject.hasEmptyToken(bytes.span.bytes) == false)
            #expect(Subject.tokenCount(bytes.span.bytes) == 1)
            for place in 0..<length {
                bytes[place] = Subject.dot
                let isEdge = place == 0 || place == length - 1
                #expect(Subject.hasEmptyToken(bytes.span.bytes) == isEdge, "one dot at \(place) of \(length)")
                #expect(Subject.tokenCount(bytes.span.bytes) == 2)
                if place + 1 < length {
                    bytes[place + 1] = Subject.dot
                    #expect(
                        Subject.hasEmptyToken(bytes.span.bytes) == true,
                        "two dots at \(place) of \(length)"
                    )
                    #expect(Subject.tokenCount(bytes.span.bytes) == 3)
                    bytes[place + 1] = UInt8(ascii: "a")
                }
                bytes[place] = UInt8(ascii: "a")
            }
        }
        #expect(Subject.tokenCount(RawSpan()) == 0)
        #expect(Subject.hasEmptyToken(RawSpan()) == true)
    }

    @Test(
        "The tokens of a subject are what stands between its dots",
        arguments: [
            ("", [""]), ("a", ["a"]), ("a.b", ["a", "b"]), (".", ["", ""]), ("a..b.", ["a", "", "b", ""]),
            ("orders.eu.0123456789.x", ["orders", "eu", "0123456789", "x"]),
        ]
    )
    func tokens(text: String, expected: [String]) {
        let bytes = Array(text.utf8)
        var tokens = SubjectTokens()
        var found: [String] = []
        while let token = tokens.next(in: bytes.span.bytes) {
            found.append(String(decoding: bytes[token], as: UTF8.self))
            #expect(tokens.isAtEnd(of: bytes.span.bytes) == (found.count == expected.count))
        }
        #expect(found == expected)
        #expect(tokens.next(in: bytes.span.bytes) == nil)
    }
}
