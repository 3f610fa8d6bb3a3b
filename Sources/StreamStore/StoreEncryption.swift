public import SegmentLog

/// How what a store keeps is encrypted.
///
/// New files and values are encrypted with the key; what is there is read whether it was encrypted with the key, with
/// the one before, or not at all.
public struct StoreEncryption: Sendable, Equatable {
    /// A cipher that also proves that nothing was changed.
    public typealias Cipher = StorageCipher

    /// The keys as the log wants them.
    public let keys: StorageKeys

    /// Encryption with `key`, a text of any length from which keys are derived; it should be hard to guess.
    ///
    /// - Parameter previousKey: the key before it, as long as something may be encrypted with that.
    public init(cipher: Cipher = .chaCha, key: String, previousKey: String? = nil) {
        self.keys = StorageKeys(
            cipher: cipher,
            secret: Array(key.utf8),
            previous: previousKey.map { Array($0.utf8) }
        )
    }

    /// Encryption as environment variables say it: `WEIR_KEY`, `WEIR_PREVIOUS_KEY`, and `WEIR_CIPHER`, which is
    /// `chacha` (the default) or `aes`.
    ///
    /// Nil without a key, or if the cipher has another name.
    public init?(environment: (String) -> String?) {
        guard let key = environment("WEIR_KEY"), !key.isEmpty else { return nil }
        let cipher: Cipher
        switch environment("WEIR_CIPHER") {
        case nil, "", "chacha": cipher = .chaCha
        case "aes": cipher = .aes
        default: return nil
        }
        let previous = environment("WEIR_PREVIOUS_KEY").flatMap { $0.isEmpty ? nil : $0 }
        self.init(cipher: cipher, key: key, previousKey: previous)
    }
}
