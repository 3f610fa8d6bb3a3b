/// How fast a consumer sends what was stored before it.
public enum ReplayPolicy: String, CaseIterable, Sendable {
    /// As fast as it can.
    case instant
    /// In the rhythm in which it was stored.
    case original
}
