import ServerConfiguration
import TestSupport
import Testing

@Suite("The grammar of configurations")
struct ConfigurationParserTests {
    @Test(
        "A value is what its spelling says",
        arguments: [
            ("1", "1"), ("-1", "-1"), ("007", "7"), ("1k", "1000"), ("1K", "1000"), ("1kb", "1024"),
            ("1Ki", "1024"), ("1kib", "1024"), ("2m", "2000000"), ("2MB", "2097152"), ("1g", "1000000000"),
            ("1gb", "1073741824"), ("1T", "1000000000000"), ("1p", "1000000000000000"),
            ("9e", "9000000000000000000"), ("-2k", "-2000"), ("9223372036854775807", "9223372036854775807"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("1.5", "f1.5"), ("-1.5", "f-1.5"),
            ("1KX", "\"1KX\""), ("1abc", "\"1abc\""), ("0x10", "\"0x10\""), ("1_000", "\"1_000\""),
            ("5%", "\"5%\""), ("1:2", "\"1:2\""), ("3s", "\"3s\""), ("1k.", "\"1k.\""), ("1/2", "\"1/2\""),
            ("127.0.0.1:4222", "\"127.0.0.1:4222\""), ("1.2.3", "\"1.2.3\""), ("-1.2.3", "\"-1.2.3\""),
            ("2020-02-29T23:59:59Z", "t2020-02-29T23:59:59Z"),
            ("true", "true"), ("YES", "true"), ("oN", "true"), ("no", "false"), ("Off", "false"),
            ("trueish", "\"trueish\""), ("\"true\"", "\"true\""), ("'no'", "\"no\""),
            ("foo#bar", "\"foo#bar\""), ("a//b", "\"a//b\""), ("#c", "\"#c\""), ("a{b", "\"a{b\""),
            ("a\"b", "\"a\"b\""), ("a$b", "\"a$b\""), ("::1", "\"::1\""),
            ("nats://u:p@h:1", "\"nats://u:p@h:1\""),
            ("\\x41b", "\"Ab\""), ("1\\x41", "\"1A\""), ("\"\\x41\\t\\n\\r\\\"\\\\\"", "\"A\t\n\r\"\\\""),
            ("'a\\q'", "\"a\\q\""), ("\"a\nb\"", "\"a\nb\""), ("'a\nb'", "\"a\nb\""),
            ("$2a$11$abc", "\"$2a$11$abc\""), ("\"$X\"", "\"$X\""), ("'$X'", "\"$X\""),
            ("(\na\n)", "\"\na\n\""), ("(a\n)x\n)\n", "\"a\n)x\n\""), ("(\n a)b\n)", "\"\n a)b\n\""),
            ("{}", "{}"), ("[]", "[]"), ("[a,]", "[\"a\"]"), ("[a\nb]", "[\"a\",\"b\"]"),
            ("[a # x\n b]", "[\"a\",\"b\"]"), ("[//x\n a]", "[\"a\"]"), ("[[1], {a: [2]}]", "[[1],{a:[2]}]"),
            ("{a: 1, b: 2; c: 3\n d: 4}", "{a:1,b:2,c:3,d:4}"), ("{a:1,}", "{a:1}"),
            ("x # comment", "\"x\""), ("\"x\"// comment", "\"x\""),
        ]
    )
    func values(text: String, outline: String) {
        #expect(FakeSources().outline("k: \(text)") == "{k:\(outline)}")
        // A comment may begin in an array, and takes its end away.
        if !text.hasPrefix("("), !text.hasPrefix("#"), !text.contains("comment") {
            #expect(FakeSources().outline("{\"k\":[\(text)]}") == "{k:[\(outline)]}")
        }
    }

    @Test(
        "A value that is none is an error",
        arguments: [
            ("1.", "Floats must have a digit"), (".5", "Floats must start with a digit"),
            ("1.5MB", "Expected a top-level value to end"), ("12.5x", "Expected a top-level value to end"),
            ("1..2", "Floats must have a digit"), ("10.0.0.0/8", "Expected a top-level value to end"),
            ("1-2", "full Zulu form"), ("2020-01-01", "ISO8601"), ("2020-01-01T00:00:00", "ISO8601"),
            ("2020-13-01T00:00:00Z", "expected Zulu formatted DateTime"),
            ("2021-02-29T00:00:00Z", "expected Zulu formatted DateTime"),
            ("-", "Expected a digit"), ("-abc", "Expected a digit"), ("--1", "Expected a digit"),
            ("- 5", "Expected a digit"), ("1 k", "Expected a top-level value to end"),
            ("9223372036854775808", "integer '9223372036854775808' is out of the range"),
            ("99999999999999999999", "is out of the range"), ("10e", "is out of the range"),
            ("9eb", "is out of the range"),
            ("\"a\\q\"", "Invalid escape character 'q'"), ("a\\q", "Invalid escape character 'q'"),
            ("a\\", "Invalid escape character end of file"), ("\"\\x4\"", "two hexadecimal digits"),
            ("\"unterminated", "Unexpected EOF"), ("'unterminated", "Unexpected EOF"),
            ("(a", "Unexpected EOF processing block"), ("(a)\n", "Unexpected EOF processing block"),
            ("()", "Unexpected EOF processing block"),
            ("a'b", "Expected a top-level value to end"), ("'a''b'", "Expected a top-level value to end"),
            ("[a,,b]", "Unexpected array value terminator ','."),
            ("[,]", "Unexpected array value terminator"),
            ("[a b]", "Expected an array value terminator"), ("[a;b]", "Expected an array value terminator"),
            ("[\n a\n,\n b]", "Unexpected array value terminator"),
            ("[1", "Expected an array value terminator"),
            ("[", "Expected an array value terminator"), ("[a /b]", "Expected an array value terminator"),
            ("{a: 1 b: 2}", "Expected a map value terminator"), ("{a: 1", "Expected a map value terminator"),
            ("{a: 1,, b: 2}", "Expected a key"), ("{", "Expected a map value terminator"),
            ("\n 4222", "Expected value but found new line"), ("4222 host: x", "Expected a top-level value"),
            ("$X", "variable reference for 'X' on line 1 can not be found"),
            ("$", "variable reference for ''"),
            ("$2b$11$abc", "variable reference for '2b$11$abc'"), ("$k", "variable reference for 'k'"),
            (", a: 1", "Expected value"),
        ]
    )
    func badValues(text: String, message: String) {
        let outline = FakeSources().outline("k: \(text)")
        #expect(outline.hasPrefix("error c.conf:"), "\(outline)")
        #expect(outline.contains(message), "\(outline)")
    }

    @Test(
        "Items come in many forms",
        arguments: [
            ("", "{}"), ("# only\n// comments", "{}"), ("{}", "{}"), ("}", "{}"), ("{\n}", "{}"),
            ("{\"port\":4333}\n", "{port:4333}"), ("port=4333", "{port:4333}"), ("port 4333", "{port:4333}"),
            ("port   =  4333", "{port:4333}"), ("'port'=4333", "{port:4333}"),
            ("\"port\" 4333", "{port:4333}"),
            ("\"a\"{b:1}", "{a:{b:1}}"), ("\"a\"[b]", "{a:[\"b\"]}"), ("a {b 1}", "{a:{b:1}}"),
            ("port: 1, host: x", "{port:1,host:\"x\"}"), ("port: 1; host: x;", "{port:1,host:\"x\"}"),
            ("port: 1\r\nhost: x\r\n", "{port:1,host:\"x\"}"), ("port: 1\rhost: x\r", "{port:1,host:\"x\"}"),
            ("port: 4333 }", "{port:4333}"), ("{ port: 4333", "{port:4333}"), ("{port: 1} # x", "{port:1}"),
            ("a: {b: 1}, c: 2", "{a:{b:1},c:2}"), ("a: {b: 1} # x\nc: 2", "{a:{b:1},c:2}"),
            ("port: 1\nport: 4333", "{port:4333}"), ("PORT: 1", "{PORT:1}"),
            ("\u{2003}port\u{a0}: 1", "{port:1}"), ("name: \u{a0}x", "{name:\"\u{a0}x\"}"),
            ("name:", "{name:\"\"}"), ("po\"rt: 1", "{po\"rt:1}"),
        ]
    )
    func items(text: String, outline: String) {
        #expect(FakeSources().outline(text) == outline)
    }

    @Test(
        "Text that is no item is an error, with its place",
        arguments: [
            ("authorization{ user: a }", "c.conf:1:22: Parse error on line 1: 'Expected a top-level value"),
            ("port: 4222 host: x", "c.conf:1:12: Parse error on line 1"),
            ("port:\n 4222", "c.conf:1:6: Parse error on line 1: 'Expected value but found new line"),
            ("a: 1\n  b: [1, ,]", "c.conf:2:10: Parse error on line 2: 'Unexpected array value terminator"),
            ("port", "c.conf:1:5: Parse error"), ("port: 1\n}\n}", "c.conf:3:1: Parse error"),
            (",port: 1", "c.conf:1:1: Parse error"), ("port: 1,,", "c.conf:1:9: Parse error"),
            ("/x: 1", "c.conf:1:1: Parse error"), ("port == 1", "c.conf:1:9: Parse error"),
            ("\"port: 1", "c.conf:1:9: Parse error"), ("include\n", "c.conf:1:8: Parse error"),
        ]
    )
    func badItems(text: String, message: String) {
        #expect(FakeSources().outline(text).hasPrefix("error \(message)"), "\(FakeSources().outline(text))")
    }

    @Test("A key and a value know where they stand")
    func positions() throws {
        let root = try FakeSources().tree("a: 1\n  b: { c : x }\n").root
        #expect(root.entries.map(\.position.description) == ["c.conf:1:1", "c.conf:2:3"])
        guard case .map(let map) = root.entries[1].value.kind else {
            Issue.record("b is no map")
            return
        }
        #expect(map.entries[0].position.description == "c.conf:2:8")
        #expect(map.entries[0].value.position.description == "c.conf:2:12")
    }
}

@Suite("Variables")
struct ConfigurationVariableTests {
    let sources = FakeSources(environment: [
        "PORT": "4555", "NAME": "\"abc\"", "LIST": "[1, $PORT]", "LOOP": "$LOOP", "A": "$B", "B": "$A",
        "BROKEN": "[", "EMPTY": "", "TWO": "1 2", "a": "9",
    ])

