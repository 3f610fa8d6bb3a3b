extension Journal {
    /// Writes a journal file anew with the entries of it that verify, in a journal that nobody has open.
    ///
    /// The file as it was is copied to `quarantine` first, and replaced only when the new one is on the disk.
    ///
    /// What is encrypted is encrypted anew, since entries may move.
    ///
    /// - Throws: ``SegmentError/foreignStream(path:)``, ``SegmentError/newerFormat(path:version:)`` or
    ///   ``SegmentError/locked(path:hasKey:)`` before anything is changed; else what a system call threw. It can be called again then.
    public static func repair(
        _ number: UInt64,
        in directory: any StorageDirectory,
        stream: StreamUUID,
        quarantine: any StorageDirectory,
        keys: StorageKeys? = nil
    ) throws(SegmentError) -> FileRepair {
        var recovery = FileRecovery(kind: .journal, directory: directory, stream: stream, keys: keys)
        try recovery.checkHeaders([number])
        let seed = Checksum.seed(magic: FileKind.journal.magic, stream: stream, number: number)
        let block = ByteBlock(capacity: 64 << 10)
        let cipher = keys?.cipher(.journal, stream, number)
        var nonces = NonceSequence()
        let header = FileHeader(.journal, stream, number, cipher)
        unsafe header.encode(into: block.base)  // The block has room for a header.
        var end = FileHeader.bytes
        let scan = try recovery.scan(number, from: FileHeader.bytes, .all, isNewest: false) { frame, bytes in
            guard case .entry(let entry) = frame else { return }
            let stored = bytes.byteCount + (cipher == nil ? 0 : FileCipher.overhead)
            let size = JournalEntry.size(length: stored)
            block.grow(to: end + size, keeping: end)
            // `size` bytes were just made room for.
            unsafe JournalEntry.encode(
                into: block.base + end,
                seed: seed,
                offset: end,
                kind: entry.kind,
                after: entry.after,
                bytes: bytes,
                cipher: cipher,
                nonces: &nonces
            )
            end += size
        }
        let name = FileKind.journal.name(number)
        let file = try directory.openFile(name, for: .reading)
        let size = Int(clamping: try file.size())
        var result = FileRepair()
        result.kept.append(try quarantine.keep(0..<size, of: file, as: name))
        result.mended = scan.holeCount + recovery.report.damagedHeaders.count
        let temporary = name + ".new"
        do {
            try directory.removeFile(temporary)
        } catch {
            guard error.isAbsent else { throw error }
        }
        let copy = try directory.createFile(temporary)
        try block.withBytes(0..<end) { bytes throws(SegmentError) in try copy.write(bytes, at: 0) }
        try copy.sync()
        try directory.rename(temporary, to: name, in: nil)
        try directory.sync()
        return result
    }
}
