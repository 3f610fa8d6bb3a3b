import Crypto

/// The digest by which a backup knows a file: SHA-256, in hexadecimal digits.
struct FileDigest {
    private var hash = SHA256()

    /// Adds bytes.
    mutating func update(_ bytes: RawSpan) {
        // The pointer is used in the call alone.
        unsafe bytes.withUnsafeBytes { unsafe self.hash.update(bufferPointer: $0) }
    }

    /// The digest of all bytes added.
    func finish() -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in self.hash.finalize() {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The digest of `bytes`.
    static func digest(_ bytes: [UInt8]) -> String {
        var hash = FileDigest()
        hash.update(unsafe bytes.span.bytes)
        return hash.finish()
    }
}
