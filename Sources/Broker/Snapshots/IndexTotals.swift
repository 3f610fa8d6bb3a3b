/// The indexes of streams in files whose files are open, together.
public struct IndexTotals: Sendable, Equatable {
    /// How many there are.
    public var open = 0
    /// Pages of their files, free ones included.
    public var pages = 0
    /// Pages that their files may grow to in the address space reserved for them.
    public var pagesMax = 0
    /// Places for readers that were ever in use at a time.
    public var readers = 0
    /// Transactions committed since the oldest reader of any of them began.
    public var oldestReaderAge = 0

    /// No indexes.
    public init() {}

    init(open: Int, pages: Int, pagesMax: Int, readers: Int, oldestReaderAge: Int) {
        self.open = open
        self.pages = pages
        self.pagesMax = pagesMax
        self.readers = readers
        self.oldestReaderAge = oldestReaderAge
    }

    /// Adds other indexes; the oldest reader stays the oldest.
    mutating func add(_ other: Self) {
        self.open += other.open
        self.pages += other.pages
        self.pagesMax += other.pagesMax
        self.readers += other.readers
        self.oldestReaderAge = max(self.oldestReaderAge, other.oldestReaderAge)
    }
}
