/// Writes the members of one flat JSON object, for `INFO` and `CONNECT`; RFC 8259.
struct JSONWriter {
    /// The opening brace and the members so far.
    private(set) var bytes: [UInt8]
    private var needsComma = false

    /// An object without members yet.
    init() { self.bytes = [UInt8(ascii: "{")] }

    /// More members of an object of which `count` bytes were written elsewhere, at least one member among them.
    init(after count: Int) {
        self.bytes = []
        self.needsComma = count > 1
    }

    /// Adds a string.
    mutating func add(_ key: StaticString, _ value: String) {
        self.begin(key)
        self.write(value)
    }

    /// Adds a list of strings.
    mutating func add(_ key: StaticString, _ values: [String]) {
        self.begin(key)
        self.bytes.append(UInt8(ascii: "["))
        for index in values.indices {
            if index > 0 { self.bytes.append(UInt8(ascii: ",")) }
            self.write(values[index])
        }
        self.bytes.append(UInt8(ascii: "]"))
    }

    /// Adds a number.
    mutating func add(_ key: StaticString, _ value: Int) {
        self.begin(key)
        self.bytes.append(contentsOf: String(value).utf8)
    }

    /// Adds a number.
    mutating func add(_ key: StaticString, _ value: UInt64) {
        self.begin(key)
        self.bytes.append(contentsOf: String(value).utf8)
    }

    /// Adds a truth value.
    mutating func add(_ key: StaticString, _ value: Bool) {
        self.begin(key)
        self.bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Adds `value` unless it is empty.
    mutating func addIfSet(_ key: StaticString, _ value: String) {
        if !value.isEmpty { self.add(key, value) }
    }

    /// Adds `value` if it is true.
    mutating func addIfTrue(_ key: StaticString, _ value: Bool) { if value { self.add(key, value) } }

    private mutating func begin(_ key: StaticString) {
        if self.needsComma { self.bytes.append(UInt8(ascii: ",")) }
        self.needsComma = true
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(contentsOf: key.description.utf8)
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(UInt8(ascii: ":"))
    }

    private mutating func write(_ text: String) {
        self.bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                self.bytes.append(UInt8(ascii: "\\"))
                self.bytes.append(byte)
            case 0..<0x20:
                self.bytes.append(contentsOf: "\\u00".utf8)
                self.bytes.append(Self.hex(byte >> 4))
                self.bytes.append(Self.hex(byte & 0x0f))
            default: self.bytes.append(byte)
            }
        }
        self.bytes.append(UInt8(ascii: "\""))
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }
}
