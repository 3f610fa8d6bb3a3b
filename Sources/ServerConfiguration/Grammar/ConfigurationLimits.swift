/// How large a configuration may be: text that would need more is refused before it takes the memory.
enum ConfigurationLimits {
    /// Bytes of one file.
    static let fileBytes = 16 << 20
    /// Files that are read in all, and how deep they may include each other.
    static let files = 1000
    static let includeDepth = 16
    /// Bytes of all files together.
    static let totalBytes = 64 << 20
    /// Maps and arrays in each other, those of variables included.
    static let depth = 64
    /// Bytes that the values of variables stand for, all together.
    static let variableBytes = 64 << 20
}

/// What was used up while a configuration is read.
struct ConfigurationUsage {
    var files = 0
    var bytes = 0
    var variableBytes = 0
}
