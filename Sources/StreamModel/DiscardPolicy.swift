/// What a full stream does with a new message; streams.md §3.6.
public enum DiscardPolicy: String, CaseIterable, Sendable {
    /// It makes room by removing the oldest.
    case old
    /// It refuses the new one.
    case new
}