    @Test(
        "A variable stands for a key that came before, else for the environment",
        arguments: [
            ("a = 3\nb = $a", "{a:3,b:3}"), ("a: 3\nm { b: $a }", "{a:3,m:{b:3}}"),
            ("a: 1\nm { a: 2, b: $a }\nc: $a", "{a:1,m:{a:2,b:2},c:1}"), ("a: 1\na: 2\nb: $a", "{a:2,b:2}"),
            ("p: $PORT", "{p:4555}"), ("n: $NAME", "{n:\"abc\"}"), ("l: $LIST", "{l:[1,4555]}"),
            ("PORT: 1\np: $PORT", "{PORT:1,p:1}"), ("l: [$PORT, $PORT]", "{l:[4555,4555]}"),
            ("m: {x: 1}\nb: $m", "{m:{x:1},b:{x:1}}"), ("e: $EMPTY", "{e:\"\"}"),
            ("p: $a\na: 1", "{p:9,a:1}"),
        ]
    )
    func values(text: String, outline: String) {
        #expect(self.sources.outline(text) == outline)
    }

    @Test(
        "A variable that stands for nothing is an error",
        arguments: [
            ("p: $q\nq: 1", "variable reference for 'q' on line 1 can not be found"),
            ("m: {x: 1}\np: $x", "variable reference for 'x' on line 2 can not be found"),
            ("a: {b: 1}\np: $a.b", "variable reference for 'a.b' on line 2 can not be found"),
            ("p: $port\nPORT: 1", "variable reference for 'port'"), ("p: $LOOP", "cycle for 'LOOP'"),
            ("p: $A", "cycle for 'A'"), ("p: $BROKEN", "could not be parsed"),
            ("p: $TWO", "could not be parsed"),
        ]
    )
    func errors(text: String, message: String) {
        #expect(self.sources.outline(text).contains(message), "\(self.sources.outline(text))")
    }

