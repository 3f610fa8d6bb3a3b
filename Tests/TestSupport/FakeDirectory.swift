import Glibc
import SegmentLog

/// A directory of a ``FakeDisk``.
final class FakeDirectory: StorageDirectory, @unchecked Sendable {
    // Unchecked: `node` is only touched inside `FakeDisk.call`, under the disk's lock.
    let path: String
    private let disk: FakeDisk
    private let node: DirectoryNode

    init(disk: FakeDisk, node: DirectoryNode, path: String) {
        self.disk = disk
        self.node = node
        self.path = path
    }

    func list() throws(SegmentError) -> [String] {
        try self.disk.call("readdir", self.path, mutates: false) { () throws(SegmentError) in
            // Sorted backwards: nobody may rely on an order.
            self.node.live.keys.sorted(by: >)
        }
    }

    func createFile(_ name: String) throws(SegmentError) -> any StorageFile {
        try self.disk.call("openat", self.child(name), mutates: true) { () throws(SegmentError) in
            try self.check(name, "openat")
            if self.node.live[name] != nil { throw self.error("openat", name, EEXIST) }
            let file = FileNode()
            self.node.set(name, file)
            return FakeFile(disk: self.disk, node: file, path: self.child(name), isWritable: true)
        }
    }

    func openFile(_ name: String, for access: FileAccess) throws(SegmentError) -> any StorageFile {
        try self.disk.call("openat", self.child(name), mutates: false) { () throws(SegmentError) in
            let file = try self.file(name, "openat")
            return FakeFile(
                disk: self.disk,
                node: file,
                path: self.child(name),
                isWritable: access == .writing
            )
        }
    }

    func fileSize(_ name: String) throws(SegmentError) -> UInt64 {
        try self.disk.call("fstatat", self.child(name), mutates: false) { () throws(SegmentError) in
            UInt64(try self.file(name, "fstatat").live.count)
        }
    }

    func createDirectory(_ name: String) throws(SegmentError) -> any StorageDirectory {
        try self.disk.call("mkdirat", self.child(name), mutates: true) { () throws(SegmentError) in
            try self.check(name, "mkdirat")
            if self.node.live[name] != nil { throw self.error("mkdirat", name, EEXIST) }
            let directory = DirectoryNode()
            self.node.set(name, directory)
            return FakeDirectory(disk: self.disk, node: directory, path: self.child(name))
        }
    }

    func openDirectory(_ name: String) throws(SegmentError) -> any StorageDirectory {
        try self.disk.call("openat", self.child(name), mutates: false) { () throws(SegmentError) in
            try self.check(name, "openat")
            guard let node = self.node.live[name] else { throw self.error("openat", name, ENOENT) }
            guard let directory = node as? DirectoryNode else { throw self.error("openat", name, ENOTDIR) }
            return FakeDirectory(disk: self.disk, node: directory, path: self.child(name))
        }
    }

    func rename(
        _ name: String,
        to newName: String,
        in target: (any StorageDirectory)?
    ) throws(SegmentError) {
        try self.disk.call("renameat", self.child(name), mutates: true) { () throws(SegmentError) in
            try self.check(name, "renameat")
            try self.check(newName, "renameat")
            guard let other = (target ?? self) as? FakeDirectory else {
                throw self.error("renameat", name, EXDEV)
            }
            guard let node = self.node.live[name] else { throw self.error("renameat", name, ENOENT) }
            other.node.set(newName, node)
            self.node.set(name, nil)
        }
    }

    func removeFile(_ name: String) throws(SegmentError) {
        try self.disk.call("unlinkat", self.child(name), mutates: true) { () throws(SegmentError) in
            _ = try self.file(name, "unlinkat")
            self.node.set(name, nil)
        }
    }

    func removeDirectory(_ name: String) throws(SegmentError) {
        try self.disk.call("unlinkat", self.child(name), mutates: true) { () throws(SegmentError) in
            try self.check(name, "unlinkat")
            guard let node = self.node.live[name] else { throw self.error("unlinkat", name, ENOENT) }
            guard let directory = node as? DirectoryNode else { throw self.error("unlinkat", name, ENOTDIR) }
            if !directory.live.isEmpty { throw self.error("unlinkat", name, ENOTEMPTY) }
            self.node.set(name, nil)
        }
    }

    func lock(_ name: String) throws(SegmentError) -> any StorageFile {
        do {
            return try self.openFile(name, for: .writing)
        } catch {
            guard error.isAbsent else { throw error }
            return try self.createFile(name)
        }
    }

    func sync() throws(SegmentError) {
        try self.disk.call("fsync", self.path, mutates: true) { () throws(SegmentError) in self.node.sync() }
    }

    func availableBytes() throws(SegmentError) -> UInt64 {
        try self.disk.call("fstatvfs", self.path, mutates: false) { () throws(SegmentError) in
            UInt64(self.disk.room())
        }
    }

    private func child(_ name: String) -> String { "\(self.path)/\(name)" }

    private func error(_ call: String, _ name: String, _ errno: CInt) -> SegmentError {
        .system(call: call, path: self.child(name), errno: errno)
    }

    private func check(_ name: String, _ call: String) throws(SegmentError) {
        if name.isEmpty || name == "." || name == ".." || name.contains("/") {
            throw self.error(call, name, EINVAL)
        }
    }

    private func file(_ name: String, _ call: String) throws(SegmentError) -> FileNode {
        try self.check(name, call)
        guard let node = self.node.live[name] else { throw self.error(call, name, ENOENT) }
        guard let file = node as? FileNode else { throw self.error(call, name, EISDIR) }
        return file
    }
}
