import Glibc
public import SegmentLog
import Synchronization

/// A disk in memory that forgets what was not synced when its power is cut, and fails when told to.
///
/// It keeps, of each file and directory, what the kernel shows and what is on the platter, with the changes
/// between the two in order. A sync that fails drops those changes from what is to be written, as the kernel
/// does: a later sync succeeds without them.
public final class FakeDisk: @unchecked Sendable {
    // Unchecked: every access to the tree and the counters is made under `lock`.

    /// What a power cut leaves of the changes since the last sync of each file and directory.
    public enum PowerCut: Sendable, Equatable {
        /// Nothing is lost yet: the process ended, the power is still there and may be cut later.
        case endingTheProcess
        /// None of them.
        case keepingNothing
        /// All of them.
        case keepingEverything
        /// Each one wholly or not at all, by chance.
        case keepingSome(seed: UInt64)
        /// Each sector of 512 bytes of each one, by chance.
        case tearing(seed: UInt64)
        /// Those sectors and entries whose bit is set, the oldest change's first; the 65th asks for the first again.
        case choosing(bits: UInt64)
    }

    /// Which call fails, and how.
    public struct Fault: Sendable {
        /// The number of the call, counted from 1 over all calls since the disk was made.
        ///
        /// A full disk (`ENOSPC`) can be read: then the first call from there on fails that changes something.
        public var call: Int
        /// The kernel's reason.
        public var errno: CInt
        /// Whether all later calls fail too.
        public var isSticky: Bool
        /// Whether a write that fails leaves its first half behind.
        public var isShort: Bool

        /// Makes the fault.
        public init(call: Int, errno: CInt, isSticky: Bool = false, isShort: Bool = false) {
            self.call = call
            self.errno = errno
            self.isSticky = isSticky
            self.isShort = isShort
        }
    }

    struct State {
        var calls = 0
        var mutations = 0
        var fault: Fault?
        var didFail = false
        var mutationsMax: Int?
        var bytesMax: Int?
    }

    private let lock = Mutex(())
    private var state = State()
    private var hook: ((FakeDisk) -> Void)?
    let tree: DirectoryNode

    /// Makes an empty disk.
    public init() { self.tree = DirectoryNode() }

    init(tree: DirectoryNode) { self.tree = tree }

    /// The directory at the top.
    public var root: any StorageDirectory { FakeDirectory(disk: self, node: self.tree, path: "") }

    // MARK: Telling it to fail

    /// Calls so far, reads included.
    public var calls: Int { self.lock.withLock { _ in self.state.calls } }

    /// Calls so far that change something or sync.
    public var mutations: Int { self.lock.withLock { _ in self.state.mutations } }

    /// Fails the call that `fault` names; nil stops failing, and ``didFail`` goes on to tell.
    public func fail(_ fault: Fault?) {
        self.lock.withLock { _ in
            self.state.fault = fault
            if fault != nil { self.state.didFail = false }
        }
    }

    /// Whether the fault has happened.
    public var didFail: Bool { self.lock.withLock { _ in self.state.didFail } }

    /// Lets so many calls that change something succeed, counted from the disk's making; everything fails
    /// after.
    public func crash(afterMutations count: Int) {
        self.lock.withLock { _ in self.state.mutationsMax = count }
    }

    /// Whether the crash has happened.
    public var isDown: Bool {
        self.lock.withLock { _ in self.state.mutationsMax.map { self.state.mutations > $0 } ?? false }
    }

    /// Ends the crash and the fault as the start of a new process does: what was not synced is still shown, and
    /// still not on the platter.
    public func restart() {
        self.lock.withLock { _ in
            self.state.mutationsMax = nil
            self.state.fault = nil
        }
    }

    /// Calls `body` before each call that changes something or syncs, on the caller's thread; nil stops that.
    ///
    /// To be set while nobody uses the disk.
    public func beforeEachMutation(_ body: ((FakeDisk) -> Void)?) { self.hook = body }

    /// Makes the disk so large, in bytes of file contents; nil: without limit.
    public func limit(bytes: Int?) { self.lock.withLock { _ in self.state.bytesMax = bytes } }

