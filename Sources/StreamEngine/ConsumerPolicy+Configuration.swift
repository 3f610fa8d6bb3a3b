public import StreamModel
import Subjects

extension ConsumerPolicy {
    /// The policy that a normalised configuration asks for; nil if a filter in it is not a subject.
    ///
    /// - Parameter isPersistent: whether progress is journaled: false on streams in memory.
    public init?(_ configuration: ConsumerConfiguration, isPersistent: Bool) {
        self.init()
        var patterns: [SubjectPattern] = []
        for filter in configuration.filters {
            guard let pattern = SubjectPattern(filter) else { return nil }
            patterns.append(pattern)
        }
        // A filter that matches everything costs nothing when it is none.
        let isAll = patterns.contains { $0.bytes == [UInt8(ascii: ">")] }
        self.filter = isAll ? .all : SubjectFilter(patterns)
        self.isPull = !configuration.isPush
        self.start = Self.start(of: configuration)
        self.acknowledgement =
            switch configuration.ackPolicy {
            case .none: .none
            case .all: .all
            case .explicit: .explicit
            case .flowControl: .flowControl
            }
        self.ackWait = configuration.ackWait.rawValue
        self.backoff = configuration.backoff.map(\.rawValue)
        self.maxDeliver = configuration.maxDeliver > 0 ? UInt32(clamping: configuration.maxDeliver) : nil
        self.maxAckPending = configuration.maxAckPending > 0 ? configuration.maxAckPending : nil
        self.maxWaiting = configuration.maxWaiting > 0 ? configuration.maxWaiting : 512
        self.maxBatch = configuration.maxBatch > 0 ? Int64(configuration.maxBatch) : nil
        self.maxExpires = configuration.maxExpires > .zero ? configuration.maxExpires.rawValue : nil
        self.maxBytes = configuration.maxBytes > 0 ? Int64(configuration.maxBytes) : nil
        self.headersOnly = configuration.headersOnly
        self.replaysOriginalPace = configuration.replayPolicy == .original
        self.sampleFrequency = configuration.samplePercent
        self.inactiveThreshold =
            configuration.inactiveThreshold > .zero ? configuration.inactiveThreshold.rawValue : nil
        self.pauseUntil = configuration.pauseUntil
        self.priority =
            switch configuration.priorityPolicy {
            case .none: .none
            case .overflow: .overflow
            case .pinnedClient: .pinnedClient
            case .prioritized: .prioritized
            }
        self.priorityGroups = configuration.priorityGroups.map { Array($0.utf8) }
        self.isPersistent = isPersistent && !configuration.memoryStorage && !configuration.direct
    }

    private static func start(of configuration: ConsumerConfiguration) -> Start {
        switch configuration.deliverPolicy {
        case .all: .all
        case .last: .last
        case .lastPerSubject: .lastPerSubject
        case .new: .new
        case .byStartSequence: .sequence(configuration.startSequence)
        case .byStartTime: configuration.startTime.map { .time($0) } ?? .all
        }
    }
}

extension ConsumerProgress {
    /// Writes the progress into what INFO answers.
    public func fill(_ info: inout ConsumerInfo) {
        info.delivered = ConsumerPosition(
            consumer: self.delivered.consumer,
            stream: self.delivered.stream,
            lastActive: self.lastDelivered
        )
        info.ackFloor = ConsumerPosition(
            consumer: self.ackFloor.consumer,
            stream: self.ackFloor.stream,
            lastActive: self.lastAcknowledged
        )
        info.ackPendingCount = UInt64(self.ackPending)
        info.redeliveredCount = UInt64(self.redelivered)
        info.waitingCount = self.waiting
        info.pendingCount = self.pending
    }
}
