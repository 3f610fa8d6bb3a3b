import Subjects

/// Bytes from a client as they are shown in error texts: `"foo.bar"`; core.md §1.6.
///
/// In double quotes, with a backslash before quote and backslash, and escapes for what cannot be printed: `\n` and
/// its like, `\x00` for control characters and bytes that are no UTF-8, `\u0000` or `\U00000000` for the rest.
public enum QuotedText {
    /// The text for `bytes`.
    public static func quote(_ bytes: RawSpan) -> String { "\"" + Self.text(bytes, quotes: true) + "\"" }

    /// The same without quotes around it, and with quotes and backslashes as they are: for lines of a log.
    public static func show(_ bytes: RawSpan) -> String { Self.text(bytes, quotes: false) }

    private static func text(_ bytes: RawSpan, quotes: Bool) -> String {
        var text = ""
        var position = 0
        while position < bytes.byteCount {
            guard let (scalar, length) = Self.scalar(in: bytes, at: position) else {
                Self.escapeByte(bytes.byte(position), into: &text)
                position += 1
                continue
            }
            if !quotes, scalar == "\"" || scalar == "\\" {
                text.unicodeScalars.append(scalar)
            } else {
                Self.append(scalar, to: &text)
            }
            position += length
        }
        return text
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\u{07}": text += "\\a"
        case "\u{08}": text += "\\b"
        case "\u{0c}": text += "\\f"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case "\u{0b}": text += "\\v"
        case "\u{00}"..<" ", "\u{7f}": Self.escapeByte(UInt8(scalar.value), into: &text)
        default:
            if Self.isPrintable(scalar) {
                text.unicodeScalars.append(scalar)
            } else if scalar.value < 0x10000 {
                text += "\\u" + Self.hex(scalar.value, digits: 4)
            } else {
                text += "\\U" + Self.hex(scalar.value, digits: 8)
            }
        }
    }

    /// Letters, marks, numbers, punctuation and symbols can be printed, and of the blanks only the ASCII one.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    private static func escapeByte(_ byte: UInt8, into text: inout String) {
        text += "\\x" + Self.hex(UInt32(byte), digits: 2)
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// The character that begins at `position` and its length, or nil when the bytes there are no UTF-8.
    private static func scalar(in bytes: RawSpan, at position: Int) -> (Unicode.Scalar, Int)? {
        let first = UInt32(bytes.byte(position))
        if first < 0x80 { return (Unicode.Scalar(UInt8(first)), 1) }
        let length: Int
        let least: UInt32
        var value: UInt32
        switch first {
        case 0xc2...0xdf: (length, least, value) = (2, 0x80, first & 0x1f)
        case 0xe0...0xef: (length, least, value) = (3, 0x800, first & 0x0f)
        case 0xf0...0xf4: (length, least, value) = (4, 0x10000, first & 0x07)
        default: return nil
        }
        guard bytes.byteCount - position >= length else { return nil }
        for index in 1..<length {
            let next = UInt32(bytes.byte(position + index))
            guard next & 0xc0 == 0x80 else { return nil }
            value = value << 6 | next & 0x3f
        }
        guard value >= least, let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, length)
    }
}
