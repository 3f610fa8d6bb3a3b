import Subjects

/// Why bytes are not JSON.
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in the words that clients of the API get to read.
    public let description: String

    /// The text stops in the middle of a value.
    static let unexpectedEnd = JSONSyntaxError(description: "unexpected EOF")

    /// Values are nested deeper than any request needs.
    static let tooDeep = JSONSyntaxError(description: "exceeded max depth")

    static func unexpected(_ byte: UInt8, _ place: String, offset: Int) -> JSONSyntaxError {
        let shown = byte >= 0x20 && byte < 0x7f ? String(UnicodeScalar(byte)) : "\\x" + byte.hexadecimal
        return JSONSyntaxError(description: "invalid character '\(shown)' \(place) at offset \(offset + 1)")
    }
}

/// A strict reader of JSON text (RFC 8259) with a bound on nesting.
///
/// An own reader, because requests are checked more closely than Foundation's decoder can: it tells `1.0`
/// from `1`, keeps the order of members (the first wrong one is reported), reads bodies of several values,
/// and costs a few microseconds instead of 45 for a consumer create request.
struct JSONParser {
    /// Deeper than every request of the API by far; keeps hostile nesting off the stack.
    private static let depthMax = 32

    private let bytes: [UInt8]
    private var cursor = 0

    init(_ bytes: RawSpan) { self.bytes = bytes.array() }

    /// All values of the text, which may be separated by blanks; none for an empty text.
    mutating func values() throws(JSONSyntaxError) -> [JSONValue] {
        var values: [JSONValue] = []
        while self.peek() != nil { values.append(try self.value(depth: 0)) }
        return values
    }