    @Test("A key that a variable stands for is marked, and only that")
    func marks() throws {
        let root = try self.sources.tree("a: 1\nb: 2\nm { c: $a }").root
        #expect(root.entries.map(\.isVariable) == [true, false, false])
    }

    @Test("Variables that stand for ever more are refused before they take the memory")
    func bomb() {
        var text = "a0: [\(String(repeating: "x", count: 1000))]\n"
        for level in 1...40 { text += "a\(level): [$a\(level - 1), $a\(level - 1)]\n" }
        #expect(self.sources.outline(text).contains("is too large"))
    }

    @Test("Variables that stand for ever deeper values are refused")
    func depth() {
        var text = "a0: [1]\n"
        for level in 1...200 { text += "a\(level): [$a\(level - 1)]\n" }
        #expect(self.sources.outline(text).contains("is too large"))
    }
}

@Suite("Includes")
struct ConfigurationIncludeTests {
    let sources = FakeSources(files: [
        "c.conf": "", "b.conf": "b: 2\n", "user.conf": "user: joe", "uses.conf": "p: $a",
        "sub/one.conf": "include two.conf\none: 1", "sub/two.conf": "two: 2", "bad.conf": "foo: [\n",
        "loop.conf": "include loop.conf", "ping.conf": "include pong.conf", "pong.conf": "include ping.conf",
        "/abs.conf": "abs: 1",
    ])

