import Glibc
import SegmentLog

/// A directory of the real file system, removed with everything in it when the last reference goes.
public final class TemporaryDirectory: Sendable {
    /// Where it is.
    public let path: String
    /// The directory as the engine sees it.
    public let directory: POSIXDirectory

    /// Makes a new, empty one.
    ///
    /// - Parameter inMemory: whether to make it where a sync costs nothing, if there is such a place.
    public init(inMemory: Bool = false) throws {
        var parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        if inMemory, access("/dev/shm", W_OK) == 0 { parent = "/dev/shm" }
        var template = Array("\(parent)/weir-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw SegmentError.system(call: "mkdtemp", path: parent, errno: errno)
        }
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.directory = try POSIXDirectory(path: self.path)
    }

    deinit {
        TemporaryDirectory.empty(self.directory)
        rmdir(self.path)
    }

    private static func empty(_ directory: any StorageDirectory) {
        for name in (try? directory.list()) ?? [] {
            if (try? directory.removeFile(name)) != nil { continue }
            if let child = try? directory.openDirectory(name) { empty(child) }
            try? directory.removeDirectory(name)
        }
    }
}
