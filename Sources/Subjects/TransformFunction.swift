/// What makes one token of a transform's destination, or several: a text, or a function of tokens of the subject.
///
/// Tokens are counted from 0 here, the subject's own tokens and not its wildcards.
enum TransformFunction: Hashable, Sendable {
    /// Always the same.
    case literal([UInt8])
    /// A token as it is.
    case token(Int)
    /// A token and everything behind it.
    case tail(from: Int)
    /// The hash of some tokens, or of the whole subject where none is named, modulo `count`; 0 modulo 0.
    case partition(count: UInt32, tokens: [Int])
    /// A random number below `count`; 0 below 0.
    case random(count: UInt32)
    /// A token split where `separator` is, and empty parts left out.
    case split(Int, separator: [UInt8])
    /// A token cut in two after that many bytes.
    case splitFromLeft(Int, bytes: Int)
    /// A token cut in two before that many last bytes.
    case splitFromRight(Int, bytes: Int)
    /// A token cut in groups of that many bytes; the last one is shorter.
    case sliceFromLeft(Int, bytes: Int)
    /// A token cut in groups of that many bytes; the first one is shorter.
    case sliceFromRight(Int, bytes: Int)
    /// The first bytes of a token.
    case left(Int, bytes: Int)
    /// The last bytes of a token.
    case right(Int, bytes: Int)

    /// Appends what it makes of `subject`; `random` is any number.
    func append(of subject: RawSpan, random: UInt64, to output: inout [UInt8]) {
        switch self {
        case .literal(let text):
            output.append(contentsOf: text)
        case .token(let index):
            output.append(subject, Self.token(index, of: subject))
        case .tail(let first):
            output.append(subject, Self.token(first, of: subject).lowerBound..<subject.byteCount)
        case .partition(let count, let tokens):
            output.append(decimal: Self.partition(subject, tokens: tokens, count: count))
        case .random(let count):
            output.append(decimal: count == 0 ? 0 : UInt32(truncatingIfNeeded: random % UInt64(count)))
        case .split(let index, let separator):
            Self.split(subject, Self.token(index, of: subject), separator, into: &output)
        case .splitFromLeft(let index, let bytes):
            let token = Self.token(index, of: subject)
            let isCut = bytes > 0 && bytes < token.count
            output.append(subject, token, cutAt: isCut ? token.lowerBound + bytes : token.upperBound)
        case .splitFromRight(let index, let bytes):
            let token = Self.token(index, of: subject)
            let isCut = bytes > 0 && bytes < token.count
            output.append(subject, token, cutAt: isCut ? token.upperBound - bytes : token.upperBound)
        case .sliceFromLeft(let index, let bytes):
            let token = Self.token(index, of: subject)
            Self.slice(subject, token, first: bytes, by: bytes, into: &output)
        case .sliceFromRight(let index, let bytes):
            let token = Self.token(index, of: subject)
            let first = bytes > 0 ? (token.count - 1) % bytes + 1 : 0
            Self.slice(subject, token, first: first, by: bytes, into: &output)
        case .left(let index, let bytes):
            let token = Self.token(index, of: subject)
            output.append(subject, token.lowerBound..<token.lowerBound + Self.part(bytes, of: token))
        case .right(let index, let bytes):
            let token = Self.token(index, of: subject)
            output.append(subject, token.upperBound - Self.part(bytes, of: token)..<token.upperBound)
        }
    }

    /// The place of a token; an empty one at the end where the subject has fewer.
    private static func token(_ index: Int, of subject: RawSpan) -> Range<Int> {
        var tokens = SubjectTokens()
        var left = index
        while let token = tokens.next(in: subject) {
            if left == 0 { return token }
            left -= 1
        }
        return subject.byteCount..<subject.byteCount
    }

    /// All of a token where the number of bytes asked for is out of range.
    private static func part(_ bytes: Int, of token: Range<Int>) -> Int {
        bytes > 0 && bytes < token.count ? bytes : token.count
    }

    /// FNV-1a of 32 bits over the tokens without a separator, modulo `count`.
    private static func partition(_ subject: RawSpan, tokens: [Int], count: UInt32) -> UInt32 {
        if count == 0 { return 0 }
        var hash: UInt32 = 2_166_136_261
        if tokens.isEmpty { self.add(subject, 0..<subject.byteCount, to: &hash) }
        for token in tokens { self.add(subject, self.token(token, of: subject), to: &hash) }
        return hash % count
    }

    private static func add(_ subject: RawSpan, _ place: Range<Int>, to hash: inout UInt32) {
        // The product wraps: that is the hash.
        for index in place { hash = (hash ^ UInt32(subject.byte(index))) &* 16_777_619 }
    }

    /// Appends a token in groups of `step` bytes, the first one of `first`; whole where that is out of range.
    private static func slice(
        _ subject: RawSpan,
        _ token: Range<Int>,
        first: Int,
        by step: Int,
        into output: inout [UInt8]
    ) {
        guard step > 0, step < token.count else { return output.append(subject, token) }
        var start = token.lowerBound
        var end = start + first
        while start < token.upperBound {
            if start > token.lowerBound { output.append(Subject.dot) }
            output.append(subject, start..<end)
            start = end
            end = min(end + step, token.upperBound)
        }
    }

    /// Appends what stands between the separators of a token; an empty separator is between all characters.
    private static func split(
        _ subject: RawSpan,
        _ token: Range<Int>,
        _ separator: [UInt8],
        into output: inout [UInt8]
    ) {
        var isFirst = true
        var start = token.lowerBound
        var place = start
        while place < token.upperBound {
            let length = separator.isEmpty ? 0 : self.length(of: separator, in: subject, at: place, token)
            let isCut = separator.isEmpty ? self.beginsCharacter(subject.byte(place)) : length > 0
            if isCut {
                self.appendPart(subject, start..<place, &isFirst, &output)
                start = place + length
            }
            place += max(length, 1)
        }
        self.appendPart(subject, start..<token.upperBound, &isFirst, &output)
    }

    private static func appendPart(
        _ subject: RawSpan,
        _ part: Range<Int>,
        _ isFirst: inout Bool,
        _ output: inout [UInt8]
    ) {
        if part.isEmpty { return }
        if !isFirst { output.append(Subject.dot) }
        isFirst = false
        output.append(subject, part)
    }

    private static func length(
        of separator: [UInt8],
        in subject: RawSpan,
        at place: Int,
        _ token: Range<Int>
    ) -> Int {
        guard token.upperBound - place >= separator.count else { return 0 }
        for index in separator.indices where subject.byte(place + index) != separator[index] { return 0 }
        return separator.count
    }

    /// Whether a byte is the first of a character in UTF-8.
    private static func beginsCharacter(_ byte: UInt8) -> Bool { byte & 0xc0 != 0x80 }
}

extension [UInt8] {
    /// Appends the bytes at `place` of `bytes`.
    fileprivate mutating func append(_ bytes: RawSpan, _ place: Range<Int>) {
        // The bytes are copied before the call returns.
        unsafe bytes.extracting(place).withUnsafeBytes { unsafe self.append(contentsOf: $0) }
    }

    /// Appends the bytes at `place`, with a dot at `cut` where that is inside of it.
    fileprivate mutating func append(_ bytes: RawSpan, _ place: Range<Int>, cutAt cut: Int) {
        self.append(bytes, place.lowerBound..<cut)
        if cut < place.upperBound {
            self.append(Subject.dot)
            self.append(bytes, cut..<place.upperBound)
        }
    }

    /// Appends a number in decimal.
    fileprivate mutating func append(decimal number: UInt32) {
        var divisor: UInt32 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            self.append(0x30 + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
