/// One JSON value, as it was written: numbers keep their digits, members their order.
///
/// Objects hold members in the order of the text; a repeated key is there twice.
public enum JSONValue: Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, as spelled: no precision is lost and `1.0` is not `1`.
    case number(String)
    /// A string, unescaped; what is not Unicode became U+FFFD.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object([JSONMember])

    /// How error texts name the kind of the value.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The value in the form of JSON text, for error texts.
    var spelled: String {
        switch self {
        case .null: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .number(let digits): return digits
        case .string(let text):
            var writer = JSONWriter()
            writer.string(text)
            return String(decoding: writer.bytes, as: UTF8.self)
        case .array: return "[…]"
        case .object: return "{…}"
        }
    }
}

/// One member of a JSON object.
public struct JSONMember: Hashable, Sendable {
    /// The name, unescaped.
    public let key: String
    /// What it stands for.
    public let value: JSONValue
}

extension UInt8 {
    /// Whether the byte is a decimal digit.
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    /// Whether JSON allows the byte between tokens.
    var isBlank: Bool {
        switch self {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): true
        default: false
        }
    }
}
