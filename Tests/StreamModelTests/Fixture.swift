import Foundation
import StreamModel
import Testing

/// Files of the folder `Fixtures`.
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        return Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func json(_ name: String) throws -> JSONValue { try JSONValue(text: try Self.bytes(name)) }

    /// The rows of a file with one JSON object a line.
    static func rows(_ name: String) throws -> [JSONValue] {
        try Self.bytes(name).split(separator: UInt8(ascii: "\n")).map { try JSONValue(text: Array($0)) }
    }
}

extension JSONValue {
    init(text: [UInt8]) throws { self = try JSONValue(parsing: text.span.bytes) }

    init(text: String) throws { try self.init(text: Array(text.utf8)) }

    /// The member `key` of an object.
    subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var integer: Int? {
        guard case .number(let digits) = self else { return nil }
        return Int(digits)
    }

    var keys: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.key)
    }

    var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }
}

/// What a request came to: the text of its configuration, or its error.
enum Outcome: Equatable {
    case configuration(JSONValue)
    case error(code: Int, errCode: Int, description: String)

    /// The outcome that a row of a fixture records.
    init(row: JSONValue) throws {
        if let configuration = row["config"] {
            self = .configuration(configuration)
        } else {
            self.init(
                code: try #require(row["code"]?.integer),
                errCode: try #require(row["err_code"]?.integer),
                description: try #require(row["description"]?.text)
            )
        }
    }

    init(_ error: APIError) {
        self.init(code: error.code, errCode: error.errCode, description: error.description)
    }

    /// The words of JSON and sampling errors are not compared.
    private init(code: Int, errCode: Int, description: String) {
        let isFree = errCode == 10025 || errCode == 10095
        self = .error(code: code, errCode: errCode, description: isFree ? "" : description)
    }

    static func written(_ write: (inout JSONWriter) -> Void) throws -> Outcome {
        var writer = JSONWriter()
        write(&writer)
        return .configuration(try JSONValue(text: writer.bytes))
    }
}

/// Runs `body` and returns the error of the API that it throws.
func apiError(_ body: () throws -> Void) -> APIError? {
    do {
        try body()
        return nil
    } catch {
        return error as? APIError
    }
}

/// The bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
