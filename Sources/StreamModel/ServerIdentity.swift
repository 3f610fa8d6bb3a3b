/// What the server says about itself: versions that clients and configurations depend on.
public enum ServerIdentity {
    /// The version of the NATS server whose behaviour is matched; in INFO and in `_nats.ver`.
    public static let natsVersion = "2.15.1"

    /// The level of the JetStream API that is spoken; streams.md §1.8.
    public static let apiLevel = 5

    /// This program's own version.
    public static let version = "0.1.0"

    /// The metadata key of the version of the server that answers; never stored.
    static let versionKey = "_nats.ver"
    /// The metadata key of the API level of the server that answers; never stored.
    static let levelKey = "_nats.level"
    /// The metadata key of the API level that a configuration needs; computed and stored.
    static let requiredLevelKey = "_nats.req.level"

    /// The metadata key of what an acknowledgement of a stream means: `sync`, `interval` or `memory`; never stored.
    public static let durabilityKey = "_weir.durability"
    /// The keys that no user sets.
    static let ownKeys = [Self.versionKey, Self.levelKey, Self.requiredLevelKey, Self.durabilityKey]

    /// Whether a request with that value of the header `Nats-Required-Api-Level` may be served.
    ///
    /// An empty value counts as absent. One that is not an integer asks for more than there is.
    public static func satisfies(requiredAPILevel value: RawSpan) -> Bool {
        if value.byteCount == 0 { return true }
        guard let level = Int(value.text) else { return false }
        return level <= Self.apiLevel
    }
}
