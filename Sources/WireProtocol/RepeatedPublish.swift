import Subjects

/// The beginning of the `PUB` line that a client sent last, to know the next one to the same subject by.
///
/// Many clients publish to one subject again and again. To compare bytes with known ones costs less than to find
/// out where the subject ends, and whoever remembers where messages of that subject go need not look it up.
///
/// What it reads, ``ClientOperationParser`` reads to the same result; what it does not know at once it leaves to it.
public struct RepeatedPublish: Sendable {
    /// A message to the subject, as places in the bytes it was read from.
    public struct Message: Hashable, Sendable {
        /// The reply subject; empty when there is none.
        public var reply: Range<Int>
        /// The digits of the size as sent.
        public var sizeText: Range<Int>
        /// The payload, without the CR LF behind it.
        public var payload: Range<Int>

        /// Where the next operation begins.
        @inlinable
        public var end: Int { self.payload.upperBound + 2 }
    }

    /// The longest subject that is remembered, in bytes.
    public static let subjectBytesMax = 255

    /// The verb, a blank, the subject and the blank behind it, as sent; empty when nothing is remembered.
    private var beginning: [UInt8] = []
    /// Bytes of the subject.
    private var subjectLength = 0

    /// Remembers nothing yet.
    public init() {}

    /// Whether a line is remembered.
    public var isEmpty: Bool { self.beginning.isEmpty }

    /// Forgets the line.
    public mutating func forget() { self.beginning.removeAll(keepingCapacity: true) }

    /// Remembers the line of `publish`, which begins at `offset`; forgets the last one if this has headers.
    public mutating func remember(_ publish: ClientOperation.Publish, in bytes: RawSpan, from offset: Int) {
        self.forget()
        guard publish.headerSizeText.isEmpty, publish.subject.count <= Self.subjectBytesMax,
            publish.subject.lowerBound - offset <= 8, publish.subject.upperBound < bytes.byteCount
        else { return }
        for place in offset...publish.subject.upperBound { self.beginning.append(bytes.byte(place)) }
        self.subjectLength = publish.subject.count
    }

    /// Where the subject lies in an operation that begins at `offset`.
    public func subject(from offset: Int) -> Range<Int> {
        let end = offset + self.beginning.count - 1
        return end - self.subjectLength..<end
    }

    /// The message at `offset`, if its line begins as the remembered one, is ordinary, and all of it is there.
    ///
    /// - Parameters:
    ///   - maxPayload: the largest payload; of a larger one nothing is said.
    ///   - maxControlLine: the longest line; of a longer one nothing is said.
    public func next(
        in bytes: RawSpan,
        from offset: Int,
        maxPayload: Int,
        maxControlLine: Int
    ) -> Message? {
        let known = self.beginning.count
        // Of the 24 bytes behind the known ones all can be read without another look at the bounds.
        guard known > 0, bytes.byteCount - offset >= known + 24,
            bytes.equals(unsafe self.beginning.span.bytes, from: offset, to: offset + known, at: 0)
        else { return nil }
        var start = offset + known
        var reply = start..<start
        var size = Self.number(in: bytes, from: start)
        if size.length == 0 {
            // Not a number and the end of the line: a reply subject, then.
            guard let end = Self.argumentEnd(in: bytes, from: start), end > start, bytes.byte(end) == 0x20,
                bytes.byteCount - end >= 24
            else { return nil }
            reply = start..<end
            start = end + 1
            size = Self.number(in: bytes, from: start)
            if size.length == 0 { return nil }
        }
        let payload = start + size.length + 2
        let end = payload + size.value
        guard size.value <= maxPayload, payload - offset <= maxControlLine, bytes.byteCount - end >= 2,
            bytes.byte(end) == 0x0d, bytes.byte(end + 1) == 0x0a
        else { return nil }
        return Message(reply: reply, sizeText: start..<start + size.length, payload: payload..<end)
    }

    /// The number of one to eight digits at `start` and how many it has, if CR LF follows; no digits otherwise.
    ///
    /// - Precondition: 16 bytes can be read at `start`.
    @inline(__always)
    private static func number(in bytes: RawSpan, from start: Int) -> (value: Int, length: Int) {
        var value = 0
        var place = start
        while place < start + 8 {
            let digit = bytes.byte(place) ^ 0x30
            if digit > 9 { break }
            value = value * 10 + Int(digit)
            place += 1
        }
        guard place > start, bytes.byte(place) == 0x0d, bytes.byte(place + 1) == 0x0a else { return (0, 0) }
        return (value, place - start)
    }

    /// The first blank or control character from `start` on; nil where it is among the last bytes.
    @inline(__always)
    private static func argumentEnd(in bytes: RawSpan, from start: Int) -> Int? {
        var place = start
        while place <= bytes.byteCount - 8 {
            let hits = ByteLanes.blanksAndControls(bytes.word(place))
            if hits != 0 { return place + ByteLanes.first(hits) }
            place += 8
        }
        return nil
    }
}
