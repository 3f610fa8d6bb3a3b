/// Reads the grammar of NATS configurations (core.md §4.1), of which JSON is a part.
///
///     file    = [ "{" ] items [ "}" ]
///     items   = { comment | include | key separator value end }
///     include = "include" blank name
///     value   = map | array | string | block | number | bool | datetime | variable
///
/// Nothing in the text can make it trap: nesting, sizes and what variables stand for are bounded by
/// ``ConfigurationLimits``.
struct ConfigurationParser {
    let sources: ConfigurationSources
    var text: ConfigurationText
    /// Maps that enclose the place read, innermost last: the scopes of variables.
    var scopes: [ConfigurationMap] = []
    /// Arrays and maps that enclose the place read.
    var depth = 0
    /// Files being read, the innermost last.
    let includes: [String]
    /// Variables of the environment being read.
    let variables: [String]
    var usage: ConfigurationUsage
    /// Whether a closing brace without an opening one has been let pass.
    private var hasStrayBrace = false

    private init(
        text: ConfigurationText,
        sources: ConfigurationSources,
        includes: [String],
        variables: [String],
        usage: ConfigurationUsage
    ) {
        self.text = text
        self.sources = sources
        self.includes = includes
        self.variables = variables
        self.usage = usage
    }

    /// Reads the file at `path` with all that it includes.
    static func parse(
        file path: String,
        sources: ConfigurationSources
    ) throws(ConfigurationError) -> ConfigurationMap {
        var usage = ConfigurationUsage()
        return try Self.parse(file: path, includes: [], sources: sources, usage: &usage)
    }

    /// Reads `bytes` as if they were the file at `path`.
    static func parse(
        _ bytes: [UInt8],
        file path: String,
        sources: ConfigurationSources
    ) throws(ConfigurationError) -> ConfigurationMap {
        var usage = ConfigurationUsage()
        return try Self.parse(bytes, file: path, includes: [], variables: [], sources: sources, usage: &usage)
    }

    private static func parse(
        file path: String,
        includes: [String],
        sources: ConfigurationSources,
        usage: inout ConfigurationUsage
    ) throws(ConfigurationError) -> ConfigurationMap {
        switch sources.readFile(path) {
        case .failure(let error):
            throw ConfigurationError("open \(path): \(error.reason)", at: nil)
        case .success(let bytes):
            return try Self.parse(
                bytes,
                file: path,
                includes: includes,
                variables: [],
                sources: sources,
                usage: &usage
            )
        }
    }

    private static func parse(
        _ bytes: [UInt8],
        file: String,
        includes: [String],
        variables: [String],
        sources: ConfigurationSources,
        usage: inout ConfigurationUsage
    ) throws(ConfigurationError) -> ConfigurationMap {
        usage.files += 1
        usage.bytes += bytes.count
        guard bytes.count <= ConfigurationLimits.fileBytes, usage.bytes <= ConfigurationLimits.totalBytes,
            usage.files <= ConfigurationLimits.files
        else {
            throw ConfigurationError("\(file): the configuration is too large", at: nil)
        }
        var parser = ConfigurationParser(
            text: ConfigurationText(file: file, bytes: bytes),
            sources: sources,
            includes: includes + [file],
            variables: variables,
            usage: usage
        )
        let map = try parser.parseFile()
        usage = parser.usage
        return map
    }

    // MARK: Items

    private mutating func parseFile() throws(ConfigurationError) -> ConfigurationMap {
        self.text.skipSpaces()
        // JSON has braces around the whole.
        if self.text.next == UInt8(ascii: "{") { self.text.advance() }
        self.scopes.append(ConfigurationMap())
        while try self.parseItem(inMap: false) {}
        return self.scopes.removeLast()
    }

    /// Reads a map; the opening brace comes next.
    mutating func parseMap() throws(ConfigurationError) -> ConfigurationMap {
        try self.descend()
        defer { self.depth -= 1 }
        self.text.advance()
        self.scopes.append(ConfigurationMap())
        while try self.parseItem(inMap: true) {}
        return self.scopes.removeLast()
    }

