import Glibc
import NIOCore
import StreamModel
import StreamStore
import Subjects

/// A file store in a temporary directory, with its commits and checkpoints performed on the same thread.
final class BenchmarkStore {
    /// Where it is.
    let directory: String
    /// The store.
    let store: FileStreamStore
    private let isTemporary: Bool
    private let commitEvery: Int
    private var sinceCommit = 0
    /// The time of the next message: 10 µs after the one before.
    private(set) var time: Int64 = 1_700_000_000_000_000_000

    /// Processor time of commits and of checkpoints so far, in nanoseconds.
    private(set) var commitTime = 0
    private(set) var checkpointTime = 0

    /// Opens the store in `directory`, or in a new one that is removed at the end.
    ///
    /// - Parameter commitEvery: messages written with one commit.
    init(
        _ directory: String? = nil,
        limits: StoreLimits = StoreLimits(),
        duplicateWindow: Int64 = 0,
        commitEvery: Int = 1_000,
        encryption: StoreEncryption? = nil
    ) throws {
        self.directory = directory ?? Self.makeDirectory()
        self.isTemporary = directory == nil
        self.commitEvery = commitEvery
        let options = FileStoreOptions(
            streamID: (1...16).map { UInt8($0) },
            quarantine: self.directory + "/quarantine",
            limits: limits,
            duplicateWindow: duplicateWindow,
            indexMapBytes: 64 << 30,
            encryption: encryption
        )
        let opened = try FileStreamStore.open(
            directory: self.directory + "/1",
            options: options,
            now: Timestamp(rawValue: self.time)
        )
        self.store = opened.store
        self.time = opened.store.state.lastTime?.rawValue ?? self.time
    }

    deinit { if self.isTemporary { Self.remove(self.directory) } }

    /// Makes a directory that nobody else has.
    static func makeDirectory() -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/weir-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp in \(parent) failed") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes a directory with everything in it.
    static func remove(_ directory: String) {
        for name in self.names(in: directory) {
            let path = directory + "/" + name
            if unlink(path) != 0 { self.remove(path) }
        }
        rmdir(directory)
    }

    /// The names in a directory, sorted.
    static func names(in directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Appends a message, and commits and checkpoints when it is time.
    @inline(__always)
    func append(_ subject: [UInt8], _ payload: [UInt8], messageID: [UInt8] = []) {
        self.time += 10_000
        _ = self.store.append(
            subject: subject.span.bytes,
            headers: RawSpan(),
            payload: payload.span.bytes,
            messageID: messageID.span.bytes,
            timestamp: Timestamp(rawValue: self.time)
        )
        self.sinceCommit += 1
        if self.sinceCommit >= self.commitEvery { self.commit() }
    }

    /// Commits, and makes a checkpoint if the store wants one.
    func commit() {
        self.sinceCommit = 0
        let start = Stopwatch.threadTime()
        self.writeAll()
        let middle = Stopwatch.threadTime()
        self.commitTime += middle - start
        if self.store.wantsCheckpoint {
            self.checkpoint()
            self.checkpointTime += Stopwatch.threadTime() - middle
        }
    }

    private func writeAll() {
        while let commit = self.store.makeCommit() {
            commit.perform()
            do { try self.store.finish(commit) } catch { fatalError("a commit failed: \(error)") }
        }
    }

    /// Makes a checkpoint.
    func checkpoint() {
        for _ in 0..<2 {
            if let checkpoint = self.store.makeCheckpoint(consumers: []) {
                checkpoint.perform()
                do { try self.store.finish(checkpoint) } catch { fatalError("a checkpoint failed: \(error)") }
                break
            }
            self.writeAll()
        }
        self.writeAll()
    }

    /// A filter of those patterns.
    static func filter(_ patterns: String...) -> SubjectFilter {
        SubjectFilter(patterns.compactMap { SubjectPattern($0) })
    }
}

/// A subject with a number in it that is changed in place.
struct NumberedSubject {
    /// The subject.
    private(set) var bytes: [UInt8]
    private let end: Int
    private let digits: Int

    /// The subject `prefix`, a number of so many digits, `suffix`.
    init(_ prefix: String, digits: Int, _ suffix: String = "") {
        self.bytes = Array(prefix.utf8) + [UInt8](repeating: 48, count: digits) + Array(suffix.utf8)
        self.end = prefix.utf8.count + digits
        self.digits = digits
    }

    /// Puts in another number.
    @inline(__always)
    mutating func set(_ number: Int) {
        var rest = number
        for place in 1...self.digits {
            self.bytes[self.end - place] = 48 + UInt8(rest % 10)
            rest /= 10
        }
    }
}

/// Random numbers that a seed repeats.
struct Chance {
    private var state: UInt64

    init(_ seed: UInt64) { self.state = seed }

    /// A number below `bound`.
    @inline(__always)
    mutating func below(_ bound: Int) -> Int {
        // xorshift*
        self.state ^= self.state >> 12
        self.state ^= self.state << 25
        self.state ^= self.state >> 27
        return Int((self.state &* 0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
}
