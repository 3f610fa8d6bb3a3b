import StreamModel

/// How an answer is written, as the header `Accept-Encoding` of its request wants it (core.md §3.9).
public enum AnswerEncoding: String, Sendable {
    /// As it is, because what was asked for is not known.
    case identity
    /// In the frames of Snappy.
    case snappy
    /// As one member of gzip.
    case gzip

    /// The encoding that a block of headers asks for; nil: nothing is said of it.
    public init?(headers: [UInt8]) {
        let block = unsafe headers.span.bytes
        guard let range = HeaderBlock.value(of: "Accept-Encoding", in: block) else { return nil }
        let names = String(decoding: headers[range], as: UTF8.self).lowercased()
            .split { $0 == "," || $0 == " " }
        // S2 reads what Snappy writes.
        self =
            names.contains("snappy") || names.contains("s2")
            ? .snappy : names.contains("gzip") ? .gzip : .identity
    }

    /// The headers of an answer that is written so.
    public var headers: [UInt8] { Array("NATS/1.0\r\nContent-Encoding: \(self.rawValue)\r\n\r\n".utf8) }

    /// The bytes written so.
    public func encode(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .identity: bytes
        case .snappy: SnappyFrames.compress(bytes)
        case .gzip: GzipMember.compress(bytes)
        }
    }
}
