/// Where the text of a configuration comes from: files and the environment.
public struct ConfigurationSources: Sendable {
    /// Why a file cannot be read.
    public struct ReadError: Error, Sendable, Equatable {
        /// The reason, as the system words it, without the name of the file.
        public let reason: String

        /// A failure for `reason`.
        public init(_ reason: String) { self.reason = reason }
    }

    /// Reads the file at a path, or says why that fails.
    public let readFile: @Sendable (_ path: String) -> Result<[UInt8], ReadError>
    /// The value of a variable of the environment; nil when it is not set.
    public let environment: @Sendable (_ name: String) -> String?

    /// Sources made of two functions.
    public init(
        readFile: @escaping @Sendable (_ path: String) -> Result<[UInt8], ReadError>,
        environment: @escaping @Sendable (_ name: String) -> String?
    ) {
        self.readFile = readFile
        self.environment = environment
    }
}
