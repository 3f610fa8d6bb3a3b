/// Files that have become useless: chosen by their owner, removed on another thread.
///
/// Nothing has to be given back. A file that could not be removed is found again by the next recovery.
public final class FileRemoval: Sendable {
    private let kind: FileKind
    private let directory: any StorageDirectory
    private let numbers: [UInt64]

    init(kind: FileKind, directory: any StorageDirectory, numbers: [UInt64]) {
        self.kind = kind
        self.directory = directory
        self.numbers = numbers
    }

    /// The numbers of the files, ascending.
    public var files: [UInt64] { self.numbers }

    /// Removes the files, oldest first, so that a crash leaves no gap.
    ///
    /// Blocks.
    ///
    /// Not synced: a power cut may bring some of them back, which does no harm.
    public func perform() throws(SegmentError) {
        for number in self.numbers {
            Failpoint.reach(self.kind.removing)
            do {
                try self.directory.removeFile(self.kind.name(number))
            } catch {
                if !error.isAbsent { throw error }
            }
        }
    }
}
