/// Something that a configuration asks of the engine beyond storing, limits and reading.
///
/// A server that has not learnt one of them refuses the configuration, instead of accepting it and doing
/// something else.
public enum StreamFeature: String, CaseIterable, Sendable {
    /// An exact copy of another stream.
    case mirror
    /// Messages of other streams, appended.
    case sources
    /// Copies of stored messages published again.
    case republish
    /// Subjects renamed before storing.
    case subjectTransform = "subject transform"
    /// Messages with a time to live of their own.
    case messageTTL = "message TTL"
    /// Markers for subjects that aged out.
    case deleteMarkers = "subject delete markers"
    /// Messages that are increments of counters.
    case counter = "message counters"
    /// Messages sent later or again and again.
    case schedules = "message schedules"
    /// Batches stored entirely or not at all.
    case atomicBatch = "atomic batch publish"
    /// Batches with flow control.
    case fastBatch = "fast batch publish"
    /// Compressed files.
    case compression
    /// Acknowledgements before messages are on disk.
    case asyncPersistence = "async persist mode"
    /// Messages let go when every interested consumer is done with them.
    case interestRetention = "interest retention"
    /// Messages let go when their consumer is done with them.
    case workQueueRetention = "workqueue retention"
}

extension StreamConfiguration {
    /// What the configuration asks for.
    public var features: Set<StreamFeature> {
        var features: Set<StreamFeature> = []
        if self.mirror != nil { features.insert(.mirror) }
        if !self.sources.isEmpty { features.insert(.sources) }
        if self.republish != nil { features.insert(.republish) }
        if self.subjectTransform.map({ !$0.destination.isEmpty }) == true {
            features.insert(.subjectTransform)
        }
        if self.allowMessageTTL { features.insert(.messageTTL) }
        if self.subjectDeleteMarkerTTL != .zero { features.insert(.deleteMarkers) }
        if self.allowMessageCounter { features.insert(.counter) }
        if self.allowMessageSchedules { features.insert(.schedules) }
        if self.allowAtomicPublish { features.insert(.atomicBatch) }
        if self.allowBatchedPublish { features.insert(.fastBatch) }
        if self.compression != .none { features.insert(.compression) }
        if self.persistMode == .async { features.insert(.asyncPersistence) }
        if self.retention == .interest { features.insert(.interestRetention) }
        if self.retention == .workQueue { features.insert(.workQueueRetention) }
        return features
    }

    /// Refuses the configuration if it asks for something that is not in `supported`.
    ///
    /// - Throws: ``APIError/streamInvalidConfiguration(_:)`` naming what is missing, in a fixed order.
    public func checkFeatures(supported: Set<StreamFeature>) throws(APIError) {
        let features = self.features
        let missing = StreamFeature.allCases.filter { features.contains($0) && !supported.contains($0) }
        if missing.isEmpty { return }
        let names = missing.map(\.rawValue).joined(separator: ", ")
        throw .streamInvalidConfiguration("not supported by this server: \(names)")
    }

    /// The lowest API level whose servers understand the configuration; streams.md §1.8.
    public var requiredAPILevel: Int {
        // Copying through an existing consumer needs level 4 at the origin, and none here: so does the
        // original.
        if self.allowBatchedPublish { return 4 }
        if self.allowMessageCounter || self.allowAtomicPublish || self.allowMessageSchedules
            || self.persistMode == .async
        {
            return 2
        }
        return self.allowMessageTTL || self.subjectDeleteMarkerTTL > .zero ? 1 : 0
    }
}
