/// How a log or a journal uses its files.
public struct LogOptions: Sendable, Equatable {
    /// The length at which a file is full and the next one begins; a longer record has a file to itself.
    public var segmentBytes: Int
    /// Whether files are made longer ahead of need, in growing steps up to ``segmentBytes``.
    public var preallocates: Bool
    /// What encrypts new files and decrypts those that are; nil: new files are not.
    public var keys: StorageKeys?

    /// The bounds of ``segmentBytes``: one small record, 1 GiB.
    public static let segmentBytesRange = 256...(1 << 30)

    /// Makes options; `segmentBytes` is brought into ``segmentBytesRange``.
    public init(segmentBytes: Int = 64 << 20, preallocates: Bool = true, keys: StorageKeys? = nil) {
        let range = LogOptions.segmentBytesRange
        self.segmentBytes = min(max(segmentBytes, range.lowerBound), range.upperBound)
        self.preallocates = preallocates
        self.keys = keys
    }
}
