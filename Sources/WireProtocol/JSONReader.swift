import Subjects

/// Reads the small JSON texts of the protocol, `CONNECT` and `INFO`, without recursion; RFC 8259.
///
/// It holds a position; the bytes are given to each call. After a call that fails the position means nothing.
struct JSONReader {
    /// What ``nextKey(in:)`` found.
    enum Key {
        case name([UInt8])
        case end
        case malformed
    }

    /// How deep objects and arrays may stand in one another, in values that are skipped.
    static let maxDepth = 1000

    private(set) var position: Int
    private let end: Int

    /// A reader of the text at `place`.
    init(_ place: Range<Int>) {
        self.position = place.lowerBound
        self.end = place.upperBound
    }

    // MARK: - Structure

    /// The next byte that is not white space, without taking it; nil at the end.
    mutating func peek(in bytes: RawSpan) -> UInt8? {
        while self.position < self.end {
            let byte = bytes.byte(self.position)
            switch byte {
            case 0x20, 0x09, 0x0a, 0x0d: self.position += 1
            default: return byte
            }
        }
        return nil
    }

    /// Takes `wanted`, after white space, if it is next.
    mutating func take(_ wanted: UInt8, in bytes: RawSpan) -> Bool {
        guard self.peek(in: bytes) == wanted else { return false }
        self.position += 1
        return true
    }

    /// Whether nothing but white space is left.
    mutating func isAtEnd(in bytes: RawSpan) -> Bool { self.peek(in: bytes) == nil }

    /// Takes the key and colon of the next member of an object; the comma before it unless it `isFirst`.
    mutating func nextKey(in bytes: RawSpan, isFirst: Bool) -> Key {
        if self.take(UInt8(ascii: "}"), in: bytes) { return .end }
        if !isFirst, !self.take(UInt8(ascii: ","), in: bytes) { return .malformed }
        guard self.peek(in: bytes) == UInt8(ascii: "\""), let name = self.readString(in: bytes),
            self.take(UInt8(ascii: ":"), in: bytes)
        else { return .malformed }
        return .name(name)
    }

    // MARK: - Values

    /// Takes the word, such as `null`, if it is next.
    mutating func takeWord(_ word: StaticString, in bytes: RawSpan) -> Bool {
        let count = word.utf8CodeUnitCount
        _ = self.peek(in: bytes)
        guard self.end - self.position >= count else { return false }
        for index in 0..<count {
            // The index is within the string, whose bytes live as long as the program.
            guard bytes.byte(self.position + index) == (unsafe word.utf8Start[index]) else { return false }
        }
        self.position += count
        return true
    }

    /// Takes `true` or `false`; nil if something else is next.
    mutating func readBool(in bytes: RawSpan) -> Bool? {
        if self.takeWord("true", in: bytes) { return true }
        return self.takeWord("false", in: bytes) ? false : nil
    }

