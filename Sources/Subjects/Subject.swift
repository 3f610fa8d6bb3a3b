/// Checks of a subject's bytes; core.md §1.8.
///
/// A subject is made of tokens separated by dots. `*` alone in a token stands for any one token, `>` alone in the
/// last token for one or more. Both are ordinary bytes elsewhere: `b*r` and `>>` are literal tokens. Any byte may
/// occur: there is no check of UTF-8.
public enum Subject {
    /// The separator of tokens, `.`.
    public static let dot = UInt8(ascii: ".")
    /// The wildcard for one token, `*`.
    public static let star = UInt8(ascii: "*")
    /// The wildcard for one or more last tokens, `>`.
    public static let tail = UInt8(ascii: ">")

    /// Whether a client may subscribe to it: no token is empty, and `>` is the last token if it is one.
    public static func isValidPattern(_ subject: RawSpan) -> Bool {
        var tokens = SubjectTokens()
        while let token = tokens.next(in: subject) {
            if token.isEmpty { return false }
            if self.isTail(token, in: subject), !tokens.isAtEnd(of: subject) { return false }
        }
        return true
    }

    /// Whether it names exactly one subject: no token is empty or a wildcard.
    ///
    /// This is what a pedantic client's publish subject is held to.
    public static func isValidLiteral(_ subject: RawSpan) -> Bool {
        var tokens = SubjectTokens()
        while let token = tokens.next(in: subject) {
            if token.isEmpty || self.isStar(token, in: subject) || self.isTail(token, in: subject) {
                return false
            }
        }
        return true
    }

    /// Whether a configuration or an API request may use it as a pattern.
    ///
    /// It must be a valid pattern without space, tab, carriage return, line feed or form feed.
    public static func isValidInConfiguration(_ subject: RawSpan) -> Bool {
        self.isValidPattern(subject) && !self.hasBlank(subject)
    }

    /// Whether one token is a wildcard.
    ///
    /// The subject need not be valid.
    public static func hasWildcard(_ subject: RawSpan) -> Bool {
        var tokens = SubjectTokens()
        while let token = tokens.next(in: subject) {
            if self.isStar(token, in: subject) { return true }
            if self.isTail(token, in: subject), tokens.isAtEnd(of: subject) { return true }
        }
        return false
    }

    /// Whether a token is empty: such a subject matches no pattern, not even `>`.
    public static func hasEmptyToken(_ subject: RawSpan) -> Bool { self.hasEmptyToken(subject, from: 0) }

    /// Whether one of the tokens from `start`, where a token begins, is empty.
    ///
    /// - Precondition: `start` is in `0 ... subject.byteCount`.
    public static func hasEmptyToken(_ subject: RawSpan, from start: Int) -> Bool {
        let end = subject.byteCount
        if start == end { return true }
        if subject.byte(start) == self.dot || subject.byte(end - 1) == self.dot { return true }
        let dots = ByteLanes.all(self.dot)
        var index = start
        var carried: UInt64 = 0  // Bit 7 when the byte before `index` is a dot.
        while end - index >= 8 {
            let hits = ByteLanes.zeros(subject.word(index) ^ dots)
            if hits & (hits << 8 | carried) != 0 { return true }
            carried = hits >> 56
            index += 8
        }
        var afterDot = carried != 0
        while index < end {
            let isDot = subject.byte(index) == self.dot
            if isDot, afterDot { return true }
            afterDot = isDot
            index += 1
        }
        return false
    }

    /// The number of tokens, empty ones too; 0 for no bytes.
    public static func tokenCount(_ subject: RawSpan) -> Int {
        let end = subject.byteCount
        if end == 0 { return 0 }
        let dots = ByteLanes.all(self.dot)
        var count = 1
        var index = 0
        while end - index >= 8 {
            count += ByteLanes.zeros(subject.word(index) ^ dots).nonzeroBitCount
            index += 8
        }
        while index < end {
            if subject.byte(index) == self.dot { count += 1 }
            index += 1
        }
        return count
    }

    /// Whether a byte is a space, tab, carriage return, line feed or form feed.
    public static func hasBlank(_ subject: RawSpan) -> Bool {
        var index = 0
        while index < subject.byteCount {
            switch subject.byte(index) {
            case 0x20, 0x09, 0x0d, 0x0a, 0x0c: return true
            default: index += 1
            }
        }
        return false
    }

    /// Whether the token at that place of `subject` is `*`.
    @inlinable
    public static func isStar(_ token: Range<Int>, in subject: RawSpan) -> Bool {
        token.count == 1 && subject.byte(token.lowerBound) == self.star
    }

    /// Whether the token at that place of `subject` is `>`.
    @inlinable
    public static func isTail(_ token: Range<Int>, in subject: RawSpan) -> Bool {
        token.count == 1 && subject.byte(token.lowerBound) == self.tail
    }
}
