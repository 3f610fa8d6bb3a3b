/// Why a request or a publish is refused: one entry of the API's error catalogue, its text filled in.
///
/// Clients test ``errCode``; the description is for people.
public struct APIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The class of the error, in the manner of HTTP: 400 for a bad request, 404, 500, 503.
    public let code: Int
    /// The number in the catalogue: 10059 for "stream not found".
    public let errCode: Int
    /// What happened, in words.
    public let description: String

    /// Makes an error; the entries of the catalogue have members of their own.
    init(_ code: Int, _ errCode: Int, _ description: String) {
        self.code = code
        self.errCode = errCode
        self.description = description
    }

    /// Writes the object `{"code":…,"err_code":…,"description":…}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("code", self.code)
        writer.fieldIfSet("err_code", self.errCode)
        writer.fieldIfSet("description", self.description)
        writer.endObject()
    }
}
