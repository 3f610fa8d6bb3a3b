import Subjects

/// Where in a header block a value is; absent unless the header is there.
public struct HeaderValue: Hashable, Sendable {
    /// The first byte; zero for absent, since a block begins with its version.
    private var start: UInt32 = 0
    /// Behind the last byte.
    private var end: UInt32 = 0

    /// No such header.
    public static let absent = HeaderValue()

    private init() {}

    /// The value at `range`; absent if a block is larger than 4 GiB, which no message is.
    init(_ range: Range<Int>) {
        guard let start = UInt32(exactly: range.lowerBound), let end = UInt32(exactly: range.upperBound)
        else {
            return
        }
        self.start = start
        self.end = end
    }

    /// Whether the header is there, perhaps with an empty value.
    public var isPresent: Bool { self.start != 0 }

    /// Where the value is, or nil if there is no such header.
    public var range: Range<Int>? { self.start == 0 ? nil : Int(self.start)..<Int(self.end) }
}

/// The headers of a message by which its publisher controls how it is stored; streams.md §4.4.
///
/// Found in one pass over the block, without allocating, and with a quick way out for blocks that hold none.
/// The first occurrence of a header counts. An empty `Nats-Msg-Id` or `Nats-Expected-…` counts as absent.
public struct PublishHeaders: Hashable, Sendable {
    /// `Nats-Msg-Id`.
    public private(set) var messageID = HeaderValue.absent
    /// `Nats-Expected-Stream`.
    public private(set) var expectedStream = HeaderValue.absent
    /// `Nats-Expected-Last-Sequence`.
    public private(set) var expectedLastSequence = HeaderValue.absent
    /// `Nats-Expected-Last-Subject-Sequence`.
    public private(set) var expectedLastSubjectSequence = HeaderValue.absent
    /// `Nats-Expected-Last-Subject-Sequence-Subject`.
    public private(set) var expectedLastSubjectSequenceSubject = HeaderValue.absent
    /// `Nats-Expected-Last-Msg-Id`.
    public private(set) var expectedLastMessageID = HeaderValue.absent
    /// `Nats-Rollup`.
    public private(set) var rollup = HeaderValue.absent
    /// `Nats-TTL`.
    public private(set) var timeToLive = HeaderValue.absent
    /// `Nats-Incr`.
    public private(set) var increment = HeaderValue.absent
    /// `Nats-Batch-Id`.
    public private(set) var batchID = HeaderValue.absent
    /// `Nats-Batch-Sequence`.
    public private(set) var batchSequence = HeaderValue.absent
    /// `Nats-Batch-Commit`.
    public private(set) var batchCommit = HeaderValue.absent
    /// `Nats-Schedule`.
    public private(set) var schedule = HeaderValue.absent
    /// `Nats-Schedule-Time-Zone`.
    public private(set) var scheduleTimeZone = HeaderValue.absent
    /// `Nats-Schedule-Target`.
    public private(set) var scheduleTarget = HeaderValue.absent
    /// `Nats-Schedule-Source`.
    public private(set) var scheduleSource = HeaderValue.absent
    /// `Nats-Schedule-TTL`.
    public private(set) var scheduleTimeToLive = HeaderValue.absent
    /// `Nats-Schedule-Rollup`.
    public private(set) var scheduleRollup = HeaderValue.absent
    /// `Nats-Schedule-Next`.
    public private(set) var scheduleNext = HeaderValue.absent
    /// `Nats-Scheduler`.
    public private(set) var scheduler = HeaderValue.absent
    /// `Nats-Marker-Reason`.
    public private(set) var markerReason = HeaderValue.absent
    /// `Nats-Stream-Source`.
    public private(set) var streamSource = HeaderValue.absent
    /// `Nats-Counter-Sources`.
    public private(set) var counterSources = HeaderValue.absent
    /// `Nats-Required-Api-Level`.
    public private(set) var requiredAPILevel = HeaderValue.absent
    /// `KV-Operation`.
    public private(set) var keyValueOperation = HeaderValue.absent
    /// Whether no line begins with `Nats-` or is `KV-Operation`, so that none of them is there.
    public private(set) var isEmpty = true

    /// A message without control headers.
    public static let none = PublishHeaders()

    private init() {}

