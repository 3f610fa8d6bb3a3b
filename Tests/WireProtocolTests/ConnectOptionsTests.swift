import Subjects
import Testing
import WireProtocol

@Suite("CONNECT options")
struct ConnectOptionsTests {
    private static func merge(_ text: String, into options: inout ConnectOptions) -> Bool {
        let bytes = Array(text.utf8)
        return options.merge(bytes.span.bytes)
    }

    @Test("Without CONNECT everything is at its default")
    func defaults() {
        let options = ConnectOptions()
        #expect(options.verbose)
        #expect(options.pedantic)
        #expect(options.echo)
        #expect(!options.headers)
        #expect(!options.noResponders)
        #expect(!options.tlsRequired)
        #expect(!options.newAccount)
        #expect(options.protocolVersion == 0)
        #expect(options.user.isEmpty)
    }

    @Test("Every field is read")
    func allFields() {
        let text = """
            {"verbose":false,"pedantic":false,"tls_required":true,"auth_token":"t","user":"u","pass":"p","jwt":"j",\
            "nkey":"n","sig":"s","name":"a name","lang":"swift","version":"1.2","protocol":1,"echo":false,\
            "headers":true,"no_responders":true,"account":"acc","new_account":true,"proxy_sig":"x","import":{},\
            "export":{"a":[1]},"remote_account":"r"}
            """
        var options = ConnectOptions()
        #expect(Self.merge(text, into: &options))
        var expected = ConnectOptions()
        expected.verbose = false
        expected.pedantic = false
        expected.tlsRequired = true
        expected.authToken = "t"
        expected.user = "u"
        expected.pass = "p"
        expected.jwt = "j"
        expected.nkey = "n"
        expected.sig = "s"
        expected.name = "a name"
        expected.lang = "swift"
        expected.version = "1.2"
        expected.protocolVersion = 1
        expected.echo = false
        expected.headers = true
        expected.noResponders = true
        expected.account = "acc"
        expected.newAccount = true
        expected.proxySig = "x"
        #expect(options == expected)
    }

    @Test(
        "Nothing and null keep what was there",
        arguments: [
            "{}", "null", " { } ", " null\t", "{\"verbose\":null}", "{\"user\":null,\"protocol\":null}",
            "{\"unknown\":{\"a\":[1,2.5e-3,\"x\",true,false,null,{}],\"b\":{}}}", "{\"verbos\":1}",
            "{\"a\":[]}", "{\"a\":[[[]],[{}]]}", "{\"a\":-0.0}", "{\"a\":0}", "{\"a\":1E+2}",
        ]
    )
    func nothing(text: String) {
        var options = ConnectOptions()
        options.user = "before"
        options.verbose = false
        let before = options
        #expect(Self.merge(text, into: &options))
        #expect(options == before)
    }

    @Test("A second CONNECT changes only what it mentions")
    func merged() {
        var options = ConnectOptions()
        #expect(Self.merge("{\"verbose\":false,\"name\":\"one\",\"protocol\":1}", into: &options))
        #expect(Self.merge("{\"name\":\"two\"}", into: &options))
        #expect(!options.verbose)
        #expect(options.name == "two")
        #expect(options.protocolVersion == 1)
    }

    @Test("Keys are read in any case, and the last of several counts")
    func keys() {
        var options = ConnectOptions()
        #expect(Self.merge("{\"USER\":\"a\",\"uSeR\":\"b\",\"No_Responders\":true}", into: &options))
        #expect(options.user == "b")
        #expect(options.noResponders)
    }

