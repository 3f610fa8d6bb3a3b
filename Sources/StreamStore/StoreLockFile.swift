internal import SegmentLog

/// The text of the file that a server locks: what the directory is, and whose.
struct StoreLockFile {
    /// The file, locked.
    let file: any StorageFile
    /// Where it is.
    let directory: any StorageDirectory

    /// The store's identifier; `ifNew` if the store is made now, which is written down.
    ///
    /// - Throws: ``StoreError/foreign(path:reason:)`` if the format is newer than this program's or the text is
    ///   damaged. Nothing is changed then.
    func identifier(ifNew: [UInt8]) throws(StoreError) -> [UInt8] {
        if let identifier = try self.read() { return identifier }
        let bytes = try StoreError.converting { () throws(SegmentError) in try self.contents() }
        // A crash while the store was made may leave anything in the file, and nothing beside it.
        if !bytes.isEmpty, try !self.isAlone() {
            throw self.foreign(
                "its file \(StoreDirectory.lockName) is damaged or not of this program; if the directory is a store "
                    + "of this version, remove that file and start again"
            )
        }
        try StoreError.converting { () throws(SegmentError) in try self.write(identifier: ifNew) }
        return ifNew
    }

    /// The store's identifier; nil if the text is damaged or something else.
    ///
    /// - Throws: ``StoreError/foreign(path:reason:)`` if the format is newer than this program's.
    func read() throws(StoreError) -> [UInt8]? {
        let bytes = try StoreError.converting { () throws(SegmentError) in try self.contents() }
        if let text = SealedText(bytes), text["weir"] == "store", let format = text["format"] {
            // The first two fields are in every format; what follows may change.
            guard let version = UInt64(format), 1 <= version, version <= StoreDirectory.formatVersion else {
                throw self.foreign(
                    "its format \(format) is newer than \(StoreDirectory.formatVersion), the newest this program "
                        + "knows; use a newer program"
                )
            }
            return text["identifier"].flatMap { Self.bytes($0) }
        }
        return nil
    }

    private func write(identifier: [UInt8]) throws(SegmentError) {
        let digits = identifier.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        let text = SealedText([
            ("weir", "store"), ("format", String(StoreDirectory.formatVersion)),
            ("identifier", digits.joined()),
        ])
        Failpoint.reach(.storeCreate)
        let bytes = text.encode()
        try self.file.truncate(to: UInt64(bytes.count))
        try self.file.write(unsafe bytes.span.bytes, at: 0)
        try self.file.sync()
        try self.directory.sync()
    }

    private func contents() throws(SegmentError) -> [UInt8] {
        // No text of any format is longer; what is cut here does not verify.
        var bytes = [UInt8](repeating: 0, count: 4096)
        var words = bytes.mutableSpan
        var span = unsafe words.mutableBytes
        let count = try self.file.read(into: &span, at: 0)
        return Array(bytes.prefix(count))
    }

    /// Whether the directory holds nothing of a store yet.
    private func isAlone() throws(StoreError) -> Bool {
        let names = try StoreError.converting { () throws(SegmentError) in try self.directory.list() }
        return !names.contains(StoreDirectory.streamsName) && !names.contains(StoreDirectory.catalogName)
    }

    private func foreign(_ reason: String) -> StoreError {
        .foreign(path: self.directory.path, reason: reason)
    }

    /// The sixteen bytes that 32 hexadecimal digits name.
    private static func bytes(_ text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count == 32, text.utf8.count == 32 else { return nil }
        return (0..<16).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
    }
}
