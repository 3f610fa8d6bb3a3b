/// A cipher that also proves that nothing was changed.
public enum StorageCipher: UInt8, Sendable, CaseIterable {
    /// ChaCha20-Poly1305 (RFC 8439).
    case chaCha = 1
    /// AES-256-GCM (NIST SP 800-38D).
    case aes = 2
}

/// The secrets by which what is stored is encrypted.
///
/// No file is encrypted with a secret itself: each has a key of its own, derived from the secret, the stream and the
/// file's number. What is written is encrypted by the first secret; what is there may be decrypted by either.
public struct StorageKeys: Sendable, Equatable {
    /// The cipher of what is written from now on.
    public let cipher: StorageCipher
    /// The first one encrypts.
    let secrets: [[UInt8]]

    /// Makes keys of a secret, and of the one before it, if what that has encrypted is still to be read.
    public init(cipher: StorageCipher = .chaCha, secret: [UInt8], previous: [UInt8]? = nil) {
        self.cipher = cipher
        self.secrets = [secret] + (previous.map { [$0] } ?? [])
    }

    /// What encrypts the file with that number, made now.
    func cipher(_ kind: FileKind, _ stream: StreamUUID, _ number: UInt64) -> FileCipher {
        FileCipher([self.key(self.secrets[0], self.cipher, kind, stream, number)])
    }

    /// What decrypts the file with that number, whose header has that mark; nil if no secret does.
    func cipher(_ kind: FileKind, _ stream: StreamUUID, _ number: UInt64, mark: UInt64) -> FileCipher? {
        guard let cipher = StorageCipher(rawValue: UInt8(truncatingIfNeeded: mark)) else { return nil }
        for secret in self.secrets {
            let key = self.key(secret, cipher, kind, stream, number)
            if key.mark == mark { return FileCipher([key]) }
        }
        return nil
    }

    /// Whatever may decrypt the file with that number, whose header says nothing: its records tell.
    func anyCipher(_ kind: FileKind, _ stream: StreamUUID, _ number: UInt64) -> FileCipher {
        let current = self.key(self.secrets[0], self.cipher, kind, stream, number)
        var keys = [current]
        for secret in self.secrets {
            for cipher in StorageCipher.allCases {
                let key = self.key(secret, cipher, kind, stream, number)
                if key.mark != current.mark { keys.append(key) }
            }
        }
        return FileCipher(keys)
    }

    private func key(
        _ secret: [UInt8],
        _ cipher: StorageCipher,
        _ kind: FileKind,
        _ stream: StreamUUID,
        _ number: UInt64
    ) -> FileKey {
        FileKey(
            cipher,
            secret: secret,
            salt: stream.bytes,
            purpose: FileKey.bytes(of: kind.magic) + FileKey.bytes(of: number)
        )
    }
}

extension StorageKeys: CustomStringConvertible, CustomReflectable {
    /// How many secrets there are: no text ever shows them.
    public var description: String { "\(self.secrets.count) secrets, \(self.cipher)" }

    /// Nothing, for the same reason.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