    @Test(
        "The keys of the other file stand where it is named",
        arguments: [
            ("include b.conf", "{b:2}"), ("include \"b.conf\"", "{b:2}"), ("INCLUDE 'b.conf'", "{b:2}"),
            (
                "include ./b.conf",
                "error c.conf:1:1: error parsing include file './b.conf', open ./b.conf: no such"
            ),
            ("a: 1\ninclude b.conf; c: $b", "{a:1,b:2,c:2}"), ("include b.conf # x\nb: 3", "{b:3}"),
            ("b: 3\ninclude b.conf", "{b:2}"), ("m { include user.conf }", "{m:{user:\"joe\"}}"),
            ("m { include user.conf\n }", "{m:{user:\"joe\"}}"), ("include sub/one.conf", "{two:2,one:1}"),
            ("include /abs.conf", "{abs:1}"), ("\"include\" b.conf", "{include:\"b.conf\"}"),
            ("include: 3", "{include:3}"), ("included: 3", "{included:3}"),
        ]
    )
    func includes(text: String, outline: String) {
        #expect(self.sources.outline(text).hasPrefix(outline), "\(self.sources.outline(text))")
    }

    @Test(
        "A file that cannot be included is an error",
        arguments: [
            (
                "include missing.conf",
                "error parsing include file 'missing.conf', open missing.conf: no such file"
            ),
            (
                "include bad.conf",
                "error parsing include file 'bad.conf', bad.conf:2:1: Parse error on line 2"
            ),
            ("a: 1\ninclude uses.conf", "variable reference for 'a' on line 1 can not be found"),
            ("include loop.conf", "it includes itself"), ("include ping.conf", "it includes itself"),
            ("include c.conf", "it includes itself"), ("include b.conf x: 1", "Expected a top-level value"),
        ]
    )
    func errors(text: String, message: String) {
        #expect(self.sources.outline(text).contains(message), "\(self.sources.outline(text))")
    }

    @Test("Files that include ever more files are refused")
    func bomb() {
        var sources = FakeSources()
        for level in 0..<100 { sources.files["f\(level)"] = "include f\(level + 1)\ninclude f\(level + 1)" }
        #expect(sources.outline("include f0").contains("files include each other"))
        for level in 0..<12 { sources.files["f\(level)"] = "include f\(level + 1)\ninclude f\(level + 1)" }
        sources.files["f12"] = "x: 1"
        #expect(sources.outline("include f0").contains("too large"))
    }
}

@Suite("The digest of a configuration")
struct ConfigurationDigestTests {
    @Test(
        "It is that of the values as sorted JSON",
        arguments: [
            ("{\"port\":4333}\n", "5942f6739f1572892ba80b954eee212713f172258629e16936dfeeae8e2eb80d"),
            ("port: 1 # x\nport = 4333", "5942f6739f1572892ba80b954eee212713f172258629e16936dfeeae8e2eb80d"),
            ("PORT: 4333", "6ccbb9dafa9b7a53ea7bd5983279e6ac6cfb2863a9686119f7a3749053b98417"),
            ("host: x, port: 4222", "4e31f80dd34c230ec8681415e9e9babe1b3878b189bd7e19ddae5c8d5250dfa9"),
            ("server_tags: [a\nb]", "e09a48bacda8a05513e0da3231f1cef15d6c5fc6831f9a9b17c803c10209238c"),
            ("a=3\nport=$a\n", "2c19b7ed356499de16665d74d63e92bcdae190fb65d599570ed1d26e8cb2451c"),
            ("debug: TRUE", "eca738dbc8155b8e2da07ff1a72a27aea10ba0fe3256289ad8b18ef5846bec7e"),
            ("server_name: \"<&>\"", "99d1b7fdecc474394a7930d1a6cfc778552e9aae33eceda9271b1afe15ea5683"),
            ("server_name: \"\u{1}\"", "8666490e88792da701355c0126d53f632f17e154b6adaa698bb47d639d13f923"),
            ("server_name: éà", "add3d5bf6aedbfc656af8c8ae5d9eeaaf53937d1a6c66b656768a4b24740a997"),
            (
                "server_name: \"a\\nb\\tc\\rd\\\\e\\\"f\"",
                "ddc350bfc03b119603ce4708460e8b55d631fffeafd1de982988cd6c9f58aa9f"
            ),
            (
                "server_metadata { a: \"<&>\u{2028}é\" }",
                "93a83dd4ba64c860b53d0fb4bc49c141e60f424d758db7c293b9a629e265339c"
            ),
            (
                "server_metadata { \"b\": \"1\", \"a\": x }",
                "1f4498e9fdcb2f5a5ecb83881cb6b79bc66024faba09765376ea4ff7a8fbb0d0"
            ),
            ("server_name: (\nabc\n)", "476bc98977c2b0b11ed1bac4620058c95ba3ba0f62927457f426b971c6b8d10b"),
        ]
    )
    func digests(text: String, digest: String) throws {
        // Recorded from nats-server 2.15.1 -t.
        #expect(try FakeSources().tree(text).digest == "sha256:\(digest)")
    }
}

@Suite("Random configurations")
struct ConfigurationFuzzTests {
    static let seed: UInt64 = 20_261_123

