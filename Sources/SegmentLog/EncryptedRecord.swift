/// What a record is.
enum RecordKind: UInt8 {
    /// A message.
    case message = 0
    /// The end of a segment.
    case footer = 1
    /// A message whose body is encrypted: twelve bytes of nonce, the body, sixteen bytes of tag.
    ///
    /// The context is the record's head with its offset, four bytes, in the place of the checksum: so no record can be
    /// changed, moved or taken for another one. The file's key stands for the stream and the file.
    case encrypted = 2
    /// A message whose body was encrypted: as it was, then 28 zeros.
    ///
    /// In blocks of packed segments alone, which are encrypted as a whole. The record is as long as it was.
    case decrypted = 3

    /// Bytes that a record of this kind has more than a message.
    @inline(__always)
    var overhead: Int { self.rawValue < 2 ? 0 : FileCipher.overhead }
}

extension FileCipher {
    /// Encrypts the record that was written to `target` as ``RecordKind/encrypted``, with `body` bytes of body, and completes
    /// its head.
    func encrypt(
        record target: UnsafeMutableRawPointer,
        _ body: Int,
        size: Int,
        seed: UInt32,
        offset: Int,
        _ nonces: inout NonceSequence
    ) {
        // The caller owns `size` bytes at `target`, which is more than the head, the body and 28 bytes.
        unsafe target.store(UInt32(offset), at: 0)
        let head = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(target), byteCount: RecordFormat.headBytes)
        unsafe self.encrypt(target + RecordFormat.headBytes, body, &nonces, context: head)
        unsafe Checksum.seal(target, size, seed: seed, offset: offset)
    }

    /// Calls `body` with the body of the encrypted record that `record` begins with; nil if it cannot be decrypted.
    func decrypt<Result>(_ record: RawSpan, _ header: RecordHeader, _ body: (RawSpan) -> Result) -> Result? {
        let start = RecordFormat.headBytes
        guard header.kind == .encrypted, record.byteCount >= start + header.storedLength else { return nil }
        let encrypted = record.extracting(start..<start + header.storedLength)
        let offset = UInt64(header.position.offset)
        let words = (
            (record.uint64(at: 0) & ~0xffff_ffff | offset).littleEndian, record.uint64(at: 8).littleEndian,
            record.uint64(at: 16).littleEndian, record.uint64(at: 24).littleEndian
        )
        return unsafe withUnsafeBytes(of: words) { context in
            unsafe self.decrypt(encrypted, context: RawSpan(_unsafeBytes: context), body)
        }
    }

    /// Replaces the encrypted record of `size` bytes at `target` by what it was, as kind ``RecordKind/decrypted``; false if
    /// it cannot be decrypted.
    func decrypt(record target: UnsafeMutableRawPointer, _ header: RecordHeader, seed: UInt32) -> Bool {
        let size = header.recordBytes
        let record = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(target), byteCount: size)
        let start = RecordFormat.headBytes
        // The caller owns `size` bytes at `target`; what is copied to them is in memory of its own.
        let done: Void? = self.decrypt(record, header) { plain in
            unsafe target.store(plain, at: start)
            unsafe (target + start + plain.byteCount)
                .initializeMemory(as: UInt8.self, repeating: 0, count: size - start - plain.byteCount)
        }
        if done == nil { return false }
        unsafe target.store(RecordKind.decrypted.rawValue, at: 31)
        unsafe Checksum.seal(target, size, seed: seed, offset: Int(header.position.offset))
        return true
    }
}