    /// The next byte that is not blank, not consumed.
    private mutating func peek() -> UInt8? {
        while self.cursor < self.bytes.count {
            let byte = self.bytes[self.cursor]
            if !byte.isBlank { return byte }
            self.cursor += 1
        }
        return nil
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard let first = self.peek() else { throw .unexpectedEnd }
        switch first {
        case UInt8(ascii: "{"): return .object(try self.members(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try self.elements(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "t"): return try self.literal("true", .bool(true))
        case UInt8(ascii: "f"): return try self.literal("false", .bool(false))
        case UInt8(ascii: "n"): return try self.literal("null", .null)
        case UInt8(ascii: "-"): return .number(try self.number())
        default:
            if first.isDigit { return .number(try self.number()) }
            throw self.unexpected(first, "looking for beginning of value")
        }
    }

    private mutating func members(depth: Int) throws(JSONSyntaxError) -> [JSONMember] {
        if depth > Self.depthMax { throw .tooDeep }
        self.cursor += 1
        var members: [JSONMember] = []
        while true {
            guard let first = self.peek() else { throw .unexpectedEnd }
            if first == UInt8(ascii: "}"), members.isEmpty { break }
            guard first == UInt8(ascii: "\"") else {
                throw self.unexpected(first, "looking for beginning of object key string")
            }
            let key = try self.string()
            guard let colon = self.peek() else { throw .unexpectedEnd }
            guard colon == UInt8(ascii: ":") else { throw self.unexpected(colon, "after object key") }
            self.cursor += 1
            members.append(JSONMember(key: key, value: try self.value(depth: depth)))
            guard let next = self.peek() else { throw .unexpectedEnd }
            if next == UInt8(ascii: "}") { break }
            guard next == UInt8(ascii: ",") else {
                throw self.unexpected(next, "after object key:value pair")
            }
            self.cursor += 1
        }
        self.cursor += 1
        return members
    }

    private mutating func elements(depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
        if depth > Self.depthMax { throw .tooDeep }
        self.cursor += 1
        var elements: [JSONValue] = []
        while true {
            guard let first = self.peek() else { throw .unexpectedEnd }
            if first == UInt8(ascii: "]"), elements.isEmpty { break }
            elements.append(try self.value(depth: depth))
            guard let next = self.peek() else { throw .unexpectedEnd }
            if next == UInt8(ascii: "]") { break }
            guard next == UInt8(ascii: ",") else { throw self.unexpected(next, "after array element") }
            self.cursor += 1
        }
        self.cursor += 1
        return elements
    }

    private mutating func literal(_ text: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        for byte in text.utf8 {
            guard self.cursor < self.bytes.count else { throw .unexpectedEnd }
            guard self.bytes[self.cursor] == byte else {
                throw self.unexpected(self.bytes[self.cursor], "in literal \(text)")
            }
            self.cursor += 1
        }
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = self.cursor
        self.skip(UInt8(ascii: "-"))
        if self.skip(UInt8(ascii: "0")) == false { try self.digits() }
        if self.skip(UInt8(ascii: ".")) { try self.digits() }
        if self.skip(UInt8(ascii: "e")) || self.skip(UInt8(ascii: "E")) {
            if !self.skip(UInt8(ascii: "+")) { self.skip(UInt8(ascii: "-")) }
            try self.digits()
        }
        return String(decoding: self.bytes[start..<self.cursor], as: UTF8.self)
    }

    /// Moves over `byte` if it is next, and says whether it was.
    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard self.cursor < self.bytes.count, self.bytes[self.cursor] == byte else { return false }
        self.cursor += 1
        return true
    }

    /// Moves over one digit or more.
    private mutating func digits() throws(JSONSyntaxError) {
        let start = self.cursor
        while self.cursor < self.bytes.count, self.bytes[self.cursor].isDigit { self.cursor += 1 }
        if self.cursor > start { return }
        guard self.cursor < self.bytes.count else { throw .unexpectedEnd }
        throw self.unexpected(self.bytes[self.cursor], "in numeric literal")
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        self.cursor += 1
        let start = self.cursor
        // The usual string has no escapes and is copied whole.
        while self.cursor < self.bytes.count {
            let byte = self.bytes[self.cursor]
            if byte == UInt8(ascii: "\\") { return try self.escapedString(from: start) }
            if byte < 0x20 { throw self.unexpected(byte, "in string") }
            self.cursor += 1
            if byte == UInt8(ascii: "\"") {
                return String(decoding: self.bytes[start..<self.cursor - 1], as: UTF8.self)
            }
        }
        throw .unexpectedEnd
    }

    /// Reads on at the first escape of a string that began at `start`.
    private mutating func escapedString(from start: Int) throws(JSONSyntaxError) -> String {
        var text = Array(self.bytes[start..<self.cursor])
        while self.cursor < self.bytes.count {
            let byte = self.bytes[self.cursor]
            if byte < 0x20 { throw self.unexpected(byte, "in string") }
            self.cursor += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try self.appendEscape(to: &text)
            default: text.append(byte)
            }
        }
        throw .unexpectedEnd
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(JSONSyntaxError) {
        guard self.cursor < self.bytes.count else { throw .unexpectedEnd }
        let byte = self.bytes[self.cursor]
        self.cursor += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try self.scalar()).utf8)
        default:
            self.cursor -= 1
            throw self.unexpected(byte, "in string escape code")
        }
    }

    /// The scalar of a `\u` escape; a lone surrogate becomes U+FFFD.
    private mutating func scalar() throws(JSONSyntaxError) -> UnicodeScalar {
        let high = try self.hexadecimal()
        if let scalar = UnicodeScalar(high) { return scalar }
        guard high < 0xdc00, self.cursor + 1 < self.bytes.count,
            self.bytes[self.cursor] == UInt8(ascii: "\\"), self.bytes[self.cursor + 1] == UInt8(ascii: "u")
        else { return "\u{fffd}" }
        let afterHigh = self.cursor
        self.cursor += 2
        let low = try self.hexadecimal()
        guard (0xdc00...0xdfff).contains(low) else {
            self.cursor = afterHigh  // The second escape stands for itself.
            return "\u{fffd}"
        }
        return UnicodeScalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00)) ?? "\u{fffd}"
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard self.cursor < self.bytes.count else { throw .unexpectedEnd }
            let byte = self.bytes[self.cursor]
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw self.unexpected(byte, "in \\u hexadecimal character escape")
            }
            value = value << 4 | UInt32(digit)
            self.cursor += 1
        }
        return value
    }

    private func unexpected(_ byte: UInt8, _ place: String) -> JSONSyntaxError {
        .unexpected(byte, place, offset: self.cursor)
    }
}

extension UInt8 {
    /// Two hexadecimal digits.
    fileprivate var hexadecimal: String {
        let digits = String(self, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }
}

extension JSONValue {
    /// The one value that `text` holds.
    ///
    /// - Throws: ``JSONSyntaxError`` if `text` is not JSON, holds no value, or more than one.
    public init(parsing text: RawSpan) throws(JSONSyntaxError) {
        var parser = JSONParser(text)
        let values = try parser.values()
        guard values.count == 1 else {
            throw values.isEmpty ? .unexpectedEnd : JSONSyntaxError(description: "more than one value")
        }
        self = values[0]
    }
}
