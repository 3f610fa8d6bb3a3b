internal import SegmentLog

/// Stream numbers, counted so that none is given out twice, even if the catalog is lost.
///
/// The catalog knows the next number. The file `ids` knows one that is beyond all given out: it is written before
/// the numbers below it are used, some dozens at a time, and counting goes on from it when the catalog is lost.
struct StreamNumbers {
    static let name = "ids"
    private static let temporaryName = "ids.new"
    private static let step: UInt64 = 64

    /// The next number to give out.
    private(set) var next: UInt64
    /// Numbers from here on are not to be used before the file says so.
    private var reserved: UInt64

    init(next: UInt64, reserved: UInt64) {
        self.next = next
        self.reserved = reserved
    }

    /// Gives out a number, which is used up whatever happens then.
    mutating func take(_ directory: any StorageDirectory) throws(SegmentError) -> UInt64 {
        let id = self.next
        precondition(id < StoreDirectory.streamIDMax, "stream number space exhausted")
        if id >= self.reserved {
            let text = SealedText([("next", String(id + Self.step))])
            try directory.replace(Self.name, by: text.encode(), temporary: Self.temporaryName)
            self.reserved = id + Self.step
        }
        self.next = id + 1
        return id
    }

    /// What the file says; nil if it is missing or damaged.
    static func reserved(_ directory: any StorageDirectory) -> UInt64? {
        guard let size = try? directory.fileSize(self.name), size < 4096,
            let bytes = try? directory.contents(self.name),
            let reserved = SealedText(bytes)?["next"].flatMap({ UInt64($0) }),
            1 <= reserved, reserved <= StoreDirectory.streamIDMax
        else { return nil }
        return reserved
    }
}
