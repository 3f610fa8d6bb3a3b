/// A value of a configuration, and where it stands.
public struct ConfigurationValue: Sendable {
    /// What a value can be.
    public enum Kind: Sendable {
        /// `true`, `yes`, `on`, or the contrary.
        case bool(Bool)
        /// A whole number; its suffix is already counted in.
        case integer(Int64)
        /// A number with a fraction.
        case float(Double)
        /// A text.
        case string(String)
        /// A time such as `2026-01-02T15:04:05Z`, as it was written.
        case datetime(String)
        /// A list.
        case array([ConfigurationValue])
        /// Keys and values.
        case map(ConfigurationMap)
    }

    /// What it is.
    public let kind: Kind
    /// Where it begins; for the value of a variable, where the variable is used.
    public let position: SourcePosition
    /// Levels of maps and arrays, 0 for anything else.
    let depth: Int
    /// About the memory it needs, in bytes, as if nothing were shared.
    let weight: Int

    /// A value that is neither an array nor a map.
    init(_ kind: Kind, text: Int = 0, at position: SourcePosition) {
        self.kind = kind
        self.position = position
        self.depth = 0
        self.weight = text + 16
    }

    /// A list of `elements`.
    init(array elements: [ConfigurationValue], at position: SourcePosition) {
        self.kind = .array(elements)
        self.position = position
        self.depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
        self.weight = elements.reduce(16) { $0 + $1.weight }
    }

    /// The value of `map`.
    init(map: ConfigurationMap, at position: SourcePosition) {
        self.kind = .map(map)
        self.position = position
        self.depth = 1 + (map.entries.lazy.map(\.value.depth).max() ?? 0)
        self.weight = map.entries.reduce(16) { $0 + $1.value.weight + $1.key.utf8.count }
    }

    private init(_ other: ConfigurationValue, at position: SourcePosition) {
        self.kind = other.kind
        self.position = position
        self.depth = other.depth
        self.weight = other.weight
    }

    /// The same value at another place.
    func moved(to position: SourcePosition) -> ConfigurationValue { Self(self, at: position) }

    /// How error texts name the kind.
    var kindName: String {
        switch self.kind {
        case .bool: "bool"
        case .integer: "int64"
        case .float: "float64"
        case .string: "string"
        case .datetime: "datetime"
        case .array: "array"
        case .map: "map"
        }
    }
}
