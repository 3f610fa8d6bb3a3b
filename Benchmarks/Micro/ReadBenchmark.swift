import Glibc
import NIOCore
import StreamModel
import StreamStore
import Subjects

/// Reading a stream from its beginning when nothing of it is in the page cache.
enum ReadBenchmark {
    /// How often both are measured, in turn.
    private static let rounds = 9

    /// Compares with plain reads of 1 MiB of the same files.
    static func run(_ sizes: BenchmarkSizes) throws {
        let bench = try BenchmarkStore()
        let payload = [UInt8](repeating: 120, count: 1_024)
        let subject = Array("events.all".utf8)
        for _ in 0..<sizes.reads { bench.append(subject, payload) }
        bench.commit()
        bench.checkpoint()
        let log = bench.directory + "/1/log"
        let files = BenchmarkStore.names(in: log).map { log + "/" + $0 }
        Figure.heading("sequential read, cold, \(Figure.text(Double(sizes.reads))) messages of 1 KiB")
        var plain: [Double] = []
        var store: [Double] = []
        for _ in 0..<Self.rounds {
            self.drop(files + [bench.directory + "/1/index/data.mdb"])
            var bytes = 0
            let time = Stopwatch.nanoseconds { bytes = self.read(files) }
            plain.append(Double(bytes) / time * 1e3)
            self.drop(files + [bench.directory + "/1/index/data.mdb"])
            store.append(Double(bytes) / Stopwatch.nanoseconds { self.load(bench.store) } * 1e3)
        }
        // Of runs one after the other: whatever else the machine does hits both.
        let shares = zip(store, plain).map { $0 / $1 * 100 }
        Figure.row("read(2) of 1 MiB", self.median(plain), "MB/s")
        Figure.row("load, one after the other", self.median(store), "MB/s")
        Figure.row("share, median of \(Self.rounds) pairs", self.median(shares), "%", bar: .atLeast(80))
        Figure.row(
            "load, in the page cache",
            Stopwatch.nanoseconds { self.load(bench.store) } / Double(sizes.reads),
            "ns"
        )
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func load(_ store: FileStreamStore) {
        var buffer = ByteBuffer()
        var next = store.state.firstSequence
        while let found = store.next(from: next, matching: .all) {
            buffer.clear()
            if case .message(let message) = store.load(found, into: &buffer) { sink += message.payloadLength }
            next = found.next
        }
    }

    /// Takes files out of the page cache.
    private static func drop(_ files: [String]) {
        for file in files {
            let descriptor = open(file, O_RDONLY)
            if descriptor < 0 { continue }
            fdatasync(descriptor)
            posix_fadvise(descriptor, 0, 0, CInt(POSIX_FADV_DONTNEED))
            close(descriptor)
        }
    }

    /// Reads files as `dd bs=1M` does; returns how many bytes.
    private static func read(_ files: [String]) -> Int {
        let size = 1 << 20
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4_096)
        defer { block.deallocate() }
        var total = 0
        for file in files {
            let descriptor = open(file, O_RDONLY)
            if descriptor < 0 { continue }
            while case let count = Glibc.read(descriptor, block, size), count > 0 { total += count }
            close(descriptor)
        }
        return total
    }
}
