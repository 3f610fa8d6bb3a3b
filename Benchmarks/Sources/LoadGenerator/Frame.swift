/// One operation of a server, as offsets into the bytes it stands in.
///
///     MSG subject sid [reply] size \r\n payload \r\n
///     ^start                      ^lineEnd  ^payload    ^end
///
/// The subject and the reply are not looked for: who needs them knows where they are.
struct Frame {
    /// What the operation is.
    enum Kind {
        /// `MSG`.
        case message
        /// `HMSG`: a message with headers, or a status.
        case headerMessage
        /// `PING`.
        case ping
        /// `PONG`.
        case pong
        /// `-ERR`.
        case error
        /// `+OK` or `INFO`, which no run asks about.
        case other
    }

    /// The longest payload that a server may send; more is a mistake in the stream of bytes.
    private static let payloadBytesMax = 64 * 1024 * 1024

    /// What the operation is.
    let kind: Kind
    /// The offset of the operation's first byte.
    let start: Int
    /// The offset of the carriage return that ends the first line.
    let lineEnd: Int
    /// The offset of the first payload byte, after any headers.
    let payload: Int
    /// The offset of the first byte after the operation.
    let end: Int

    /// How many bytes the payload has.
    var payloadCount: Int {
        self.kind == .message || self.kind == .headerMessage ? self.end - 2 - self.payload : 0
    }

    /// The operation that starts at `start`, or nil when its last byte has not arrived.
    static func first(in bytes: RawSpan, at start: Int) throws(LoadError) -> Frame? {
        guard let lineFeed = bytes.lineFeed(from: start) else { return nil }
        let lineEnd = lineFeed - 1
        guard lineEnd > start, bytes.byte(lineEnd) == UInt8(ascii: "\r") else {
            throw .wrong("a line without carriage return")
        }
        let kind: Kind
        switch bytes.byte(start) {
        case UInt8(ascii: "M"): kind = .message
        case UInt8(ascii: "H"): kind = .headerMessage
        case UInt8(ascii: "P"): kind = bytes.byte(start + 1) == UInt8(ascii: "I") ? .ping : .pong
        case UInt8(ascii: "-"): kind = .error
        case UInt8(ascii: "+"), UInt8(ascii: "I"): kind = .other
        default: throw .wrong("unknown operation: \(bytes.text(start, min(lineEnd, start + 64)))")
        }
        guard kind == .message || kind == .headerMessage else {
            return Frame(kind: kind, start: start, lineEnd: lineEnd, payload: lineFeed + 1, end: lineFeed + 1)
        }
        var offset = lineEnd
        let total = try Self.trailingNumber(bytes, before: &offset, after: start)
        let headers =
            kind == .headerMessage ? try Self.trailingNumber(bytes, before: &offset, after: start) : 0
        guard total <= Self.payloadBytesMax else { throw .wrong("a payload of \(total) bytes") }
        let end = lineFeed + 1 + total + 2
        if end > bytes.byteCount { return nil }
        guard headers <= total, bytes.byte(end - 2) == UInt8(ascii: "\r"),
            bytes.byte(end - 1) == UInt8(ascii: "\n")
        else { throw .wrong("a payload that does not end where its size says") }
        return Frame(kind: kind, start: start, lineEnd: lineEnd, payload: lineFeed + 1 + headers, end: end)
    }

    /// The number that ends before `offset`, which moves to the space in front of it.
    private static func trailingNumber(
        _ bytes: RawSpan,
        before offset: inout Int,
        after start: Int
    ) throws(LoadError) -> Int {
        var value = 0
        var scale = 1
        offset -= 1
        while offset > start, scale <= 1_000_000_000 {
            let byte = bytes.byte(offset)
            if byte == UInt8(ascii: " "), scale > 1 { return value }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
            value += Int(byte - UInt8(ascii: "0")) * scale
            scale *= 10
            offset -= 1
        }
        throw .wrong("a message line without its size")
    }
}
