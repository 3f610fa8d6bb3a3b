extension ConfigurationParser {
    /// Reads a value; its first byte comes next.
    mutating func parseValue() throws(ConfigurationError) -> ConfigurationValue {
        let position = self.text.position
        guard let first = self.text.next else {
            throw self.parseError("Expected value but found end of file")
        }
        switch first {
        case UInt8(ascii: "{"):
            return ConfigurationValue(map: try self.parseMap(), at: position)
        case UInt8(ascii: "["):
            return ConfigurationValue(array: try self.parseArray(), at: position)
        case UInt8(ascii: "'"):
            return Self.string(try self.parseRawString(), at: position)
        case UInt8(ascii: "\""):
            return Self.string(try self.parseQuotedString(), at: position)
        case UInt8(ascii: "("):
            return Self.string(try self.parseBlock(), at: position)
        case UInt8(ascii: "-"):
            return try self.parseNumber(at: position)
        case UInt8(ascii: "."):
            throw self.parseError("Floats must start with a digit")
        case _ where first.isDigit:
            return try self.parseNumber(at: position)
        default:
            return try self.parseBareValue(at: position)
        }
    }

    private static func string(_ bytes: [UInt8], at position: SourcePosition) -> ConfigurationValue {
        ConfigurationValue(.string(String(decoding: bytes, as: UTF8.self)), text: bytes.count, at: position)
    }

    // MARK: Arrays

    private mutating func parseArray() throws(ConfigurationError) -> [ConfigurationValue] {
        try self.descend()
        defer { self.depth -= 1 }
        self.text.advance()
        var elements: [ConfigurationValue] = []
        while true {
            try self.skipSpacesAndComments()
            switch self.text.next {
            case UInt8(ascii: "]"):
                self.text.advance()
                return elements
            case UInt8(ascii: ","):
                throw self.parseError("Unexpected array value terminator ','.")
            case nil:
                throw self.arrayEndError()
            default:
                elements.append(try self.parseValue())
            }
            self.text.skipBlanks()
            switch self.text.next {
            case UInt8(ascii: ","):
                self.text.advance()
            case UInt8(ascii: "]"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                // The end, or the end of the line, which separates as well.
                continue
            case _ where self.atComment:
                continue
            default:
                throw self.arrayEndError()
            }
        }
    }

    private mutating func skipSpacesAndComments() throws(ConfigurationError) {
        self.text.skipSpaces()
        while self.atComment {
            try self.skipComment()
            self.text.skipSpaces()
        }
    }

    private func arrayEndError() -> ConfigurationError {
        self.parseError(
            """
            Expected an array value terminator "," or an array terminator "]", but got \
            \(self.text.nextCharacter) instead.
            """
        )
    }

    // MARK: Strings

    /// Reads `'…'`, in which nothing is special.
    private mutating func parseRawString() throws(ConfigurationError) -> [UInt8] {
        self.text.advance()
        let start = self.text.index
        while let byte = self.text.next, byte != UInt8(ascii: "'") { self.text.advance() }
        guard self.text.next != nil else { throw self.parseError("Unexpected EOF.") }
        let bytes = Array(self.text.bytes(from: start))
        self.text.advance()
        return bytes
    }

    /// Reads `"…"`.
    private mutating func parseQuotedString() throws(ConfigurationError) -> [UInt8] {
        self.text.advance()
        var bytes: [UInt8] = []
        while let byte = self.text.next {
            self.text.advance()
            switch byte {
            case UInt8(ascii: "\""): return bytes
            case UInt8(ascii: "\\"): bytes.append(try self.parseEscape())
            default: bytes.append(byte)
            }
        }
        throw self.parseError("Unexpected EOF.")
    }

    /// Reads `( … )`: the text up to a closing parenthesis alone on its line.
    private mutating func parseBlock() throws(ConfigurationError) -> [UInt8] {
        self.text.advance()
        let start = self.text.index
        var isLineStart = false
        while let byte = self.text.next {
            if isLineStart, byte == UInt8(ascii: ")"), self.text.peek(1)?.isLineEnd ?? true {
                let bytes = Array(self.text.bytes(from: start))
                self.text.advance()
                return bytes
            }
            isLineStart = byte.isLineEnd
            self.text.advance()
        }
        throw self.parseError("Unexpected EOF processing block.")
    }

    /// Reads what comes after a backslash.
    private mutating func parseEscape() throws(ConfigurationError) -> UInt8 {
        let byte = self.text.next
        switch byte {
        case UInt8(ascii: "t"):
            self.text.advance()
            return UInt8(ascii: "\t")
        case UInt8(ascii: "n"):
            self.text.advance()
            return UInt8(ascii: "\n")
        case UInt8(ascii: "r"):
            self.text.advance()
            return UInt8(ascii: "\r")
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            self.text.advance()
            return byte ?? 0
        case UInt8(ascii: "x"):
            self.text.advance()
            guard let high = self.text.next.flatMap(Self.hexadecimal),
                let low = self.text.peek(1).flatMap(Self.hexadecimal)
            else {
                throw self.parseError("Expected two hexadecimal digits after '\\x'")
            }
            self.text.advance()
            self.text.advance()
            return high << 4 | low
        default:
            throw self.parseError(
                """
                Invalid escape character \(self.text.nextCharacter). Only the following escape characters are \
                allowed: \\xXX, \\t, \\n, \\r, \\", \\\\.
                """
            )
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Reads a value without quotes that does not begin with a digit: a variable, a bool, or a string.
    private mutating func parseBareValue(at position: SourcePosition) throws(ConfigurationError)
        -> ConfigurationValue
    {
        let bytes = try self.parseBareBytes()
        guard !bytes.isEmpty else {
            throw self.parseError("Expected value, but got \(self.text.nextCharacter)")
        }
        if bytes[0] == UInt8(ascii: "$"), !bytes.starts(with: Array("$2a$".utf8)) {
            let name = String(decoding: bytes.dropFirst(), as: UTF8.self)
            return try self.value(ofVariable: name, at: position)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        switch text.lowercased() {
        case "true", "yes", "on": return ConfigurationValue(.bool(true), at: position)
        case "false", "no", "off": return ConfigurationValue(.bool(false), at: position)
        default: return ConfigurationValue(.string(text), text: bytes.count, at: position)
        }
    }

    /// Reads a text without quotes, up to what ends it.
    private mutating func parseBareBytes() throws(ConfigurationError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let byte = self.text.next, !byte.endsBareValue {
            self.text.advance()
            bytes.append(byte == UInt8(ascii: "\\") ? try self.parseEscape() : byte)
        }
        return bytes
    }

    // MARK: Numbers

    /// Reads what begins like a number: an integer, a float, a time, or an address, which is a string.
    private mutating func parseNumber(at position: SourcePosition) throws(ConfigurationError)
        -> ConfigurationValue
    {
        let start = self.text.index
        let isNegative = self.text.next == UInt8(ascii: "-")
        if isNegative { self.text.advance() }
        guard self.text.next?.isDigit == true else {
            throw self.parseError("Expected a digit but got \(self.text.nextCharacter).")
        }
        self.skipDigits()
        switch self.text.next {
        case UInt8(ascii: "."):
            return try self.parseFraction(from: start, at: position)
        case UInt8(ascii: "-") where isNegative:
            // What comes after the value is judged by who reads the end of the entry.
            return try self.integer(from: start, at: position)
        case UInt8(ascii: "-"):
            guard self.text.index - start == 4 else {
                throw self.parseError("All ISO8601 dates must be in full Zulu form.")
            }
            return try self.parseDatetime(from: start, at: position)
        case let next? where !next.endsBareValue:
            // A suffix, or a string that begins with digits.
            let digits = self.text.bytes(from: start)
            let rest = try self.parseBareBytes()
            if let scale = Self.scale(of: rest) {
                return try self.integer(digits: digits, scale: scale, at: position)
            }
            return Self.string(digits + rest, at: position)
        default:
            return try self.integer(from: start, at: position)
        }
    }

    private mutating func skipDigits() {
        while self.text.next?.isDigit == true { self.text.advance() }
    }

    private func integer(from start: Int, at position: SourcePosition) throws(ConfigurationError)
        -> ConfigurationValue
    {
        try self.integer(digits: self.text.bytes(from: start), scale: 1, at: position)
    }

    private func integer(
        digits: ArraySlice<UInt8>,
        scale: Int64,
        at position: SourcePosition
    ) throws(ConfigurationError) -> ConfigurationValue {
        let text = String(decoding: digits, as: UTF8.self)
        guard let number = Int64(text) else {
            throw ConfigurationError("integer '\(text)' is out of the range", at: position)
        }
        let (value, overflow) = number.multipliedReportingOverflow(by: scale)
        guard !overflow else {
            throw ConfigurationError("integer '\(text)' is out of the range", at: position)
        }
        return ConfigurationValue(.integer(value), at: position)
    }

    /// What the suffix of an integer multiplies it by; nil if it is none.
    private static func scale(of suffix: [UInt8]) -> Int64? {
        let suffix = suffix.map { $0 | 0x20 }
        guard let first = suffix.first,
            let power = Array("kmgtpe".utf8).firstIndex(of: first).map({ Int64($0) + 1 })
        else {
            return nil
        }
        let base: Int64
        switch String(decoding: suffix.dropFirst(), as: UTF8.self) {
        case "": base = 1000
        case "b", "i", "ib": base = 1024
        default: return nil
        }
        return (0..<power).reduce(1) { product, _ in product * base }
    }

    /// Reads on from the first point of a number.
    private mutating func parseFraction(
        from start: Int,
        at position: SourcePosition
    ) throws(ConfigurationError) -> ConfigurationValue {
        self.text.advance()
        guard self.text.next?.isDigit == true else {
            throw self.parseError(
                "Floats must have a digit after the '.', but got \(self.text.nextCharacter) instead."
            )
        }
        self.skipDigits()
        if self.text.next == UInt8(ascii: ".") {
            // An address, perhaps with a port.
            while let byte = self.text.next,
                byte.isDigit || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
                    || byte == UInt8(ascii: "-")
            {
                self.text.advance()
            }
            return Self.string(Array(self.text.bytes(from: start)), at: position)
        }
        let text = String(decoding: self.text.bytes(from: start), as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            throw ConfigurationError("float '\(text)' is out of the range", at: position)
        }
        return ConfigurationValue(.float(number), at: position)
    }

    /// Reads on from the first dash of a time.
    private mutating func parseDatetime(
        from start: Int,
        at position: SourcePosition
    ) throws(ConfigurationError) -> ConfigurationValue {
        for expected in "-00-00T00:00:00Z".utf8 {
            let isRight =
                expected == UInt8(ascii: "0") ? self.text.next?.isDigit == true : self.text.next == expected
            guard isRight else {
                let wanted =
                    expected == UInt8(ascii: "0") ? "digit" : "'\(Character(Unicode.Scalar(expected)))'"
                throw self.parseError(
                    "Expected \(wanted) in ISO8601 datetime, but found \(self.text.nextCharacter) instead."
                )
            }
            self.text.advance()
        }
        let text = String(decoding: self.text.bytes(from: start), as: UTF8.self)
        guard Self.isTime(Array(text.utf8)) else {
            throw ConfigurationError("expected Zulu formatted DateTime, but got '\(text)'", at: position)
        }
        return ConfigurationValue(.datetime(text), at: position)
    }

    /// Whether the numbers of a time are such as clocks and calendars show.
    private static func isTime(_ text: [UInt8]) -> Bool {
        func number(_ range: Range<Int>) -> Int {
            text[range].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let isLeap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...12).contains(month), (1...days[month - 1]).contains(day) else { return false }
        return number(11..<13) < 24 && number(14..<16) < 60 && number(17..<19) < 60
    }

    // MARK: Variables

    /// What `$name` stands for: a key of the maps around it, from the innermost on, or of the environment.
    private mutating func value(
        ofVariable name: String,
        at position: SourcePosition
    ) throws(ConfigurationError) -> ConfigurationValue {
        let value: ConfigurationValue
        if let scope = self.scopes.lastIndex(where: { $0.place(of: name) != nil }),
            let place = self.scopes[scope].place(of: name)
        {
            self.scopes[scope].markVariable(at: place)
            value = self.scopes[scope].entries[place].value
        } else if let text = self.sources.environment(name) {
            value = try self.parseEnvironment(name, text: text, at: position)
        } else {
            throw ConfigurationError(
                "variable reference for '\(name)' on line \(position.line) can not be found",
                at: position
            )
        }
        self.usage.variableBytes += value.weight
        guard self.usage.variableBytes <= ConfigurationLimits.variableBytes,
            self.depth + value.depth <= ConfigurationLimits.depth
        else {
            throw ConfigurationError("what '\(name)' stands for is too large", at: position)
        }
        return value.moved(to: position)
    }
}
