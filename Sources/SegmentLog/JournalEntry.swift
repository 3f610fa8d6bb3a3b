/// One entry of a journal.
///
/// Integers are little-endian; entries start at multiples of 8 bytes.
///
///     0        4        7      8       16
///     | crc32c | length | kind | after | bytes … | padding |
///
/// `crc32c` covers everything after it, padding included, and starts from a number of its place (see
/// `Checksum`). `length` (24 bits) counts the bytes, not the padding. `kind` is never zero, so that zeros are
/// no entry; its highest bit says that the bytes are encrypted, with the head as context, the offset, four bytes, in
/// the place of the checksum.
public struct JournalEntry: Sendable, Equatable {
    /// What the bytes mean: the caller's choice, never zero.
    public var kind: UInt8
    /// The sequence of the last message appended to the log when the entry was made.
    public var after: UInt64
    /// The number of the file it is in.
    public var file: UInt64
    /// Bytes from the start of that file.
    public var offset: UInt32
    /// How many bytes it carries.
    public var length: Int
    /// Whether its bytes are encrypted and were not decrypted, for want of the key: then none of them is given.
    public var isLocked = false
    /// Whether the bytes in the file are encrypted.
    var isEncrypted = false

    /// Bytes before the entry's own.
    static let headBytes = 16
    /// The longest entry.
    static let lengthMax = (1 << 24) - 1 - FileCipher.overhead
    /// The bit of the kind that says that the bytes are encrypted.
    static let encryptedBit: UInt8 = 0x80

    /// Bytes stored behind the head.
    var storedLength: Int { self.length + (self.isEncrypted ? FileCipher.overhead : 0) }

    /// Bytes of the whole entry, head and padding included.
    var size: Int { JournalEntry.size(length: self.storedLength) }

    /// Bytes of an entry that carries `length` bytes.
    static func size(length: Int) -> Int { (JournalEntry.headBytes + length + 7) & ~7 }

    /// Writes an entry of `size(length:)` bytes, to be at `offset` of a file with that seed.
    ///
    /// With a cipher it is encrypted, and 28 bytes longer.
    static func encode(
        into target: UnsafeMutableRawPointer,
        seed: UInt32,
        offset: Int,
        kind: UInt8,
        after: UInt64,
        bytes: RawSpan,
        cipher: FileCipher?,
        nonces: inout NonceSequence
    ) {
        let stored = bytes.byteCount + (cipher == nil ? 0 : FileCipher.overhead)
        let size = JournalEntry.size(length: stored)
        let kind = cipher == nil ? kind : kind | JournalEntry.encryptedBit
        // The caller has reserved `size` bytes at `target`; the last word first, for the padding's zeros.
        unsafe target.store(0 as UInt64, at: size - 8)
        unsafe target.store(UInt32(offset), at: 0)
        unsafe target.store(UInt32(stored) | UInt32(kind) << 24, at: 4)
        unsafe target.store(after, at: 8)
        unsafe target.store(bytes, at: 16)
        if let cipher {
            let head = unsafe RawSpan(
                _unsafeStart: UnsafeRawPointer(target),
                byteCount: JournalEntry.headBytes
            )
            unsafe cipher.encrypt(target + JournalEntry.headBytes, bytes.byteCount, &nonces, context: head)
        }
        unsafe Checksum.seal(target, size, seed: seed, offset: offset)
    }

    /// Calls `body` with the bytes of the encrypted entry that `entry` begins with; nil if that fails.
    func decrypt<Result>(_ entry: RawSpan, _ cipher: FileCipher, _ body: (RawSpan) -> Result) -> Result? {
        let start = JournalEntry.headBytes
        let encrypted = entry.extracting(start..<start + self.storedLength)
        let words = (
            (entry.uint64(at: 0) & ~0xffff_ffff | UInt64(self.offset)).littleEndian,
            entry.uint64(at: 8).littleEndian
        )
        return unsafe withUnsafeBytes(of: words) { context in
            unsafe cipher.decrypt(encrypted, context: RawSpan(_unsafeBytes: context), body)
        }
    }

    /// Reads the entry at `offset` of `bytes`, which is at `position` in a file with that seed.
    ///
    /// Never traps, whatever the bytes are.
    static func decode(
        _ bytes: RawSpan,
        at offset: Int,
        position: LogPosition,
        seed: UInt32
    ) -> FrameDecoding {
        guard offset >= 0, offset <= bytes.byteCount else { return .damaged(.lengths) }
        let available = bytes.byteCount - offset
        guard available >= JournalEntry.headBytes else { return .incomplete(bytes: JournalEntry.headBytes) }
        let word = bytes.uint32(at: offset + 4)
        let isEncrypted = word & UInt32(JournalEntry.encryptedBit) << 24 != 0
        let entry = JournalEntry(
            kind: UInt8(word >> 24) & ~JournalEntry.encryptedBit,
            after: bytes.uint64(at: offset + 8),
            file: position.segment,
            offset: position.offset,
            length: Int(word & 0xff_ffff) - (isEncrypted ? FileCipher.overhead : 0),
            isEncrypted: isEncrypted
        )
        guard entry.kind != 0, entry.length >= 0 else { return .damaged(.lengths) }
        guard available >= entry.size else { return .incomplete(bytes: entry.size) }
        let start = Checksum.seed(seed, at: Int(position.offset))
        let crc = Checksum.of(bytes, offset + 4..<offset + entry.size, seed: start)
        guard crc == bytes.uint32(at: offset) else { return .damaged(.checksum) }
        return .frame(.entry(entry))
    }
}