    // MARK: Power

    /// A disk with what this one holds after its power was cut now.
    public func afterPowerCut(_ cut: PowerCut) -> FakeDisk {
        self.lock.withLock { _ in
            var choice = Choice(cut)
            var copies: [ObjectIdentifier: Node] = [:]
            return FakeDisk(tree: self.tree.survivor(cut, &choice, &copies))
        }
    }

    /// How many sectors and entries a power cut now may keep or drop, each for itself.
    public var unsyncedPieces: Int {
        self.lock.withLock { _ in
            var seen: Set<ObjectIdentifier> = []
            return self.tree.unsyncedPieces(&seen)
        }
    }

    // MARK: Looking inside

    /// What the kernel shows of the file at `path`, components separated by `/`; nil if there is none.
    public func contents(_ path: String) -> [UInt8]? {
        self.lock.withLock { _ in (self.node(path) as? FileNode)?.live }
    }

    /// Replaces the contents of the file at `path`, durably, as damage does.
    public func replaceContents(_ path: String, with bytes: [UInt8]) {
        self.lock.withLock { _ in
            guard let file = self.node(path) as? FileNode else { return }
            file.live = bytes
            file.durable = bytes
            file.changes.removeAll()
        }
    }

    /// Inverts one bit of the file at `path`, durably; `bit` counts from the file's start, lowest of each byte first.
    public func flip(_ path: String, bit: Int) {
        self.lock.withLock { _ in
            guard let file = self.node(path) as? FileNode, bit / 8 < file.live.count else { return }
            file.live[bit / 8] ^= 1 << UInt8(bit % 8)
            file.durable = file.live
            file.changes.removeAll()
        }
    }

    /// The names in the directory at `path`, sorted.
    public func names(_ path: String) -> [String] {
        self.lock.withLock { _ in (self.node(path) as? DirectoryNode)?.live.keys.sorted() ?? [] }
    }

    /// What the kernel shows of every file, by path.
    public var files: [String: [UInt8]] {
        self.lock.withLock { _ in
            var found: [String: [UInt8]] = [:]
            self.tree.gather("", &found)
            return found
        }
    }

    /// A number that differs for disks that show different things; good within one process.
    public var digest: Int {
        var hasher = Hasher()
        for (path, bytes) in self.files.sorted(by: { $0.key < $1.key }) {
            hasher.combine(path)
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
        return hasher.finalize()
    }

    private func node(_ path: String) -> Node? {
        var node: Node = self.tree
        for name in path.split(separator: "/") {
            guard let next = (node as? DirectoryNode)?.live[String(name)] else { return nil }
            node = next
        }
        return node
    }

    // MARK: Calls

    /// Makes one call: counts it, fails it if its time has come, else performs `body` under the lock.
    ///
    /// - Parameters:
    ///   - file: the file whose unsynced changes are lost if the call fails: it is a sync.
    ///   - half: what a call does that fails half done.
    func call<Result>(
        _ name: String,
        _ path: String,
        mutates: Bool,
        failing file: FileNode? = nil,
        half: () -> Void = {},
        _ body: () throws(SegmentError) -> Result
    ) throws(SegmentError) -> Result {
        if mutates, let hook = self.hook { hook(self) }
        let outcome = self.lock.withLock { _ -> Swift.Result<Result, SegmentError> in
            self.state.calls += 1
            if mutates { self.state.mutations += 1 }
            if let max = self.state.mutationsMax, self.state.mutations > max {
                return .failure(.system(call: name, path: path, errno: EIO))
            }
            if let fault = self.state.fault, self.state.calls >= fault.call,
                fault.isSticky || !self.state.didFail, mutates || fault.errno != ENOSPC
            {
                self.state.didFail = true
                file?.failSync()
                if fault.isShort { half() }
                return .failure(.system(call: name, path: path, errno: fault.errno))
            }
            do throws(SegmentError) {
                return .success(try body())
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Bytes that still fit; to be called under the lock.
    func room() -> Int {
        self.state.bytesMax.map { max(0, $0 - self.tree.liveBytes) } ?? .max
    }
}
