internal import LMDB
internal import SegmentLog

/// Makes an index small again that has shrunk: LMDB uses free pages again, but never gives them back.
///
/// Performed at the end of a checkpoint, on its thread: nobody else writes to the index then.
///
///     index.new    a copy without free pages, synced
///     index        becomes index.old, and the copy becomes index; opened; index.old goes
///
/// The loop reads the old file, which has no name any more, until it takes the checkpoint back.
struct IndexCompaction {
    /// An index whose file is shorter is left as it is.
    static let bytesMin = 1 << 20
    /// The least time between two, in nanoseconds: an index that is changed much needs its free pages again.
    static let interval: Int64 = 600_000_000_000

    static let name = "index"
    static let newName = "index.new"
    static let oldName = "index.old"

    let files: IndexFiles
    let root: any StorageDirectory

    /// The compaction of the index at `path`.
    init(_ files: IndexFiles, path: String) throws(SegmentError) {
        self.files = files
        let parent = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
        self.root = try POSIXDirectory(path: parent ?? ".")
    }

    /// Whether more than half of the file is free.
    static func isDue(_ files: IndexFiles) throws(LMDBError) -> Bool {
        let usage = try files.environment.pageUsage(files.databases)
        return usage.fileBytes >= self.bytesMin && usage.freeBytes > usage.fileBytes / 2
    }

    /// Makes the copy and opens it; nil if it could not be made: the index is as it was.
    func run() -> IndexFiles? {
        do throws(SegmentError) {
            try self.root.removeTree(Self.newName)
            try self.root.removeTree(Self.oldName)
            let copy = try self.root.createDirectory(Self.newName)
            Failpoint.reach(.indexCopy)
            if !self.copy() { return nil }
            try copy.openFile("data.mdb", for: .writing).sync()
            try copy.sync()
            try self.root.sync()
            Failpoint.reach(.indexReplace)
            try self.root.rename(Self.name, to: Self.oldName, in: nil)
        } catch {
            return nil
        }
        do throws(SegmentError) {
            Failpoint.reach(.indexReplaced)
            try self.root.rename(Self.newName, to: Self.name, in: nil)
            try self.root.sync()
        } catch {
            // The old one, which is open, keeps its name.
            self.takeBack()
            return nil
        }
        do throws(EnvironmentOpenError) {
            let path = self.root.path + "/" + Self.name
            let opened = try IndexFiles(path: path, mapBytes: self.files.environment.mapBytes)
            // What stays is removed when the store is opened.
            do { try self.root.removeTree(Self.oldName) } catch {}
            return opened
        } catch {
            self.takeBack()
            return nil
        }
    }

    private func copy() -> Bool {
        do throws(LMDBError) {
            try self.files.environment.copyCompacted(to: self.root.path + "/" + Self.newName)
            return true
        } catch {
            do { try self.root.removeTree(Self.newName) } catch {}
            return false
        }
    }

    private func takeBack() {
        do {
            try self.root.removeTree(Self.name)
            try self.root.rename(Self.oldName, to: Self.name, in: nil)
            try self.root.sync()
        } catch {}
    }

    /// Ends what a crash interrupted, before the index is opened.
    static func recover(_ root: any StorageDirectory) throws(SegmentError) {
        let names = try root.list()
        if !names.contains(self.name), names.contains(self.oldName) {
            try root.rename(self.oldName, to: self.name, in: nil)
            try root.sync()
        }
        try root.removeTree(self.newName)
        try root.removeTree(self.oldName)
    }
}
