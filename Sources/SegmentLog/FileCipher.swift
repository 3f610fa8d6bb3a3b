internal import Crypto

/// The key of one file.
struct FileKey: Sendable {
    let cipher: StorageCipher
    /// Tells the key, and the cipher in the lowest byte, without telling anything of the key; never zero.
    let mark: UInt64
    fileprivate let key: SymmetricKey

    /// Derives the key by HKDF-SHA256 (RFC 5869): 32 bytes of key, then 8 for the mark.
    init(_ cipher: StorageCipher, secret: [UInt8], salt: [UInt8], purpose: [UInt8]) {
        let derived = HKDF<SHA256>
            .deriveKey(
                inputKeyMaterial: SymmetricKey(data: secret),
                salt: salt,
                info: Array("weir".utf8) + [cipher.rawValue] + purpose,
                outputByteCount: 40
            )
        let bytes = unsafe derived.withUnsafeBytes { unsafe Array($0) }
        self.cipher = cipher
        self.key = SymmetricKey(data: bytes[..<32])
        let check = bytes[32...].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        self.mark = check << 8 | UInt64(cipher.rawValue)
    }

    /// The number's eight bytes, the lowest first.
    static func bytes(of number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}

/// Encrypts and decrypts what one file holds.
///
/// What is encrypted is `nonce ‖ ciphertext ‖ tag`: twelve bytes, as many as there were, sixteen. The context is what
/// has to be the same when it is decrypted.
final class FileCipher: Sendable {
    /// What encryption adds, in bytes.
    static let overhead = 28

    /// The first one encrypts; there are others only if a damaged header does not say which it was.
    private let keys: [FileKey]

    /// - Precondition: there is a key.
    init(_ keys: [FileKey]) {
        precondition(!keys.isEmpty, "a cipher has a key")
        self.keys = keys
    }

    /// What the file's header says of its key.
    var mark: UInt64 { self.keys[0].mark }

    /// Replaces the `count` bytes at `target` by what they are encrypted: 28 bytes more.
    func encrypt(
        _ target: UnsafeMutableRawPointer,
        _ count: Int,
        _ nonces: inout NonceSequence,
        context: RawSpan
    ) {
        let nonce = nonces.next()
        // The caller owns `count` bytes there, and 28 more.
        unsafe withUnsafeBytes(of: nonce) { nonce in
            unsafe context.withUnsafeBytes { context in
                let plain = unsafe UnsafeRawBufferPointer(start: target, count: count)
                do {
                    switch self.keys[0].cipher {
                    case .chaCha:
                        let box = try unsafe ChaChaPoly.seal(
                            plain,
                            using: self.keys[0].key,
                            nonce: ChaChaPoly.Nonce(data: nonce),
                            authenticating: context
                        )
                        unsafe FileCipher.copy(box.combined, to: target, count + FileCipher.overhead)
                    case .aes:
                        let box = try unsafe AES.GCM.seal(
                            plain,
                            using: self.keys[0].key,
                            nonce: AES.GCM.Nonce(data: nonce),
                            authenticating: context
                        )
                        guard let combined = box.combined else {
                            preconditionFailure("a nonce has twelve bytes")
                        }
                        unsafe FileCipher.copy(combined, to: target, count + FileCipher.overhead)
                    }
                } catch {
                    // Keys and nonces of the right length are never refused; nothing may be written as it is.
                    preconditionFailure("encryption failed: \(error)")
                }
            }
        }
    }

    /// Calls `body` with what was encrypted; nil if that was done by another key, in another context, or changed.
    func decrypt<Result>(_ encrypted: RawSpan, context: RawSpan, _ body: (RawSpan) -> Result) -> Result? {
        if encrypted.byteCount < FileCipher.overhead { return nil }
        return unsafe encrypted.withUnsafeBytes { encrypted in
            unsafe context.withUnsafeBytes { context in
                for key in self.keys {
                    switch key.cipher {
                    case .chaCha:
                        guard let box = try? unsafe ChaChaPoly.SealedBox(combined: encrypted),
                            let plain = try? unsafe ChaChaPoly.open(
                                box,
                                using: key.key,
                                authenticating: context
                            )
                        else { continue }
                        return FileCipher.with(plain, body)
                    case .aes:
                        guard let box = try? unsafe AES.GCM.SealedBox(combined: encrypted),
                            let plain = try? unsafe AES.GCM.open(
                                box,
                                using: key.key,
                                authenticating: context
                            )
                        else { continue }
                        return FileCipher.with(plain, body)
                    }
                }
                return nil
            }
        }
    }

    // Generic, so that no name of Foundation's is needed for the library's bytes.

    private static func copy(
        _ bytes: some Sequence<UInt8>,
        to target: UnsafeMutableRawPointer,
        _ count: Int
    ) {
        // The caller owns `count` bytes there.
        let room = unsafe UnsafeMutableRawBufferPointer(start: target, count: count)
        let copied: Void? = bytes.withContiguousStorageIfAvailable { source in
            precondition(source.count == count, "encryption adds 28 bytes")
            unsafe room.copyMemory(from: UnsafeRawBufferPointer(source))
        }
        if copied == nil { unsafe room.copyBytes(from: Array(bytes)) }
    }

    private static func with<Result>(_ bytes: some Sequence<UInt8>, _ body: (RawSpan) -> Result) -> Result {
        let result = bytes.withContiguousStorageIfAvailable { source in
            unsafe body(source.span.bytes)
        }
        if let result { return result }
        let copy = Array(bytes)
        return unsafe body(copy.span.bytes)
    }
}

/// Numbers that are each used once with a key: eight random bytes of its own for each sequence, and a counter.
struct NonceSequence {
    private var random: UInt64
    private var count: UInt32 = 0

    init() { self.random = UInt64.random(in: .min ... .max) }

    /// The next one: twelve bytes.
    mutating func next() -> (UInt32, UInt32, UInt32) {
        if self.count == .max { self = NonceSequence() }
        self.count += 1
        return (
            UInt32(truncatingIfNeeded: self.random).littleEndian,
            UInt32(truncatingIfNeeded: self.random >> 32).littleEndian, self.count.littleEndian
        )
    }
}
