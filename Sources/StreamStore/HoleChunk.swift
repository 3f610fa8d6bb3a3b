/// Which of 4096 consecutive sequences are not stored: a row of database `deleted`.
///
/// Key: sequence / 4096 (8 bytes, big-endian). Value, one of:
///
///     | 0 | 64 words, little-endian: bit n of word w stands for sequence 4096 * chunk + 64 * w + n |
///     | 1 |                                                                       none of them is stored
enum HoleChunk {
    /// Words of a chunk.
    static let words = 64
    /// Sequences of a chunk.
    static let sequences: UInt64 = 4096

    /// Number of the chunk that `sequence` is in.
    static func number(of sequence: UInt64) -> UInt64 { sequence >> 12 }

    /// Adds the value for the words `words[start..<start + 64]` to `bytes`.
    static func encode(_ words: ContiguousArray<UInt64>, at start: Int, into bytes: inout [UInt8]) {
        var isFull = true
        for index in start..<start + self.words where words[index] != .max {
            isFull = false
            break
        }
        bytes.append(isFull ? 1 : 0)
        if isFull { return }
        for index in start..<start + self.words { bytes.appendWord(words[index]) }
    }

    /// Writes the 64 words that `bytes` stands for to `words[start...]`; false if it makes no sense.
    static func decode(_ bytes: RawSpan, into words: inout ContiguousArray<UInt64>, at start: Int) -> Bool {
        var reader = FieldReader()
        switch reader.byte(bytes) {
        case 0:
            for index in start..<start + self.words { words[index] = reader.word(bytes) }
        case 1:
            for index in start..<start + self.words { words[index] = .max }
        default:
            return false
        }
        return reader.isComplete(bytes)
    }
}

/// Chunks of holes that a layer has touched, each whole.
struct HoleMap {
    /// Where each chunk's 64 words start.
    private(set) var starts: [UInt64: Int] = [:]
    /// The words of all chunks.
    private(set) var words: ContiguousArray<UInt64> = []

    /// Whether no chunk was touched.
    var isEmpty: Bool { self.starts.isEmpty }
    /// Memory in bytes, about.
    var memoryBytes: Int { self.words.count * 8 + self.starts.count * 32 }

    /// Where the chunk's words start; nil if it was not touched.
    @inline(__always)
    func start(of chunk: UInt64) -> Int? { self.starts.isEmpty ? nil : self.starts[chunk] }

    /// Adds a chunk with those words, or with none of its sequences missing.
    mutating func add(_ chunk: UInt64, copying source: ContiguousArray<UInt64>?, at offset: Int) -> Int {
        let start = self.words.count
        if let source {
            self.words.append(contentsOf: source[offset..<offset + HoleChunk.words])
        } else {
            self.words.append(contentsOf: repeatElement(0, count: HoleChunk.words))
        }
        self.starts[chunk] = start
        return start
    }

    /// Marks the sequence `bit` of one chunk, numbered from 0, as a hole.
    @inline(__always)
    mutating func mark(_ bit: Int, at start: Int) { self.words[start + (bit >> 6)] |= 1 << UInt64(bit & 63) }

    /// Marks the sequences `range` of one chunk, numbered from 0, as holes.
    mutating func mark(_ range: ClosedRange<Int>, at start: Int) {
        var bit = range.lowerBound
        while bit <= range.upperBound {
            let word = start + (bit >> 6)
            if bit & 63 == 0, range.upperBound - bit >= 63 {
                self.words[word] = .max
                bit += 64
            } else {
                self.words[word] |= 1 << UInt64(bit & 63)
                bit += 1
            }
        }
    }
}
