import StreamModel
import Testing

@Suite("JSON reader")
struct JSONParserTests {
    @Test(
        "Values are read as they are spelled",
        arguments: [
            ("null", .null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .number("0")),
            ("-1.5e+3", .number("-1.5e+3")), ("18446744073709551615", .number("18446744073709551615")),
            (#""a\n\"\\\/\b\f\r\t""#, .string("a\n\"\\/\u{8}\u{c}\r\t")),
            (#""\u00e4\ud83d\ude00""#, .string("ä😀")),
            (#""\ud800 \udc00""#, .string("\u{fffd} \u{fffd}")), (#""\ud800\u0041""#, .string("\u{fffd}A")),
            ("[]", .array([])), ("[1, [2]]", .array([.number("1"), .array([.number("2")])])),
            ("{ }", .object([])),
            ("\"ä\"", .string("ä")),
        ] as [(String, JSONValue)]
    )
    func values(text: String, value: JSONValue) throws { #expect(try JSONValue(text: text) == value) }

    @Test("Members keep their order, and a repeated one is there twice")
    func members() throws {
        let value = try JSONValue(text: #"{"b":1,"a":2,"b":3}"#)
        #expect(value.keys == ["b", "a", "b"])
        #expect(value["b"]?.integer == 3)
    }

    @Test(
        "What is not JSON is refused, saying why",
        arguments: [
            ("", "unexpected EOF"), ("{", "unexpected EOF"), ("[1", "unexpected EOF"),
            ("\"a", "unexpected EOF"),
            ("tru", "unexpected EOF"), ("-", "unexpected EOF"), ("1.", "unexpected EOF"),
            ("\"\\u12", "unexpected EOF"),
            ("x", "invalid character 'x' looking for beginning of value at offset 1"),
            ("trux", "invalid character 'x' in literal true at offset 4"),
            ("{a", "invalid character 'a' looking for beginning of object key string at offset 2"),
            ("{\"a\"}", "invalid character '}' after object key at offset 5"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string at offset 8"),
            ("{\"a\":1 \"b\"", "invalid character '\"' after object key:value pair at offset 8"),
            ("{\"a\":01}", "invalid character '1' after object key:value pair at offset 7"),
            ("[1,]", "invalid character ']' looking for beginning of value at offset 4"),
            ("[1 2]", "invalid character '2' after array element at offset 4"),
            ("\"\u{1}\"", "invalid character '\\x01' in string at offset 2"),
            ("\"\\x\"", "invalid character 'x' in string escape code at offset 3"),
            ("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape at offset 6"),
            ("-a", "invalid character 'a' in numeric literal at offset 2"), ("1 2", "more than one value"),
        ]
    )
    func refused(text: String, reason: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(text: text) }
        do {
            _ = try JSONValue(text: text)
        } catch {
            #expect("\(error)" == reason)
        }
    }

    @Test("Nesting is bounded")
    func depth() throws {
        let nested = { (depth: Int) in
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSONValue(text: nested(32)) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(text: nested(33)) }
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(text: String(repeating: "[", count: 1_000_000))
        }
    }

    @Test("Bytes that are not UTF-8 become U+FFFD")
    func repaired() throws {
        #expect(try JSONValue(text: [0x22, 0xff, 0x61, 0x22]) == .string("\u{fffd}a"))
    }
}
