public import Broker

/// Everything that a server process is told: by its configuration file, and by its command line.
public struct Configuration: Sendable {
    /// What the broker is told.
    public var options = ServerOptions()
    /// What the process around it is told.
    public var process = ProcessOptions()
    /// The file it comes from; nil without one.
    public private(set) var file: String?
    /// What should be written otherwise; such a file is not valid for `-t`.
    public private(set) var warnings: [ConfigurationError] = []
    /// What is there for compatibility and changes nothing in this server.
    public private(set) var notices: [ConfigurationError] = []

    /// The defaults.
    public init() {}

    /// Reads the file at `path` and all that it includes.
    ///
    /// - Throws: ``ConfigurationErrors``; all of them, not only the first.
    public init(file path: String, sources: ConfigurationSources) throws(ConfigurationErrors) {
        do throws(ConfigurationError) {
            self.init(try ConfigurationTree(file: path, sources: sources))
        } catch {
            throw ConfigurationErrors([error])
        }
        if !self.errors.isEmpty { throw ConfigurationErrors(self.errors) }
    }

    /// Reads `tree`.
    ///
    /// - Throws: ``ConfigurationErrors``; all of them, not only the first.
    public init(reading tree: ConfigurationTree) throws(ConfigurationErrors) {
        self.init(tree)
        if !self.errors.isEmpty { throw ConfigurationErrors(self.errors) }
    }

    /// What was wrong while it was made; nobody keeps a configuration in which there is something.
    private var errors: [ConfigurationError] = []

    private init(_ tree: ConfigurationTree) {
        var reader = OptionsReader()
        reader.read(tree.root)
        self.options = reader.options
        self.options.configurationDigest = tree.digest
        self.process = reader.process
        self.file = tree.file
        self.warnings = reader.warnings
        self.notices = reader.notices
        self.errors = reader.errors
        if tree.root.entries.isEmpty {
            self.warnings.append(
                ConfigurationError("\(tree.file): config has no values or is empty", at: nil)
            )
        }
    }
}

/// All that is wrong with a configuration, one or more.
public struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// The errors, in the order of the text.
    public let errors: [ConfigurationError]

    /// These errors.
    init(_ errors: [ConfigurationError]) { self.errors = errors }

    /// A line for each.
    public var description: String { self.errors.map(\.description).joined(separator: "\n") }
}
