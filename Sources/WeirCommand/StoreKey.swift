import StreamStore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The key of a store that is encrypted: from the environment, where the server has it too.
enum StoreKey {
    /// What commands that need it say in their help.
    static let help = """
        What is encrypted in the store is read with the key in WEIR_KEY, or the one before it in WEIR_PREVIOUS_KEY;
        what has to be written is encrypted with WEIR_KEY by WEIR_CIPHER: chacha or aes.
        """

    /// What the environment says; nil without a key.
    static var encryption: StoreEncryption? {
        guard let key = self.value("WEIR_KEY") else { return nil }
        return StoreEncryption(
            cipher: self.value("WEIR_CIPHER")?.lowercased() == "aes" ? .aes : .chaCha,
            key: key,
            previousKey: self.value("WEIR_PREVIOUS_KEY")
        )
    }

    /// The variable's text; nil if it is not set or empty.
    private static func value(_ name: String) -> String? {
        // The program has one thread, and changes no variable.
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }
}