    @Test(
        "What is not an object of the right types is refused",
        arguments: [
            "", " ", "[]", "{bad}", "{", "}", "{}}", "{} x", "null null", "nul", "nullx", "x", "5", "\"a\"",
            "true",
            "{\"verbose\":1}", "{\"verbose\":\"true\"}", "{\"verbose\":truex}", "{\"user\":1}",
            "{\"user\":{}}",
            "{\"protocol\":\"1\"}", "{\"protocol\":1.0}", "{\"protocol\":1e0}", "{\"protocol\":true}",
            "{\"protocol\":99999999999999999999}", "{\"protocol\":01}", "{\"protocol\":}", "{\"import\":[]}",
            "{\"export\":\"x\"}", "{\"remote_account\":1}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\" 1}",
            "{\"a\":1 \"b\":2}",
            "{a:1}", "{\"a\":}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":+1}",
            "{\"a\":-}",
            "{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[}", "{\"a\":[}]}", "{\"a\":{\"b\"}}",
            "{\"a\":{1:2}}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"b",
            "{\"a\":\"\u{01}\"}",
            "{\"a\":tru}", "{\"a\":nulll}", "{\"a\":1}{\"b\":2}", "{\"new_account\":\"x\"}",
        ]
    )
    func refused(text: String) {
        var options = ConnectOptions()
        #expect(!Self.merge(text, into: &options))
    }

    @Test(
        "Escapes in strings are undone",
        arguments: [
            ("a\\\"b\\\\c\\/d", "a\"b\\c/d"), ("\\b\\f\\n\\r\\t", "\u{08}\u{0c}\n\r\t"),
            ("\\u0041\\u00e4", "Aä"),
            ("\\uD83D\\uDE00", "😀"), ("\\ud83d", "\u{fffd}"), ("\\ud83dx", "\u{fffd}x"),
            ("\\ud83d\\u0041", "\u{fffd}A"), ("\\ude00\\ud83d", "\u{fffd}\u{fffd}"), ("ä😀", "ä😀"),
        ]
    )
    func escapes(escaped: String, expected: String) {
        var options = ConnectOptions()
        #expect(Self.merge("{\"pass\":\"\(escaped)\"}", into: &options))
        #expect(options.pass == expected)
    }

    @Test("An escape in a key counts like the letter itself")
    func escapedKey() {
        var options = ConnectOptions()
        #expect(Self.merge("{\"\\u0075ser\":\"x\"}", into: &options))
        #expect(options.user == "x")
    }

    @Test("The greatest numbers are read")
    func numbers() {
        var options = ConnectOptions()
        #expect(Self.merge("{\"protocol\":9223372036854775807}", into: &options))
        #expect(options.protocolVersion == .max)
        #expect(Self.merge("{\"protocol\":-9223372036854775808}", into: &options))
        #expect(options.protocolVersion == .min)
        #expect(!Self.merge("{\"protocol\":9223372036854775808}", into: &options))
        #expect(!Self.merge("{\"protocol\":-9223372036854775809}", into: &options))
    }

    @Test("Values nested deeper than anybody needs are refused, without recursion")
    func depth() {
        func nested(_ depth: Int) -> String {
            "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        var options = ConnectOptions()
        #expect(Self.merge(nested(1000), into: &options))
        #expect(!Self.merge(nested(1001), into: &options))
        #expect(!Self.merge(String(repeating: "{\"a\":", count: 100_000), into: &options))
    }

    @Test("Only the given place of the bytes is read")
    func place() {
        let bytes = Array("xx{\"user\":\"a\"}yy".utf8)
        var options = ConnectOptions()
        #expect(options.merge(bytes.span.bytes, at: 2..<bytes.count - 2) == true)
        #expect(options.user == "a")
        for end in 2..<bytes.count - 2 {
            #expect(options.merge(bytes.span.bytes, at: 2..<end) == false, "cut at \(end)")
        }
    }

    @Test("Random texts are refused or accepted, and never trap", arguments: [1, 2, 3, 4] as [UInt64])
    func noise(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "{", "}", "[", "]", ":", ",", "\"", "\"a\"", "\"user\"", "\\u", "\\", "1", "-", ".", "e", "null",
            "true", " ",
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...8, using: &random)
            let middle = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }
                .joined()
            var options = ConnectOptions()
            if Self.merge("{\"user\":" + middle + "}", into: &options) { accepted += 1 }
        }
        #expect(accepted > 0 && accepted < 20_000, "seed \(seed)")
    }

    @Test(
        "In a log nothing secret is shown, however it is written",
        arguments: [
            (
                #"{"user":"u","pass":"p","verbose":false}"#,
                #"{"user":"u","pass":"[REDACTED]","verbose":false}"#
            ),
            (#"{ "auth_token" : "x\"y" , "lang":"l" }"#, #"{ "auth_token" : "[REDACTED]" , "lang":"l" }"#),
            (#"{"PASS":"a","p\u0061ss":"b"}"#, #"{"PASS":"[REDACTED]","p\u0061ss":"[REDACTED]"}"#),
            (
                #"{"x":{"pass":"a"},"jwt":"j","sig":"s"}"#,
                #"{"x":"[REDACTED]","jwt":"[REDACTED]","sig":"[REDACTED]"}"#
            ),
            (#"{"pass":"a"} "#, #"{"pass":"[REDACTED]"} "#), ("{}", "{}"), ("null", "[REDACTED]"),
            (#"{"pass":"a""#, "[REDACTED]"), (#"{"pass":"a"}x"#, "[REDACTED]"), ("", "[REDACTED]"),
            (#"{"pass":"a"#, "[REDACTED]"), (#"{"name":"\#u{1b}"}"#, "[REDACTED]"),
        ]
    )
    func text(json: String, expected: String) {
        let bytes = Array(json.utf8)
        #expect(ConnectOptions.text(of: bytes.span.bytes) == expected)
    }
}
