/// A stream with its consumers as the catalog keeps it, in rows of LMDB and as the second copy beside its messages.
///
///     stream row      | format | account | name | next consumer | bytes | check (4) |
///     consumer row    | format | name | bytes | check (4) |
///     stream.meta     | "WEIRMETA" | version | id | account | name | next consumer | bytes
///                     | count of consumers | id, name, bytes … | check (4) |
///
/// `format` is a byte; numbers are varints; texts and bytes have their count before them. `check` is the CRC-32C
/// of the row's key (the file has none) and of all before it.
struct CatalogRecord: Equatable {
    /// The format this program writes, and the newest it reads.
    static let format: UInt8 = 1
    private static let magic: UInt64 = 0x4154_454d_5249_4557

    /// The stream.
    var stream: CatalogStream
    /// The number of the next consumer.
    var nextConsumer: UInt64 = 1

    /// The key of the stream's row.
    static func key(_ id: UInt64) -> [UInt8] {
        var key: [UInt8] = []
        key.appendBigEndian(id)
        return key
    }

    /// The key of a consumer's row.
    static func key(_ id: UInt64, consumer: UInt64) -> [UInt8] {
        var key = self.key(id)
        key.appendBigEndian(consumer)
        return key
    }

    /// The value of the stream's row.
    func row() -> [UInt8] {
        var bytes = [Self.format]
        self.encodeStream(into: &bytes)
        unsafe bytes.seal(key: Self.key(self.stream.id).span.bytes)
        return bytes
    }

    /// The value of a consumer's row.
    func row(of consumer: CatalogConsumer) -> [UInt8] {
        var bytes = [Self.format]
        bytes.appendText(consumer.name)
        unsafe bytes.appendCounted(consumer.bytes.span.bytes)
        unsafe bytes.seal(key: Self.key(self.stream.id, consumer: consumer.id).span.bytes)
        return bytes
    }

    /// The second copy.
    func file() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendWord(Self.magic)
        bytes.appendVarint(UInt64(Self.format))
        bytes.appendVarint(self.stream.id)
        self.encodeStream(into: &bytes)
        bytes.appendVarint(UInt64(self.stream.consumers.count))
        for consumer in self.stream.consumers {
            bytes.appendVarint(consumer.id)
            bytes.appendText(consumer.name)
            unsafe bytes.appendCounted(consumer.bytes.span.bytes)
        }
        bytes.seal(key: RawSpan())
        return bytes
    }

    init(stream: CatalogStream) { self.stream = stream }

    /// Reads a stream's row, without consumers; nil if it does not verify.
    init?(id: UInt64, row: [UInt8]) {
        guard let body = unsafe row.unsealed(key: Self.key(id).span.bytes) else { return nil }
        var reader = FieldReader()
        guard unsafe reader.byte(body.span.bytes) == Self.format else { return nil }
        unsafe self.init(id: id, body.span.bytes, &reader)
        guard unsafe reader.isComplete(body.span.bytes) else { return nil }
    }

    /// Reads a second copy; nil if it does not verify or is another stream's.
    init?(id: UInt64, file: [UInt8]) {
        guard let body = file.unsealed(key: RawSpan()) else { return nil }
        let bytes = unsafe body.span.bytes
        var reader = FieldReader()
        guard reader.word(bytes) == Self.magic, reader.varint(bytes) == UInt64(Self.format),
            reader.varint(bytes) == id
        else { return nil }
        self.init(id: id, bytes, &reader)
        let count = reader.varint(bytes)
        var last: UInt64 = 0
        for _ in 0..<count {
            let consumer = reader.varint(bytes)
            let name = reader.text(bytes)
            let value = reader.counted(bytes)
            guard !reader.failed, let name, last < consumer, consumer < self.nextConsumer else { return nil }
            self.stream.consumers.append(CatalogConsumer(id: consumer, name: name, bytes: value))
            last = consumer
        }
        guard reader.isComplete(bytes) else { return nil }
    }

    private init?(id: UInt64, _ bytes: RawSpan, _ reader: inout FieldReader) {
        let account = reader.text(bytes)
        let name = reader.text(bytes)
        self.nextConsumer = reader.varint(bytes)
        let value = reader.counted(bytes)
        guard !reader.failed, let account, let name, 1 <= self.nextConsumer else { return nil }
        self.stream = CatalogStream(id: id, account: account, name: name, bytes: value)
    }

    private func encodeStream(into bytes: inout [UInt8]) {
        bytes.appendText(self.stream.account)
        bytes.appendText(self.stream.name)
        bytes.appendVarint(self.nextConsumer)
        unsafe bytes.appendCounted(self.stream.bytes.span.bytes)
    }

    /// Reads a consumer's row; nil if it does not verify.
    static func consumer(_ id: UInt64, of stream: UInt64, row: [UInt8]) -> CatalogConsumer? {
        guard let body = unsafe row.unsealed(key: Self.key(stream, consumer: id).span.bytes) else {
            return nil
        }
        let bytes = unsafe body.span.bytes
        var reader = FieldReader()
        guard reader.byte(bytes) == Self.format, let name = reader.text(bytes) else { return nil }
        let value = reader.counted(bytes)
        return reader.isComplete(bytes) ? CatalogConsumer(id: id, name: name, bytes: value) : nil
    }

    /// Index of the consumer whose name has these bytes.
    ///
    /// Bytes are compared: to Swift two texts are equal if they look alike, to the protocol they are two names.
    func index(of name: String) -> Int? {
        self.stream.consumers.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// Whether both are called the same, byte by byte.
    func hasName(of other: CatalogRecord) -> Bool {
        self.stream.name.utf8.elementsEqual(other.stream.name.utf8)
            && self.stream.account.utf8.elementsEqual(other.stream.account.utf8)
    }
}

extension FieldReader {
    /// The next text, whose count of bytes stands before it; nil if it is not UTF-8.
    fileprivate mutating func text(_ bytes: RawSpan) -> String? {
        String(validating: self.counted(bytes), as: UTF8.self)
    }
}

extension [UInt8] {
    /// Adds a text as `FieldReader.text` reads it.
    fileprivate mutating func appendText(_ text: String) {
        self.appendVarint(UInt64(text.utf8.count))
        self.append(contentsOf: text.utf8)
    }
}
