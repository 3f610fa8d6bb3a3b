public import SegmentLog

/// How what a store keeps is encrypted.
///
/// New files and values are encrypted with the key; what is there is read whether it was encrypted with the key, with
/// the one before, or not at all.
public struct StoreEncryption: Sendable, Equatable {
    /// A cipher that also proves that nothing was changed.
    public enum Cipher: Sendable, CaseIterable {
        /// ChaCha20-Poly1305.
        case chaCha
        /// AES-256-GCM.
        case aes
    }

    /// The keys as the log wants them.
    public let keys: StorageKeys

    /// Encryption with `key`, a text of any length from which keys are derived; it should be hard to guess.
    ///
    /// - Parameter previousKey: the key before it, as long as something may be encrypted with that.
    public init(cipher: Cipher = .chaCha, key: String, previousKey: String? = nil) {
        self.keys = StorageKeys(
            cipher: cipher == .aes ? .aes : .chaCha,
            secret: Array(key.utf8),
            previous: previousKey.map { Array($0.utf8) }
        )
    }
}
