import SegmentLog
import StreamModel
import StreamStore

/// Takes everything after a message out of a stream: for a store that was restored and is not in use yet.
///
/// Messages that were removed before stay removed. Consumers that were further ahead go back to the end when the
/// server starts.
struct StreamTruncation {
    /// Up to where messages stay.
    enum Bound {
        /// This sequence.
        case sequence(UInt64)
        /// The last message stored at or before this time.
        case time(Timestamp)
    }

    /// - Precondition: the caller holds the store's lock.
    init(_ entry: StoreListing.Entry, of store: OfflineStore, to bound: Bound, now: Timestamp)
        throws(StoreError)
    {
        let path = store.streamPath(entry.id)
        let keys = store.encryption?.keys
        try store.checkKeys(of: entry, stream: entry.stream)
        guard let stream = entry.stream else {
            throw .foreign(path: path, reason: "the catalogue does not tell its configuration")
        }
        let log = try StoreError.reading { () throws(SegmentError) in try POSIXDirectory(path: path + "/log")
        }
        guard let last = try Self.last(bound, in: log, stream: stream, keys) else { return }
        // An index of everything first: then nothing that the journal tells is needed any more.
        _ = try IndexRebuilding(entry, of: store, keepsOld: false, now: now)
        guard case .open(let index) = try IndexInspection.open(inStream: path) else {
            throw .foreign(path: path, reason: "its index could not be made")
        }
        let stored = try index.storedSequences()
        let cut = try StoreError.reading { () throws(SegmentError) in
            try MessageLog.cut(log, stream: stream, after: last, keys: keys)
        }
        var messages: UInt64 = 0
        var bytes: UInt64 = 0
        try StoreError.reading { () throws(SegmentError) in
            _ = try MessageLog.verify(log, stream: stream, keys: keys) { header, _ in
                guard stored.contains(header.sequence), !header.flags.contains(.erased) else { return }
                messages += 1
                bytes += UInt64(header.bodyLength + (header.headerLength > 0 ? 34 : 30))
            }
        }
        try index.writeState(
            inStream: path,
            cut: StreamCut(
                last: last,
                lastTime: cut.last?.timestamp,
                position: cut.end,
                messages: messages,
                bytes: bytes
            )
        )
        try StoreError.reading { () throws(SegmentError) in
            let journal = try POSIXDirectory(path: path + "/journal")
            for name in try journal.list() { try journal.removeFile(name) }
        }
    }

    /// The last sequence that stays; nil if nothing has to go.
    private static func last(
        _ bound: Bound,
        in log: any StorageDirectory,
        stream: StreamUUID,
        _ keys: StorageKeys?
    ) throws(StoreError) -> UInt64? {
        var last: UInt64 = 0
        var goes = false
        var before: UInt64?
        try StoreError.reading { () throws(SegmentError) in
            _ = try MessageLog.verify(log, stream: stream, keys: keys) { header, _ in
                if before == nil { before = header.sequence - 1 }
                let stays =
                    switch bound {
                    case .sequence(let sequence): header.sequence <= sequence
                    case .time(let time): header.timestamp <= time.rawValue
                    }
                if stays { last = header.sequence } else { goes = true }
            }
        }
        if !goes { return nil }
        if case .sequence(let sequence) = bound { return max(sequence, before ?? 0) }
        return max(last, before ?? 0)
    }
}
