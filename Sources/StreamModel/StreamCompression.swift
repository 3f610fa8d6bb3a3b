/// How a stream's files are compressed.
public enum StreamCompression: String, CaseIterable, Sendable {
    /// Not at all.
    case none
    /// With the S2 variant of Snappy.
    case s2
}
