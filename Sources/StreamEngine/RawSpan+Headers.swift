import StreamModel
import Subjects

extension RawSpan {
    /// The value in this header block; empty when the header is absent.
    @_lifetime(copy self)
    func value(_ value: HeaderValue) -> RawSpan {
        self.extracting(value.range ?? 0..<0)
    }

    /// Whether both hold the same bytes.
    func equals(_ bytes: [UInt8]) -> Bool {
        unsafe self.equals(bytes.span.bytes)
    }

    /// The bytes as text; what is not UTF-8 is replaced.
    var text: String { String(decoding: self.array(), as: UTF8.self) }
}
