/// Where messages of a subject go instead (core.md §1.13).
public struct MappingOptions: Sendable, Equatable {
    /// One of the places.
    public struct Destination: Sendable, Equatable {
        /// The subject, perhaps with functions such as `{{wildcard(1)}}`.
        public var subject: String
        /// Its share of the messages, in percent: 0…100.
        public var weight: Int
        /// The cluster in which it holds; nil: in all.
        public var cluster: String?

        /// A destination that takes `weight` percent.
        public init(subject: String, weight: Int = 100, cluster: String? = nil) {
            self.subject = subject
            self.weight = weight
            self.cluster = cluster
        }
    }

    /// The subject mapped, perhaps with wildcards.
    public var source: String
    /// The places, as listed.
    public var destinations: [Destination]

    /// A mapping of `source` to `destinations`.
    public init(source: String, destinations: [Destination]) {
        self.source = source
        self.destinations = destinations
    }
}
