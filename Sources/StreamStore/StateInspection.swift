internal import SegmentLog

/// A stream's state file, for tools.
public struct StateInspection: Sendable {
    /// What reading the file found.
    public enum Reading: Sendable {
        /// There is none: nothing was ever removed or acknowledged, or the journal still tells it.
        case absent
        /// It does not verify.
        case damaged
        /// The file.
        case state(StateInspection)
    }

    /// The file's name in the stream's directory.
    public static let name = StateFile.name

    /// The store as of the file.
    public let checkpoint: StoreCheckpointRecord
    /// Which messages were stored.
    public let stored: StoredSequences
    /// Consumers whose progress is in it.
    public let consumers: [ConsumerSnapshot]
    /// Message ids that the log no longer tells.
    public let messageIDs: Int
    /// Length of the file in bytes.
    public let bytes: UInt64

    /// Reads the file in the stream's directory.
    public static func read(_ path: String) throws(StoreError) -> Reading {
        try StoreError.converting { () throws(SegmentError) in
            let directory = try POSIXDirectory(path: path)
            switch try StateFile.read(directory) {
            case .absent: return .absent
            case .damaged: return .damaged
            case .file(let file): return .state(Self(file, bytes: try directory.fileSize(StateFile.name)))
            }
        }
    }

    private init(_ file: StateFile, bytes: UInt64) {
        self.checkpoint = StoreCheckpointRecord(file.record)
        var stored = StoredSequences(self.checkpoint)
        for chunk in file.chunks {
            var words = ContiguousArray<UInt64>(repeating: 0, count: HoleChunk.words)
            guard chunk.number < 1 << 52, unsafe HoleChunk.decode(chunk.value.span.bytes, into: &words, at: 0)
            else { continue }
            stored.add(chunk.number, Array(words))
        }
        self.stored = stored
        self.consumers = file.consumers
        self.messageIDs = file.messageIDs.count
        self.bytes = bytes
    }
}
