import ServerConfiguration

/// Files and an environment that exist in a test alone.
struct FakeSources {
    var files: [String: String] = [:]
    var environment: [String: String] = [:]

    var sources: ConfigurationSources {
        let (files, environment) = (self.files, self.environment)
        return ConfigurationSources(
            readFile: { path in
                guard let text = files[path] else { return .failure(.init("no such file or directory")) }
                return .success(Array(text.utf8))
            },
            environment: { environment[$0] }
        )
    }

    /// The tree of `text`, as the file `c.conf`.
    func tree(_ text: String) throws(ConfigurationError) -> ConfigurationTree {
        try ConfigurationTree(Array(text.utf8), file: "c.conf", sources: self.sources)
    }

    /// The tree of `text` in one line, or the error.
    func outline(_ text: String) -> String {
        do throws(ConfigurationError) {
            return Self.outline(try self.tree(text).root)
        } catch {
            return "error \(error)"
        }
    }

    private static func outline(_ map: ConfigurationMap) -> String {
        "{" + map.entries.map { "\($0.key):\(self.outline($0.value))" }.joined(separator: ",") + "}"
    }

    private static func outline(_ value: ConfigurationValue) -> String {
        switch value.kind {
        case .bool(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .float(let number): "f\(number)"
        case .string(let text): "\"\(text)\""
        case .datetime(let text): "t\(text)"
        case .array(let elements): "[" + elements.map(self.outline).joined(separator: ",") + "]"
        case .map(let map): self.outline(map)
        }
    }
}

/// The configuration that `text` stands for.
func read(_ text: String) throws -> Configuration {
    try Configuration(reading: try FakeSources().tree(text))
}

/// The errors of `text`, or its warnings if it has none.
func complaints(of text: String) -> String {
    do {
        let configuration = try read(text)
        return configuration.warnings.map { "warning \($0)" }.joined(separator: "\n")
    } catch {
        return "\(error)"
    }
}
