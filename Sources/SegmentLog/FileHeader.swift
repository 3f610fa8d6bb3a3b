/// The first 48 bytes of a segment or a journal file.
///
/// Integers are little-endian.
///
///     0       8        12        16       32       40         48
///     | magic | crc32c | version | stream | number | mark |
///
/// `crc32c` covers everything after it, from seed 0. `number` is the one in the file's name. The first
/// sixteen bytes mean the same in every version, so that an older program can tell a newer file from a
/// damaged one. `mark` tells the key of an encrypted file and its cipher (see `FileKey`), else it is zero.
struct FileHeader: Equatable {
    /// Bytes of a header.
    static let bytes = 48
    /// The version of journal files and of plain segments.
    static let version: UInt32 = 1
    /// The version of packed segments (see `PackedBlock`).
    static let packedVersion: UInt32 = 2
    /// What is added to the version of a file that is encrypted.
    static let encryptedBit: UInt32 = 2
    /// The version of encrypted packed segments, and the highest that this program reads.
    static let encryptedPackedVersion = FileHeader.packedVersion + FileHeader.encryptedBit

    /// What the beginning of a file turned out to be.
    enum State: Equatable {
        /// The header of this file.
        case valid
        /// Nothing but zeros: the file was made, and the header did not reach the disk.
        case blank
        /// Something else.
        case damaged
        /// A good header of another stream.
        case foreign
        /// A good header of a version that this program does not know.
        case newer(version: UInt32)
    }

    var kind: FileKind
    var stream: StreamUUID
    var number: UInt64
    /// The form of the file.
    var version = FileHeader.version
    /// Tells the key; zero if the file is not encrypted.
    var mark: UInt64 = 0

    /// Writes the header.
    func encode(into target: UnsafeMutableRawPointer) {
        // The caller has reserved 48 bytes at `target`.
        unsafe target.store(self.kind.magic, at: 0)
        unsafe target.store(self.version, at: 12)
        unsafe target.store(self.stream.high.byteSwapped, at: 16)
        unsafe target.store(self.stream.low.byteSwapped, at: 24)
        unsafe target.store(self.number, at: 32)
        unsafe target.store(self.mark, at: 40)
        unsafe target.store(Checksum.of(target + 12, FileHeader.bytes - 12, seed: 0), at: 8)
    }

    /// Compares what a file begins with to this header.
    func compare(_ bytes: RawSpan) -> State {
        let length = min(bytes.byteCount, FileHeader.bytes)
        if bytes.lastNonzero(in: 0..<length) == nil { return .blank }
        guard length == FileHeader.bytes, bytes.uint64(at: 0) == self.kind.magic,
            Checksum.of(bytes, 12..<FileHeader.bytes, seed: 0) == bytes.uint32(at: 8)
        else { return .damaged }
        let version = bytes.uint32(at: 12)
        let newest = self.kind == .segment ? FileHeader.encryptedPackedVersion : FileHeader.encryptedVersion
        let isUnknown = self.kind == .journal && version == FileHeader.packedVersion
        if version > newest || isUnknown { return .newer(version: version) }
        if version == 0 { return .damaged }
        let stream = StreamUUID(
            high: bytes.uint64(at: 16).byteSwapped,
            low: bytes.uint64(at: 24).byteSwapped
        )
        if stream != self.stream { return .foreign }
        return bytes.uint64(at: 32) == self.number ? .valid : .damaged
    }

    /// The version of encrypted journal files and of encrypted plain segments.
    static let encryptedVersion = FileHeader.version + FileHeader.encryptedBit

    /// The mark of an encrypted file, zero for any other; nil if the header does not verify.
    static func mark(_ bytes: RawSpan, _ kind: FileKind) -> UInt64? {
        guard let version = FileHeader.version(bytes, kind) else { return nil }
        return version > FileHeader.packedVersion ? bytes.uint64(at: 40) : 0
    }

    /// The stream that a file of that kind belongs to; nil if its header does not verify.
    static func identify(_ bytes: RawSpan, _ kind: FileKind) -> StreamUUID? {
        if FileHeader.version(bytes, kind) == nil { return nil }
        return StreamUUID(
            high: bytes.uint64(at: 16).byteSwapped,
            low: bytes.uint64(at: 24).byteSwapped
        )
    }

    /// The version of a file of that kind; nil if its header does not verify.
    static func version(_ bytes: RawSpan, _ kind: FileKind) -> UInt32? {
        guard bytes.byteCount >= FileHeader.bytes, bytes.uint64(at: 0) == kind.magic,
            Checksum.of(bytes, 12..<FileHeader.bytes, seed: 0) == bytes.uint32(at: 8)
        else { return nil }
        return bytes.uint32(at: 12)
    }
}

extension FileHeader {
    /// The header of a file made now, encrypted by `cipher` if there is one.
    init(
        _ kind: FileKind,
        _ stream: StreamUUID,
        _ number: UInt64,
        isPacked: Bool = false,
        _ cipher: FileCipher?
    ) {
        let version = isPacked ? FileHeader.packedVersion : FileHeader.version
        self.init(
            kind: kind,
            stream: stream,
            number: number,
            version: cipher == nil ? version : version + FileHeader.encryptedBit,
            mark: cipher?.mark ?? 0
        )
    }
}
