import StreamModel
import Synchronization

/// Bytes of streams in memory and in files, of an account or of the server, and the most there may be.
///
/// Streams count for themselves and report differences at the end of a cycle, so that what is read here is as old as
/// a cycle of another loop.
final class StorageUsage: Sendable {
    private let memory = Atomic<Int>(0)
    private let storage = Atomic<Int>(0)
    private let memoryMax = Atomic<Int>(.max)
    private let storageMax = Atomic<Int>(.max)

    /// Sets the limits, in bytes; nil or a negative number stands for none.
    func set(memory: Int?, storage: Int?) {
        self.memoryMax.store(Self.limit(memory), ordering: .relaxed)
        self.storageMax.store(Self.limit(storage), ordering: .relaxed)
    }

    /// Bytes of streams of that kind.
    func bytes(_ type: StorageType) -> Int {
        switch type {
        case .memory: self.memory.load(ordering: .relaxed)
        case .file: self.storage.load(ordering: .relaxed)
        }
    }

    /// The most bytes of streams of that kind; `.max` for no limit.
    func limit(_ type: StorageType) -> Int {
        switch type {
        case .memory: self.memoryMax.load(ordering: .relaxed)
        case .file: self.storageMax.load(ordering: .relaxed)
        }
    }

    /// Notes that streams of that kind have `difference` bytes more.
    func add(_ difference: Int, of type: StorageType) {
        switch type {
        case .memory: self.memory.wrappingAdd(difference, ordering: .relaxed)
        case .file: self.storage.wrappingAdd(difference, ordering: .relaxed)
        }
    }

    private static func limit(_ value: Int?) -> Int {
        guard let value, value >= 0 else { return .max }
        return value
    }
}
