/// Keys and values between braces, or of a whole file, in the order of the text.
public struct ConfigurationMap: Sendable {
    /// A key and its value.
    public struct Entry: Sendable {
        /// The key as it was written.
        public let key: String
        /// Where the key stands.
        public let position: SourcePosition
        /// The value.
        public let value: ConfigurationValue
        /// Whether a variable stands for it somewhere: such a key need not be an option.
        public internal(set) var isVariable = false

        /// The key as options are compared: in lower case.
        public var name: String { self.key.lowercased() }
    }

    /// The entries, each key once.
    public private(set) var entries: [Entry] = []
    private var places: [String: Int] = [:]

    /// A map without entries.
    init() {}

    /// The place of `key`, exactly as it was written; nil if it is not there.
    func place(of key: String) -> Int? { self.places[key] }

    /// The value of `key`, exactly as it was written; nil if it is not there.
    public subscript(key: String) -> ConfigurationValue? { self.places[key].map { self.entries[$0].value } }

    /// Adds an entry; a key that is there already gets the new value.
    mutating func set(_ entry: Entry) {
        if let place = self.places[entry.key] {
            var entry = entry
            entry.isVariable = entry.isVariable || self.entries[place].isVariable
            self.entries[place] = entry
        } else {
            self.places[entry.key] = self.entries.count
            self.entries.append(entry)
        }
    }

    /// Notes that a variable stands for the entry at `place`.
    mutating func markVariable(at place: Int) { self.entries[place].isVariable = true }
}
