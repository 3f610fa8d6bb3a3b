internal import SegmentLog

extension StorageDirectory {
    /// Moves the file `name` to `quarantine` under a name of its own, which is returned.
    func quarantine(_ name: String, in quarantine: any StorageDirectory) throws(SegmentError) -> String {
        let taken = Set(try quarantine.list())
        var number = 0
        while taken.contains("\(name)-\(number)") { number += 1 }
        try self.rename(name, to: "\(name)-\(number)", in: quarantine)
        try quarantine.sync()
        try self.sync()
        return "\(name)-\(number)"
    }

    /// Moves the directory `name` to `quarantine`, or, if that is another disk, beside itself; returns its new name.
    func quarantineDirectory(
        _ name: String,
        in quarantine: any StorageDirectory,
        of root: any StorageDirectory
    ) throws(SegmentError) -> String {
        let target: any StorageDirectory = root === self ? quarantine : self
        let taken = Set(try target.list())
        var number = 0
        while taken.contains("\(name)-\(number)") { number += 1 }
        try self.rename(name, to: "\(name)-\(number)", in: target)
        try target.sync()
        try self.sync()
        return "\(name)-\(number)"
    }
}
