import Crypto

/// What tells one configuration from another: SHA-256 of its values as compact JSON with sorted keys and a line feed
/// (core.md §4.1).
enum ConfigurationDigest {
    /// `sha256:` and 64 hexadecimal digits.
    static func text(of map: ConfigurationMap) -> String {
        var json: [UInt8] = []
        Self.append(map, to: &json)
        json.append(UInt8(ascii: "\n"))
        let digits = Array("0123456789abcdef".utf8)
        var text = Array("sha256:".utf8)
        for byte in SHA256.hash(data: json) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ map: ConfigurationMap, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "{"))
        let entries = map.entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (index, entry) in entries.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            Self.append(entry.key, to: &json)
            json.append(UInt8(ascii: ":"))
            Self.append(entry.value, to: &json)
        }
        json.append(UInt8(ascii: "}"))
    }

    private static func append(_ value: ConfigurationValue, to json: inout [UInt8]) {
        switch value.kind {
        case .bool(let flag): json += Array((flag ? "true" : "false").utf8)
        case .integer(let number): json += Array(String(number).utf8)
        case .float(let number): json += Array(Self.text(of: number).utf8)
        case .string(let text), .datetime(let text): Self.append(text, to: &json)
        case .map(let map): Self.append(map, to: &json)
        case .array(let elements):
            json.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                Self.append(element, to: &json)
            }
            json.append(UInt8(ascii: "]"))
        }
    }

    /// The shortest digits that mean the number; with an exponent below 1e-6 and from 1e21 on.
    static func text(of number: Double) -> String {
        guard number != 0 else { return number.sign == .minus ? "-0" : "0" }
        // Swift's form differs in where the exponent begins, not in the digits.
        let parts = "\(number.magnitude)".split(separator: "e")
        let point = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        var digits = Array((point[0] + (point.count > 1 ? point[1] : "")).utf8)
        // The number is 0.digits × 10^exponent.
        var exponent = point[0].utf8.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.count > 1, digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
        func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
        let sign = number < 0 ? "-" : ""
        if number.magnitude < 1e-6 || number.magnitude >= 1e21 {
            let fraction = digits.count > 1 ? "." + text(digits.dropFirst()) : ""
            let power = exponent - 1
            return "\(sign)\(text(digits.prefix(1)))\(fraction)e\(power < 0 ? "-" : "+")\(power.magnitude)"
        }
        if exponent <= 0 { return "\(sign)0.\(zeros(-exponent))\(text(digits))" }
        if digits.count <= exponent { return sign + text(digits) + zeros(exponent - digits.count) }
        return "\(sign)\(text(digits.prefix(exponent))).\(text(digits.dropFirst(exponent)))"
    }

    /// Appends a string in quotes; what is special in HTML is written as a number, too.
    private static func append(_ text: String, to json: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        json.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += Array("\\\"".utf8)
            case "\\": json += Array("\\\\".utf8)
            case "\n": json += Array("\\n".utf8)
            case "\r": json += Array("\\r".utf8)
            case "\t": json += Array("\\t".utf8)
            case "\u{8}": json += Array("\\b".utf8)
            case "\u{C}": json += Array("\\f".utf8)
            case "\u{2028}": json += Array("\\u2028".utf8)
            case "\u{2029}": json += Array("\\u2029".utf8)
            case "<", ">", "&", "\u{0}"..."\u{1F}":
                json += Array("\\u00".utf8)
                json += [digits[Int(scalar.value >> 4)], digits[Int(scalar.value & 15)]]
            default: json += Array(String(scalar).utf8)
            }
        }
        json.append(UInt8(ascii: "\""))
    }
}
