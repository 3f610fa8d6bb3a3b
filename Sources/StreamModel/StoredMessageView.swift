/// One stored message, as MSG.GET shows it; streams.md §2.8.
public struct StoredMessageView: Hashable, Sendable {
    /// Its subject.
    public var subject: [UInt8]
    /// Its sequence.
    public var sequence: StreamSequence
    /// Its raw header block; empty for none, or to leave it out.
    public var headers: [UInt8]
    /// Its payload.
    public var payload: [UInt8]
    /// When it was stored.
    public var time: Timestamp

    /// Makes the value.
    public init(
        subject: [UInt8],
        sequence: StreamSequence,
        headers: [UInt8],
        payload: [UInt8],
        time: Timestamp
    ) {
        self.subject = subject
        self.sequence = sequence
        self.headers = headers
        self.payload = payload
        self.time = time
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("subject", String(decoding: self.subject, as: UTF8.self))
        writer.field("seq", self.sequence.rawValue)
        if !self.headers.isEmpty {
            writer.key("hdrs")
            writer.base64(self.headers)
        }
        if !self.payload.isEmpty {
            writer.key("data")
            writer.base64(self.payload)
        }
        writer.field("time", self.time)
        writer.endObject()
    }
}
