internal import SegmentLog

/// Encrypts what callers keep in the catalogue: the configurations of streams and consumers.
///
/// Names and numbers stay as they are, so rows and second copies are read, compared and mended without a key. What
/// a value belongs to is its context: none can stand in the place of another.
struct CatalogCipher: Sendable {
    /// Nil: new values are not encrypted.
    let keys: StorageKeys?

    /// The value as it is stored; `key` is that of its row.
    func encrypt(_ bytes: [UInt8], _ key: [UInt8]) -> [UInt8] {
        self.keys?.encrypt(bytes, context: key) ?? bytes
    }

    /// The stream as its owner knows it.
    ///
    /// One with a value that no key decrypts is locked: such values are empty.
    func decrypt(_ stored: CatalogStream) -> CatalogStream {
        var stream = stored
        self.decrypt(&stream.bytes, CatalogRecord.key(stream.id), &stream.isLocked)
        for index in stream.consumers.indices {
            let key = CatalogRecord.key(stream.id, consumer: stream.consumers[index].id)
            self.decrypt(&stream.consumers[index].bytes, key, &stream.isLocked)
        }
        return stream
    }

    private func decrypt(_ bytes: inout [UInt8], _ key: [UInt8], _ isLocked: inout Bool) {
        guard StorageKeys.isEncrypted(bytes) else { return }
        if let plain = self.keys?.decrypt(bytes, context: key) {
            bytes = plain
        } else {
            bytes = []
            isLocked = true
        }
    }

    /// Whether all values of the stream are as they would be stored now.
    func isCurrent(_ stored: CatalogStream) -> Bool {
        guard let keys = self.keys else { return true }
        return keys.isCurrent(stored.bytes) && stored.consumers.allSatisfy { keys.isCurrent($0.bytes) }
    }
}
