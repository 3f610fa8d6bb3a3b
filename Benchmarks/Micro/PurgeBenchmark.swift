import StreamEngine
import StreamModel
import StreamStore
import Subjects

/// Purging one subject among others, and what publishing gets meanwhile.
enum PurgeBenchmark {
    /// One message in ten is of a subject that goes at once, and one of a subject that goes in slices.
    static func run(_ sizes: BenchmarkSizes) throws {
        let count = sizes.purge
        let bench = try BenchmarkStore(commitEvery: 10_000)
        let payload = [UInt8](repeating: 120, count: 16)
        let doomed = Array("logs.debug".utf8)
        let sliced = Array("logs.trace".utf8)
        var subject = NumberedSubject("logs.", digits: 4)
        for index in 0..<count {
            if index % 10 == 3 {
                bench.append(doomed, payload)
            } else if index % 10 == 7 {
                bench.append(sliced, payload)
            } else {
                subject.set(index % 1_000)
                bench.append(subject.bytes, payload)
            }
        }
        bench.commit()
        bench.checkpoint()
        Figure.heading("purge of one subject in ten of \(Figure.text(Double(count))) messages")
        let before = self.publish(bench, to: Array("logs.0001".utf8), seconds: 0.5)
        var purged: UInt64 = 0
        let filter = BenchmarkStore.filter("logs.debug")
        let time = Stopwatch.nanoseconds { purged = bench.store.purge(matching: filter, below: nil, keep: 0) }
        Figure.row(
            "the call",
            time / 1e6,
            "ms",
            bar: .atMost(1_000),
            note: "\(Figure.text(Double(purged))) messages"
        )
        self.purgeInSlices(bench.store, BenchmarkStore.filter("logs.trace"))
        let rest = Stopwatch.nanoseconds {
            bench.commit()
            bench.checkpoint()
        }
        Figure.row("commit and checkpoint after it", rest / 1e6, "ms")
        let after = self.publish(bench, to: Array("logs.0001".utf8), seconds: 0.5)
        Figure.row("publishing after it, of the rate before", after / before * 100, "%", bar: .atLeast(50))
        let interior = Stopwatch.nanoseconds {
            var sequence = StreamSequence(UInt64(count / 2))
            for _ in 0..<10_000 {
                sequence = StreamSequence(sequence.rawValue + 7)
                if bench.store.remove(sequence, erase: false) { sink += 1 }
            }
        }
        Figure.row("remove single messages", interior / 10_000 / 1_000, "µs")
        let front = Stopwatch.nanoseconds {
            sink += Int(bench.store.purge(matching: .all, below: StreamSequence(UInt64(count / 2)), keep: 0))
        }
        Figure.row("purge the first half", front / 1e6, "ms")
        let all = Stopwatch.nanoseconds {
            sink += Int(bench.store.purge(matching: .all, below: nil, keep: 0))
        }
        Figure.row("purge everything", all / 1e6, "ms")
    }

    /// Purges as a stream does that serves others in between: what a slice costs is in proportion to what goes.
    private static func purgeInSlices(_ store: FileStreamStore, _ filter: SubjectFilter) {
        let start = Stopwatch.threadTime()
        var position = StreamSequence.zero
        var slices = 0
        while let first = store.next(from: position, matching: filter) {
            position = StreamSequence(first.rawValue + StreamPurge.sliceLength)
            sink += Int(store.purge(matching: filter, below: position, keep: 0))
            slices += 1
        }
        let time = Double(Stopwatch.threadTime() - start)
        Figure.row("as many in slices, CPU", time / 1e6, "ms", note: "\(slices) slices")
    }

    /// Messages a second.
    private static func publish(_ bench: BenchmarkStore, to subject: [UInt8], seconds: Double) -> Double {
        let payload = [UInt8](repeating: 120, count: 16)
        let start = Stopwatch.now()
        var count = 0
        while Double(Stopwatch.now() - start) < seconds * 1e9 {
            for _ in 0..<1_000 { bench.append(subject, payload) }
            count += 1_000
        }
        return Double(count) * 1e9 / Double(Stopwatch.now() - start)
    }
}
