/// What the files of a log and a journal are called (docs/log-format.md).
enum SegmentNames {
    /// The segment with that number.
    static func segment(_ number: UInt64) -> String { self.digits(number) + ".seg" }

    /// The journal file with that number.
    static func journal(_ number: UInt64) -> String { self.digits(number) + ".jnl" }

    /// The number in the name of a file with that ending; nil for any other name.
    static func number(_ name: String, suffix: String) -> UInt64? {
        guard name.utf8.count == 24, name.hasSuffix(suffix) else { return nil }
        let digits = name.utf8.prefix(20)
        guard digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return UInt64(name.prefix(20))
    }

    private static func digits(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }
}
