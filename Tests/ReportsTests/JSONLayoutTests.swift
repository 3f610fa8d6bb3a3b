import Testing

@testable import Reports

@Suite("JSON layout")
struct JSONLayoutTests {
    @Test(
        "Lines are indented by two spaces, and empty containers stay together",
        arguments: [
            (#"{}"#, "{}"),
            (#"[]"#, "[]"),
            (#"{"a":1}"#, "{\n  \"a\": 1\n}"),
            (#"{"a":{},"b":[]}"#, "{\n  \"a\": {},\n  \"b\": []\n}"),
            (#"{"a":{"b":[1,2]}}"#, "{\n  \"a\": {\n    \"b\": [\n      1,\n      2\n    ]\n  }\n}"),
            (#"{"a":"{,:}"}"#, "{\n  \"a\": \"{,:}\"\n}"),
            (#"["\"","\\",1]"#, "[\n  \"\\\"\",\n  \"\\\\\",\n  1\n]"),
        ]
    )
    func indented(text: String, expected: String) {
        #expect(String(decoding: JSONLayout.indented(Array(text.utf8)), as: UTF8.self) == expected)
    }

    @Test("What could end a script or start a tag is escaped in strings")
    func escapes() {
        let text = Array(#"{"a<":"<b>&","n":1}"#.utf8)
        let expected = #"{"a\u003c":"\u003cb\u003e\u0026","n":1}"#
        #expect(String(decoding: JSONLayout.compact(text), as: UTF8.self) == expected)
    }
}
