import SegmentLog

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The log of one stream in a backup, as a directory that can only be read: names of segments stand for objects.
final class BackupLog: StorageDirectory {
    let path: String
    private let objects: any StorageDirectory
    private let digests: [String: String]

    /// - Parameter digests: the object of each segment, by the segment's name.
    init(_ path: String, objects: any StorageDirectory, digests: [String: String]) {
        self.path = path
        self.objects = objects
        self.digests = digests
    }

    func list() throws(SegmentError) -> [String] { Array(self.digests.keys) }

    func openFile(_ name: String, for access: FileAccess) throws(SegmentError) -> any StorageFile {
        guard access == .reading else { throw self.refusal("openat") }
        return try self.objects.openFile(self.object(name), for: .reading)
    }

    func fileSize(_ name: String) throws(SegmentError) -> UInt64 {
        try self.objects.fileSize(self.object(name))
    }

    private func object(_ name: String) throws(SegmentError) -> String {
        guard let digest = self.digests[name] else {
            throw .system(call: "openat", path: "\(self.path)/\(name)", errno: ENOENT)
        }
        return digest
    }

    private func refusal(_ call: String) -> SegmentError {
        .system(call: call, path: self.path, errno: EROFS)
    }

    // MARK: Refused

    func createFile(_ name: String) throws(SegmentError) -> any StorageFile { throw self.refusal("openat") }

    func createDirectory(_ name: String) throws(SegmentError) -> any StorageDirectory {
        throw self.refusal("mkdirat")
    }

    func openDirectory(_ name: String) throws(SegmentError) -> any StorageDirectory {
        throw self.refusal("openat")
    }

    func rename(
        _ name: String,
        to newName: String,
        in target: (any StorageDirectory)?
    ) throws(SegmentError) { throw self.refusal("renameat") }

    func removeFile(_ name: String) throws(SegmentError) { throw self.refusal("unlinkat") }

    func removeDirectory(_ name: String) throws(SegmentError) { throw self.refusal("unlinkat") }

    func lock(_ name: String) throws(SegmentError) -> any StorageFile { throw self.refusal("flock") }

    func sync() throws(SegmentError) {}

    func availableBytes() throws(SegmentError) -> UInt64 { 0 }
}
