internal import SegmentLog

/// What only the index would know, in a small file of its own beside the log: so that an index that is lost can be
/// made again from the log with every answer as before.
///
/// What the log does not tell is which messages were removed, how far consumers are, and the limits. The journal
/// tells it until its files are removed, so they are removed only after this file has been written.
///
///     | "WEIRSTA1" | checkpoint record, counted | count of chunks | chunk, holes, counted …
///     | count of consumers | consumer, snapshot, counted …
///     | count of message ids | hash (16), sequence, time (8) … | check (16)
///
/// The message ids are those of messages whose bytes were overwritten: all others are in the headers of the log.
///
/// Numbers are varints; `check` is the SipHash of all before it.
struct StateFile {
    /// The file's name in the stream's directory.
    static let name = "state"
    private static let temporaryName = "state.new"
    private static let magic: UInt64 = 0x3141_5453_5249_4557
    private static let hash = SipHash(0x5765_6972_2073_7461, 0x7465_2066_696c_6521)

    /// The store as of the file.
    var record: CheckpointRecord
    /// Chunks of holes: number and value as in database `deleted`.
    var chunks: [(number: UInt64, value: [UInt8])] = []
    /// Each consumer's progress.
    var consumers: [ConsumerSnapshot] = []
    /// Message ids that the log no longer tells.
    var messageIDs: [DedupTable.Entry] = []

    /// The file as bytes.
    func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendWord(Self.magic)
        let record = self.record.encode()
        unsafe bytes.appendCounted(record.span.bytes)
        bytes.appendVarint(UInt64(self.chunks.count))
        for chunk in self.chunks {
            bytes.appendVarint(chunk.number)
            unsafe bytes.appendCounted(chunk.value.span.bytes)
        }
        bytes.appendVarint(UInt64(self.consumers.count))
        for consumer in self.consumers {
            bytes.appendVarint(consumer.consumer.rawValue)
            unsafe bytes.appendCounted(consumer.bytes.span.bytes)
        }
        bytes.appendVarint(UInt64(self.messageIDs.count))
        for entry in self.messageIDs {
            bytes.appendWord(entry.hash.low)
            bytes.appendWord(entry.hash.high)
            bytes.appendVarint(entry.sequence)
            bytes.appendWord(UInt64(bitPattern: entry.time))
        }
        let check = unsafe Self.hash.hash(bytes.span.bytes)
        bytes.appendWord(check.low)
        bytes.appendWord(check.high)
        return bytes
    }

    init(record: CheckpointRecord) { self.record = record }

    /// Reads the file; nil if it is damaged or of another version.
    init?(_ bytes: RawSpan) {
        let end = bytes.byteCount - 16
        guard end > 8, bytes.littleEndian64(at: 0) == Self.magic else { return nil }
        let check = Self.hash.hash(bytes.extracting(0..<end))
        guard bytes.littleEndian64(at: end) == check.low, bytes.littleEndian64(at: end + 8) == check.high
        else {
            return nil
        }
        let body = bytes.extracting(8..<end)
        var reader = FieldReader()
        let encoded = reader.counted(body)
        guard let record = unsafe CheckpointRecord(encoded.span.bytes) else { return nil }
        self.record = record
        let chunks = reader.varint(body)
        for _ in 0..<chunks {
            let number = reader.varint(body)
            let value = reader.counted(body)
            if reader.failed { return nil }
            self.chunks.append((number, value))
        }
        let consumers = reader.varint(body)
        for _ in 0..<consumers {
            let consumer = ConsumerID(rawValue: reader.varint(body))
            let snapshot = reader.counted(body)
            if reader.failed { return nil }
            self.consumers.append(ConsumerSnapshot(consumer: consumer, bytes: snapshot))
        }
        let messageIDs = reader.varint(body)
        for _ in 0..<messageIDs {
            let hash = Hash128(low: reader.word(body), high: reader.word(body))
            let sequence = reader.varint(body)
            let time = Int64(bitPattern: reader.word(body))
            if reader.failed { return nil }
            self.messageIDs.append(DedupTable.Entry(hash: hash, sequence: sequence, time: time))
        }
        guard reader.isComplete(body) else { return nil }
    }

    /// Writes `bytes` as the file `name`: whole or not at all, and on the disk when the call returns.
    static func write(_ bytes: [UInt8], to directory: any StorageDirectory) throws(SegmentError) {
        try directory.replace(self.name, by: bytes, temporary: self.temporaryName)
    }

    /// Reads the start of `file` into `bytes`; returns how many there were.
    static func fill(_ bytes: inout [UInt8], from file: any StorageFile) throws(SegmentError) -> Int {
        var words = bytes.mutableSpan
        var span = unsafe words.mutableBytes
        return try file.read(into: &span, at: 0)
    }

    /// What reading the file found.
    enum Reading {
        /// There is no such file.
        case absent
        /// The file.
        case file(StateFile)
        /// It does not verify.
        case damaged
    }

    /// Reads the file in `directory`.
    static func read(_ directory: any StorageDirectory) throws(SegmentError) -> Reading {
        guard let bytes = try directory.contents(self.name) else { return .absent }
        return unsafe StateFile(bytes.span.bytes).map { .file($0) } ?? .damaged
    }
}

extension StorageDirectory {
    /// Replaces the file `name` by one with those bytes: written, synced and renamed over it.
    func replace(_ name: String, by bytes: [UInt8], temporary: String) throws(SegmentError) {
        do {
            try self.removeFile(temporary)
        } catch {
            guard error.isAbsent else { throw error }
        }
        let file = try self.createFile(temporary)
        try file.write(unsafe bytes.span.bytes, at: 0)
        try file.sync()
        try file.close()
        try self.rename(temporary, to: name, in: nil)
        try self.sync()
    }

    /// The bytes of the file `name`; nil if there is none.
    func contents(_ name: String) throws(SegmentError) -> [UInt8]? {
        let file: any StorageFile
        do {
            file = try self.openFile(name, for: .reading)
        } catch {
            guard error.isAbsent else { throw error }
            return nil
        }
        let size = try file.size()
        guard size < 1 << 40 else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = try StateFile.fill(&bytes, from: file)
        return count == bytes.count ? bytes : Array(bytes.prefix(count))
    }
}
