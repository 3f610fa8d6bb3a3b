import Subjects

/// One frame that was written for a client, as places in its bytes; core.md §1.5.
///
/// For whoever wants to show what is sent: frames are found in the bytes on their way to the socket, and what writes
/// them need not know of it.
public struct SentFrame: Hashable, Sendable {
    /// The line without its end: `MSG foo 1 5`, `PONG`.
    public let line: Range<Int>
    /// Headers and payload; empty where the frame has none.
    public let message: Range<Int>
    /// Bytes of the headers, at the start of ``message``.
    public let headerLength: Int
    /// Where the next frame begins.
    public let end: Int

    /// Finds the frame that begins at `offset` of `bytes`; nil where no whole frame does.
    public init?(in bytes: RawSpan, from offset: Int) {
        guard offset >= 0, offset < bytes.byteCount else { return nil }
        let newline = bytes.firstIndex(of: UInt8(ascii: "\n"), from: offset, to: bytes.byteCount)
        guard newline < bytes.byteCount, newline > offset, bytes.byte(newline - 1) == UInt8(ascii: "\r")
        else { return nil }
        self.line = offset..<newline - 1
        let hasHeaders = Self.begins(bytes, self.line, with: "HMSG ")
        guard hasHeaders || Self.begins(bytes, self.line, with: "MSG ") else {
            self.message = newline + 1..<newline + 1
            self.headerLength = 0
            self.end = newline + 1
            return
        }
        var place = self.line
        guard let size = Self.takeNumber(bytes, &place) else { return nil }
        var headerLength = 0
        if hasHeaders {
            guard let length = Self.takeNumber(bytes, &place), length <= size else { return nil }
            headerLength = length
        }
        guard size <= bytes.byteCount - newline - 3 else { return nil }
        self.message = newline + 1..<newline + 1 + size
        self.headerLength = headerLength
        self.end = self.message.upperBound + 2
    }

    private static func begins(_ bytes: RawSpan, _ place: Range<Int>, with word: StaticString) -> Bool {
        guard place.count >= word.utf8CodeUnitCount else { return false }
        for index in 0..<word.utf8CodeUnitCount {
            // The index is within the string, whose bytes live as long as the program.
            let wanted = unsafe word.utf8Start[index]
            guard bytes.byte(place.lowerBound + index) == wanted else { return false }
        }
        return true
    }

    /// Takes the number at the end of `place`, and the blank before it.
    private static func takeNumber(_ bytes: RawSpan, _ place: inout Range<Int>) -> Int? {
        var start = place.upperBound
        var (value, scale) = (0, 1)
        while start > place.lowerBound, bytes.byte(start - 1) ^ 0x30 <= 9 {
            // No frame is that large; more digits could not be counted.
            guard place.upperBound - start < 18 else { return nil }
            start -= 1
            value += scale * Int(bytes.byte(start) ^ 0x30)
            scale *= 10
        }
        guard start < place.upperBound, start > place.lowerBound else { return nil }
        place = place.lowerBound..<start - 1
        return value
    }
}
