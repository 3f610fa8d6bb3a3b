import Subjects

extension RawSpan {
    /// Whether both hold the same bytes.
    func equals(_ bytes: [UInt8]) -> Bool {
        unsafe self.equals(bytes.span.bytes)
    }

    /// Whether the first bytes are `prefix`.
    func starts(with prefix: [UInt8]) -> Bool {
        guard self.byteCount >= prefix.count else { return false }
        for index in prefix.indices where self.byte(index) != prefix[index] { return false }
        return true
    }
}
