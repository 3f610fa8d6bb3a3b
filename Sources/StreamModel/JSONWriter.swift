/// Appends JSON text, member by member, in the order of the calls.
///
/// The order of keys is part of what clients may see (streams.md §3.1), so it is written by hand where it
/// matters and never left to a dictionary.
public struct JSONWriter: Sendable {
    /// The text so far.
    public private(set) var bytes: [UInt8]
    /// Whether a comma is due before the next key or element.
    private var needsComma = false

    /// Starts an empty text with room for `capacity` bytes.
    public init(capacity: Int = 512) {
        self.bytes = []
        self.bytes.reserveCapacity(capacity)
    }

    /// Opens an object: as an element, or after ``key(_:)``.
    public mutating func beginObject() { self.open(UInt8(ascii: "{")) }

    /// Closes the innermost object.
    public mutating func endObject() { self.close(UInt8(ascii: "}")) }

    /// Opens an array: as an element, or after ``key(_:)``.
    public mutating func beginArray() { self.open(UInt8(ascii: "[")) }

    /// Closes the innermost array.
    public mutating func endArray() { self.close(UInt8(ascii: "]")) }

    /// Writes the key of the next member.
    public mutating func key(_ name: StaticString) {
        self.separate()
        self.bytes.append(UInt8(ascii: "\""))
        // The span of a static string lives as long as the program.
        unsafe self.bytes.append(
            contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        )
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(UInt8(ascii: ":"))
        self.needsComma = false
    }

    /// Writes the key of the next member, escaped.
    public mutating func key(_ name: String) {
        self.string(name)
        self.bytes.append(UInt8(ascii: ":"))
        self.needsComma = false
    }

    /// Writes a string.
    public mutating func string(_ text: String) {
        self.separate()
        self.bytes.append(UInt8(ascii: "\""))
        Self.appendEscaped(text, to: &self.bytes)
        self.bytes.append(UInt8(ascii: "\""))
        self.needsComma = true
    }

    /// Writes an integer.
    public mutating func integer(_ value: some BinaryInteger) { self.plain(String(value)) }

    /// Writes a value that is JSON text already.
    public mutating func raw(_ json: [UInt8]) {
        self.separate()
        self.bytes.append(contentsOf: json)
        self.needsComma = true
    }

    /// Writes a number with as many digits as it takes to read it back, and no fraction where there is none; what is
    /// not finite becomes 0.
    public mutating func number(_ value: Double) {
        guard value.isFinite else { return self.plain("0") }
        self.plain(value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)")
    }

    /// Writes `true` or `false`.
    public mutating func bool(_ value: Bool) { self.plain(value ? "true" : "false") }

    /// Writes `null`.
    public mutating func null() { self.plain("null") }

    /// Writes a moment; nil is the zero time.
    public mutating func time(_ value: Timestamp?) {
        self.separate()
        self.bytes.append(UInt8(ascii: "\""))
        if let value {
            value.appendRFC3339(to: &self.bytes)
        } else {
            self.bytes.append(contentsOf: Timestamp.zeroText.utf8)
        }
        self.bytes.append(UInt8(ascii: "\""))
        self.needsComma = true
    }

    /// Writes bytes as a string in base64 with padding.
    public mutating func base64(_ value: [UInt8]) {
        self.separate()
        self.bytes.append(UInt8(ascii: "\""))
        Self.appendBase64(value, to: &self.bytes)
        self.bytes.append(UInt8(ascii: "\""))
        self.needsComma = true
    }

    private mutating func plain(_ text: String) {
        self.separate()
        self.bytes.append(contentsOf: text.utf8)
        self.needsComma = true
    }

    private mutating func separate() {
        if self.needsComma { self.bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func open(_ bracket: UInt8) {
        self.separate()
        self.bytes.append(bracket)
        self.needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        self.bytes.append(bracket)
        self.needsComma = true
    }

    /// Appends `text` as it stands between the quotes of a JSON string.
    static func appendEscaped(_ text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0a: bytes.append(contentsOf: "\\n".utf8)
            case 0x0d: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case ..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(Self.hexadecimalDigit(byte >> 4))
                bytes.append(Self.hexadecimalDigit(byte & 0xf))
            default: bytes.append(byte)
            }
        }
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + (value - 10)
    }

    private static func appendBase64(_ value: [UInt8], to bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + (value.count + 2) / 3 * 4)
        var index = 0
        while index < value.count {
            let left = value.count - index
            var group = UInt32(value[index]) << 16
            if left > 1 { group |= UInt32(value[index + 1]) << 8 }
            if left > 2 { group |= UInt32(value[index + 2]) }
            bytes.append(Self.base64Digit(group >> 18))
            bytes.append(Self.base64Digit(group >> 12))
            bytes.append(left > 1 ? Self.base64Digit(group >> 6) : UInt8(ascii: "="))
            bytes.append(left > 2 ? Self.base64Digit(group) : UInt8(ascii: "="))
            index += 3
        }
    }

    /// The digit of the lowest six bits.
    private static func base64Digit(_ bits: UInt32) -> UInt8 {
        let value = UInt8(bits & 0x3f)
        switch value {
        case 0..<26: return UInt8(ascii: "A") + value
        case 26..<52: return UInt8(ascii: "a") + (value - 26)
        case 52..<62: return UInt8(ascii: "0") + (value - 52)
        case 62: return UInt8(ascii: "+")
        default: return UInt8(ascii: "/")
        }
    }
}
