internal import CLMDB
internal import Glibc

/// The two meta pages at the start of `data.mdb`, read before LMDB maps the file.
///
/// LMDB trusts them: a page number beyond the end of the file is a bus error at the first read, and cannot be
/// caught. So the file's length is checked against them first. The layout is LMDB 0.9's on a 64-bit machine:
///
///     0         16     20       24       32        40          88          136        144
///     | page    | magic | version | address | map size | free list | main tree | last page | transaction |
enum MetaPages {
    /// Throws unless the file at `path` is absent, empty, or at least as long as its newest meta page says.
    static func check(path: String) throws(EnvironmentOpenError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { return }
            throw .failed(LMDBError(call: "open", code: errno))
        }
        defer { close(descriptor) }
        let length = lseek(descriptor, 0, SEEK_END)
        if length < 0 { throw .failed(LMDBError(call: "lseek", code: errno)) }
        if length == 0 { return }

        guard let first = self.page(descriptor, at: 0) else { throw .damaged(path: path) }
        let pageBytes = first.pageBytes
        guard pageBytes >= 256, pageBytes <= 65536, pageBytes & (pageBytes - 1) == 0,
            let second = self.page(descriptor, at: Int64(pageBytes))
        else { throw .damaged(path: path) }

        let newest = second.transaction > first.transaction ? second : first
        guard newest.lastPage < 1 << 44, newest.isPlausible else { throw .damaged(path: path) }
        let (expected, overflow) = Int64(newest.lastPage).addingReportingOverflow(1)
        guard !overflow, newest.pageBytes == pageBytes else { throw .damaged(path: path) }
        // A fresh file has its two meta pages and nothing else, whatever the second says.
        let bytes = expected * Int64(pageBytes)
        if length < bytes { throw .truncated(path: path, bytes: Int64(length), expected: bytes) }
    }

    /// What is read of one meta page.
    private struct Page {
        var pageBytes: UInt32
        var lastPage: UInt64
        var transaction: UInt64
        var roots: (UInt64, UInt64)

        /// Whether both trees start inside the file, or are empty.
        var isPlausible: Bool {
            (self.roots.0 == .max || self.roots.0 <= self.lastPage)
                && (self.roots.1 == .max || self.roots.1 <= self.lastPage)
        }
    }

    private static func page(_ descriptor: CInt, at offset: Int64) -> Page? {
        var words = [UInt64](repeating: 0, count: 19)
        let count = unsafe words.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, 152, Int(offset))
        }
        if count != 152 { return nil }
        // magic and version, lmdb's `MDB_meta`
        if words[2] & 0xffff_ffff != 0xbeef_c0de || words[2] >> 32 & 0xffff != 1 { return nil }
        return Page(
            pageBytes: UInt32(truncatingIfNeeded: words[5]),
            lastPage: words[17],
            transaction: words[18],
            roots: (words[10], words[16])
        )
    }
}
