/// How the copying from one origin goes on; streams.md §3.9.
public struct StreamSourceInfo: Hashable, Sendable {
    /// What is copied.
    public var source: StreamSource
    /// How many messages of the origin are still to come.
    public var lag: UInt64
    /// The last sequence of the origin that was copied, on sources; zero to leave it out.
    public var sequence: StreamSequence
    /// The time since the last contact; nil for never.
    public var active: Nanoseconds?
    /// Why the last attempt failed.
    public var error: APIError?

    /// Makes the value.
    public init(
        source: StreamSource,
        lag: UInt64 = 0,
        sequence: StreamSequence = .zero,
        active: Nanoseconds? = nil,
        error: APIError? = nil
    ) {
        self.source = source
        self.lag = lag
        self.sequence = sequence
        self.active = active
        self.error = error
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("name", self.source.name)
        if let external = self.source.external {
            writer.key("external")
            external.write(to: &writer)
        }
        writer.field("lag", self.lag)
        writer.fieldIfSet("seq", self.sequence.rawValue)
        writer.field("active", self.active ?? Nanoseconds(-1))
        if let error = self.error {
            writer.key("error")
            error.write(to: &writer)
        }
        writer.fieldIfSet("filter_subject", self.source.filterSubject)
        if !self.source.subjectTransforms.isEmpty {
            writer.key("subject_transforms")
            writer.beginArray()
            for transform in self.source.subjectTransforms { transform.write(to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }
}
