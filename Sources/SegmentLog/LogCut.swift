/// What is left of a log that was cut.
public struct LogCut: Sendable, Equatable {
    /// The last record that is left; nil if none is.
    public var last: RecordHeader?
    /// Where the log goes on.
    public var end: LogPosition?
}

extension MessageLog {
    /// Takes every message after `sequence` out of a log that nobody has open; the next one appended may have the
    /// sequence after it.
    ///
    /// Segments with higher sequences alone are removed, newest first, and the one it ends in is cut. For a copy of a
    /// log: what is taken out is gone.
    ///
    /// - Throws: ``SegmentError/locked(path:hasKey:)`` if the cut is in a packed segment that is encrypted and no key
    ///   decrypts; else what a system call threw. It can be called again then.
    public static func cut(
        _ directory: any StorageDirectory,
        stream: StreamUUID,
        after sequence: UInt64,
        keys: StorageKeys? = nil
    ) throws(SegmentError) -> LogCut {
        var result = LogCut()
        var isCut = false
        _ = try self.verify(directory, stream: stream, keys: keys) { header, _ in
            if header.sequence > sequence {
                isCut = true
            } else {
                result.last = header
                result.end = header.end
            }
        }
        if !isCut { return result }
        let numbers = try FileKind.segment.numbers(in: directory)
        // The segment that goes on: of the last message, or the oldest, which then holds none.
        guard let kept = result.end?.segment ?? numbers.first else { return result }
        for number in numbers.reversed() where number > kept {
            try directory.removeFile(FileKind.segment.name(number))
        }
        let offset = result.end?.offset ?? UInt32(FileHeader.bytes)
        result.end = LogPosition(segment: kept, offset: offset)
        if let packed = try PackedFile.open(kept, in: directory, stream: stream, keys: keys) as? PackedFile {
            // Offsets are those of the plain form.
            var unpacking = try SegmentUnpacking(kept, packed, in: directory, stream: stream, keys: keys)
            try unpacking.run(successor: nil)
        }
        let file = try directory.openFile(FileKind.segment.name(kept), for: .writing)
        try file.truncate(to: UInt64(offset))
        try file.sync()
        try directory.sync()
        return result
    }
}
