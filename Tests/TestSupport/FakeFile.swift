import Glibc
import SegmentLog

/// An open file of a ``FakeDisk``.
final class FakeFile: StorageFile, @unchecked Sendable {
    // Unchecked: `node` and `isOpen` are only touched inside `FakeDisk.call`, under the disk's lock.
    let path: String
    private let disk: FakeDisk
    private let node: FileNode
    private let isWritable: Bool
    private var isOpen = true

    init(disk: FakeDisk, node: FileNode, path: String, isWritable: Bool) {
        self.disk = disk
        self.node = node
        self.path = path
        self.isWritable = isWritable
    }

    func size() throws(SegmentError) -> UInt64 {
        try self.call("fstat", mutates: false) { () throws(SegmentError) in UInt64(self.node.live.count) }
    }

    func dataEnd() throws(SegmentError) -> UInt64 {
        try self.call("lseek", mutates: false) { () throws(SegmentError) in
            // Every zero at the end is taken for a hole: no file system can go further.
            UInt64(self.node.live.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0)
        }
    }

    func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(SegmentError) -> Int {
        let wanted = bytes.byteCount
        let found = try self.call("pread", mutates: false) { () throws(SegmentError) -> ArraySlice<UInt8> in
            let start = min(Int(clamping: offset), self.node.live.count)
            return self.node.live[start..<min(start + wanted, self.node.live.count)]
        }
        bytes.withUnsafeMutableBytes { $0.copyBytes(from: found) }
        return found.count
    }

    func write(_ bytes: RawSpan, at offset: UInt64) throws(SegmentError) {
        let new = bytes.withUnsafeBytes { Array($0) }
        let start = Int(clamping: offset)
        let half = { self.node.make(.write(offset: start, bytes: Array(new.prefix(new.count / 2)))) }
        try self.call("pwrite", mutates: true, half: half) { () throws(SegmentError) in
            try self.checkWritable("pwrite")
            let growth = max(0, start + new.count - self.node.live.count)
            let missing = growth - min(growth, self.disk.room())
            self.node.make(.write(offset: start, bytes: Array(new.dropLast(missing))))
            if missing > 0 { throw self.error("pwrite", ENOSPC) }
        }
    }

    func truncate(to size: UInt64) throws(SegmentError) {
        try self.call("ftruncate", mutates: true) { () throws(SegmentError) in
            try self.checkWritable("ftruncate")
            self.node.make(.resize(Int(clamping: size)))
        }
    }

    func allocate(to size: UInt64) throws(SegmentError) {
        try self.call("posix_fallocate", mutates: true) { () throws(SegmentError) in
            try self.checkWritable("posix_fallocate")
            let growth = Int(clamping: size) - self.node.live.count
            if growth <= 0 { return }
            if growth > self.disk.room() { throw self.error("posix_fallocate", ENOSPC) }
            self.node.make(.resize(Int(clamping: size)))
        }
    }

    func sync() throws(SegmentError) {
        try self.disk.call("fdatasync", self.path, mutates: true, failing: self.node) {
            () throws(SegmentError) in
            if !self.isOpen { throw self.error("fdatasync", EBADF) }
            self.node.sync()
        }
    }

    func discardCache() {
        // A wish cannot fail.
        _ = try? self.call("posix_fadvise", mutates: false) { () throws(SegmentError) in
            self.node.discardCache()
        }
    }

    func close() throws(SegmentError) {
        try self.disk.call("close", self.path, mutates: false) { () throws(SegmentError) in
            self.isOpen = false
        }
    }

    private func call<Result>(
        _ name: String,
        mutates: Bool,
        half: () -> Void = {},
        _ body: () throws(SegmentError) -> Result
    ) throws(SegmentError) -> Result {
        try self.disk.call(name, self.path, mutates: mutates, half: half) { () throws(SegmentError) in
            if !self.isOpen { throw self.error(name, EBADF) }
            return try body()
        }
    }

    private func checkWritable(_ name: String) throws(SegmentError) {
        if !self.isWritable { throw self.error(name, EBADF) }
    }

    private func error(_ call: String, _ errno: CInt) -> SegmentError {
        .system(call: call, path: self.path, errno: errno)
    }
}
