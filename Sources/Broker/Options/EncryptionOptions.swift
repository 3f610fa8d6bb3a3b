/// How what is stored is encrypted.
public struct EncryptionOptions: Sendable, Equatable {
    /// A cipher that also proves that nothing was changed.
    public enum Cipher: String, Sendable, Equatable {
        /// ChaCha20-Poly1305.
        case chaCha = "chacha"
        /// AES-256-GCM.
        case aes = "aes"
    }

    /// The cipher of what is written from now on.
    public var cipher: Cipher
    /// The secret from which keys are derived.
    public var key: String
    /// The secret before it, with which what is there may still be read.
    public var previousKey: String?

    /// Encryption by `key`.
    public init(cipher: Cipher = .chaCha, key: String, previousKey: String? = nil) {
        self.cipher = cipher
        self.key = key
        self.previousKey = previousKey
    }
}

extension EncryptionOptions: CustomStringConvertible, CustomReflectable {
    /// The cipher: no text ever shows a key.
    public var description: String { "\(self.cipher.rawValue)" }

    /// Nothing, for the same reason.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