    /// Finds the headers in `block`, which may be empty.
    public init(_ block: RawSpan) {
        if block.byteCount == 0 { return }
        // The first line holds the version and no header.
        var start = block.nextLine(after: block.lineEnd(from: 0))
        while start + 3 < block.byteCount {
            let end = block.lineEnd(from: start)
            let first = block.byte(start)
            // Most headers are the user's: two bytes tell.
            if first == UInt8(ascii: "N"), block.byte(start + 1) == UInt8(ascii: "a") {
                if block.has("Nats-", at: start) {
                    self.isEmpty = false
                    self.take(block, start..<end)
                }
            } else if first == UInt8(ascii: "K"), block.byte(start + 1) == UInt8(ascii: "V") {
                if block.has("KV-Operation:", at: start) {
                    self.isEmpty = false
                    Self.set(&self.keyValueOperation, block.trimmed(start + 13..<max(end, start + 13)))
                }
            }
            start = block.nextLine(after: end)
        }
    }

    /// Takes over the header of a line that begins with `Nats-`, if it is one of these.
    private mutating func take(_ block: RawSpan, _ line: Range<Int>) {
        var colon = line.lowerBound + 5
        while colon < line.upperBound, block.byte(colon) != UInt8(ascii: ":") { colon += 1 }
        if colon >= line.upperBound { return }
        let name = line.lowerBound + 5
        let value = block.trimmed(colon + 1..<line.upperBound)
        // By the length behind `Nats-`, so that few names are compared.
        switch colon - name {
        case 3: if block.has("TTL", at: name) { Self.set(&self.timeToLive, value) }
        case 4: if block.has("Incr", at: name) { Self.set(&self.increment, value) }
        case 6:
            if block.has("Msg-Id", at: name) {
                Self.setUnlessEmpty(&self.messageID, value)
            } else if block.has("Rollup", at: name) {
                Self.set(&self.rollup, value)
            }
        case 8:
            if block.has("Batch-Id", at: name) {
                Self.set(&self.batchID, value)
            } else if block.has("Schedule", at: name) {
                Self.set(&self.schedule, value)
            }
        case 9: if block.has("Scheduler", at: name) { Self.set(&self.scheduler, value) }
        case 12: self.takeTwelve(block, name, value)
        case 13: self.takeThirteen(block, name, value)
        case 14: if block.has("Batch-Sequence", at: name) { Self.set(&self.batchSequence, value) }
        case 15: self.takeFifteen(block, name, value)
        case 18:
            if block.has("Schedule-Time-Zone", at: name) {
                Self.set(&self.scheduleTimeZone, value)
            } else if block.has("Required-Api-Level", at: name) {
                Self.set(&self.requiredAPILevel, value)
            }
        case 20:
            if block.has("Expected-Last-Msg-Id", at: name) {
                Self.setUnlessEmpty(&self.expectedLastMessageID, value)
            }
        case 22:
            if block.has("Expected-Last-Sequence", at: name) {
                Self.setUnlessEmpty(&self.expectedLastSequence, value)
            }
        case 30:
            if block.has("Expected-Last-Subject-Sequence", at: name) {
                Self.setUnlessEmpty(&self.expectedLastSubjectSequence, value)
            }
        case 38:
            if block.has("Expected-Last-Subject-Sequence-Subject", at: name) {
                Self.setUnlessEmpty(&self.expectedLastSubjectSequenceSubject, value)
            }
        default: break
        }
    }

    private mutating func takeTwelve(_ block: RawSpan, _ name: Int, _ value: Range<Int>) {
        if block.has("Batch-Commit", at: name) {
            Self.set(&self.batchCommit, value)
        } else if block.has("Schedule-TTL", at: name) {
            Self.set(&self.scheduleTimeToLive, value)
        }
    }

    private mutating func takeThirteen(_ block: RawSpan, _ name: Int, _ value: Range<Int>) {
        if block.has("Schedule-Next", at: name) {
            Self.set(&self.scheduleNext, value)
        } else if block.has("Marker-Reason", at: name) {
            Self.set(&self.markerReason, value)
        } else if block.has("Stream-Source", at: name) {
            Self.set(&self.streamSource, value)
        }
    }

    private mutating func takeFifteen(_ block: RawSpan, _ name: Int, _ value: Range<Int>) {
        if block.has("Expected-Stream", at: name) {
            Self.setUnlessEmpty(&self.expectedStream, value)
        } else if block.has("Schedule-Target", at: name) {
            Self.set(&self.scheduleTarget, value)
        } else if block.has("Schedule-Source", at: name) {
            Self.set(&self.scheduleSource, value)
        } else if block.has("Schedule-Rollup", at: name) {
            Self.set(&self.scheduleRollup, value)
        } else if block.has("Counter-Sources", at: name) {
            Self.set(&self.counterSources, value)
        }
    }

    private static func setUnlessEmpty(_ header: inout HeaderValue, _ value: Range<Int>) {
        if !value.isEmpty { Self.set(&header, value) }
    }

    private static func set(_ header: inout HeaderValue, _ value: Range<Int>) {
        if !header.isPresent { header = HeaderValue(value) }
    }
}
