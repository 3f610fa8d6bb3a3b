import Subjects

/// What a request's payload is taken for before it is parsed; streams.md §1.4.
public enum RequestBody {
    /// Whether an endpoint with an optional body parses it: its first byte that is not blank is `{` or `[`.
    public static func isJSON(_ body: RawSpan) -> Bool {
        for offset in 0..<body.byteCount where !body.byte(offset).isBlank {
            return body.byte(offset) == UInt8(ascii: "{") || body.byte(offset) == UInt8(ascii: "[")
        }
        return false
    }

    /// Whether an endpoint without a body lets it pass: no bytes, or an object without members.
    public static func isEmptyRequest(_ body: RawSpan) -> Bool {
        if body.byteCount == 0 { return true }
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: body) == .object([])
        } catch {
            return false
        }
    }

    /// Refuses a payload where none is expected.
    ///
    /// - Throws: ``APIError/notEmptyRequest``.
    public static func checkEmpty(_ body: RawSpan) throws(APIError) {
        if !Self.isEmptyRequest(body) { throw .notEmptyRequest }
    }
}
