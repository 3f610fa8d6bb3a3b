import Subjects

/// Reads one JSON object member by member, in place and without allocation: the bodies of pull requests.
///
///     var scanner = JSONScanner(bytes, range)
///     scanner.enterObject(bytes)
///     while let key = scanner.nextKey(bytes) { … read or skip the value … }
///     guard scanner.isFinished(bytes) else { /* not JSON */ }
///
/// The bytes are passed to each call and must be the same each time. A failure sticks: the scanner stands still.
struct JSONScanner {
    private var at: Int
    private let end: Int
    private var isFirst = true
    private(set) var hasFailed = false

    /// The deepest nesting that is followed; one bit each remembers which bracket closes.
    private static let depthMax = 60

    /// Reads `range` of the bytes.
    init(_ bytes: RawSpan, _ range: Range<Int>) {
        precondition(range.upperBound <= bytes.byteCount, "a scanner stays inside its bytes")
        self.at = range.lowerBound
        self.end = range.upperBound
    }

    /// White space of JSON.
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
    }

    /// Whether the object was closed and nothing follows it.
    mutating func isFinished(_ bytes: RawSpan) -> Bool {
        self.skipBlanks(bytes)
        return !self.hasFailed && self.at == self.end
    }

    /// Steps into the object that starts here.
    mutating func enterObject(_ bytes: RawSpan) {
        self.skipBlanks(bytes)
        self.expect(bytes, UInt8(ascii: "{"))
    }

    /// The next member's key without quotes, standing on its value; nil at the end of the object or after a failure.
    mutating func nextKey(_ bytes: RawSpan) -> Range<Int>? {
        if self.hasFailed { return nil }
        self.skipBlanks(bytes)
        if self.take(bytes, UInt8(ascii: "}"), unless: false) { return nil }
        if !self.isFirst {
            self.expect(bytes, UInt8(ascii: ","))
            self.skipBlanks(bytes)
        }
        self.isFirst = false
        let key = self.string(bytes)
        self.skipBlanks(bytes)
        self.expect(bytes, UInt8(ascii: ":"))
        self.skipBlanks(bytes)
        return self.hasFailed ? nil : key
    }

    /// Whether the key in `range` is `name`, upper and lower case being the same, as in the original's decoder.
    func isKey(_ bytes: RawSpan, _ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count {
            let byte = bytes.byte(range.lowerBound + offset)
            let lower = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
            // In bounds: both have the same length.
            if unsafe lower != name.utf8Start[offset] { return false }
        }
        return true
    }

    /// The integer here; nil for `null`, and a failure if it is neither.
    mutating func integer(_ bytes: RawSpan) -> Int64? {
        if self.hasFailed || self.literal(bytes, "null") { return nil }
        let start = self.at
        while self.at < self.end, Self.isInteger(bytes.byte(self.at)) { self.at += 1 }
        // Neither `1.5` nor `1e3` nor `007` is an integer here.
        let first = self.at > start && bytes.byte(start) == UInt8(ascii: "-") ? start + 1 : start
        let hasLeadingZero = self.at > first + 1 && bytes.byte(first) == UInt8(ascii: "0")
        if !hasLeadingZero, self.standsOnEnd(bytes), let value = Decimal.parseSigned(bytes, start..<self.at) {
            return value
        }
        self.hasFailed = true
        return nil
    }

    /// The truth value here; nil for `null`, and a failure if it is neither.
    mutating func boolean(_ bytes: RawSpan) -> Bool? {
        if self.hasFailed || self.literal(bytes, "null") { return nil }
        if self.literal(bytes, "true") { return true }
        if self.literal(bytes, "false") { return false }
        self.hasFailed = true
        return nil
    }

    /// The text here, escapes resolved; nil for `null`, and a failure if it is neither.
    mutating func text(_ bytes: RawSpan) -> [UInt8]? {
        if self.hasFailed || self.literal(bytes, "null") { return nil }
        let range = self.string(bytes)
        return self.hasFailed ? nil : Self.unescape(bytes, range)
    }

    /// Steps over the value here, whatever it is.
    mutating func skipValue(_ bytes: RawSpan) {
        var depth = 0
        var isObject: UInt64 = 0
        repeat {
            self.skipBlanks(bytes)
            if self.hasFailed || self.at >= self.end {
                self.hasFailed = true
                return
            }
            let byte = bytes.byte(self.at)
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                if depth == Self.depthMax {
                    self.hasFailed = true
                    return
                }
                self.at += 1
                depth += 1
                isObject = isObject << 1 | (byte == UInt8(ascii: "{") ? 1 : 0)
                self.skipBlanks(bytes)
                let closing = isObject & 1 == 1 ? UInt8(ascii: "}") : UInt8(ascii: "]")
                if self.at < self.end, bytes.byte(self.at) == closing {
                    self.close(bytes, &depth, &isObject)
                } else if isObject & 1 == 1 {
                    self.memberName(bytes)
                }
                continue
            }
            self.scalar(bytes)
            self.close(bytes, &depth, &isObject)
        } while depth > 0 && !self.hasFailed
    }

    // MARK: - Pieces

    /// After a value: steps over the brackets that close here, and over one comma with the name that follows it.
    private mutating func close(_ bytes: RawSpan, _ depth: inout Int, _ isObject: inout UInt64) {
        while depth > 0, !self.hasFailed {
            self.skipBlanks(bytes)
            let closing = isObject & 1 == 1 ? UInt8(ascii: "}") : UInt8(ascii: "]")
            if self.take(bytes, closing, unless: false) {
                depth -= 1
                isObject >>= 1
                continue
            }
            self.expect(bytes, UInt8(ascii: ","))
            if isObject & 1 == 1 {
                self.skipBlanks(bytes)
                self.memberName(bytes)
            }
            return
        }
    }

    private mutating func memberName(_ bytes: RawSpan) {
        _ = self.string(bytes)
        self.skipBlanks(bytes)
        self.expect(bytes, UInt8(ascii: ":"))
    }

    private mutating func scalar(_ bytes: RawSpan) {
        switch bytes.byte(self.at) {
        case UInt8(ascii: "\""): _ = self.string(bytes)
        case UInt8(ascii: "t"): self.hasFailed = !self.literal(bytes, "true")
        case UInt8(ascii: "f"): self.hasFailed = !self.literal(bytes, "false")
        case UInt8(ascii: "n"): self.hasFailed = !self.literal(bytes, "null")
        default: self.number(bytes)
        }
    }

    /// Steps over a number; of its grammar only the characters and the first digit are checked.
    private mutating func number(_ bytes: RawSpan) {
        let start = self.at
        var digits = 0
        while self.at < self.end {
            let byte = bytes.byte(self.at)
            let isMark =
                byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") || byte == UInt8(ascii: "+")
            guard isMark || Self.isInteger(byte) else { break }
            if !isMark, byte != UInt8(ascii: "-") { digits += 1 }
            self.at += 1
        }
        if digits == 0 || !Self.isInteger(bytes.byte(start)) { self.hasFailed = true }
    }

    /// The bytes between the quotes here, escapes checked and left as they are.
    private mutating func string(_ bytes: RawSpan) -> Range<Int> {
        self.expect(bytes, UInt8(ascii: "\""))
        let start = self.at
        while !self.hasFailed, self.at < self.end {
            let byte = bytes.byte(self.at)
            if byte == UInt8(ascii: "\"") {
                self.at += 1
                return start..<self.at - 1
            }
            if byte < 0x20 { break }
            if byte == UInt8(ascii: "\\") {
                guard self.at + 1 < self.end else { break }
                let length = Self.escapeLength(bytes.byte(self.at + 1))
                guard length > 0, self.at + length <= self.end else { break }
                for offset in 2..<max(2, length) where Self.hex(bytes.byte(self.at + offset)) == nil {
                    self.hasFailed = true
                }
                self.at += length
            } else {
                self.at += 1
            }
        }
        self.hasFailed = true
        return start..<start
    }

    private mutating func literal(_ bytes: RawSpan, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard self.end - self.at >= count else { return false }
        for offset in 0..<count {
            // In bounds: `count` is the length of the text.
            if unsafe bytes.byte(self.at + offset) != text.utf8Start[offset] { return false }
        }
        self.at += count
        if self.standsOnEnd(bytes) { return true }
        self.at -= count
        return false
    }

    /// Whether a scalar may end here.
    private func standsOnEnd(_ bytes: RawSpan) -> Bool {
        if self.at == self.end { return true }
        let byte = bytes.byte(self.at)
        return Self.isBlank(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}")
            || byte == UInt8(ascii: "]")
    }

    private mutating func skipBlanks(_ bytes: RawSpan) {
        while self.at < self.end, Self.isBlank(bytes.byte(self.at)) { self.at += 1 }
    }

    private mutating func expect(_ bytes: RawSpan, _ byte: UInt8) {
        if !self.take(bytes, byte, unless: self.hasFailed) { self.hasFailed = true }
    }

    private mutating func take(_ bytes: RawSpan, _ byte: UInt8, unless isBlocked: Bool) -> Bool {
        guard !isBlocked, self.at < self.end, bytes.byte(self.at) == byte else { return false }
        self.at += 1
        return true
    }

    private static func isInteger(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "-")
    }

    /// Bytes of the escape whose second byte is `byte`; 0 if there is no such escape.
    private static func escapeLength(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "u"): 6
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            2
        default: 0
        }
    }

    private static func hex(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    /// The bytes of a checked string with its escapes resolved; a lone surrogate becomes U+FFFD.
    private static func unescape(_ bytes: RawSpan, _ range: Range<Int>) -> [UInt8] {
        var units: [UInt16] = []
        var text: [UInt8] = []
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = bytes.byte(offset)
            let isEscape = byte == UInt8(ascii: "\\")
            if isEscape, bytes.byte(offset + 1) == UInt8(ascii: "u") {
                var unit: UInt16 = 0
                for digit in 2..<6 { unit = unit << 4 | (Self.hex(bytes.byte(offset + digit)) ?? 0) }
                units.append(unit)
                offset += 6
                continue
            }
            if !units.isEmpty {
                text.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
                units.removeAll()
            }
            text.append(isEscape ? Self.control(bytes.byte(offset + 1)) : byte)
            offset += isEscape ? 2 : 1
        }
        if !units.isEmpty { text.append(contentsOf: String(decoding: units, as: UTF16.self).utf8) }
        return text
    }

    private static func control(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }
}