    /// Enters a map or an array.
    mutating func descend() throws(ConfigurationError) {
        guard self.depth < ConfigurationLimits.depth else {
            throw self.error("more than \(ConfigurationLimits.depth) maps and arrays in each other")
        }
        self.depth += 1
    }

    /// Reads a comment, an include or an entry; false at the end of the map or file.
    private mutating func parseItem(inMap: Bool) throws(ConfigurationError) -> Bool {
        self.text.skipSpaces()
        guard let byte = self.text.next else {
            if inMap {
                throw self.parseError(
                    "Expected a map value terminator \",\" or a map terminator \"}\", but got end of file"
                )
            }
            return false
        }
        switch byte {
        case UInt8(ascii: "}"):
            if inMap {
                self.text.advance()
                return false
            }
            guard !self.hasStrayBrace else { throw self.parseError("Unexpected '}'") }
            self.hasStrayBrace = true
            self.text.advance()
            return true
        case UInt8(ascii: "#"), UInt8(ascii: "/"):
            try self.skipComment()
            return true
        default:
            return try self.parseEntry(inMap: inMap)
        }
    }

    /// Skips a comment; its first byte comes next.
    mutating func skipComment() throws(ConfigurationError) {
        guard self.atComment else { throw self.parseError("Unexpected '/'") }
        self.text.skipLine()
    }

    /// Whether a comment comes next.
    var atComment: Bool {
        self.text.next == UInt8(ascii: "#")
            || self.text.next == UInt8(ascii: "/") && self.text.peek(1) == UInt8(ascii: "/")
    }

    private mutating func parseEntry(inMap: Bool) throws(ConfigurationError) -> Bool {
        let position = self.text.position
        let (key, isQuoted) = try self.parseKey()
        if !isQuoted, key.lowercased() == "include", let next = self.text.next, next != UInt8(ascii: "="),
            next != UInt8(ascii: ":")
        {
            try self.parseInclude(at: position)
            return try self.parseEnd(inMap: inMap)
        }
        self.text.skipBlanks()
        var hasSeparator = isQuoted
        while self.text.next?.isLineEnd == false, case let length = self.text.spaceLength, length > 0 {
            for _ in 0..<length { self.text.advance() }
        }
        if self.text.next == UInt8(ascii: "=") || self.text.next == UInt8(ascii: ":") {
            hasSeparator = true
            self.text.advance()
            self.text.skipBlanks()
        }
        let value: ConfigurationValue
        if let next = self.text.next {
            guard !next.isLineEnd else { throw self.parseError("Expected value but found new line") }
            value = try self.parseValue()
        } else {
            // A key at the very end has an empty value, if it is plain that it is a key.
            guard hasSeparator, !inMap else {
                throw self.parseError("Expected value but found end of file")
            }
            value = ConfigurationValue(.string(""), at: self.text.position)
        }
        self.scopes[self.scopes.count - 1]
            .set(
                ConfigurationMap.Entry(key: key, position: position, value: value)
            )
        return try self.parseEnd(inMap: inMap)
    }

    private mutating func parseKey() throws(ConfigurationError) -> (key: String, isQuoted: Bool) {
        guard let first = self.text.next else { return ("", false) }
        if first == UInt8(ascii: "'") || first == UInt8(ascii: "\"") {
            self.text.advance()
            let start = self.text.index
            while let byte = self.text.next, byte != first { self.text.advance() }
            guard self.text.next == first else { throw self.parseError("Unexpected end of file in a key") }
            let key = String(decoding: self.text.bytes(from: start), as: UTF8.self)
            self.text.advance()
            return (key, true)
        }
        if first == UInt8(ascii: ",") || first == UInt8(ascii: ";") {
            throw self.parseError("Expected a key, but got \(self.text.nextCharacter)")
        }
        let start = self.text.index
        while let byte = self.text.next, byte != UInt8(ascii: "="), byte != UInt8(ascii: ":"),
            self.text.spaceLength == 0
        {
            self.text.advance()
        }
        return (String(decoding: self.text.bytes(from: start), as: UTF8.self), false)
    }

