/// What is wrong with a configuration, and where.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where it was noticed; nil when it is about the file as a whole.
    public let position: SourcePosition?
    /// What is wrong.
    public let message: String

    /// An error at `position`.
    public init(_ message: String, at position: SourcePosition?) {
        self.position = position
        self.message = message
    }

    /// `file:line:column: message`.
    public var description: String {
        guard let position = self.position else { return self.message }
        return "\(position): \(self.message)"
    }
}
