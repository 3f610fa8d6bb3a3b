import Subjects
import Testing
import WireProtocol

@Suite("Client operation parser")
struct ClientOperationParserTests {
    private static let unknown = "violation: unknownOperation"
    private static let malformed = "violation: malformedArguments"
    private static let tooLong = "violation: controlLineTooLong"
    private static let tooLarge = "violation: payloadTooLarge"

    /// Checks the text offered whole, and split in every way into two and into single bytes.
    private static func check(
        _ text: String,
        _ expected: [String],
        headersEnabled: Bool = true,
        requiresConnect: Bool = false
    ) {
        let bytes = Array(text.utf8)
        let parser = ClientOperationParser(headersEnabled: headersEnabled, requiresConnect: requiresConnect)
        #expect(
            ParserFeed.log(of: bytes, headersEnabled: headersEnabled, requiresConnect: requiresConnect)
                == expected
        )
        for cut in 0...bytes.count {
            var feed = ParserFeed(parser, padding: cut % 11)
            feed.offer(bytes[..<cut])
            feed.offer(bytes[cut...])
            if feed.log != expected { Issue.record("`\(text)` cut at \(cut): \(feed.log)") }
        }
        var feed = ParserFeed(parser)
        for place in bytes.indices { feed.offer(bytes[place...place]) }
        if feed.log != expected { Issue.record("`\(text)` byte by byte: \(feed.log)") }
    }

    @Test(
        "Operations are read as the protocol says",
        arguments: [
            ("PING\r\n", ["PING"]),
            ("PONG\r\n", ["PONG"]),
            ("+OK\r\n", ["+OK"]),
            ("pInG\r\npOnG\n+oK\n", ["PING", "PONG", "+OK"]),
            ("PING hello there\r\nPONG abc\r\nPINGx\r\n+OKAY\r\n", ["PING", "PONG", "PING", "+OK"]),
            ("CONNECT {}\r\n", ["CONNECT {}"]),
            ("CONNECT{\"verbose\":false}\r\n", ["CONNECT {\"verbose\":false}"]),
            ("connect \t {} \r\n", ["CONNECT {} "]),
            ("CONNECT\r\n", ["CONNECT "]),
            ("CONNECT null\n", ["CONNECT null"]),
            ("INFO {}\r\nPING\r\n", ["INFO {}", "PING"]),
            ("INFO{\"a\":[1,{}]}\r\n", ["INFO {\"a\":[1,{}]}"]),
            ("SUB foo 1\r\n", ["SUB foo queue  sid 1"]),
            ("SUB foo q 1\r\n", ["SUB foo queue q sid 1"]),
            ("sub\tfoo  \t 1  \r\n", ["SUB foo queue  sid 1"]),
            ("SUB x.y abc-sid!\n", ["SUB x.y queue  sid abc-sid!"]),
            ("SUB foo..bar 1\r\n", ["SUB foo..bar queue  sid 1"]),
            ("SUB foo\r1 \n", ["SUB foo queue  sid 1"]),
            ("UNSUB 1\r\n", ["UNSUB 1 max none"]),
            ("UNSUB 1 5\r\n", ["UNSUB 1 max 5"]),
            ("unsub 1 0\r\nUnSub 1 x\r\nUNSUB 1 -2\n", Array(repeating: "UNSUB 1 max none", count: 3)),
            ("UNSUB 1 007\r\nUNSUB 1 1234567890\r\n", ["UNSUB 1 max 7", "UNSUB 1 max none"]),
            ("PUB foo 2\r\nhi\r\n", ["PUB foo size 2: |hi"]),
            ("PUB foo 002\r\nhi\r\n", ["PUB foo size 002: |hi"]),
            ("PUB foo 2\nhi\r\n", ["PUB foo size 2: |hi"]),
            ("pub\t foo \tbar\t 2 \r\nhi\r\n", ["PUB foo reply bar size 2: |hi"]),
            ("PUB foo bar 0\r\n\r\n", ["PUB foo reply bar size 0: |"]),
            ("PUB a 0\r\n\r\nPING\r\n", ["PUB a size 0: |", "PING"]),
            ("PUB a 3\r\na\r\n\r\n", ["PUB a size 3: |a\r\n"]),
            ("PUB foo.*.> 1\r\nx\r\n", ["PUB foo.*.> size 1: |x"]),
            ("PUB fo\ro 1 \nx\r\n", ["PUB fo\ro size 1: |x"]),
            ("PUB fo\u{01}o 1\r\nx\r\n", ["PUB fo\u{01}o size 1: |x"]),
            (
                "HPUB foo 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
                ["PUB foo headers 12 size 14: NATS/1.0\r\n\r\n|hi"]
            ),
            ("HPUB foo r 2 4\r\nabcd\r\n", ["PUB foo reply r headers 2 size 4: ab|cd"]),
            ("hpub foo 00 04\nabcd\r\n", ["PUB foo headers 00 size 04: |abcd"]),
            ("HPUB foo 4 4\r\nabcd\r\n", ["PUB foo headers 4 size 4: abcd|"]),
            (
                "PUB a 1\r\nx\r\nSUB b 2\r\nPING\r\nPUB orders.eu.long 5\r\nhello\r\n",
                ["PUB a size 1: |x", "SUB b queue  sid 2", "PING", "PUB orders.eu.long size 5: |hello"]
            ),
        ] as [(String, [String])]
    )
    func operations(text: String, expected: [String]) { Self.check(text, expected) }

    @Test(
        "What is no operation of a client is a violation",
        arguments: [
            ("FOO\r\n", unknown), ("\r\n", unknown), ("\n", unknown), (" PING\r\n", unknown),
            ("MSG foo 1 2\r\n", unknown), ("HMSG a 1 2 3\r\n", unknown), ("RS+ a\r\n", unknown),
            ("LS+ a\r\n", unknown), ("A+ a\r\n", unknown), ("\u{0b}OK\r\n", unknown), ("+O\r\n", unknown),
            ("PUB\r\n", unknown), ("HPUB\r\n", unknown), ("SUB\r\n", unknown), ("UNSUB\r\n", unknown),
            ("-ERR\r\n", unknown), ("PUBfoo 2\r\n", unknown), ("SUBfoo 1\r\n", unknown), ("PI\r\n", unknown),
            ("P\r\n", unknown), ("PAB a 1\r\n", unknown), ("0UB a 1\r\n", unknown),
            ("PUB\u{0}a 1\r\n", unknown),
            ("-ERR 'x'\r\n", "violation: clientError"), ("-err \n", "violation: clientError"),
            ("INFO x\r\n", malformed), ("INFO\r\n", malformed), ("INFO []\r\n", malformed),
            ("INFO {} x\r\n", malformed),
            ("PUB foo\r\n", malformed), ("PUB \r\n", malformed), ("PUB foo a b 2\r\n", malformed),
            ("PUB foo a b c d 2\r\n", malformed), ("PUB foo 2x\r\n", malformed),
            ("PUB foo -1\r\n", malformed),
            ("PUB foo +1\r\n", malformed), ("PUB foo 9999999999\r\n", malformed),
            ("PUB foo 0000000002\r\n", malformed), ("PUB foo 1.0\r\n", malformed),
            ("PUB fo\ro 2\n", malformed),
            ("HPUB foo 24\r\n", malformed), ("HPUB foo 25 24\r\n", malformed),
            ("HPUB foo x 24\r\n", malformed),
            ("HPUB foo 2 x\r\n", malformed), ("HPUB foo a b 1 2\r\n", malformed), ("HPUB 1 2\r\n", malformed),
            ("HPUB foo 9999999 1048576\r\n", malformed),
            ("SUB foo\r\n", malformed), ("SUB \r\n", malformed), ("SUB foo a b c\r\n", malformed),
            ("UNSUB 1 2 3\r\n", malformed), ("UNSUB \r\n", malformed),
            ("PUB foo 2\r\nhello\r\n", unknown), ("PUB foo 2\r\nhi\n\r\n", unknown),
            ("PUB foo 2\r\nhi\rX", unknown), ("PUB foo 0\r\nX", unknown),
            ("PUB foo 1048577\r\n", tooLarge), ("HPUB foo 12 1048577\r\n", tooLarge),
            ("PUB foo 999999999\n", tooLarge),
        ]
    )
    func violations(text: String, violation: String) {
        Self.check(text, [violation])
        // The same behind an operation that is good.
        Self.check("PUB a 1\r\nx\r\n" + text, ["PUB a size 1: |x", violation])
    }

    @Test("A verb that cannot become one is refused at its first wrong byte")
    func earlyRefusal() {
        for text in ["F", "M", "X", "PX", "PUX", "CONNEX", "-ERS", "PUBX", "SUB1", "PUB a 2\r\nhiX"] {
            #expect(ParserFeed.log(of: Array(text.utf8)) == [Self.unknown], "\(text)")
        }
    }

    @Test(
        "Without headers HPUB closes, once its line is complete",
        arguments: [
            ("HPUB foo 2 4\r\n", [malformed]), ("HPUB foo 2 4", []), ("PUB a 0\r\n\r\n", ["PUB a size 0: |"]),
        ]
    )
    func headersNotNegotiated(text: String, expected: [String]) {
        Self.check(text, expected, headersEnabled: false)
    }

    @Test("Where authentication is required nothing but CONNECT may come first")
    func connectRequired() {
        for text in ["PING\r\n", "PUB a 0\r\n\r\n", "\r\n", "FOO\r\n", "#"] {
            Self.check(text, ["violation: connectExpected"], requiresConnect: true)
        }
        Self.check("c", [], requiresConnect: true)
        Self.check("cONNECT {}\r\n", ["CONNECT {}"], requiresConnect: true)
        Self.check("CUB a 0\r\n", [Self.unknown], requiresConnect: true)
        #expect(
            ParserFeed.log(of: Array("0ONNECT".utf8), requiresConnect: true) == ["violation: connectExpected"]
        )
    }

    @Test(
        "A part of a line gives nothing yet",
        arguments: ["", "P", "PUB", "PUB ", "PUB a", "PUB a 1\r\nx\r", "PING\r"]
    )
    func partial(text: String) {
        #expect(ParserFeed.log(of: Array(text.utf8)) == [])
    }

    @Test("An argument part of the limit is accepted and one byte more is not", arguments: [true, false])
    func controlLineLimit(endsInCR: Bool) {
        let lineEnd = endsInCR ? "\r\n" : "\n"
        // The arguments of SUB are counted with the blanks between and behind them, not with those before.
        let most = String(repeating: "a", count: 4096 - 3)
        for (before, behind, isAccepted) in [
            (" ", "1 ", true), ("  \t ", "1 ", true), (" ", "1", true), (" ", "1  ", false),
            (" ", "123", false),
        ] {
            let text = "SUB" + before + most + " " + behind + lineEnd
            let sid = behind.filter { $0 != " " }
            let expected = isAccepted ? ["SUB \(most) queue  sid \(sid)"] : [Self.tooLong]
            #expect(ParserFeed.log(of: Array(text.utf8)) == expected)
        }
        let publish = "PUB " + String(repeating: "a", count: 4095) + " 1" + lineEnd
        #expect(ParserFeed.log(of: Array(publish.utf8)) == [Self.tooLong])
        let shorter = "PUB " + String(repeating: "a", count: 4094) + " 0" + lineEnd + "\r\n"
        #expect(ParserFeed.log(of: Array(shorter.utf8)).count == 1)
    }

    @Test("The limit holds for every verb, and for lines that do not end", arguments: ["\r\n", "\n", ""])
    func controlLineLimitOfEveryVerb(lineEnd: String) {
        for verb in ["PUB ", "HPUB ", "SUB ", "UNSUB ", "CONNECT ", "INFO ", "-ERR ", "PING", "PONG", "+OK"] {
            let bytes = Array((verb + String(repeating: "a", count: 4097) + lineEnd).utf8)
            if lineEnd.isEmpty {
                // The byte too many could still be a CR; the one after it could not.
                #expect(ParserFeed.log(of: bytes) == [Self.tooLong], "\(verb)")
                #expect(ParserFeed.log(of: bytes.dropLast()) == [], "\(verb)")
            } else {
                #expect(ParserFeed.log(of: bytes) == [Self.tooLong], "\(verb)")
            }
            var feed = ParserFeed(ClientOperationParser(headersEnabled: true))
            for place in bytes.indices { feed.offer(bytes[place...place]) }
            #expect(feed.log == [Self.tooLong], "\(verb) byte by byte")
        }
        let blanks = Array(("SUB " + String(repeating: " ", count: 100_000) + lineEnd).utf8)
        #expect(ParserFeed.log(of: blanks) == [Self.tooLong])
    }

    @Test("A small limit is exact at every split")
    func smallControlLineLimit() {
        for argument in [
            "SUB abcdef 1", "SUB abcdefg 1", "PUB abcdef 0", "PUB abcdefg 0", "PING abcdefg", "PING abcdefgh",
        ] {
            for lineEnd in ["\r\n", "\n", " \r\n", " \n"] {
                let bytes = Array((argument + lineEnd + (argument.hasPrefix("PUB") ? "\r\n" : "")).utf8)
                let whole = ParserFeed.log(of: bytes, maxControlLine: 8)
                #expect(whole.count == 1)
                for cut in bytes.indices {
                    var feed = ParserFeed(ClientOperationParser(maxControlLine: 8))
                    feed.offer(bytes[..<cut])
                    feed.offer(bytes[cut...])
                    #expect(feed.log == whole, "\(argument) cut at \(cut)")
                }
            }
        }
        #expect(ParserFeed.log(of: Array("SUB abcdef 1\r\n".utf8), maxControlLine: 8).count == 1)
        #expect(ParserFeed.log(of: Array("SUB abcdefg 1\r\n".utf8), maxControlLine: 8) == [Self.tooLong])
    }

    @Test("A payload of the limit is accepted and one byte more is refused before it comes")
    func payloadLimit() {
        var feed = ParserFeed(ClientOperationParser(maxPayload: 8))
        feed.offer(Array("PUB a 8\r\n12345678\r\nPUB a 9\r\n".utf8)[...])
        #expect(feed.log == ["PUB a size 8: |12345678", Self.tooLarge])
    }

    @Test("A large payload in small reads is waited for, and its length is known")
    func pendingLength() {
        let payload = [UInt8](repeating: 0x0a, count: 1_048_576)
        let bytes = Array("PUB big.one 1048576\r\n".utf8) + payload + [0x0d, 0x0a]
        var parser = ClientOperationParser()
        #expect(parser.pendingLength == 0)
        for end in stride(from: 10, to: bytes.count, by: 65_536) {
            let part = Array(bytes[..<end])
            let step = parser.next(in: part.span.bytes, from: 0)
            #expect(step == .needsMore)
            #expect(parser.pendingLength == (end > 20 ? bytes.count : 0))
        }
        guard
            case .operation(.publish(let message), let consumed) = parser.next(in: bytes.span.bytes, from: 0)
        else {
            Issue.record("no message")
            return
        }
        #expect(consumed == bytes.count)
        #expect(message.payload == 21..<bytes.count - 2)
        #expect(parser.pendingLength == 0)
    }

    @Test("Absent parts of a message have places in the bytes, also when it moves between reads")
    func absentParts() {
        let message = Array("PUB a 2\r\nhi\r\n".utf8)
        let ahead = Array("PING\r\n".utf8)
        for cut in 0..<message.count {
            var parser = ClientOperationParser()
            let first = ahead + message[..<cut]
            let step = parser.next(in: first.span.bytes, from: ahead.count)
            #expect(step == .needsMore)
            guard case .operation(.publish(let publish), _) = parser.next(in: message.span.bytes, from: 0)
            else {
                Issue.record("no message when cut at \(cut)")
                continue
            }
            for place in [publish.reply, publish.headerSizeText] {
                #expect(place.isEmpty)
                #expect(place.lowerBound >= 0 && place.upperBound <= message.count, "cut at \(cut)")
            }
        }
    }

    @Test("Limits may change between operations")
    func changedLimits() {
        var parser = ClientOperationParser()
        let bytes = Array("HPUB a 0 0\r\n\r\n".utf8)
        parser.headersEnabled = true
        parser.maxPayload = 0
        let allowed = parser.next(in: bytes.span.bytes, from: 0)
        #expect(allowed != .violation(.malformedArguments))
        parser.headersEnabled = false
        let refused = parser.next(in: bytes.span.bytes, from: 0)
        #expect(refused == .violation(.malformedArguments))
    }
}
