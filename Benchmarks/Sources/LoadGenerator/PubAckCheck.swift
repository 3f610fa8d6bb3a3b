/// Reads a stream's acknowledgement of a publish and refuses any other answer.
final class PubAckCheck {
    private let streamField: [UInt8]
    private let sequenceField = Array(#""seq":"#.utf8)
    private let errorField = Array(#""error""#.utf8)
    private let duplicateField = Array(#""duplicate""#.utf8)

    init(stream: String) {
        self.streamField = Array(#"{"stream":"\#(stream)","#.utf8)
    }

    /// The sequence that the acknowledgement from `start` up to `end` gives the message.
    ///
    /// The usual form, `{"stream":"S","seq":1}`, is read without a search.
    func sequence(_ bytes: RawSpan, _ start: Int, _ end: Int) throws(LoadError) -> UInt64 {
        if bytes.matches(self.streamField, at: start) {
            var offset = start + self.streamField.count
            if offset < end, bytes.byte(offset) == UInt8(ascii: " ") { offset += 1 }
            if bytes.matches(self.sequenceField, at: offset) {
                offset += self.sequenceField.count
                if let sequence = bytes.decimal(at: &offset, end: end), sequence > 0,
                    offset == end - 1, bytes.byte(offset) == UInt8(ascii: "}")
                {
                    return sequence
                }
            }
        }
        return try self.search(bytes, start, end)
    }

    /// As `sequence`, whatever order and further fields the answer has.
    private func search(_ bytes: RawSpan, _ start: Int, _ end: Int) throws(LoadError) -> UInt64 {
        let stream = Array(self.streamField.dropFirst().dropLast())
        var hasStream = false
        var sequence: UInt64 = 0
        for offset in start..<end {
            if bytes.matches(self.errorField, at: offset) { throw .refused(bytes.text(start, end)) }
            if bytes.matches(self.duplicateField, at: offset) { throw .wrong(bytes.text(start, end)) }
            if bytes.matches(stream, at: offset) { hasStream = true }
            if bytes.matches(self.sequenceField, at: offset) {
                var digits = offset + self.sequenceField.count
                sequence = bytes.decimal(at: &digits, end: end) ?? 0
            }
        }
        guard hasStream, sequence > 0 else { throw .wrong("not a PubAck: \(bytes.text(start, end))") }
        return sequence
    }
}
