import StreamModel
import Subjects

/// What a client says of a message in the payload of its acknowledgement (consumers.md §4.1).
public enum AckVerb: Sendable, Hashable {
    /// Processed: never again.
    case acknowledge
    /// Not processed: again after `delay` nanoseconds, at once if that is not positive.
    case again(delay: Int64)
    /// Still at work on it: the timer starts anew.
    case progress
    /// Processed, and a pull request: where its body is in the payload.
    case next(body: Range<Int>)
    /// Never again, though not processed: where the reason is in the payload.
    case terminate(reason: Range<Int>)
    /// Something else: no effect.
    case unknown

    /// Reads the payload of an acknowledgement.
    public init(_ payload: RawSpan) {
        let count = payload.byteCount
        if count == 0 {
            self = .acknowledge
            return
        }
        switch payload.byte(0) {
        case UInt8(ascii: "+"):
            if Self.starts(payload, "+ACK") || Self.starts(payload, "+OK") {
                self = count == (payload.byte(1) == UInt8(ascii: "A") ? 4 : 3) ? .acknowledge : .unknown
            } else if Self.starts(payload, "+WPI"), count == 4 {
                self = .progress
            } else if Self.starts(payload, "+NXT") {
                self = .next(body: Self.trimmed(payload, from: 4))
            } else if Self.starts(payload, "+TERM") {
                self = .terminate(reason: Self.trimmed(payload, from: 5))
            } else {
                self = .unknown
            }
        case UInt8(ascii: "-") where Self.starts(payload, "-NAK"):
            self = .again(delay: Self.delay(payload, Self.trimmed(payload, from: 4)))
        default:
            self = .unknown
        }
    }

    private static func starts(_ payload: RawSpan, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard payload.byteCount >= count else { return false }
        for offset in 0..<count {
            // In bounds: `count` is the length of the text.
            if unsafe payload.byte(offset) != text.utf8Start[offset] { return false }
        }
        return true
    }

    /// The payload from `start` on without white space at its ends.
    static func trimmed(_ payload: RawSpan, from start: Int) -> Range<Int> {
        var lower = start
        var upper = payload.byteCount
        while lower < upper, JSONScanner.isBlank(payload.byte(lower)) { lower += 1 }
        while lower < upper, JSONScanner.isBlank(payload.byte(upper - 1)) { upper -= 1 }
        return lower..<upper
    }

    /// The delay in `range`, as JSON or as a duration; 0 when it cannot be read.
    private static func delay(_ payload: RawSpan, _ range: Range<Int>) -> Int64 {
        if range.isEmpty { return 0 }
        if payload.byte(range.lowerBound) != UInt8(ascii: "{") {
            return Nanoseconds(text: payload.extracting(range))?.rawValue ?? 0
        }
        var scanner = JSONScanner(payload, range)
        var delay: Int64 = 0
        scanner.enterObject(payload)
        while let key = scanner.nextKey(payload) {
            if scanner.isKey(payload, key, "delay") {
                delay = scanner.integer(payload) ?? delay
            } else {
                scanner.skipValue(payload)
            }
        }
        return scanner.isFinished(payload) ? delay : 0
    }
}
