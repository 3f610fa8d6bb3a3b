internal import Subjects

/// How long a message is kept, by its own header `Nats-TTL` (streams.md §3.10).
public enum TimeToLive: Hashable, Sendable {
    /// Until a limit or somebody removes it: `max_age` does not.
    case never
    /// So many nanoseconds after it was stored; whole seconds, at least one.
    case after(nanoseconds: Int64)

    /// What the header's value says, nil if it makes no sense: `never`, a number of seconds, or a duration such as
    /// `1h30m`, whose fraction of a second is cut off; at least one second.
    public init?(text: RawSpan) {
        if text.isEmpty { return nil }
        if text.byteCount == 5, Self.isNever(text) {
            self = .never
            return
        }
        let second: Int64 = 1_000_000_000
        if let seconds = Self.number(text) {
            let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: second)
            if overflow || seconds < 1 { return nil }
            self = .after(nanoseconds: nanoseconds)
            return
        }
        guard let duration = Nanoseconds(text: text), duration.rawValue >= second else { return nil }
        self = .after(nanoseconds: duration.rawValue / second * second)
    }

    /// When a message stored at `time` goes; the end of time for one that never does.
    public func expiry(storedAt time: Timestamp) -> Timestamp {
        switch self {
        case .never: .distantFuture
        case .after(let nanoseconds): time.advanced(byNanoseconds: nanoseconds)
        }
    }

    private static func isNever(_ text: RawSpan) -> Bool {
        let never: StaticString = "never"
        for index in 0..<5 {
            // In bounds: the literal has five bytes.
            if unsafe text.byte(index) != never.utf8Start[index] { return false }
        }
        return true
    }

    /// The decimal number that `text` is; nil if it is something else or too large.
    private static func number(_ text: RawSpan) -> Int64? {
        var value: Int64 = 0
        for index in 0..<text.byteCount {
            let digit = text.byte(index) &- UInt8(ascii: "0")  // Safe: what was below zero is above nine.
            guard digit <= 9 else { return nil }
            let (tenfold, one) = value.multipliedReportingOverflow(by: 10)
            let (sum, two) = tenfold.addingReportingOverflow(Int64(digit))
            if one || two { return nil }
            value = sum
        }
        return value
    }
}
