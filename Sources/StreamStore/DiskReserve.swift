internal import SegmentLog
import Synchronization

/// Room on the disk that is kept for the day it is full: a file of zeros that can be given up at once.
///
/// With it, what was under way when the disk filled up still gets there, and what needs little (deletes, purges,
/// acknowledgements, the index) goes on, while no more messages are taken.
public final class DiskReserve: Sendable {
    private static let name = "reserve"

    /// Bytes kept.
    public let bytes: UInt64
    private let root: any StorageDirectory
    private let isHeld = Mutex(false)

    /// A reserve of `bytes` bytes in the store's directory; not there before ``fill()``.
    public init(_ directory: StoreDirectory, bytes: UInt64) {
        self.root = directory.root
        self.bytes = bytes
    }

    init(root: any StorageDirectory, bytes: UInt64) {
        self.root = root
        self.bytes = bytes
    }

    /// Sets the room aside, unless it is; false if there is less than twice as much.
    ///
    /// Blocks.
    public func fill() -> Bool {
        self.isHeld.withLock { isHeld in
            if isHeld { return true }
            do throws(SegmentError) {
                let file = try self.open()
                if try file.size() < self.bytes {
                    // Twice: so that a disk at the brink is not called full and not full again and again.
                    guard try self.root.availableBytes() / 2 >= self.bytes else { return false }
                    try file.allocate(to: self.bytes)
                }
                isHeld = true
            } catch {
                // What could not be set aside as a whole is given back.
                try? self.root.removeFile(Self.name)
            }
            return isHeld
        }
    }

    /// Gives the room up; false if there was none.
    ///
    /// Blocks.
    public func release() -> Bool {
        self.isHeld.withLock { isHeld in
            guard isHeld else { return false }
            isHeld = false
            do throws(SegmentError) {
                try self.root.removeFile(Self.name)
                return true
            } catch {
                return false
            }
        }
    }

    private func open() throws(SegmentError) -> any StorageFile {
        do throws(SegmentError) {
            return try self.root.openFile(Self.name, for: .writing)
        } catch {
            if !error.isAbsent { throw error }
            return try self.root.createFile(Self.name)
        }
    }
}
