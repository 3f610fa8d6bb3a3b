/// Finds what repeats in a block of bytes: the half of compression that formats have in common.
struct RepeatScan {
    /// Some bytes as they are, and then bytes that were there before.
    struct Step: Equatable {
        /// The bytes as they are.
        var literals: Range<Int>
        /// How many bytes are repeated; 0 at the end, else at least 4.
        var length = 0
        /// How far back they are.
        var distance = 0
    }

    /// The shortest repetition that is looked for.
    private static let lengthMin = 4
    private static let tableBits = 12

    /// The steps that `block` of `bytes` is made of, in their order; nothing before the block is looked at.
    static func steps(of bytes: [UInt8], _ block: Range<Int>) -> [Step] {
        var steps: [Step] = []
        // Where four bytes of that hash were seen last.
        var places = [Int](repeating: -1, count: 1 << Self.tableBits)
        var start = block.lowerBound
        var index = start
        while index + Self.lengthMin <= block.upperBound {
            let word = Self.word(bytes, index)
            let hash = Int((word &* 0x1e35_a7bd) >> UInt32(32 - Self.tableBits))
            let place = places[hash]
            places[hash] = index
            guard place >= 0, Self.word(bytes, place) == word else {
                index += 1
                continue
            }
            var length = Self.lengthMin
            while index + length < block.upperBound, bytes[place + length] == bytes[index + length] {
                length += 1
            }
            steps.append(Step(literals: start..<index, length: length, distance: index - place))
            index += length
            start = index
        }
        if start < block.upperBound { steps.append(Step(literals: start..<block.upperBound)) }
        return steps
    }

    private static func word(_ bytes: [UInt8], _ index: Int) -> UInt32 {
        UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
            | UInt32(bytes[index + 3]) << 24
    }
}
