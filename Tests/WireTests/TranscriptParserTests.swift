import Testing

@Suite("Transcript parser")
struct TranscriptParserTests {
    private func steps(_ text: String) throws -> [Transcript.Step] {
        let cases = try TranscriptParser.parse("# one\n" + text, topic: "t")
        #expect(cases.count == 1)
        return try #require(cases.first).steps
    }

    private func action(_ line: String) throws -> Transcript.Action? {
        try self.steps(line + "\n-- wait").first?.action
    }

    @Test("Cases keep their names, their order and the lines of their steps")
    func cases() throws {
        let text = "// remark\n\n# one: 1\nC: PING\nS: PONG\n-- wait\n\n# two\n// remark\nEND\n"
        let cases = try TranscriptParser.parse(text, topic: "t")
        #expect(cases.map(\.testDescription) == ["t: one: 1", "t: two"])
        #expect(cases[0].steps.map(\.line) == [4, 5, 6])
        #expect(cases[1].steps.map(\.line) == [10])
        #expect(cases[0].sentBytes == 6)
    }

    @Test("A case may have a configuration, and say that it is for later")
    func configuration() throws {
        let text = "# one\n! a: 1\n! b {\n-- later tracing\n! }\nEND\n# two\nEND\n"
        let cases = try TranscriptParser.parse(text, topic: "t")
        #expect(cases.map(\.configuration) == ["a: 1\nb {\n}\n", ""])
        #expect(cases.map(\.later) == ["tracing", nil])
        #expect(cases.map(\.steps.count) == [1, 1])
    }

    @Test("Each kind of line is its own action")
    func actions() throws {
        #expect(try self.action("C: PING") == .send([.bytes(Array("PING".utf8)), .bytes([13, 10])]))
        #expect(try self.action("C:") == .send([.bytes([13, 10])]))
        #expect(try self.action("C+ PI") == .send([.bytes(Array("PI".utf8))]))
        #expect(try self.action("S: +OK") == .receive([.bytes(Array("+OK".utf8)), .bytes([13, 10])]))
        #expect(try self.action("S? INFO ") == .receiveLine([.bytes(Array("INFO ".utf8))]))
        #expect(try self.action("-- wait") == .wait)
        #expect(try self.steps("END").map(\.action) == [.end])
    }

    @Test("Neighbouring lines in any order are one step")
    func anyOrder() throws {
        let steps = try self.steps("S~ a\nS~ b\nS2~ c\nS: d\nS~ e\n-- wait\n-- wait 2")
        #expect(steps.count == 6)
        guard case .receiveAll(let texts) = steps[0].action else { return #expect(Bool(false)) }
        #expect(texts == [[.bytes([97]), .bytes([13, 10])], [.bytes([98]), .bytes([13, 10])]])
    }

    @Test("A number after the letter is the connection")
    func connections() throws {
        let steps = try self.steps("C2: PING\nS2? PO\nC12+ x\n-- wait 2\nEND 12")
        #expect(steps.map(\.connection) == [2, 2, 12, 2, 12])
    }

    @Test(
        "Escapes and repetitions become bytes",
        arguments: [
            ("a\\r\\n\\t\\\\", [97, 13, 10, 9, 92]),
            ("\\x00\\xFf", [0, 255]),
            ("%{3*ab}c", [97, 98, 97, 98, 97, 98, 99]),
            ("%{2*\\x01}", [1, 1]),
            ("%{0*a}b", [98]),
            ("100% {}", [49, 48, 48, 37, 32, 123, 125]),
        ] as [(String, [UInt8])]
    )
    func bytes(text: String, bytes: [UInt8]) throws {
        #expect(try self.action("C+ " + text) == .send([.bytes(bytes)]))
    }

    @Test("The length of the next line of the same kind and connection is filled in")
    func length() throws {
        let steps = try self.steps("C: %{#}\nS: %{#}\nC2: xxxxxxxxx\nC: a%{id}\nS: \\x00\n-- wait\n-- wait 2")
        #expect(steps[0].action == .send([.bytes([55]), .bytes([13, 10])]))
        #expect(steps[1].action == .receive([.bytes([49]), .bytes([13, 10])]))
        #expect(steps[3].action == .send([.bytes([97]), .identifier, .bytes([13, 10])]))
    }

    @Test(
        "What is no transcript is refused, with its line",
        arguments: [
            ("C: x\n", 1), ("# a\n", 1), ("# a\nC: x\n", 2), ("# a\nX: x\n-- wait", 2),
            ("# a\nC? x\n-- wait", 2),
            ("# a\nS+ x\n-- wait", 2), ("# a\nC:x\n-- wait", 2), ("# a\nEND\nC: x\n-- wait", 3),
            ("# a\nC: \\q\n-- wait", 2), ("# a\nC: \\x1\n-- wait", 2), ("# a\nC: %{id\n-- wait", 2),
            ("# a\nC: %{x}\n-- wait", 2), ("# a\nC: %{*}\n-- wait", 2), ("# a\nC: %{#}\n-- wait", 2),
            ("# a\n-- wait x", 2), ("# a\nC0: x\n-- wait", 2), ("# a\nC2: x\n-- wait", 2),
            ("# a\n\nC: %{99999999999*x}\n-- wait", 3),
        ]
    )
    func refused(text: String, line: Int) {
        let error = #expect(throws: TranscriptError.self) { try TranscriptParser.parse(text, topic: "t") }
        #expect(error?.line == line)
    }
}
