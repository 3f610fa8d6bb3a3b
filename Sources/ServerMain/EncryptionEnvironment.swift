import Broker
import Glibc

/// How the store is encrypted, by the environment: a key is no argument that others could see.
enum EncryptionEnvironment {
    /// What `WEIR_KEY`, `WEIR_PREVIOUS_KEY` and `WEIR_CIPHER` (`chacha` or `aes`) say; nil without a key.
    static func options() throws(ServerFlags.Failure) -> EncryptionOptions? {
        guard let key = self.value("WEIR_KEY") else {
            if self.value("WEIR_PREVIOUS_KEY") == nil { return nil }
            throw ServerFlags.Failure(text: "WEIR_PREVIOUS_KEY is set and WEIR_KEY is not")
        }
        let name = self.value("WEIR_CIPHER") ?? EncryptionOptions.Cipher.chaCha.rawValue
        guard let cipher = EncryptionOptions.Cipher(rawValue: name.lowercased()) else {
            throw ServerFlags.Failure(text: "WEIR_CIPHER is \"\(name)\", neither chacha nor aes")
        }
        return EncryptionOptions(cipher: cipher, key: key, previousKey: self.value("WEIR_PREVIOUS_KEY"))
    }

    /// The variable's text; nil if it is not set or empty.
    private static func value(_ name: String) -> String? {
        // Nothing changes the environment while the program starts.
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }
}
