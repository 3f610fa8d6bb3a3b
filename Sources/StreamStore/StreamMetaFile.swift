internal import SegmentLog

/// The second copy of a stream's catalog entry: the file `stream.meta` in the stream's directory.
enum StreamMetaFile {
    /// The file's name.
    static let name = "stream.meta"
    /// The name it has until it is complete.
    static let temporaryName = "stream.meta.new"
    /// No copy is longer; a longer file is not read.
    private static let bytesMax: UInt64 = 256 << 20

    /// What reading a copy found.
    enum Reading {
        /// There is none.
        case absent
        /// The copy, and the file as it is.
        case record(CatalogRecord, bytes: [UInt8])
        /// It does not verify, or could not be read.
        case damaged
    }

    /// Reads the copy of the stream with that number.
    static func read(_ id: UInt64, in directory: any StorageDirectory) -> Reading {
        do throws(SegmentError) {
            guard try directory.fileSize(self.name) <= self.bytesMax else { return .damaged }
            guard let bytes = try directory.contents(self.name) else { return .absent }
            guard let record = CatalogRecord(id: id, file: bytes) else { return .damaged }
            return .record(record, bytes: bytes)
        } catch {
            return error.isAbsent ? .absent : .damaged
        }
    }

    /// Replaces the copy, whole or not at all; it is on the disk when the call returns.
    static func write(_ bytes: [UInt8], in directory: any StorageDirectory) throws(SegmentError) {
        try self.remove(directory)
        Failpoint.reach(.streamMetaWrite)
        let file = try directory.createFile(self.temporaryName)
        do throws(SegmentError) {
            try file.write(unsafe bytes.span.bytes, at: 0)
            try file.sync()
            try file.close()
        } catch {
            // On a full disk the room it took is wanted elsewhere.
            try? self.remove(directory)
            throw error
        }
        Failpoint.reach(.streamMetaRename)
        try directory.rename(self.temporaryName, to: self.name, in: nil)
        Failpoint.reach(.streamMetaSync)
        try directory.sync()
    }

    private static func remove(_ directory: any StorageDirectory) throws(SegmentError) {
        do {
            try directory.removeFile(self.temporaryName)
        } catch {
            guard error.isAbsent else { throw error }
        }
    }
}
