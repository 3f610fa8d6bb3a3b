/// A small text for people and programs: lines of a name and a value, and at the end their CRC-32C.
///
///     weir store
///     format 1
///     crc 1b2d9f04
struct SealedText {
    /// Names and values in the order of the lines; neither holds a line feed, and a name no space.
    var fields: [(name: String, value: String)]

    init(_ fields: [(name: String, value: String)]) { self.fields = fields }

    /// Reads the text; nil if it is damaged or something else.
    init?(_ bytes: [UInt8]) {
        let end = bytes.count - Self.trailerBytes
        if end < 0 { return nil }
        let body = Array(bytes.prefix(end))
        guard Self.trailer(body) == Array(bytes.suffix(Self.trailerBytes)),
            let text = String(validating: body, as: UTF8.self)
        else { return nil }
        self.fields = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            self.fields.append((String(parts[0]), String(parts[1])))
        }
    }

    /// The text as bytes.
    func encode() -> [UInt8] {
        let body = self.fields.flatMap { Array("\($0.name) \($0.value)\n".utf8) }
        return body + Self.trailer(body)
    }

    /// The value of the first field of that name.
    subscript(name: String) -> String? { self.fields.first { $0.name == name }?.value }

    private static let trailerBytes = 13

    private static func trailer(_ body: [UInt8]) -> [UInt8] {
        let digits = String(unsafe CRC32C.of(body.span.bytes), radix: 16)
        return Array("crc \(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)\n".utf8)
    }
}
