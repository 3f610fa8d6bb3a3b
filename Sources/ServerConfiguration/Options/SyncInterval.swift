/// When acknowledged messages are on the disk.
public struct SyncInterval: Sendable, Equatable {
    /// Nanoseconds after which they are at the latest; nil: before they are acknowledged.
    public let nanoseconds: Int64?

    /// Reads `always`, or a positive time such as `100ms`; nil if the text is neither.
    public init?(_ text: String) {
        if text.lowercased() == "always" {
            self.nanoseconds = nil
            return
        }
        guard let time = OptionsReader.nanoseconds(text), time > 0 else { return nil }
        self.nanoseconds = time
    }
}
