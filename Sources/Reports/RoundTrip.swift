/// How long something short took, in the words of monitoring (core.md §5.1): `150.5ms`, `987µs`, `1m2.5s`.
struct RoundTrip {
    /// The time.
    let nanoseconds: Int64

    /// The text: in the largest unit in which the number is not below one, without zeros at its end.
    var text: String {
        let value = max(0, self.nanoseconds)
        switch value {
        case 0: return "0s"
        case ..<1_000: return "\(value)ns"
        case ..<1_000_000: return Self.decimal(value, 1_000) + "µs"
        case ..<1_000_000_000: return Self.decimal(value, 1_000_000) + "ms"
        default:
            let minute: Int64 = 60_000_000_000
            let seconds = Self.decimal(value % minute, 1_000_000_000) + "s"
            let (hours, minutes) = (value / minute / 60, value / minute % 60)
            return hours > 0
                ? "\(hours)h\(minutes)m\(seconds)" : minutes > 0 ? "\(minutes)m\(seconds)" : seconds
        }
    }

    private static func decimal(_ value: Int64, _ unit: Int64) -> String {
        let whole = "\(value / unit)"
        if value % unit == 0 { return whole }
        // The unit's zeros, with those digits at their end.
        var fraction = String("\(unit + value % unit)".dropFirst())
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(whole).\(fraction)"
    }
}
