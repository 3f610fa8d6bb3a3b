import StreamModel
import StreamStore
import Subjects

/// A DIRECT.GET for more than one message, and how far it has come.
///
/// It is answered in parts, because all of it may be more than a client takes at a time.
struct DirectRead {
    /// What was asked for.
    let get: MessageGetRequest
    /// Where the answers go.
    let reply: [UInt8]
    /// About how many bytes it occupies while it waits.
    let footprint: Int

    /// Which messages are left; nil before the first part.
    var course: Course?
    /// How many of them are left, as the answers tell.
    var left: UInt64 = 0
    /// The message that was sent last.
    var previous = StreamSequence.zero
    /// Messages and bytes that were sent.
    var sent = 0
    var sentBytes = 0

    /// The messages of a read.
    enum Course {
        /// All that match from a sequence on.
        case batch(SubjectFilter, from: StreamSequence)
        /// These, from the place on; the newest of each subject at or below `limit`.
        case newest([StreamSequence], place: Int, limit: StreamSequence)
    }

    /// The most bytes of an answer whose request names none: the server's default `max_pending`.
    private static let bytesMax = 64 << 20

    /// Whether it has sent as much as it may.
    var isFull: Bool {
        self.sentBytes >= (self.get.maxBytes > 0 ? self.get.maxBytes : Self.bytesMax)
            || (self.get.batch > 0 && self.sent >= self.get.batch)
    }

    /// Notes that a message was sent.
    mutating func didSend(_ sequence: StreamSequence, bytes: Int) {
        self.previous = sequence
        self.sentBytes += bytes
        self.sent += 1
    }
}

/// The reads of a stream that are not answered to their end yet.
struct DirectReadQueue {
    private(set) var reads: [DirectRead] = []
    private var footprint = 0

    /// Reads, and bytes of their requests, that may wait.
    static let readsMax = 4096
    static let footprintMax = 8 << 20

    var isEmpty: Bool { self.reads.isEmpty }

    /// Adds a read; false if too many wait already.
    mutating func append(_ read: DirectRead) -> Bool {
        if self.reads.count >= Self.readsMax { return false }
        if !self.reads.isEmpty, self.footprint + read.footprint > Self.footprintMax { return false }
        self.footprint += read.footprint
        self.reads.append(read)
        return true
    }

    /// Takes all of them out.
    mutating func takeAll() -> [DirectRead] {
        defer { self = DirectReadQueue() }
        return self.reads
    }

    /// Puts back those that are not done; there is room, for they were here before.
    mutating func putBack(_ reads: [DirectRead]) {
        for read in reads { self.footprint += read.footprint }
        self.reads += reads
    }
}
