import Glibc
import StreamModel
import StreamStore

/// How long a store takes to open after its process was killed.
enum RestartBenchmark {
    /// For one size and ten times that.
    static func run(_ sizes: BenchmarkSizes) throws {
        Figure.heading("open after kill -9")
        for count in [sizes.restart, sizes.restart * 10] {
            let directory = BenchmarkStore.makeDirectory()
            defer { BenchmarkStore.remove(directory) }
            Program.run(["restart-fill", directory, "\(count)"])
            var opened: Double = 0
            var messages: UInt64 = 0
            opened = try Double(Self.open(directory, &messages))
            Figure.row("\(Figure.text(Double(messages))) messages", opened / 1e6, "ms", bar: .atMost(500))
        }
    }

    private static func open(_ directory: String, _ messages: inout UInt64) throws -> Int {
        let start = Stopwatch.now()
        let bench = try BenchmarkStore(directory)
        messages = bench.store.state.messages
        return Stopwatch.now() - start
    }

    /// Fills the store in `directory` and ends without closing it, as late after a checkpoint as can be.
    static func fill(_ directory: String, _ count: Int) throws {
        let bench = try BenchmarkStore(directory)
        let payload = [UInt8](repeating: 120, count: 128)
        var subject = NumberedSubject("orders.eu.", digits: 8)
        // Just before the next checkpoint.
        for index in 0..<count + 99_000 {
            subject.set(index % 100_000)
            bench.append(subject.bytes, payload)
        }
        bench.commit()
        kill(getpid(), SIGKILL)
    }
}
