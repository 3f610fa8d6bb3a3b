import ServerConfiguration

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a configuration is read from when the server runs: the files of the system, and its environment.
enum SystemFiles {
    /// Bytes of one configuration file that are read at most; what is longer is refused by its reader.
    private static let bytesMax = 32 << 20

    static let sources = ConfigurationSources(
        readFile: { Self.contents(of: $0) },
        environment: { name in
            guard let value = unsafe getenv(name) else { return nil }
            return unsafe String(cString: value)
        }
    )

    /// The bytes of a file.
    static func contents(of path: String) -> Result<[UInt8], ConfigurationSources.ReadError> {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return .failure(.init(Self.reason(errno))) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < Self.bytesMax {
            let count = unsafe part.withUnsafeMutableBytes {
                unsafe read(file, $0.baseAddress, $0.count)
            }
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                return .failure(.init(Self.reason(errno)))
            }
            bytes += part[..<count]
        }
        return .success(bytes)
    }

    /// What the system says of an error, in lower case.
    static func reason(_ number: CInt) -> String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text).lowercased()
    }

    /// Writes a small file in one go; nil, or why that failed.
    static func put(_ text: String, at path: String) -> String? {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { return Self.reason(errno) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        let count = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
        return count == bytes.count ? nil : Self.reason(errno)
    }
}
