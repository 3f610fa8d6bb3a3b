/// One member of a request's JSON, with where it stands, so that a wrong one can be named.
///
/// Reading is strict (streams.md §1.4): a wrong type is refused with 10025, `null` reads as absent, and an
/// unknown key is refused unless the server is told to be lenient. Of a repeated key the last value counts; a
/// `null` there takes back lists and objects, and leaves plain values.
struct RequestField {
    /// The key.
    let name: String
    /// The keys down to here, joined by points.
    let path: String
    /// The value.
    let value: JSONValue
    /// Whether unknown keys are refused.
    let isStrict: Bool

    /// The members of every object in `body`, in order: a later one overrides an earlier.
    ///
    /// - Parameter type: what error texts call the whole.
    static func fields(of body: RawSpan, type: String, strict: Bool) throws(APIError) -> [RequestField] {
        let values: [JSONValue]
        do throws(JSONSyntaxError) {
            var parser = JSONParser(body)
            values = try parser.values()
        } catch {
            throw .invalidJSON(error.description)
        }
        var fields: [RequestField] = []
        for value in values {
            switch value {
            case .null: continue
            case .object(let members):
                for member in members {
                    fields.append(
                        RequestField(
                            name: member.key,
                            path: member.key,
                            value: member.value,
                            isStrict: strict
                        )
                    )
                }
            default:
                throw .invalidJSON("json: cannot unmarshal \(value.kind) into a value of type \(type)")
            }
        }
        return fields
    }

    /// Called for a key that nobody knows.
    func refuse() throws(APIError) {
        if self.isStrict { throw .invalidJSON("json: unknown field \"\(self.name)\"") }
    }

    /// The error for a value of another type than `type`.
    func mismatch(_ type: String) -> APIError {
        .invalidJSON("json: cannot unmarshal \(self.value.kind) into field \(self.path) of type \(type)")
    }

    /// The members of an object, or nil for `null`.
    func members(_ type: String) throws(APIError) -> [RequestField]? {
        switch self.value {
        case .null: return nil
        case .object(let members): return members.map { self.member($0) }
        default: throw self.mismatch(type)
        }
    }

    /// The elements of an array, or nil for `null`.
    func elements(_ type: String) throws(APIError) -> [RequestField]? {
        switch self.value {
        case .null: return nil
        case .array(let elements):
            return elements.enumerated()
                .map { index, element in
                    RequestField(
                        name: self.name,
                        path: "\(self.path).\(index)",
                        value: element,
                        isStrict: self.isStrict
                    )
                }
        default: throw self.mismatch(type)
        }
    }

    private func member(_ member: JSONMember) -> RequestField {
        RequestField(
            name: member.key,
            path: "\(self.path).\(member.key)",
            value: member.value,
            isStrict: self.isStrict
        )
    }
}

extension RequestField {
    /// The string, or nil for `null`.
    func string() throws(APIError) -> String? {
        switch self.value {
        case .null: return nil
        case .string(let text): return text
        default: throw self.mismatch("string")
        }
    }

    /// The flag, or nil for `null`.
    func bool() throws(APIError) -> Bool? {
        switch self.value {
        case .null: return nil
        case .bool(let flag): return flag
        default: throw self.mismatch("bool")
        }
    }

    /// The integer, or nil for `null`; a fraction, an exponent or an overflow is a wrong type.
    func integer<Value: FixedWidthInteger>(_ type: String) throws(APIError) -> Value? {
        switch self.value {
        case .null: return nil
        case .number(let digits):
            guard let value = Value(digits) else {
                throw .invalidJSON(
                    "json: cannot unmarshal number \(digits) into field \(self.path) of type \(type)"
                )
            }
            return value
        default: throw self.mismatch(type)
        }
    }

    /// The integer, or nil for `null`.
    func int64() throws(APIError) -> Int64? { try self.integer("int64") }

    /// The integer, or nil for `null`.
    func int() throws(APIError) -> Int? { try self.integer("int") }

    /// The integer, or nil for `null`.
    func uint64() throws(APIError) -> UInt64? { try self.integer("uint64") }

    /// The span of time in nanoseconds, or nil for `null`.
    func nanoseconds() throws(APIError) -> Nanoseconds? {
        let value: Int64? = try self.integer("duration")
        return value.map { Nanoseconds($0) }
    }

    /// The moment, or nil for `null`; the zero time is nil inside.
    func time() throws(APIError) -> Timestamp?? {
        switch self.value {
        case .null: return nil
        case .string(let text):
            do throws(TimestampSyntaxError) {
                return .some(try Timestamp.parse(rfc3339: text))
            } catch {
                throw .invalidJSON(error.description)
            }
        default: throw self.mismatch("time")
        }
    }

    /// The strings, or nil for `null`; a `null` among them reads as empty.
    func strings() throws(APIError) -> [String]? {
        guard let elements = try self.elements("[]string") else { return nil }
        var strings: [String] = []
        for element in elements { strings.append(try element.string() ?? "") }
        return strings
    }

    /// The spans of time, or nil for `null`.
    func nanosecondsList() throws(APIError) -> [Nanoseconds]? {
        guard let elements = try self.elements("[]duration") else { return nil }
        var list: [Nanoseconds] = []
        for element in elements { list.append(try element.nanoseconds() ?? .zero) }
        return list
    }

    /// The dictionary, or nil for `null`.
    func dictionary() throws(APIError) -> [String: String]? {
        guard let members = try self.members("map[string]string") else { return nil }
        var dictionary: [String: String] = [:]
        for member in members { dictionary[member.name] = try member.string() ?? "" }
        return dictionary
    }

    /// The value of a closed set of words; any other, also `null`, is refused.
    func word<Word: RawRepresentable>(_ type: Word.Type) throws(APIError) -> Word
    where Word.RawValue == String {
        if case .string(let text) = self.value, let word = Word(rawValue: text) { return word }
        throw self.unknownWord
    }

    /// The error for a word that is not in its set.
    var unknownWord: APIError {
        var writer = JSONWriter()
        writer.string(self.value.spelled)
        return .invalidJSON("can not unmarshal \(String(decoding: writer.bytes, as: UTF8.self))")
    }
}
