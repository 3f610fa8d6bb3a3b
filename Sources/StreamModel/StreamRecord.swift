/// What the catalogue keeps of a stream: when it was created (8 bytes, little-endian, nanoseconds), and its
/// configuration as JSON.
public struct StreamRecord: Sendable {
    /// When it was created.
    public let created: Timestamp
    /// Its configuration, normalised.
    public let configuration: StreamConfiguration

    /// Makes the record of a stream.
    public init(created: Timestamp, configuration: StreamConfiguration) {
        self.created = created
        self.configuration = configuration
    }

    /// Reads what ``bytes`` wrote.
    public init(_ bytes: [UInt8]) throws(APIError) {
        self.created = RecordTime.read(bytes)
        self.configuration = try unsafe StreamConfiguration(
            stored: bytes.span.bytes.extracting(min(8, bytes.count)..<bytes.count)
        )
    }

    /// The stored form.
    public var bytes: [UInt8] { RecordTime.write(self.created) + self.configuration.stored }

    /// The sixteen bytes that tell the files of this stream, number `id` of its store, from those of any other.
    public func streamID(_ id: UInt64) -> [UInt8] {
        let words = [id, UInt64(bitPattern: self.created.rawValue)]
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    }
}

/// What the catalogue keeps of a consumer, in the same form.
public struct ConsumerRecord: Sendable {
    /// When it was created.
    public let created: Timestamp
    /// Its configuration, normalised.
    public let configuration: ConsumerConfiguration

    /// Makes the record of a consumer.
    public init(created: Timestamp, configuration: ConsumerConfiguration) {
        self.created = created
        self.configuration = configuration
    }

    /// Reads what ``bytes`` wrote.
    public init(_ bytes: [UInt8]) throws(APIError) {
        self.created = RecordTime.read(bytes)
        self.configuration = try unsafe ConsumerConfiguration(
            stored: bytes.span.bytes.extracting(min(8, bytes.count)..<bytes.count)
        )
    }

    /// The stored form.
    public var bytes: [UInt8] { RecordTime.write(self.created) + self.configuration.stored }
}

private enum RecordTime {
    static func write(_ time: Timestamp) -> [UInt8] {
        let bits = UInt64(bitPattern: time.rawValue)
        return stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: bits >> UInt64($0)) }
    }

    static func read(_ bytes: [UInt8]) -> Timestamp {
        var bits: UInt64 = 0
        for (index, byte) in bytes.prefix(8).enumerated() { bits |= UInt64(byte) << UInt64(8 * index) }
        return Timestamp(nanoseconds: Int64(bitPattern: bits))
    }
}
