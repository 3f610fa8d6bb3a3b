internal import Subjects

/// Where to go on in the sorted subjects when one does not match a pattern.
///
/// `a.b.>` is one range. In `a.*.c` each token in place of the star has a range of its own, of which one key is
/// wanted: the scan jumps from one to the next instead of reading all that is between.
enum SubjectScan {
    /// What to do next.
    enum Step: Equatable {
        /// Read the next key.
        case next
        /// Go to the first key at or after this one.
        case seek([UInt8])
        /// Nothing more can match.
        case stop
    }

    private static let dot = UInt8(ascii: ".")

    /// The bytes that every match starts with.
    static func prefix(of pattern: SubjectPattern) -> [UInt8] {
        var end = 0
        var token = 0
        let bytes = pattern.bytes
        for index in 0...bytes.count where index == bytes.count || bytes[index] == self.dot {
            if self.isWildcard(bytes, token..<index) { return Array(bytes[..<end]) }
            end = min(index + 1, bytes.count)
            token = index + 1
        }
        return bytes
    }

    /// Where to go on after `key`, which does not match `pattern`.
    static func step(_ pattern: SubjectPattern, after key: RawSpan) -> Step {
        let bytes = pattern.bytes
        var place = 0
        var token = 0
        while token <= bytes.count {
            let tokenEnd = bytes[token...].firstIndex(of: self.dot) ?? bytes.count
            if place > key.byteCount { return .next }  // The key has too few tokens: longer ones follow it.
            let placeEnd = self.end(ofToken: key, from: place)
            if !self.isWildcard(bytes, token..<tokenEnd) {
                let literal = Array(bytes[token..<tokenEnd])
                let rest = key.extracting(place..<key.byteCount)
                if unsafe !key.extracting(place..<placeEnd).isSame(as: literal.span.bytes) {
                    return self.step(key, place, rest, literal)
                }
            }
            place = placeEnd + 1
            token = tokenEnd + 1
        }
        // The key has too many tokens: so has everything that goes on with a dot from here.
        return .seek(self.after(key, dotAt: place - 1))
    }

    /// Where to go on after a key whose token at `place` is not `literal`.
    private static func step(_ key: RawSpan, _ place: Int, _ rest: RawSpan, _ literal: [UInt8]) -> Step {
        let prefix = key.extracting(0..<place).copied()
        if unsafe rest.compare(literal.span.bytes) < 0 { return .seek(prefix + literal) }
        if unsafe rest.starts(with: literal.span.bytes), rest.byteCount > literal.count,
            rest.octet(literal.count) < self.dot
        {
            // `c-1` sorts between `c` and `c.d`.
            return .seek(prefix + literal + [self.dot])
        }
        return place == 0 ? .stop : .seek(self.after(key, dotAt: place - 1))
    }

    /// The first key after all that start with the first `end` bytes of `key` and a dot.
    private static func after(_ key: RawSpan, dotAt end: Int) -> [UInt8] {
        key.extracting(0..<end).copied() + [self.dot + 1]
    }

    private static func end(ofToken key: RawSpan, from start: Int) -> Int {
        var index = start
        while index < key.byteCount, key.octet(index) != self.dot { index += 1 }
        return index
    }

    private static func isWildcard(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        range.count == 1
            && (bytes[range.lowerBound] == UInt8(ascii: "*") || bytes[range.lowerBound] == UInt8(ascii: ">"))
    }
}
