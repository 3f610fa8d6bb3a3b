/// What a stream holds; streams.md §5.2.
public struct StreamState: Hashable, Sendable {
    /// How many messages are stored.
    public var messages: UInt64 = 0
    /// Their bytes, counted by streams.md §8.4.
    public var bytes: UInt64 = 0
    /// The sequence of the first stored message; the one after the last if there is none.
    public var firstSequence = StreamSequence.zero
    /// When the first stored message was stored; nil if there is none.
    public var firstTime: Timestamp?
    /// The highest sequence that was given out.
    public var lastSequence = StreamSequence.zero
    /// When the last message was stored, also if it is gone by now; nil if there never was one.
    public var lastTime: Timestamp?
    /// How many different subjects are stored.
    public var subjectCount: UInt64 = 0
    /// How many messages each subject has; only if asked for.
    public var subjects: [SubjectCount] = []
    /// How many sequences between first and last are not stored.
    public var deletedCount: UInt64 = 0
    /// The sequences that are not stored, ascending; only if asked for.
    public var deleted: [StreamSequence] = []
    /// The messages that were found damaged; only if asked for.
    public var lost: LostMessages?
    /// How many consumers there are.
    public var consumerCount = 0

    /// A stream that never had a message.
    public init() {}

    /// Writes the object.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("messages", self.messages)
        writer.field("bytes", self.bytes)
        writer.field("first_seq", self.firstSequence.rawValue)
        writer.field("first_ts", self.firstTime)
        writer.field("last_seq", self.lastSequence.rawValue)
        writer.field("last_ts", self.lastTime)
        writer.fieldIfSet("num_subjects", self.subjectCount)
        if !self.subjects.isEmpty {
            writer.key("subjects")
            writer.beginObject()
            for entry in self.subjects {
                writer.key(entry.subject)
                writer.integer(entry.messages)
            }
            writer.endObject()
        }
        writer.fieldIfSet("num_deleted", self.deletedCount)
        if !self.deleted.isEmpty {
            writer.key("deleted")
            writer.sequences(self.deleted)
        }
        if let lost = self.lost {
            writer.key("lost")
            writer.beginObject()
            writer.key("msgs")
            writer.sequences(lost.sequences)
            writer.field("bytes", lost.bytes)
            writer.endObject()
        }
        writer.field("consumer_count", self.consumerCount)
        writer.endObject()
    }
}

/// How many messages one subject has.
public struct SubjectCount: Hashable, Sendable {
    /// The subject.
    public var subject: String
    /// The number of its stored messages.
    public var messages: UInt64

    /// Makes the value.
    public init(subject: String, messages: UInt64) {
        self.subject = subject
        self.messages = messages
    }
}

/// Messages that cannot be read any more.
public struct LostMessages: Hashable, Sendable {
    /// Their sequences, ascending.
    public var sequences: [StreamSequence]
    /// Their bytes.
    public var bytes: UInt64

    /// Makes the value.
    public init(sequences: [StreamSequence], bytes: UInt64) {
        self.sequences = sequences
        self.bytes = bytes
    }
}

extension JSONWriter {
    /// Writes an array of sequences.
    fileprivate mutating func sequences(_ sequences: [StreamSequence]) {
        self.beginArray()
        for sequence in sequences { self.integer(sequence.rawValue) }
        self.endArray()
    }
}
