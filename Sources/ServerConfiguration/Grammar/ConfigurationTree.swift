/// A configuration whose grammar is right: its keys and values, and what tells it from another.
public struct ConfigurationTree: Sendable {
    /// The keys and values of the file and of all that it includes.
    public let root: ConfigurationMap
    /// The file, as it was named.
    public let file: String
    /// `sha256:` and 64 hexadecimal digits, the same for configurations with the same keys and values.
    public let digest: String

    /// Reads the file at `path` and all that it includes.
    public init(file path: String, sources: ConfigurationSources) throws(ConfigurationError) {
        self.root = try ConfigurationParser.parse(file: path, sources: sources)
        self.file = path
        self.digest = ConfigurationDigest.text(of: self.root)
    }

    /// Reads `bytes` as if they were the file at `path`.
    public init(_ bytes: [UInt8], file path: String, sources: ConfigurationSources) throws(ConfigurationError)
    {
        self.root = try ConfigurationParser.parse(bytes, file: path, sources: sources)
        self.file = path
        self.digest = ConfigurationDigest.text(of: self.root)
    }
}
