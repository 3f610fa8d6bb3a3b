extension StorageKeys {
    /// What an encrypted value begins with: `WEIRENC␊`.
    private static let magic: [UInt8] = Array("WEIRENC\n".utf8)
    private static let saltBytes = 16
    private static let headBytes = 32

    /// Whether the value is one that ``encrypt(_:context:)`` has made.
    public static func isEncrypted(_ value: [UInt8]) -> Bool {
        value.count >= self.headBytes + FileCipher.overhead && value.starts(with: self.magic)
    }

    /// Encrypts a value of a few bytes, such as a configuration, with a key of its own.
    ///
    ///     | "WEIRENC␊" | mark (8) | salt (16) | nonce (12) | ciphertext | tag (16) |
    ///
    /// - Parameter context: has to be the same when it is decrypted: what the value belongs to.
    public func encrypt(_ value: [UInt8], context: [UInt8]) -> [UInt8] {
        let salt = (0..<Self.saltBytes).map { _ in UInt8.random(in: .min ... .max) }
        let key = FileKey(self.cipher, secret: self.secrets[0], salt: salt, purpose: Self.magic)
        let count = value.count + FileCipher.overhead
        let block = ByteBlock(capacity: count)
        var nonces = NonceSequence()
        // The block has room for the value and what encryption adds.
        unsafe block.base.store(value.span.bytes, at: 0)
        unsafe FileCipher([key]).encrypt(block.base, value.count, &nonces, context: context.span.bytes)
        let encrypted = block.withBytes(0..<count) { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
        return Self.magic + FileKey.bytes(of: key.mark) + salt + encrypted
    }

    /// Decrypts such a value; nil if no secret does, or if it was changed.
    public func decrypt(_ value: [UInt8], context: [UInt8]) -> [UInt8]? {
        guard Self.isEncrypted(value), let cipher = StorageCipher(rawValue: value[8]) else { return nil }
        let mark = Array(value[8..<16])
        for secret in self.secrets {
            let key = FileKey(cipher, secret: secret, salt: Array(value[16..<32]), purpose: Self.magic)
            if FileKey.bytes(of: key.mark) != mark { continue }
            let encrypted = Array(value[Self.headBytes...])
            return unsafe FileCipher([key])
                .decrypt(encrypted.span.bytes, context: context.span.bytes) { plain in
                    unsafe plain.withUnsafeBytes { unsafe Array($0) }
                }
        }
        return nil
    }

    /// Whether the value was encrypted with the secret that encrypts now, by the cipher that does.
    public func isCurrent(_ value: [UInt8]) -> Bool {
        guard Self.isEncrypted(value) else { return false }
        let salt = Array(value[16..<32])
        let key = FileKey(self.cipher, secret: self.secrets[0], salt: salt, purpose: Self.magic)
        return FileKey.bytes(of: key.mark) == Array(value[8..<16])
    }
}

extension StorageKeys {
    /// Refuses a log or a journal with a file that no key decrypts; changes nothing.
    ///
    /// - Parameter directory: of the segments or the journal's files.
    /// - Throws: ``SegmentError/locked(path:hasKey:)``, or what a system call says.
    public static func check(
        _ keys: StorageKeys?,
        _ directory: any StorageDirectory,
        stream: StreamUUID
    ) throws(SegmentError) {
        for kind in [FileKind.segment, .journal] {
            for number in try kind.numbers(in: directory) {
                let file = try directory.openFile(kind.name(number), for: .reading)
                let mark = try FileHeader.mark(of: file, kind) ?? 0
                if mark == 0 || keys?.cipher(kind, stream, number, mark: mark) != nil { continue }
                throw .locked(path: file.path, hasKey: keys != nil)
            }
        }
    }
}
