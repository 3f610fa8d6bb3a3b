/// A stream as the catalog knows it.
public struct CatalogStream: Sendable, Equatable {
    /// Its number, never used for another stream: it names the stream's directory.
    public var id: UInt64
    /// The account it belongs to.
    public var account: String
    /// Its name, unique in the account by its bytes.
    public var name: String
    /// What the caller keeps of it: its configuration, as bytes that only the caller understands.
    public var bytes: [UInt8]
    /// Its consumers, by ascending number.
    public var consumers: [CatalogConsumer]
    /// Whether what is kept of it, or of one of its consumers, is encrypted and no key decrypts it.
    public internal(set) var isLocked = false

    /// Makes the value.
    public init(id: UInt64, account: String, name: String, bytes: [UInt8], consumers: [CatalogConsumer] = [])
    {
        self.id = id
        self.account = account
        self.name = name
        self.bytes = bytes
        self.consumers = consumers
    }
}

/// A consumer as the catalog knows it.
public struct CatalogConsumer: Sendable, Equatable {
    /// Its number, never used for another consumer of the stream: the raw value of its ``ConsumerID``.
    public var id: UInt64
    /// Its name, unique in the stream by its bytes.
    public var name: String
    /// What the caller keeps of it: its configuration, as bytes that only the caller understands.
    public var bytes: [UInt8]

    /// Makes the value.
    public init(id: UInt64, name: String, bytes: [UInt8]) {
        self.id = id
        self.name = name
        self.bytes = bytes
    }
}
