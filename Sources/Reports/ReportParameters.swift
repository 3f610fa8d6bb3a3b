import StreamModel

/// The parameters of a report: from the query of a URL, or from the JSON of a request.
///
/// Those of a query are texts, with the names of core.md §5.1; a member of JSON has a type and often a longer name.
public struct ReportParameters: Sendable {
    private enum Source {
        case query([String: [String]])
        case json([String: JSONValue])
    }

    private let source: Source

    /// The decoded parameters of a URL, in their order; of a repeated one the first counts, where one is wanted.
    public init(query: [(name: String, value: String)]) {
        var values: [String: [String]] = [:]
        for (name, value) in query { values[name, default: []].append(value) }
        self.source = .query(values)
    }

    /// The members of an object; no bytes stand for none.
    ///
    /// - Throws: ``ReportError/malformed(_:)`` if it is no JSON object.
    public init(json: RawSpan) throws(ReportError) {
        if json.byteCount == 0 {
            self.source = .json([:])
            return
        }
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: json)
        } catch {
            // Where in the text is left out, as the reference has it.
            throw .malformed(String(error.description.split(separator: " at offset ").first ?? ""))
        }
        switch value {
        case .object(let members):
            self.source = .json(Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
        case .null: self.source = .json([:])
        case .array: throw .malformed("json: cannot unmarshal array into an object")
        case .string: throw .malformed("json: cannot unmarshal string into an object")
        case .number: throw .malformed("json: cannot unmarshal number into an object")
        case .bool: throw .malformed("json: cannot unmarshal bool into an object")
        }
    }

    /// No parameters.
    public init() { self.source = .json([:]) }

    /// A yes or no; false if it is not there.
    func flag(_ name: String, json member: String? = nil) throws(ReportError) -> Bool {
        switch self.source {
        case .query(let values):
            guard let text = values[name]?.first, !text.isEmpty else { return false }
            guard let flag = Self.flag(text) else {
                throw .malformed(
                    "Error decoding boolean for '\(name)': strconv.ParseBool: parsing \(Self.quoted(text)): invalid syntax"
                )
            }
            return flag
        case .json(let members):
            switch members[member ?? name] {
            case nil, .null: return false
            case .bool(let flag): return flag
            case let other: throw Self.mismatch(other, member ?? name, "bool")
            }
        }
    }

    /// A yes or no, or the word `detail`; with JSON that is a member of its own.
    func subscriptions(json member: String, detail: String) throws(ReportError) -> (list: Bool, detail: Bool)
    {
        switch self.source {
        case .query(let values):
            if values["subs"]?.first?.lowercased() == "detail" { return (true, true) }
            return (try self.flag("subs"), false)
        case .json:
            let details = try self.flag(detail)
            return (try self.flag(member) || details, details)
        }
    }

    /// A number; 0 if it is not there.
    func integer(_ name: String) throws(ReportError) -> Int {
        switch self.source {
        case .query(let values):
            guard let text = values[name]?.first, !text.isEmpty else { return 0 }
            guard let value = Self.integer(text, as: Int.self) else {
                throw .malformed(Self.numberError(text, name, type: "int", function: "Atoi"))
            }
            return value
        case .json(let members):
            switch members[name] {
            case nil, .null: return 0
            case .number(let digits):
                guard let value = Int(digits) else { throw Self.mismatch(members[name], name, "int") }
                return value
            case let other: throw Self.mismatch(other, name, "int")
            }
        }
    }

    /// A number without a sign; 0 if it is not there.
    func unsigned(_ name: String) throws(ReportError) -> UInt64 {
        switch self.source {
        case .query(let values):
            guard let text = values[name]?.first, !text.isEmpty else { return 0 }
            guard let value = Self.integer(text, as: UInt64.self) else {
                throw .malformed(Self.numberError(text, name, type: "uint64", function: "ParseUint"))
            }
            return value
        case .json(let members):
            switch members[name] {
            case nil, .null: return 0
            case .number(let digits):
                guard let value = UInt64(digits) else { throw Self.mismatch(members[name], name, "uint64") }
                return value
            case let other: throw Self.mismatch(other, name, "uint64")
            }
        }
    }

    /// A text; empty if it is not there.
    func text(_ name: String, json member: String? = nil) throws(ReportError) -> String {
        switch self.source {
        case .query(let values): return values[name]?.first ?? ""
        case .json(let members):
            switch members[member ?? name] {
            case nil, .null: return ""
            case .string(let text): return text
            case let other: throw Self.mismatch(other, member ?? name, "string")
            }
        }
    }

    /// Texts: a parameter that may be repeated, or an array; none if it is not there.
    func texts(_ name: String, json member: String) throws(ReportError) -> [String] {
        switch self.source {
        case .query(let values): return values[name] ?? []
        case .json(let members):
            switch members[member] {
            case nil, .null: return []
            case .array(let values):
                var texts: [String] = []
                for value in values {
                    guard case .string(let text) = value else { throw Self.mismatch(value, member, "string") }
                    texts.append(text)
                }
                return texts
            case let other: throw Self.mismatch(other, member, "[]string")
            }
        }
    }

    /// What clients are asked for: words in a query, numbers in JSON.
    func state() throws(ReportError) -> (isOpen: Bool, isClosed: Bool) {
        switch self.source {
        case .query(let values):
            let text = values["state"]?.first ?? ""
            switch text.lowercased() {
            case "", "open": return (true, false)
            case "closed": return (false, true)
            case "any", "all": return (true, true)
            default: throw .malformed("Error decoding state for \(text)")
            }
        case .json:
            switch try self.integer("state") {
            case 1: return (false, true)
            case 2: return (true, true)
            default: return (true, false)
            }
        }
    }

    // MARK: - Texts

    private static func flag(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    private static func integer<Value: FixedWidthInteger>(_ text: String, as type: Value.Type) -> Value? {
        if !Value.isSigned, text.hasPrefix("+") || text.hasPrefix("-") { return nil }
        return Value(text)
    }

    private static func numberError(_ text: String, _ name: String, type: String, function: String) -> String
    {
        let digits = text.utf8.drop { type == "int" && ($0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+")) }
        let isNumber =
            !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let reason = isNumber ? "value out of range" : "invalid syntax"
        return
            "Error decoding \(type) for '\(name)': strconv.\(function): parsing \(Self.quoted(text)): \(reason)"
    }

    private static func mismatch(_ value: JSONValue?, _ name: String, _ type: String) -> ReportError {
        let kind =
            switch value {
            case .bool: "bool"
            case .number: "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            case .null, nil: "null"
            }
        return .malformed("json: cannot unmarshal \(kind) into field \(name) of type \(type)")
    }

    /// The text between quotes, with what would not be seen spelled out.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                result += scalar.value < 0x10 ? "\\x0" : "\\x"
                result += String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
