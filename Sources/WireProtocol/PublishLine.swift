import Subjects

/// The line of a `PUB` or `HPUB`, split into arguments.
///
/// `init(in:at:)` is the hot path of the server: one pass, eight bytes at a time, over a line that is whole and
/// ordinary. Everything else (a part of a line, several blanks in a row, a bare line feed, control characters, the
/// last few bytes of a read) is left to the slow path, which comes to the same result and fills in the arguments by
/// ``add(_:)``.
struct PublishLine {
    /// What a line says.
    enum Reading {
        case message(ClientOperation.Publish)
        case violation(ProtocolViolation)
    }

    /// Whether the verb is `HPUB`.
    private(set) var hasHeaders: Bool
    /// How many arguments there are.
    ///
    /// Only the first four are kept: more are wrong.
    private var count = 0
    private var first = 0..<0
    private var second = 0..<0
    private var third = 0..<0
    private var fourth = 0..<0
    /// Where the payload begins; 0 when the line could not be read to its end.
    var payloadStart = 0

    /// Whether the line was read to its end.
    @inline(__always)
    var isWhole: Bool { self.payloadStart != 0 }

    /// A line for the slow path to fill in.
    init(hasHeaders: Bool) { self.hasHeaders = hasHeaders }

    /// Reads the line at `offset`, if it is a whole and ordinary one.
    @inline(__always)
    init(in bytes: RawSpan, at offset: Int) {
        self.hasHeaders = false
        // From here on eight bytes can be read at once.
        let last = bytes.byteCount - 8
        guard offset <= last else { return }
        // The letters without their case; the byte behind them must be a blank.
        let word = bytes.word(offset)
        var position: Int
        if word & 0x00df_dfdf == 0x0042_5550 {  // "PUB"
            position = offset + 3
        } else if word & 0xdfdf_dfdf == 0x4255_5048 {  // "HPUB"
            self.hasHeaders = true
            position = offset + 4
        } else {
            return
        }
        guard Self.isBlank(bytes.byte(position)) else { return }

        let firstEnd = Self.argumentEnd(in: bytes, from: position + 1, last: last)
        guard firstEnd > position + 1, Self.isBlank(bytes.byte(firstEnd)) else { return }
        self.first = position + 1..<firstEnd
        position = firstEnd

        let secondEnd = Self.argumentEnd(in: bytes, from: position + 1, last: last)
        guard secondEnd > position + 1 else { return }
        self.second = position + 1..<secondEnd
        self.count = 2
        if self.endsLine(in: bytes, at: secondEnd) { return }
        position = secondEnd

        guard Self.isBlank(bytes.byte(position)) else { return }
        let thirdEnd = Self.argumentEnd(in: bytes, from: position + 1, last: last)
        guard thirdEnd > position + 1 else { return }
        self.third = position + 1..<thirdEnd
        self.count = 3
        if self.endsLine(in: bytes, at: thirdEnd) { return }
        position = thirdEnd

        guard Self.isBlank(bytes.byte(position)) else { return }
        let fourthEnd = Self.argumentEnd(in: bytes, from: position + 1, last: last)
        guard fourthEnd > position + 1 else { return }
        self.fourth = position + 1..<fourthEnd
        self.count = 4
        _ = self.endsLine(in: bytes, at: fourthEnd)
    }

    /// Takes in the next argument.
    mutating func add(_ argument: Range<Int>) {
        switch self.count {
        case 0: self.first = argument
        case 1: self.second = argument
        case 2: self.third = argument
        default: self.fourth = argument
        }
        self.count += 1
    }

    /// The message that the arguments describe.
    @inline(__always)
    func message(in bytes: RawSpan, maxPayload: Int, headersEnabled: Bool) -> Reading {
        self.hasHeaders
            ? self.messageWithHeaders(in: bytes, maxPayload: maxPayload, headersEnabled: headersEnabled)
            : self.plainMessage(in: bytes, maxPayload: maxPayload)
    }

    /// The place of a part that is not there: empty and inside the operation, so that it can move with it.
    @inline(__always)
    private var absent: Range<Int> { self.payloadStart..<self.payloadStart }

    /// Reads the arguments of `PUB SP subject SP [reply SP] size`.
    @inline(__always)
    private func plainMessage(in bytes: RawSpan, maxPayload: Int) -> Reading {
        guard self.count == 2 || self.count == 3 else { return .violation(.malformedArguments) }
        let sizeText = self.count == 2 ? self.second : self.third
        let size = Self.size(bytes, sizeText)
        guard size >= 0 else { return .violation(.malformedArguments) }
        guard size <= maxPayload else { return .violation(.payloadTooLarge) }
        let message = ClientOperation.Publish(
            subject: self.first,
            reply: self.count == 2 ? self.absent : self.second,
            headerSizeText: self.absent,
            sizeText: sizeText,
            headerLength: 0,
            payload: self.payloadStart..<self.payloadStart + size
        )
        return .message(message)
    }

    /// Reads the arguments of `HPUB SP subject SP [reply SP] hdr_size SP total_size`.
    private func messageWithHeaders(in bytes: RawSpan, maxPayload: Int, headersEnabled: Bool) -> Reading {
        guard headersEnabled, self.count == 3 || self.count == 4 else {
            return .violation(.malformedArguments)
        }
        let headerSizeText = self.count == 3 ? self.second : self.third
        let sizeText = self.count == 3 ? self.third : self.fourth
        let headerSize = Self.size(bytes, headerSizeText)
        let size = Self.size(bytes, sizeText)
        guard headerSize >= 0, headerSize <= size else { return .violation(.malformedArguments) }
        guard size <= maxPayload else { return .violation(.payloadTooLarge) }
        let message = ClientOperation.Publish(
            subject: self.first,
            reply: self.count == 3 ? self.absent : self.second,
            headerSizeText: headerSizeText,
            sizeText: sizeText,
            headerLength: headerSize,
            payload: self.payloadStart..<self.payloadStart + size
        )
        return .message(message)
    }

    // MARK: - Bytes

    /// The first blank or control character from `position` on, or -1 when it is not before the last bytes.
    @inline(__always)
    private static func argumentEnd(in bytes: RawSpan, from position: Int, last: Int) -> Int {
        var place = position
        while place <= last {
            // In bounds: `place` is from a place in the bytes upwards, and `last` is 8 bytes before their end.
            let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
            let hits = ByteLanes.blanksAndControls(UInt64(littleEndian: word))
            if hits != 0 { return place + ByteLanes.first(hits) }
            place += 8
        }
        return -1
    }

    /// Whether CR LF is at `place`; notes where the payload begins if so.
    @inline(__always)
    private mutating func endsLine(in bytes: RawSpan, at place: Int) -> Bool {
        guard bytes.byte(place) == 0x0d, place + 1 < bytes.byteCount, bytes.byte(place + 1) == 0x0a else {
            return false
        }
        self.payloadStart = place + 2
        return true
    }

    /// The number of 1 to 9 digits at that place, or -1.
    @inline(__always)
    static func size(_ bytes: RawSpan, _ digits: Range<Int>) -> Int {
        guard digits.count >= 1, digits.count <= 9 else { return -1 }
        var value = 0
        for place in digits {
            let digit = bytes.byte(place) ^ 0x30
            guard digit <= 9 else { return -1 }
            value = value * 10 + Int(digit)
        }
        return value
    }

    /// Whether `byte` is a space or a tab.
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
