import Subjects

/// A verb that a client may send.
private struct Verb {
    /// What is behind a verb up to the end of the line.
    enum Rest {
        /// Anything, which is ignored.
        case ignored
        /// A text, after any number of blanks.
        case text
        /// Arguments, after at least one blank.
        case arguments
    }

    enum Kind {
        case publish, publishWithHeaders, subscribe, unsubscribe, connect, info, ping, pong, ok, error
    }

    private static let publish = Verb(.publish, .arguments, "PUB")
    private static let publishWithHeaders = Verb(.publishWithHeaders, .arguments, "HPUB")
    private static let subscribe = Verb(.subscribe, .arguments, "SUB")
    private static let unsubscribe = Verb(.unsubscribe, .arguments, "UNSUB")
    private static let connect = Verb(.connect, .text, "CONNECT")
    private static let info = Verb(.info, .text, "INFO")
    private static let ping = Verb(.ping, .ignored, "PING")
    private static let pong = Verb(.pong, .ignored, "PONG")
    private static let ok = Verb(.ok, .ignored, "+OK")
    private static let error = Verb(.error, .arguments, "-ERR")

    let kind: Kind
    let rest: Rest
    let length: Int
    /// The letters in upper case, the first one lowest; and what makes upper case of letters, and leaves symbols.
    private let letters: UInt64
    private let mask: UInt64

    private init(_ kind: Kind, _ rest: Rest, _ text: String) {
        var letters: UInt64 = 0
        var mask: UInt64 = 0
        for byte in text.utf8.reversed() {
            letters = letters << 8 | UInt64(byte)
            mask = mask << 8 | (byte >= 0x41 ? 0xdf : 0xff)
        }
        self.kind = kind
        self.rest = rest
        self.length = text.utf8.count
        self.letters = letters
        self.mask = mask
    }

    /// The verb that the bytes at `offset`, of which there are `available` > 0, can only be; nil if there is none.
    static func beginning(in bytes: RawSpan, at offset: Int, available: Int) -> Verb? {
        switch bytes.byte(offset) {
        case UInt8(ascii: "P"), UInt8(ascii: "p"):
            guard available > 1 else { return Self.ping }
            switch bytes.byte(offset + 1) {
            case UInt8(ascii: "U"), UInt8(ascii: "u"): return Self.publish
            case UInt8(ascii: "I"), UInt8(ascii: "i"): return Self.ping
            case UInt8(ascii: "O"), UInt8(ascii: "o"): return Self.pong
            default: return nil
            }
        case UInt8(ascii: "H"), UInt8(ascii: "h"): return Self.publishWithHeaders
        case UInt8(ascii: "S"), UInt8(ascii: "s"): return Self.subscribe
        case UInt8(ascii: "U"), UInt8(ascii: "u"): return Self.unsubscribe
        case UInt8(ascii: "C"), UInt8(ascii: "c"): return Self.connect
        case UInt8(ascii: "I"), UInt8(ascii: "i"): return Self.info
        case UInt8(ascii: "+"): return Self.ok
        case UInt8(ascii: "-"): return Self.error
        default: return nil
        }
    }

    /// Whether the `count` bytes at `offset`, at most the verb's length, are the first of this verb in whatever case.
    func begins(with bytes: RawSpan, at offset: Int, count: Int) -> Bool {
        // A verb has at most 7 letters, so that the shift is less than 64.
        let given = UInt64.max >> UInt64(64 - 8 * count)
        return bytes.word(offset, count: count) & self.mask == self.letters & given
    }
}

/// Where the line of an operation ends.
private enum LineEnd {
    /// The argument part, and where the next line begins.
    case found(arguments: Range<Int>, next: Int)
    case notYet
    case tooLong
}

extension ClientOperationParser {
    /// Reads the operation at `offset` by the exact rules, of which the fast path knows the ordinary case only.
    mutating func nextByLine(in bytes: RawSpan, from offset: Int) -> ParseStep {
        let available = bytes.byteCount - offset
        guard available > 0 else { return .needsMore }
        if self.requiresConnect, bytes.byte(offset) & 0xdf != UInt8(ascii: "C") {
            return .violation(.connectExpected)
        }
        guard let verb = Verb.beginning(in: bytes, at: offset, available: available),
            verb.begins(with: bytes, at: offset, count: min(available, verb.length))
        else { return .violation(.unknownOperation) }
        if available < verb.length { return .needsMore }
        let afterVerb = offset + verb.length
        if verb.rest == .arguments {
            if available == verb.length { return .needsMore }
            guard PublishLine.isBlank(bytes.byte(afterVerb)) else { return .violation(.unknownOperation) }
        }
        var start = afterVerb
        if verb.rest != .ignored {
            while start < bytes.byteCount, PublishLine.isBlank(bytes.byte(start)) { start += 1 }
            // Blanks are no part of the arguments, but they are held in memory like them.
            if start - afterVerb > self.maxControlLine { return .violation(.controlLineTooLong) }
        }
        switch self.findLineEnd(in: bytes, from: offset, argumentsAt: start) {
        case .notYet: return .needsMore
        case .tooLong: return .violation(.controlLineTooLong)
        case .found(let arguments, let next):
            self.scanned = 0
            return self.operation(verb.kind, arguments, in: bytes, from: offset, next: next)
        }
    }

