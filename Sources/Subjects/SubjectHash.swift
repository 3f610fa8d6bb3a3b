/// A keyed 64-bit hash of bytes, for tables whose keys come from clients.
///
/// The keys are made from a seed that is drawn once per process and never shown, so that nobody outside can choose
/// subjects that collide. Equal seeds give equal hashes. Not for the disk or the wire, and no cryptography.
///
/// Eight bytes a step: each is mixed in by a full 64 × 64 bit multiplication whose halves are folded together.
public struct SubjectHash: Sendable {
    private let start: UInt64
    private let step: UInt64
    private let end: UInt64

    /// A hash with the keys made from `seed`.
    public init(seed: UInt64) {
        // Three well-mixed numbers from one: the increments are odd, and each is folded twice.
        self.start = Self.fold(
            Self.fold(seed ^ 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93),
            0xa076_1d64_78bd_642f
        )
        self.step = Self.fold(self.start ^ 0x2d35_8dcc_aa6c_78a5, seed ^ 0x8bb8_4b93_962e_acc9) | 1
        self.end = Self.fold(self.step ^ 0x4b33_a62e_d433_d4a3, seed ^ 0x4d5a_2da5_1de1_aa47) | 1
    }

    /// The hash of all of `bytes`.
    public func hash(_ bytes: RawSpan) -> UInt64 { self.hash(bytes, from: 0, to: bytes.byteCount) }

    /// The hash of the bytes `first ..< last`, the same as if they were alone.
    ///
    /// - Precondition: the range is in the span.
    public func hash(_ bytes: RawSpan, from first: Int, to last: Int) -> UInt64 {
        var state = self.start ^ UInt64(last - first)
        var index = first
        while last - index > 8 {
            state = Self.fold(state ^ bytes.word(index), self.step)
            index += 8
        }
        // The rest is zero-filled, which is not ambiguous: the length was mixed in first.
        state = Self.fold(state ^ bytes.word(index, count: last - index), self.step)
        return Self.fold(state ^ self.start, self.end)
    }

    /// The hash of a text from those of its two parts.
    public func join(_ first: UInt64, _ second: UInt64) -> UInt64 {
        Self.fold(first ^ self.step, second ^ self.end)
    }

    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