    @Test("Whatever the bytes are, there is a tree or an error")
    func random() {
        var generator = SeededGenerator(seed: Self.seed)
        let pieces = [
            "a", "b", "port", "include", "f", "$", "$a", "$E", "{", "}", "[", "]", "(", ")", "\"", "'", "\\",
            "\\x",
            ",", ";", ":", "=", " ", "\t", "\n", "\r", "#", "//", "/", "1", "-", ".", "k", "mb", "true",
            "2020-",
            "2020-01-01T00:00:00Z", "\u{2003}", "\u{0}", "é", "9999999999", "$2a$",
        ]
        let sources = FakeSources(files: ["f": "a: $E\nb: [1]"], environment: ["E": "[$a, 1]", "a": "$E"])
            .sources
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<24, using: &generator) {
                if Int.random(in: 0..<20, using: &generator) == 0 {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    bytes += Array((pieces.randomElement(using: &generator) ?? "").utf8)
                }
            }
            guard let tree = try? ConfigurationTree(bytes, file: "c.conf", sources: sources) else { continue }
            _ = try? Configuration(reading: tree)
        }
    }

    @Test("A valid configuration in which bytes were changed has options or errors")
    func mutated() throws {
        var generator = SeededGenerator(seed: Self.seed + 1)
        let valid = Array(
            """
            listen: "127.0.0.1:4222"; max_payload: 1MB; ping_interval: "2m"; port = $PORT
            R = { publish: { allow: ["a.>", b], deny: c }, subscribe: "q w", allow_responses: { max: 3, expires: "1m" } }
            authorization { users: [ { user: a, password: $2a$11$abc, permissions: $R }, { user: b } ], timeout: 0.5 }
            accounts { A { limits { max_conn: 5 }, mappings { m.*: [ { dest: "n.$1", weight: 50% } ] }, jetstream: on } }
            jetstream { store_dir: '/x', max_mem: "1G", key: (\nk\n)\n            cipher: aes, sync: "10ms" } # end
            """
            .utf8
        )
        let sources = FakeSources(environment: ["PORT": "4333"]).sources
        #expect(throws: Never.self) {
            try Configuration(reading: ConfigurationTree(valid, file: "c.conf", sources: sources))
        }
        for _ in 0..<4_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 20)], at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + 9))
                }
            }
            guard let tree = try? ConfigurationTree(bytes, file: "c.conf", sources: sources) else { continue }
            guard var configuration = try? Configuration(reading: tree) else { continue }
            configuration.resolve(storesByDefault: false)
            _ = configuration.startProblem
        }
    }

    @Test("Deep nesting is refused, not followed")
    func nesting() {
        for opening in ["[", "{a:", "[{a:", "a {"] {
            let text = "k: " + String(repeating: opening, count: 100_000)
            #expect(throws: ConfigurationError.self) { try FakeSources().tree(text) }
        }
    }
}
