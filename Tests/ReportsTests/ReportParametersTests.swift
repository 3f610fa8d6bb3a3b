import Testing

@testable import Reports

@Suite("Parameters of reports")
struct ReportParametersTests {
    private func query(_ name: String, _ value: String) -> ReportParameters {
        ReportParameters(query: [(name, value)])
    }

    @Test(
        "A yes or no is one of twelve words",
        arguments: [("1", true), ("t", true), ("TRUE", true), ("0", false), ("False", false), ("", false)]
    )
    func flags(text: String, expected: Bool) throws {
        #expect(try self.query("subs", text).flag("subs") == expected)
    }

    @Test(
        "What cannot be understood is named, as it was written",
        arguments: [
            (
                "subs", "xx",
                #"Error decoding boolean for 'subs': strconv.ParseBool: parsing "xx": invalid syntax"#
            ),
            (
                "subs", "a\"\n",
                #"Error decoding boolean for 'subs': strconv.ParseBool: parsing "a\"\n": invalid syntax"#
            ),
            (
                "subs", "tRUE",
                #"Error decoding boolean for 'subs': strconv.ParseBool: parsing "tRUE": invalid syntax"#
            ),
        ]
    )
    func malformedFlags(name: String, text: String, expected: String) {
        #expect(throws: ReportError.malformed(expected)) { try self.query(name, text).flag(name) }
    }

    @Test(
        "A number that is none, or too large for its type, says which",
        arguments: [
            ("1.5", #"Error decoding int for 'limit': strconv.Atoi: parsing "1.5": invalid syntax"#),
            ("-", #"Error decoding int for 'limit': strconv.Atoi: parsing "-": invalid syntax"#),
            (
                "-99999999999999999999",
                #"Error decoding int for 'limit': strconv.Atoi: parsing "-99999999999999999999": value out of range"#
            ),
        ]
    )
    func malformedNumbers(text: String, expected: String) {
        #expect(throws: ReportError.malformed(expected)) { try self.query("limit", text).integer("limit") }
    }

    @Test("A number without a sign takes none")
    func unsigned() throws {
        #expect(try self.query("cid", "18446744073709551615").unsigned("cid") == .max)
        #expect(throws: ReportError.self) { try self.query("cid", "-1").unsigned("cid") }
        #expect(throws: ReportError.self) { try self.query("cid", "+1").unsigned("cid") }
    }

    @Test("JSON has types, and other names")
    func json() throws {
        let text = Array(#"{"subscriptions":true,"limit":3,"acc":"A","accounts":["A","B"],"x":null}"#.utf8)
        let parameters = try ReportParameters(json: text.span.bytes)
        #expect(try parameters.flag("subs", json: "subscriptions"))
        #expect(try parameters.integer("limit") == 3)
        #expect(try parameters.text("acc") == "A")
        #expect(try parameters.texts("acc", json: "accounts") == ["A", "B"])
        #expect(try parameters.text("x") == "")
        #expect(throws: ReportError.self) { try parameters.text("limit") }
    }

    @Test(
        "A body that is no object is malformed",
        arguments: ["bad", "[]", "1", "\"x\"", "true", "{", #"{"a":1}{"#]
    )
    func malformedBodies(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: ReportError.self) { try ReportParameters(json: bytes.span.bytes) }
    }
}
