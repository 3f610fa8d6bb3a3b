/// When a message of a file stream is acknowledged.
public enum PersistMode: String, CaseIterable, Sendable {
    /// As the server's durability setting says.
    case `default`
    /// Before it is on disk.
    case async
}
