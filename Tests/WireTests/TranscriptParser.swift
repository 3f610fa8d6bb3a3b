/// What is wrong with a line of a transcript.
struct TranscriptError: Error, Equatable {
    /// The line, from 1.
    let line: Int
    /// What is wrong.
    let reason: String
}

/// Reads the cases of a transcript file.
struct TranscriptParser {
    private struct Line {
        var number: Int
        var kind: Character
        var mark: Character
        var connection: Int
        var text: Substring
    }

    private let topic: String
    private var cases: [Transcript] = []
    private var name: Substring?
    private var nameLine = 0
    private var lines: [Line] = []
    private var configuration = ""
    private var later: String?

    private init(topic: String) { self.topic = topic }

    /// The cases of `text`, in its order.
    static func parse(_ text: String, topic: String) throws(TranscriptError) -> [Transcript] {
        var parser = TranscriptParser(topic: topic)
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            if line.isEmpty || line.hasPrefix("//") { continue }
            try parser.take(line, number)
        }
        try parser.finishCase()
        return parser.cases
    }

    // MARK: Lines

    private mutating func take(_ line: Substring, _ number: Int) throws(TranscriptError) {
        if line.hasPrefix("# ") {
            try self.finishCase()
            self.name = line.dropFirst(2)
            self.nameLine = number
            return
        }
        guard self.name != nil else { throw TranscriptError(line: number, reason: "no case has begun") }
        if line.hasPrefix("! ") {
            self.configuration += line.dropFirst(2) + "\n"
            return
        }
        if line.hasPrefix("-- later ") {
            self.later = String(line.dropFirst(9))
            return
        }
        self.lines.append(try self.split(line, number))
    }

    private func split(_ line: Substring, _ number: Int) throws(TranscriptError) -> Line {
        for (word, kind) in [("-- wait", "w"), ("END", "e")] as [(String, Character)]
        where line.hasPrefix(word) {
            let rest = line.dropFirst(word.count)
            if rest.isEmpty { return Line(number: number, kind: kind, mark: " ", connection: 1, text: "") }
            guard rest.first == " ", let connection = Int(rest.dropFirst()), connection > 0 else {
                throw TranscriptError(line: number, reason: "no connection")
            }
            return Line(number: number, kind: kind, mark: " ", connection: connection, text: "")
        }
        guard let kind = line.first, kind == "C" || kind == "S" else {
            throw TranscriptError(line: number, reason: "unknown line")
        }
        let digits = line.dropFirst().prefix { $0.isASCII && $0.isNumber }
        let rest = line.dropFirst(1 + digits.count)
        let connection = digits.isEmpty ? 1 : Int(digits) ?? 0
        guard let mark = rest.first, (kind == "C" ? ":+" : ":?~").contains(mark), connection > 0 else {
            throw TranscriptError(line: number, reason: "unknown line")
        }
        let text = rest.dropFirst()
        guard text.isEmpty || text.first == " " else {
            throw TranscriptError(line: number, reason: "no blank before the text")
        }
        return Line(
            number: number,
            kind: kind,
            mark: mark,
            connection: connection,
            text: text.dropFirst()
        )
    }

    // MARK: Cases

    private mutating func finishCase() throws(TranscriptError) {
        guard let name = self.name else { return }
        var steps: [Transcript.Step] = []
        var last: [Int: Transcript.Step] = [:]
        for index in self.lines.indices {
            let step = try self.step(index)
            if case .end = last[step.connection]?.action {
                throw TranscriptError(line: step.line, reason: "the connection has ended")
            }
            last[step.connection] = step
            if case .receiveAll(let more) = step.action, case .receiveAll(let texts)? = steps.last?.action,
                steps.last?.connection == step.connection
            {
                let first = steps.removeLast()
                steps.append(
                    Transcript.Step(
                        line: first.line,
                        connection: first.connection,
                        action: .receiveAll(texts + more)
                    )
                )
            } else {
                steps.append(step)
            }
        }
        guard !steps.isEmpty else { throw TranscriptError(line: self.nameLine, reason: "an empty case") }
        for step in last.values where step.action != .wait && step.action != .end {
            throw TranscriptError(line: step.line, reason: "a connection ends with `-- wait` or `END`")
        }
        self.cases.append(
            Transcript(
                topic: self.topic,
                name: String(name),
                configuration: self.configuration,
                later: self.later,
                steps: steps
            )
        )
        self.name = nil
        self.lines = []
        self.configuration = ""
        self.later = nil
    }

    private func step(_ index: Int) throws(TranscriptError) -> Transcript.Step {
        let line = self.lines[index]
        let action: Transcript.Action
        switch (line.kind, line.mark) {
        case ("w", _): action = .wait
        case ("e", _): action = .end
        case ("C", "+"): action = .send(try self.parts(index))
        case ("C", _): action = .send(try self.parts(index) + [.bytes([13, 10])])
        case ("S", "?"): action = .receiveLine(try self.parts(index, allowsAny: true))
        case ("S", "~"): action = .receiveAll([try self.parts(index) + [.bytes([13, 10])]])
        default: action = .receive(try self.parts(index) + [.bytes([13, 10])])
        }
        return Transcript.Step(line: line.number, connection: line.connection, action: action)
    }

    // MARK: Texts

    private func parts(_ index: Int, allowsAny: Bool = false) throws(TranscriptError) -> [Transcript.Part] {
        let line = self.lines[index]
        var parts: [Transcript.Part] = []
        var plain: [UInt8] = []
        var rest = line.text
        while let start = rest.firstRange(of: "%{") {
            plain += try Self.unescape(rest[..<start.lowerBound], line.number)
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                throw TranscriptError(line: line.number, reason: "`%{` without `}`")
            }
            let word = rest[start.upperBound..<end]
            rest = rest[rest.index(after: end)...]
            switch word {
            case "id", "*":
                if word == "*", !allowsAny {
                    throw TranscriptError(line: line.number, reason: "`%{*}` outside of `S?`")
                }
                if !plain.isEmpty { parts.append(.bytes(plain)) }
                plain = []
                parts.append(word == "*" ? .any : .identifier)
            case "#":
                plain += Array("\(Transcript.length(of: try self.nextText(index)))".utf8)
            default:
                guard let star = word.firstIndex(of: "*"), let count = Int(word[..<star]),
                    (0...10_000_000).contains(count)
                else {
                    throw TranscriptError(line: line.number, reason: "unknown `%{\(word)}`")
                }
                let unit = try Self.unescape(word[word.index(after: star)...], line.number)
                plain += [[UInt8]](repeating: unit, count: count).flatMap { $0 }
            }
        }
        plain += try Self.unescape(rest, line.number)
        if !plain.isEmpty { parts.append(.bytes(plain)) }
        return parts
    }

    private func nextText(_ index: Int) throws(TranscriptError) -> [Transcript.Part] {
        let line = self.lines[index]
        for next in self.lines.indices.dropFirst(index + 1)
        where self.lines[next].kind == line.kind && self.lines[next].connection == line.connection {
            return try self.parts(next)
        }
        throw TranscriptError(line: line.number, reason: "`%{#}` without a next line")
    }

    private static func unescape(_ text: Substring, _ line: Int) throws(TranscriptError) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "\\"): bytes.append(byte)
            case UInt8(ascii: "x"):
                let digits = rest.prefix(2)
                guard digits.count == 2,
                    let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
                else {
                    throw TranscriptError(line: line, reason: "`\\x` without two digits")
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: throw TranscriptError(line: line, reason: "unknown escape")
            }
        }
        return bytes
    }
}
