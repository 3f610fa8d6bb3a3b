/// Another stream whose messages are copied, by a mirror or a source; streams.md §3.9.
public struct StreamSource: Hashable, Sendable {
    /// The origin's name.
    public var name: String
    /// Where to start when nothing was copied yet; zero for the first message.
    public var startSequence: StreamSequence
    /// When to start when nothing was copied yet.
    public var startTime: Timestamp?
    /// Which subjects to copy; empty for all.
    public var filterSubject: String
    /// Several filters, each with an optional new name; excludes ``filterSubject``.
    public var subjectTransforms: [SubjectTransform]
    /// How to reach an origin of another account or domain; nil for one of the same account.
    public var external: ExternalStream?
    /// An existing consumer of the origin to copy through.
    public var consumer: StreamSourceConsumer?

    /// Makes the value.
    public init(
        name: String = "",
        startSequence: StreamSequence = .zero,
        startTime: Timestamp? = nil,
        filterSubject: String = "",
        subjectTransforms: [SubjectTransform] = [],
        external: ExternalStream? = nil,
        consumer: StreamSourceConsumer? = nil
    ) {
        self.name = name
        self.startSequence = startSequence
        self.startTime = startTime
        self.filterSubject = filterSubject
        self.subjectTransforms = subjectTransforms
        self.external = external
        self.consumer = consumer
    }

    /// The filters, or one empty filter, which means all subjects.
    var filters: [String] {
        self.subjectTransforms.isEmpty ? [self.filterSubject] : self.subjectTransforms.map(\.source)
    }

    init(_ members: [RequestField]) throws(APIError) {
        self.init()
        for field in members {
            switch field.name {
            case "name": self.name = try field.string() ?? self.name
            case "opt_start_seq": self.startSequence = StreamSequence(try field.uint64() ?? 0)
            case "opt_start_time": self.startTime = try field.time() ?? nil
            case "filter_subject": self.filterSubject = try field.string() ?? self.filterSubject
            case "subject_transforms":
                self.subjectTransforms = []
                for element in try field.elements("[]subject transform") ?? [] {
                    self.subjectTransforms.append(
                        try SubjectTransform(try element.members("subject transform") ?? [])
                    )
                }
            case "external":
                if let members = try field.members("external stream") {
                    self.external = try ExternalStream(members)
                }
            case "consumer":
                if let members = try field.members("stream source consumer") {
                    self.consumer = try StreamSourceConsumer(members)
                }
            default: try field.refuse()
            }
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("name", self.name)
        writer.fieldIfSet("opt_start_seq", self.startSequence.rawValue)
        writer.fieldIfSet("opt_start_time", self.startTime)
        writer.fieldIfSet("filter_subject", self.filterSubject)
        if !self.subjectTransforms.isEmpty {
            writer.key("subject_transforms")
            writer.beginArray()
            for transform in self.subjectTransforms { transform.write(to: &writer) }
            writer.endArray()
        }
        if let external = self.external {
            writer.key("external")
            external.write(to: &writer)
        }
        if let consumer = self.consumer {
            writer.key("consumer")
            consumer.write(to: &writer)
        }
        writer.endObject()
    }
}