    /// Finds the line feed, and holds the argument part, whole or not, to its limit.
    private mutating func findLineEnd(in bytes: RawSpan, from offset: Int, argumentsAt start: Int) -> LineEnd
    {
        let end = bytes.byteCount
        let lineFeed = bytes.firstIndex(of: 0x0a, from: max(start, offset + self.scanned), to: end)
        let isWhole = lineFeed < end
        if !isWhole { self.scanned = end - offset }
        var argumentsEnd = lineFeed
        // One byte over the limit may be the CR that is dropped; anything longer is too long whatever it holds.
        if isWhole || argumentsEnd - start == self.maxControlLine + 1 {
            // core.md §1.2: a CR anywhere in the arguments drops their last byte.
            if bytes.firstIndex(of: 0x0d, from: start, to: lineFeed) < lineFeed { argumentsEnd -= 1 }
        }
        if argumentsEnd - start > self.maxControlLine { return .tooLong }
        return isWhole ? .found(arguments: start..<argumentsEnd, next: lineFeed + 1) : .notYet
    }

    private mutating func operation(
        _ kind: Verb.Kind,
        _ arguments: Range<Int>,
        in bytes: RawSpan,
        from offset: Int,
        next: Int
    ) -> ParseStep {
        let consumed = next - offset
        switch kind {
        case .publish, .publishWithHeaders:
            var line = PublishLine(hasHeaders: kind == .publishWithHeaders)
            var start = arguments.lowerBound
            while let argument = Self.nextArgument(in: bytes, from: &start, to: arguments.upperBound) {
                line.add(argument)
            }
            line.payloadStart = next
            return self.publishByLine(line, in: bytes, from: offset)
        case .subscribe: return Self.subscribe(arguments, in: bytes, consumed: consumed)
        case .unsubscribe: return Self.unsubscribe(arguments, in: bytes, consumed: consumed)
        case .connect: return .operation(.connect(json: arguments), consumed: consumed)
        case .info:
            var reader = JSONReader(arguments)
            guard reader.skipDocument(in: bytes, mustBeObject: true) else {
                return .violation(.malformedArguments)
            }
            return .operation(.info(json: arguments), consumed: consumed)
        case .ping: return .operation(.ping, consumed: consumed)
        case .pong: return .operation(.pong, consumed: consumed)
        case .ok: return .operation(.ok, consumed: consumed)
        case .error: return .violation(.clientError)
        }
    }

    /// The same as on the fast path, but out of line, so that this one stays small.
    @inline(never)
    private mutating func publishByLine(_ line: PublishLine, in bytes: RawSpan, from offset: Int) -> ParseStep
    {
        self.publish(line, in: bytes, from: offset)
    }

    /// Reads the arguments of `SUB SP subject SP [queue SP] sid`.
    private static func subscribe(_ arguments: Range<Int>, in bytes: RawSpan, consumed: Int) -> ParseStep {
        var start = arguments.lowerBound
        let end = arguments.upperBound
        guard let subject = Self.nextArgument(in: bytes, from: &start, to: end, orAtReturn: true),
            let second = Self.nextArgument(in: bytes, from: &start, to: end, orAtReturn: true)
        else { return .violation(.malformedArguments) }
        guard let third = Self.nextArgument(in: bytes, from: &start, to: end, orAtReturn: true) else {
            return .operation(.subscribe(subject: subject, queue: 0..<0, sid: second), consumed: consumed)
        }
        guard Self.nextArgument(in: bytes, from: &start, to: end, orAtReturn: true) == nil else {
            return .violation(.malformedArguments)
        }
        return .operation(.subscribe(subject: subject, queue: second, sid: third), consumed: consumed)
    }

    /// Reads the arguments of `UNSUB SP sid [SP max]`.
    private static func unsubscribe(_ arguments: Range<Int>, in bytes: RawSpan, consumed: Int) -> ParseStep {
        var start = arguments.lowerBound
        let end = arguments.upperBound
        guard let sid = Self.nextArgument(in: bytes, from: &start, to: end, orAtReturn: true) else {
            return .violation(.malformedArguments)
        }
        guard let text = Self.nextArgument(in: bytes, from: &start, to: end, orAtReturn: true) else {
            return .operation(.unsubscribe(sid: sid, max: nil), consumed: consumed)
        }
        guard Self.nextArgument(in: bytes, from: &start, to: end, orAtReturn: true) == nil else {
            return .violation(.malformedArguments)
        }
        let max = PublishLine.size(bytes, text)
        return .operation(.unsubscribe(sid: sid, max: max > 0 ? max : nil), consumed: consumed)
    }

    /// The next argument in `start ..< end`, and moves `start` behind it.
    ///
    /// Blanks separate; for some verbs CR does too.
    private static func nextArgument(
        in bytes: RawSpan,
        from start: inout Int,
        to end: Int,
        orAtReturn: Bool = false
    ) -> Range<Int>? {
        var position = start
        while position < end, Self.separates(bytes.byte(position), orReturn: orAtReturn) { position += 1 }
        let first = position
        while position < end, !Self.separates(bytes.byte(position), orReturn: orAtReturn) { position += 1 }
        start = position
        return first == position ? nil : first..<position
    }

    private static func separates(_ byte: UInt8, orReturn: Bool) -> Bool {
        PublishLine.isBlank(byte) || (orReturn && byte == 0x0d)
    }
}
