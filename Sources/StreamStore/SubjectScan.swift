internal import Subjects

/// Where to go on in the sorted subjects when one does not match a pattern.
///
/// `a.b.>` is one range. In `a.*.c` each token in place of the star has a range of its own, of which one key is
/// wanted: the scan jumps from one to the next instead of reading all that is between.
struct SubjectScan {
    /// What to do next.
    enum Step: Equatable {
        /// Read the next key.
        case next
        /// Go to the first key at or after ``SubjectScan/target``.
        case seek
        /// Nothing more can match.
        case stop
    }

    private static let dot = UInt8(ascii: ".")

    /// One token of the pattern.
    private struct Token {
        var range: Range<Int>
        var isWildcard: Bool
    }

    private let bytes: [UInt8]
    private let tokens: [Token]
    /// The bytes that every match starts with.
    let prefix: [UInt8]
    /// The key to go to.
    private(set) var target: [UInt8] = []

    /// A scan for what matches `pattern`.
    init(_ pattern: SubjectPattern) {
        let bytes = pattern.bytes
        var tokens: [Token] = []
        var start = 0
        for index in 0...bytes.count where index == bytes.count || bytes[index] == Self.dot {
            let range = start..<index
            let isWildcard =
                range.count == 1
                && (bytes[start] == UInt8(ascii: "*") || bytes[start] == UInt8(ascii: ">"))
            tokens.append(Token(range: range, isWildcard: isWildcard))
            start = index + 1
        }
        self.bytes = bytes
        self.tokens = tokens
        let wildcard = tokens.first { $0.isWildcard }
        self.prefix = wildcard.map { Array(bytes[..<$0.range.lowerBound]) } ?? bytes
    }

    /// Where to go on after `key`, which does not match the pattern.
    mutating func step(after key: RawSpan) -> Step {
        var place = 0
        for token in self.tokens {
            if place > key.byteCount { return .next }  // The key has too few tokens: longer ones follow it.
            if token.isWildcard {
                while place < key.byteCount, key.octet(place) != Self.dot { place += 1 }
                place += 1
                continue
            }
            var index = 0
            let count = token.range.count
            while index < count, place + index < key.byteCount,
                key.octet(place + index) == self.bytes[token.range.lowerBound + index]
            {
                index += 1
            }
            let end = place + index
            if index < count || (end < key.byteCount && key.octet(end) != Self.dot) {
                return self.step(key, place, token.range, same: index)
            }
            place = end + 1
        }
        // The key has too many tokens: so has everything that goes on with a dot from here.
        return self.passOver(key, dotAt: place - 1)
    }

    /// Where to go on after a key whose token at `place` is another than the pattern's in `range`, from byte `same`
    /// on.
    private mutating func step(_ key: RawSpan, _ place: Int, _ range: Range<Int>, same: Int) -> Step {
        let isBefore =
            same < range.count
            && (place + same >= key.byteCount
                || key.octet(place + same) < self.bytes[range.lowerBound + same])
        // `c-1` sorts between `c` and `c.d`.
        let isBetween = same == range.count && key.octet(place + same) < Self.dot
        if isBefore || isBetween {
            self.setTarget(key, place)
            self.target.append(contentsOf: self.bytes[range])
            if isBetween { self.target.append(Self.dot) }
            return .seek
        }
        return place == 0 ? .stop : self.passOver(key, dotAt: place - 1)
    }

    /// Goes on with the first key after all that start with the first `end` bytes of `key` and a dot.
    private mutating func passOver(_ key: RawSpan, dotAt end: Int) -> Step {
        self.setTarget(key, end)
        self.target.append(Self.dot + 1)
        return .seek
    }

    private mutating func setTarget(_ key: RawSpan, _ count: Int) {
        self.target.removeAll(keepingCapacity: true)
        self.target.append(key.extracting(first: count))
    }
}
