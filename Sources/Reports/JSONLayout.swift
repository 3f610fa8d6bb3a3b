/// Lays JSON text out as monitoring shows it (core.md §5.1): two spaces per level, and `<`, `>`, `&` escaped.
///
/// What comes in is the text of a `JSONWriter`, which has no spaces between its parts.
enum JSONLayout {
    /// The text in one line.
    static func compact(_ json: [UInt8]) -> [UInt8] { Self.layOut(json, indents: false) }

    /// The text in many lines.
    static func indented(_ json: [UInt8]) -> [UInt8] { Self.layOut(json, indents: true) }

    private static func layOut(_ json: [UInt8], indents: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(json.count * (indents ? 2 : 1))
        var depth = 0
        var isString = false
        var isEscaped = false
        var previous: UInt8 = 0
        for byte in json {
            if isString {
                Self.appendInString(byte, to: &result)
                isString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                previous = byte
                continue
            }
            let closes = byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
            let followsOpening = previous == UInt8(ascii: "{") || previous == UInt8(ascii: "[")
            if closes { depth -= 1 }
            if indents, closes != followsOpening || previous == UInt8(ascii: ",") {
                result.append(UInt8(ascii: "\n"))
                result.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * max(0, depth)))
            }
            result.append(byte)
            switch byte {
            case UInt8(ascii: "\""): isString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ":") where indents: result.append(UInt8(ascii: " "))
            default: break
            }
            previous = byte
        }
        return result
    }

    private static func appendInString(_ byte: UInt8, to result: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "<"): result.append(contentsOf: "\\u003c".utf8)
        case UInt8(ascii: ">"): result.append(contentsOf: "\\u003e".utf8)
        case UInt8(ascii: "&"): result.append(contentsOf: "\\u0026".utf8)
        default: result.append(byte)
        }
    }
}
