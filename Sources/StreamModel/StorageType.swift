/// Where a stream keeps its messages.
public enum StorageType: String, CaseIterable, Sendable {
    /// On disk.
    case file
    /// In memory: they do not survive the process.
    case memory

    /// What a message counts in `state.bytes` and against limits, whatever it takes on our disk (streams.md §8.4).
    public func countedBytes(subject: Int, headers: Int, payload: Int) -> Int {
        switch self {
        case .file: subject + headers + payload + (headers == 0 ? 30 : 34)
        case .memory: subject + headers + payload + 16
        }
    }
}
