public import SegmentLog

extension StoreError {
    /// The error of the store for one of the log.
    public static func reading(_ error: SegmentError) -> StoreError { StoreError(error) }

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
