/// Where something stands in a configuration.
public struct SourcePosition: Sendable, Equatable, CustomStringConvertible {
    /// The file, as it was named.
    public let file: String
    /// The line, from 1.
    public let line: Int
    /// The byte in the line, from 1.
    public let column: Int

    /// A place in `file`.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`.
    public var description: String { "\(self.file):\(self.line):\(self.column)" }
}
