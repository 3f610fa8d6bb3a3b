import SegmentLog
import StreamStore

/// What is done with a store that no server has open.
public enum StoreTools {}

extension OfflineStore {
    /// The directory for what could not be understood of a stream, made if it is missing.
    func quarantine(of id: UInt64) throws(StoreError) -> any StorageDirectory {
        try StoreError.reading { () throws(SegmentError) in
            try self.root.ensureDirectory("quarantine").ensureDirectory(String(id))
        }
    }
}

extension StorageDirectory {
    /// Moves an entry to `target` under a name of its own, `<name>-<n>`, durably; returns that name.
    func setAside(_ name: String, in target: any StorageDirectory) throws(SegmentError) -> String {
        let taken = Set(try target.list())
        // There are more numbers than names taken.
        let number = (0...taken.count).first { !taken.contains("\(name)-\($0)") } ?? taken.count
        let newName = "\(name)-\(number)"
        try self.rename(name, to: newName, in: target)
        try target.sync()
        try self.sync()
        return newName
    }
}
