import NIOCore

extension ByteBuffer {
    /// Appends a copy of `bytes`.
    mutating func write(_ bytes: RawSpan) {
        if bytes.isEmpty { return }
        unsafe bytes.withUnsafeBytes { _ = unsafe self.writeBytes($0) }
    }

    /// The bytes at `range`, counted from index 0 of a buffer of which nothing was read.
    @_lifetime(borrow self)
    func span(_ range: Range<Int>) -> RawSpan {
        self.readableBytesSpan.extracting(range)
    }
}
