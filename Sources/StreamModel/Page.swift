/// One page of a list; streams.md §1.7.
public struct Page: Hashable, Sendable {
    /// How many entries there are.
    public let total: Int
    /// The first entry of the page.
    public let offset: Int
    /// How many entries a page holds at most.
    public let limit: Int

    /// The page size of names.
    public static let namesMax = 1024
    /// The page size of infos.
    public static let infosMax = 256
    /// The page size of subjects in a stream's info.
    public static let subjectsMax = 100_000

    /// No page: what a response shows when nothing was asked for, or on an error.
    public static let none = Page(total: 0, offset: 0, limit: 0)

    /// The page that begins at `offset`, clipped to 0…`total`.
    public init(total: Int, offset: Int, limit: Int) {
        self.total = total
        self.offset = min(max(offset, 0), total)
        self.limit = limit
    }

    /// The indices of the page's entries.
    public var range: Range<Int> {
        let (end, overflow) = self.offset.addingReportingOverflow(self.limit)
        return self.offset..<(overflow ? self.total : min(end, self.total))
    }

    func writeMembers(to writer: inout JSONWriter) {
        writer.field("total", self.total)
        writer.field("offset", self.offset)
        writer.field("limit", self.limit)
    }
}
