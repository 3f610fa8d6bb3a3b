public import SegmentLog

extension StoreError {
    /// Calls `body` and gives its error as one of the store: for tools that read files themselves.
    public static func reading<Result>(
        _ body: () throws(SegmentError) -> Result
    ) throws(StoreError) -> Result {
        do throws(SegmentError) {
            return try body()
        } catch {
            throw StoreError(error)
        }
    }
}
