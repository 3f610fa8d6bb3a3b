import Glibc
import Synchronization

/// A file of the operating system.
public final class POSIXFile: StorageFile {
    /// As it was opened; only for messages.
    public let path: String
    /// The descriptor; -1 once closed.
    private let descriptor: Atomic<CInt>
    /// Whether it holds a lock that ends with it.
    private let isLocked: Bool

    init(descriptor: CInt, path: String, isLocked: Bool = false) {
        self.descriptor = Atomic(descriptor)
        self.path = path
        self.isLocked = isLocked
    }

    deinit {
        let open = self.descriptor.load(ordering: .acquiring)
        if open < 0 { return }
        self.unlock(open)
        _ = Glibc.close(open)
    }

    /// Gives the lock up at once: closing alone leaves it to a process being started, until that runs its program.
    private func unlock(_ descriptor: CInt) { if self.isLocked { _ = flock(descriptor, LOCK_UN) } }

    private var open: CInt { self.descriptor.load(ordering: .relaxed) }

    /// The length in bytes.
    public func size() throws(SegmentError) -> UInt64 {
        var status = stat()
        _ = try SystemCall.retrying("fstat", self.path) { unsafe fstat(self.open, &status) }
        return UInt64(clamping: status.st_size)
    }

    /// The most holes that are looked at.
    private static let holesMax = 8
    // linux/fs.h; the C library hides them from programs that do not ask for its extensions.
    private static let seekData: CInt = 3
    private static let seekHole: CInt = 4

    /// Behind the last byte that may be something else than zero: where the last hole begins, by the file system.
    ///
    /// Room that was reserved and never written is one; the length if there is none, or if the file system does not tell.
    public func dataEnd() throws(SegmentError) -> UInt64 {
        let size = try self.size()
        var data: off_t = 0
        for _ in 0..<Self.holesMax {
            let hole = lseek(self.open, data, Self.seekHole)
            if hole < 0 || hole >= off_t(clamping: size) { return size }
            data = lseek(self.open, hole, Self.seekData)
            // lseek(2): ENXIO when there is no data from there to the end of the file.
            if data < 0 { return Glibc.errno == ENXIO ? UInt64(clamping: hole) : size }
        }
        return size
    }

    /// Fills `bytes` from `offset` on; returns how many there were, fewer only at the end of the file.
    public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(SegmentError) -> Int {
        let descriptor = self.open
        var failure: CInt = 0
        let filled = unsafe bytes.withUnsafeMutableBytes { buffer -> Int in
            guard let base = buffer.baseAddress else { return 0 }
            var done = 0
            while done < buffer.count {
                // In bounds: `done` is below the count.
                let count = unsafe pread(
                    descriptor,
                    base + done,
                    buffer.count - done,
                    off_t(clamping: offset) + done
                )
                if count == 0 { break }
                if count > 0 {
                    done += count
                } else if Glibc.errno != EINTR {
                    failure = Glibc.errno
                    break
                }
            }
            return done
        }
        if failure != 0 { throw .system(call: "pread", path: self.path, errno: failure) }
        return filled
    }

    /// Writes all of `bytes` at `offset`.
    ///
    /// When it fails, any part of them may have been written.
    public func write(_ bytes: RawSpan, at offset: UInt64) throws(SegmentError) {
        let descriptor = self.open
        let failure = unsafe bytes.withUnsafeBytes { buffer -> CInt in
            guard let base = buffer.baseAddress else { return 0 }
            var done = 0
            while done < buffer.count {
                // In bounds: `done` is below the count.
                let count = unsafe pwrite(
                    descriptor,
                    base + done,
                    buffer.count - done,
                    off_t(clamping: offset) + done
                )
                if count > 0 {
                    done += count
                } else if count == 0 {
                    return EIO  // A write that takes nothing and gives no reason would be repeated for ever.
                } else if Glibc.errno != EINTR {
                    return Glibc.errno
                }
            }
            return 0
        }
        if failure != 0 { throw .system(call: "pwrite", path: self.path, errno: failure) }
    }

    /// Makes the file `size` bytes long: cuts it, or adds zeros.
    public func truncate(to size: UInt64) throws(SegmentError) {
        _ = try SystemCall.retrying("ftruncate", self.path) { ftruncate(self.open, off_t(clamping: size)) }
    }

    /// Reserves room so that the file is at least `size` bytes long; new bytes are zero.
    public func allocate(to size: UInt64) throws(SegmentError) {
        while true {
            // Returns its error instead of setting `errno`.
            let reason = posix_fallocate(self.open, 0, off_t(clamping: size))
            // Preallocation is for speed alone: a file system without it is no failure.
            if reason == 0 || reason == EOPNOTSUPP || reason == EINVAL { return }
            if reason != EINTR { throw .system(call: "posix_fallocate", path: self.path, errno: reason) }
        }
    }

    /// Makes all writes so far durable (`fdatasync`).
    public func sync() throws(SegmentError) {
        _ = try SystemCall.retrying("fdatasync", self.path) { fdatasync(self.open) }
    }

    /// Says that most reads go forward, so that the kernel reads further ahead of those that do.
    ///
    /// It sees by itself which do, and reads nothing ahead of others. Naming the bytes to read ahead of time is no better:
    /// the kernel takes them in single pages then, which costs twice the processor time.
    func expectForwardReads() {
        _ = posix_fadvise(self.open, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    /// Drops clean pages of the file from memory, so that the next read asks the disk.
    public func discardCache() {
        _ = posix_fadvise(self.open, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// Closes the file.
    ///
    /// Further calls fail with `EBADF`; closing twice is harmless.
    public func close() throws(SegmentError) {
        let descriptor = self.descriptor.exchange(-1, ordering: .acquiringAndReleasing)
        if descriptor < 0 { return }
        self.unlock(descriptor)
        // Not repeated after a signal: Linux has released the number, which may be somebody else's by now.
        if Glibc.close(descriptor) != 0, Glibc.errno != EINTR {
            throw .system(call: "close", path: self.path, errno: Glibc.errno)
        }
    }
}
