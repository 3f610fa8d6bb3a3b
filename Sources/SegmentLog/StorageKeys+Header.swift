extension StorageKeys {
    /// What decrypts what is encrypted in `file`; nil if nothing is, or if no key does.
    static func cipher(
        _ keys: StorageKeys?,
        of file: any StorageFile,
        _ kind: FileKind,
        _ stream: StreamUUID,
        _ number: UInt64
    ) throws(SegmentError) -> FileCipher? {
        guard let keys else { return nil }
        if let packed = file as? PackedFile { return packed.cipher }
        guard let mark = try FileHeader.mark(of: file, kind) else {
            // The header is damaged; the frames tell whether they are encrypted.
            return keys.anyCipher(kind, stream, number)
        }
        return mark == 0 ? nil : keys.cipher(kind, stream, number, mark: mark)
    }
}

extension FileHeader {
    /// What the header of `file` says of its key: zero if it is not encrypted, nil if the header does not verify.
    static func mark(of file: any StorageFile, _ kind: FileKind) throws(SegmentError) -> UInt64? {
        let block = ByteBlock(capacity: FileHeader.bytes)
        let count = try block.fill(0..<FileHeader.bytes, from: file, at: 0)
        return block.withBytes(0..<count) { FileHeader.mark($0, kind) }
    }
}
