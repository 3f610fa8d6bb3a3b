/// A subscription's id as its client chose it, held without a reference where it is as short as ids are.
struct SubscriptionID: Equatable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var length: UInt8 = 0
    /// The id, where it is longer than 16 bytes.
    private var long: [UInt8]?

    init(_ bytes: [UInt8]) {
        if bytes.count > 16 {
            self.long = bytes
            return
        }
        self.length = UInt8(bytes.count)
        for index in bytes.indices {
            let byte = UInt64(bytes[index]) << UInt64(8 * (index & 7))
            if index < 8 { self.low |= byte } else { self.high |= byte }
        }
    }

    /// Calls `body` with the bytes.
    @inline(__always)
    func withBytes(_ body: (RawSpan) -> Void) {
        if let long = self.long { return unsafe body(long.span.bytes) }
        let words: [2 of UInt64] = [self.low.littleEndian, self.high.littleEndian]
        // The bytes are those of a local value, and not used beyond the call.
        unsafe withUnsafeBytes(of: words) {
            unsafe body(RawSpan(_unsafeBytes: $0).extracting(0..<Int(self.length)))
        }
    }
}
