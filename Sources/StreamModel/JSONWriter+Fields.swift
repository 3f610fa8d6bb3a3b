/// Members that are left out when they say nothing: zero, empty, false or absent ("omit-0" in streams.md).
extension JSONWriter {
    /// Writes a member with a string.
    public mutating func field(_ name: StaticString, _ value: String) {
        self.key(name)
        self.string(value)
    }

    /// Writes a member with an integer.
    public mutating func field(_ name: StaticString, _ value: some BinaryInteger) {
        self.key(name)
        self.integer(value)
    }

    /// Writes a member with `true` or `false`.
    public mutating func field(_ name: StaticString, _ value: Bool) {
        self.key(name)
        self.bool(value)
    }

    /// Writes a member with a span of time in nanoseconds.
    public mutating func field(_ name: StaticString, _ value: Nanoseconds) {
        self.field(name, value.rawValue)
    }

    /// Writes a member with a moment; nil is the zero time.
    public mutating func field(_ name: StaticString, _ value: Timestamp?) {
        self.key(name)
        self.time(value)
    }

    /// Writes a member with an array of strings.
    public mutating func field(_ name: StaticString, _ values: [String]) {
        self.key(name)
        self.beginArray()
        for value in values { self.string(value) }
        self.endArray()
    }

    /// Writes the member unless the string is empty.
    public mutating func fieldIfSet(_ name: StaticString, _ value: String) {
        if !value.isEmpty { self.field(name, value) }
    }

    /// Writes the member unless the integer is zero.
    public mutating func fieldIfSet(_ name: StaticString, _ value: some BinaryInteger) {
        if value != 0 { self.field(name, value) }
    }

    /// Writes the member if it is true.
    public mutating func fieldIfSet(_ name: StaticString, _ value: Bool) {
        if value { self.field(name, value) }
    }

    /// Writes the member unless the span of time is zero.
    public mutating func fieldIfSet(_ name: StaticString, _ value: Nanoseconds) {
        if value != .zero { self.field(name, value) }
    }

    /// Writes the member if there is a moment.
    public mutating func fieldIfSet(_ name: StaticString, _ value: Timestamp?) {
        if let value { self.field(name, value) }
    }

    /// Writes the member unless the array is empty.
    public mutating func fieldIfSet(_ name: StaticString, _ values: [String]) {
        if !values.isEmpty { self.field(name, values) }
    }

    /// Writes the member unless the dictionary is empty; keys ascend bytewise.
    public mutating func fieldIfSet(_ name: StaticString, _ values: [String: String]) {
        if values.isEmpty { return }
        self.key(name)
        self.beginObject()
        for (key, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            self.key(key)
            self.string(value)
        }
        self.endObject()
    }
}
