import CCrypt
import Crypto

/// A password or token as the configuration has it: in plain text, or as its bcrypt hash (core.md §3.1).
enum Secret: Hashable, Sendable {
    /// The text itself.
    case plain([UInt8])
    /// A hash of it, such as `$2a$11$…`.
    case hash([UInt8])

    /// Reads a configured value: a hash is told by its form, everything else is plain text.
    init(_ text: String) {
        let bytes = Array(text.utf8)
        self = Self.isHash(bytes) ? .hash(bytes) : .plain(bytes)
    }

    /// Whether checking it takes so long that an event loop must not do it.
    var isSlow: Bool { if case .hash = self { true } else { false } }

    /// Whether `text` is this secret; the time it takes says nothing of how much of it is right.
    ///
    /// Takes tens of milliseconds for a hash.
    func matches(_ text: [UInt8]) -> Bool {
        switch self {
        case .plain(let bytes): Self.areEqual(bytes, text)
        case .hash(let hash): Self.check(text, against: hash)
        }
    }

    /// `$2`, one of `a`, `b`, `x` and `y`, `$`, two digits, `$`.
    private static func isHash(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 7, bytes[0] == UInt8(ascii: "$"), bytes[1] == UInt8(ascii: "2"),
            bytes[3] == UInt8(ascii: "$"), bytes[6] == UInt8(ascii: "$")
        else { return false }
        return "abxy".utf8.contains(bytes[2]) && bytes[4] ^ 0x30 <= 9 && bytes[5] ^ 0x30 <= 9
    }

    /// Compares digests, so that neither the length nor the place of a difference shows in the time.
    private static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        SHA256.hash(data: one) == SHA256.hash(data: other)
    }

    /// The most bytes of a password that bcrypt looks at.
    private static let hashedBytesMax = 72
    /// The size of `struct crypt_data`, fixed by the library's interface.
    private static let scratchBytes = 32_768

    private static func check(_ text: [UInt8], against hash: [UInt8]) -> Bool {
        // The library takes texts that end at a zero byte: what is behind one would not be compared.
        guard !text.contains(0), !hash.contains(0) else { return false }
        let phrase = text.prefix(Self.hashedBytesMax).map { CChar(bitPattern: $0) } + [0]
        let setting = hash.map { CChar(bitPattern: $0) } + [0]
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.scratchBytes, alignment: 16)
        defer {
            // What the password left there is wiped before others get the memory.
            _ = unsafe scratch.initializeMemory(as: UInt8.self, repeating: 0)
            unsafe scratch.deallocate()
        }
        _ = unsafe scratch.initializeMemory(as: UInt8.self, repeating: 0)
        // Both texts end in zero, and the scratch memory is as large as the library is told.
        guard
            let result = unsafe crypt_rn(
                phrase,
                setting,
                scratch.baseAddress,
                CInt(Self.scratchBytes)
            )
        else { return false }
        var computed: [UInt8] = []
        // The library ends its result with zero; it is shorter than the memory it is in.
        while computed.count < Self.scratchBytes, unsafe result[computed.count] != 0 {
            unsafe computed.append(UInt8(bitPattern: result[computed.count]))
        }
        return Self.areEqual(computed, hash)
    }
}