    /// Takes a whole number; nil if something else is next, a fraction for example.
    mutating func readInt(in bytes: RawSpan) -> Int? {
        _ = self.peek(in: bytes)
        let start = self.position
        guard self.skipNumber(in: bytes) else { return nil }
        var digits = start
        let isNegative = bytes.byte(start) == UInt8(ascii: "-")
        if isNegative { digits += 1 }
        var value = 0
        while digits < self.position {
            let digit = bytes.byte(digits) ^ 0x30
            guard digit <= 9 else { return nil }
            let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, carries) = tens.subtractingReportingOverflow(Int(digit))
            if overflows || carries { return nil }
            value = sum
            digits += 1
        }
        // Gathered below zero, where there is one number more.
        if isNegative { return value }
        return value == Int.min ? nil : -value
    }

    /// Takes a string and gives its bytes without escapes; nil if something else is next.
    mutating func readString(in bytes: RawSpan) -> [UInt8]? {
        guard self.take(UInt8(ascii: "\""), in: bytes) else { return nil }
        var text: [UInt8] = []
        while self.position < self.end {
            let byte = bytes.byte(self.position)
            self.position += 1
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"):
                guard self.readEscape(in: bytes, into: &text) else { return nil }
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    /// Takes the whole text as one value; false if it is not valid, or no object or `null` where one is wanted.
    mutating func skipDocument(in bytes: RawSpan, mustBeObject: Bool) -> Bool {
        if mustBeObject, let first = self.peek(in: bytes), first != UInt8(ascii: "{"),
            first != UInt8(ascii: "n")
        {
            return false
        }
        return self.skipValue(in: bytes) && self.isAtEnd(in: bytes)
    }

    /// Takes one value of any kind; false if there is no valid one.
    mutating func skipValue(in bytes: RawSpan) -> Bool {
        var open: [UInt8] = []  // The brackets that close what is open.
        while true {
            guard let first = self.peek(in: bytes) else { return false }
            var isOpened = false
            switch first {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard open.count < Self.maxDepth else { return false }
                self.position += 1
                open.append(first + 2)  // ASCII: `{`, `|`, `}` and `[`, `\`, `]`.
                isOpened = true
            case UInt8(ascii: "\""):
                guard self.readString(in: bytes) != nil else { return false }
            case UInt8(ascii: "t"): guard self.takeWord("true", in: bytes) else { return false }
            case UInt8(ascii: "f"): guard self.takeWord("false", in: bytes) else { return false }
            case UInt8(ascii: "n"): guard self.takeWord("null", in: bytes) else { return false }
            default: guard self.skipNumber(in: bytes) else { return false }
            }
            // Close what ends here, then stand before the next value.
            while let close = open.last {
                if self.take(close, in: bytes) {
                    open.removeLast()
                    isOpened = false
                    continue
                }
                if !isOpened, !self.take(UInt8(ascii: ","), in: bytes) { return false }
                if close == UInt8(ascii: "}") {
                    guard self.peek(in: bytes) == UInt8(ascii: "\""), self.readString(in: bytes) != nil,
                        self.take(UInt8(ascii: ":"), in: bytes)
                    else { return false }
                }
                break
            }
            if open.isEmpty { return true }
        }
    }

    // MARK: - Pieces

    /// Takes a number by the grammar of JSON.
    private mutating func skipNumber(in bytes: RawSpan) -> Bool {
        if self.position < self.end, bytes.byte(self.position) == UInt8(ascii: "-") { self.position += 1 }
        let start = self.position
        let digits = self.skipDigits(in: bytes)
        if digits == 0 || (digits > 1 && bytes.byte(start) == UInt8(ascii: "0")) { return false }
        if self.position < self.end, bytes.byte(self.position) == UInt8(ascii: ".") {
            self.position += 1
            if self.skipDigits(in: bytes) == 0 { return false }
        }
        if self.position < self.end, bytes.byte(self.position) | 0x20 == UInt8(ascii: "e") {
            self.position += 1
            if self.position < self.end {
                let sign = bytes.byte(self.position)
                if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { self.position += 1 }
            }
            if self.skipDigits(in: bytes) == 0 { return false }
        }
        return true
    }

    private mutating func skipDigits(in bytes: RawSpan) -> Int {
        let start = self.position
        while self.position < self.end, bytes.byte(self.position) ^ 0x30 <= 9 { self.position += 1 }
        return self.position - start
    }

    /// Takes what follows a backslash.
    private mutating func readEscape(in bytes: RawSpan, into text: inout [UInt8]) -> Bool {
        guard self.position < self.end else { return false }
        let byte = bytes.byte(self.position)
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            guard let unit = self.readHex(in: bytes) else { return false }
            text.append(contentsOf: self.scalar(from: unit, in: bytes).utf8)
        default: return false
        }
        return true
    }

    /// The character that begins with that UTF-16 unit; half a pair without the other is U+FFFD.
    private mutating func scalar(from unit: UInt32, in bytes: RawSpan) -> String {
        if let scalar = Unicode.Scalar(unit) { return String(scalar) }
        if unit < 0xdc00, self.end - self.position >= 6,
            bytes.byte(self.position) == UInt8(ascii: "\\"),
            bytes.byte(self.position + 1) == UInt8(ascii: "u")
        {
            let before = self.position
            self.position += 2
            if let low = self.readHex(in: bytes), low >= 0xdc00, low <= 0xdfff,
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
            {
                return String(scalar)
            }
            self.position = before
        }
        return "\u{fffd}"
    }

    private mutating func readHex(in bytes: RawSpan) -> UInt32? {
        guard self.end - self.position >= 4 else { return nil }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes.byte(self.position)
            self.position += 1
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 0x57)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 0x37)
            default: return nil
            }
        }
        return value
    }
}
