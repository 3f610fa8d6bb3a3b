/// The rules for names of streams and consumers.
enum AssetName {
    /// The longest name, in bytes.
    static let bytesMax = 255

    /// Whether `name` may name a stream or a consumer; its length is checked apart.
    static func isValid(_ name: String) -> Bool {
        if name.isEmpty { return false }
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: " "), 0x09, 0x0a, 0x0c, 0x0d: return false
            case UInt8(ascii: "."), UInt8(ascii: "*"), UInt8(ascii: ">"): return false
            case UInt8(ascii: "/"), UInt8(ascii: "\\"): return false
            default: continue
            }
        }
        return true
    }

    /// Whether `name` holds a byte that could end a folder name.
    static func hasPathSeparator(_ name: String) -> Bool {
        name.utf8.contains(UInt8(ascii: "/")) || name.utf8.contains(UInt8(ascii: "\\"))
    }
}
