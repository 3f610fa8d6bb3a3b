/// What the index knows of one subject: the value of database `subjects`.
///
///     | flags | count | first | last - first | id | text … |
///
/// `flags`: 1 = the subject has rows in `postings` under `id`; 2 = some of them lost entries in their middle, so
/// that their ordinals no longer count; 4 = the key holds only a prefix and a hash, the text follows.
/// Numbers are varints; `id` is there with flag 1, `text` with flag 4.
struct SubjectRow: Equatable {
    /// Messages stored.
    var count: UInt64
    /// No message of the subject is stored below it; exact when there are no postings.
    var first: UInt64
    /// The newest message stored.
    var last: UInt64
    /// Its number in `postings`; nil while `first` and `last` say it all: one or two messages.
    var postings: UInt64?
    /// Whether postings were taken from the middle.
    var hasHoles = false

    private static let postingsFlag: UInt8 = 1
    private static let holesFlag: UInt8 = 2
    private static let textFlag: UInt8 = 4
    /// Ids are written in six bytes.
    static let idMax: UInt64 = 1 << 48 - 1

    /// Adds the value to `bytes`.
    func encode(text: RawSpan, into bytes: inout [UInt8]) {
        let isLong = text.byteCount > SubjectKey.plainBytesMax
        var flags: UInt8 = 0
        if self.postings != nil { flags |= Self.postingsFlag }
        if self.hasHoles { flags |= Self.holesFlag }
        if isLong { flags |= Self.textFlag }
        bytes.append(flags)
        bytes.appendVarint(self.count)
        bytes.appendVarint(self.first)
        bytes.appendVarint(self.last - self.first)
        if let postings { bytes.appendVarint(postings) }
        if isLong { bytes.append(text) }
    }

    init(count: UInt64, first: UInt64, last: UInt64, postings: UInt64? = nil, hasHoles: Bool = false) {
        self.count = count
        self.first = first
        self.last = last
        self.postings = postings
        self.hasHoles = hasHoles
    }

    /// Reads the value; nil if it makes no sense.
    init?(_ bytes: RawSpan) {
        var reader = FieldReader()
        self.init(bytes, &reader)
    }

    /// Reads the value and tells where the text is: an empty range when the key is the text.
    init?(_ bytes: RawSpan, text: inout Range<Int>) {
        var reader = FieldReader()
        self.init(bytes, &reader)
        text = reader.offset..<bytes.byteCount
    }

    private init?(_ bytes: RawSpan, _ reader: inout FieldReader) {
        let flags = reader.byte(bytes)
        self.count = reader.varint(bytes)
        self.first = reader.varint(bytes)
        let (last, overflow) = self.first.addingReportingOverflow(reader.varint(bytes))
        self.last = last
        self.postings = flags & Self.postingsFlag == 0 ? nil : reader.varint(bytes)
        self.hasHoles = flags & Self.holesFlag != 0
        if reader.failed || overflow || self.count == 0 || flags > 7 { return nil }
        if let postings, postings > Self.idMax { return nil }
        if self.postings == nil, self.count > 2 || self.count == 1 && self.first != self.last { return nil }
        // A text is there exactly when the flag says so.
        if (flags & Self.textFlag != 0) != (reader.offset < bytes.byteCount) { return nil }
    }
}

/// How a subject is a key of database `subjects`.
///
/// Up to 480 bytes the key is the subject. A longer one is its first 480 bytes and the 16 bytes of its hash, so
/// that it still sorts by its prefix; 496 bytes are longer than any plain key, so the two cannot be taken for
/// each other.
enum SubjectKey {
    /// The longest subject that is its own key.
    static let plainBytesMax = 480
    /// The length of a key that is not a subject.
    static let longBytes = 496
    private static let hash = SipHash(0x5765_6972_2073_7562, 0x6a65_6374_206b_6579)

    /// Replaces `key` by the key of `subject`.
    static func encode(_ subject: RawSpan, into key: inout [UInt8]) {
        key.removeAll(keepingCapacity: true)
        if subject.byteCount <= self.plainBytesMax {
            key.append(subject)
        } else {
            key.append(subject.extracting(first: self.plainBytesMax))
            let hash = self.hash.hash(subject)
            key.appendWord(hash.low)
            key.appendWord(hash.high)
        }
    }
}
