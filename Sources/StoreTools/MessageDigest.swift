/// A digest of which messages belong to which subjects, the same in whatever order they are added.
///
/// The log tells subject by message and the index message by subject. Adding up both sides and comparing the sums
/// needs a few kilobytes, however many messages and subjects there are. Where the sums of a bucket differ, only the
/// subjects of that bucket have to be looked at again.
struct MessageDigest: Equatable {
    /// Buckets that subjects are spread over.
    static let buckets = 4_096

    private var counts = [UInt64](repeating: 0, count: MessageDigest.buckets)
    private var sums = [UInt64](repeating: 0, count: MessageDigest.buckets)

    /// The bucket of a subject with that hash.
    static func bucket(of hash: UInt64) -> Int { Int(hash >> 52) }

    /// Adds message `sequence` of a subject with that hash.
    mutating func add(_ sequence: UInt64, subject hash: UInt64) {
        var mixed = hash ^ (sequence &* 0x9e37_79b9_7f4a_7c15)
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        let bucket = Self.bucket(of: hash)
        self.counts[bucket] &+= 1
        self.sums[bucket] &+= mixed ^ (mixed >> 31)  // Safe: a digest wraps.
    }

    /// The buckets in which the two differ.
    func difference(from other: MessageDigest) -> [Int] {
        self.counts.indices.filter {
            self.counts[$0] != other.counts[$0] || self.sums[$0] != other.sums[$0]
        }
    }
}
