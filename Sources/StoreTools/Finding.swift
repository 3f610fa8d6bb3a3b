/// Something that verification found in a store.
public struct Finding: Sendable, Equatable {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// Bytes are not as they were written, or two files contradict each other.
        case damage
        /// Worth knowing, and as a clean stop or a crash leaves it.
        case notice
    }

    /// What repairing does about it.
    public enum Remedy: Sendable, Equatable {
        /// Nothing: it is for a person, or needs nothing.
        case none
        /// The catalogue is opened as the server opens it: each copy makes up for the other.
        case catalog
        /// The damaged parts of that segment are set aside and the rest is made whole.
        case segment(UInt64)
        /// The damaged parts of that journal file are set aside.
        case journal(UInt64)
        /// The state file is set aside and written anew from the index.
        case state
        /// The index is set aside and made again from the log.
        case index
    }

    /// How bad it is.
    public var severity: Severity
    /// The stream's number; nil if it is about the store.
    public var stream: UInt64?
    /// The file, from the store's directory on, with a byte where there is one: `streams/1/log/….seg at byte 48`.
    public var place: String
    /// What, as a sentence without its full stop.
    public var text: String
    /// What repairing does about it.
    public var remedy: Remedy

    /// Makes the finding.
    public init(
        _ severity: Severity,
        stream: UInt64? = nil,
        place: String,
        text: String,
        remedy: Remedy = .none
    ) {
        self.severity = severity
        self.stream = stream
        self.place = place
        self.text = text
        self.remedy = remedy
    }
}