    /// Reads what has to come after a value; false if the map or the file is over with it.
    private mutating func parseEnd(inMap: Bool) throws(ConfigurationError) -> Bool {
        self.text.skipBlanks()
        guard let next = self.text.next else { return true }
        if next == UInt8(ascii: ",") || next == UInt8(ascii: ";") {
            self.text.advance()
            return true
        }
        // A brace and a comment are read as the next item.
        if next.isLineEnd || next == UInt8(ascii: "}") || self.atComment { return true }
        let expected =
            inMap
            ? "Expected a map value terminator \",\" or a map terminator \"}\""
            : "Expected a top-level value to end with a new line, comment or EOF"
        throw self.parseError("\(expected), but got \(self.text.nextCharacter) instead.")
    }

    // MARK: Includes

    private mutating func parseInclude(at position: SourcePosition) throws(ConfigurationError) {
        self.text.skipBlanks()
        guard let next = self.text.next, !next.isLineEnd else {
            throw self.parseError("Expected include value but found new line")
        }
        let name: String
        if next == UInt8(ascii: "'") || next == UInt8(ascii: "\"") {
            name = try self.parseKey().key
        } else {
            let start = self.text.index
            while let byte = self.text.next, !byte.isBlank, !byte.isLineEnd, byte != UInt8(ascii: ";"),
                byte != UInt8(ascii: "}")
            {
                self.text.advance()
            }
            name = String(decoding: self.text.bytes(from: start), as: UTF8.self)
        }
        let path = Self.path(of: name, besides: self.text.file)
        func failure(_ reason: String) -> ConfigurationError {
            ConfigurationError("error parsing include file '\(name)', \(reason)", at: position)
        }
        guard !self.includes.contains(path) else { throw failure("it includes itself") }
        guard self.includes.count < ConfigurationLimits.includeDepth else {
            throw failure("more than \(ConfigurationLimits.includeDepth) files include each other")
        }
        let included: ConfigurationMap
        do throws(ConfigurationError) {
            included = try Self.parse(
                file: path,
                includes: self.includes,
                sources: self.sources,
                usage: &self.usage
            )
        } catch {
            throw failure(error.description)
        }
        for entry in included.entries {
            // Deeper here than it was in its own file.
            guard self.depth + entry.value.depth <= ConfigurationLimits.depth else {
                throw failure("more than \(ConfigurationLimits.depth) maps and arrays in each other")
            }
            self.scopes[self.scopes.count - 1].set(entry)
        }
    }

    /// The path of the file that another one calls `name`.
    private static func path(of name: String, besides file: String) -> String {
        if name.hasPrefix("/") { return name }
        guard let slash = file.lastIndex(of: "/") else { return name }
        return String(file[...slash]) + name
    }

    // MARK: Variables of the environment

    /// The value that the text of a variable of the environment stands for.
    mutating func parseEnvironment(
        _ name: String,
        text: String,
        at position: SourcePosition
    ) throws(ConfigurationError) -> ConfigurationValue {
        let line = "line \(position.line)"
        guard !self.variables.contains(name) else {
            throw ConfigurationError("variable reference cycle for '\(name)'", at: position)
        }
        guard self.variables.count < ConfigurationLimits.includeDepth else {
            throw ConfigurationError("too many variables in each other at '\(name)'", at: position)
        }
        let map: ConfigurationMap
        do throws(ConfigurationError) {
            map = try Self.parse(
                Array("value=\(text)".utf8),
                file: "$\(name)",
                includes: self.includes,
                variables: self.variables + [name],
                sources: self.sources,
                usage: &self.usage
            )
        } catch {
            throw ConfigurationError(
                "variable reference for '\(name)' on \(line) could not be parsed: \(error)",
                at: position
            )
        }
        guard let value = map["value"] else {
            throw ConfigurationError("variable reference for '\(name)' on \(line) is empty", at: position)
        }
        return value
    }

    // MARK: Errors

    /// An error at the place read now.
    func error(_ message: String) -> ConfigurationError {
        ConfigurationError(message, at: self.text.position)
    }

    /// An error of the grammar at the place read now.
    func parseError(_ message: String) -> ConfigurationError {
        self.error("Parse error on line \(self.text.line): '\(message)'")
    }
}
