import StreamModel
import StreamStore
import Subjects

/// Finding the next message that matches a filter, from anywhere, however rare it is.
enum NextBenchmark {
    /// Fills a store where one message in a thousand, or one at each end, matches, and asks.
    static func run(_ sizes: BenchmarkSizes) throws {
        let count = sizes.messages * 2
        let bench = try BenchmarkStore()
        let payload = [UInt8](repeating: 120, count: 16)
        var common = NumberedSubject("many.", digits: 6, ".x")
        var rare = NumberedSubject("rare.", digits: 2, ".y")
        let ends = Array("ends.one".utf8)
        bench.append(ends, payload)
        for index in 0..<count {
            if index % 1_000 == 500 {
                rare.set(index / 1_000 % 100)
                bench.append(rare.bytes, payload)
            } else {
                common.set(index % 100_000)
                bench.append(common.bytes, payload)
            }
        }
        bench.append(ends, payload)
        bench.commit()
        bench.checkpoint()
        Figure.heading("next match, \(Figure.text(Double(count))) messages, 100 000 subjects")
        let store = bench.store
        self.random("a literal, 1 in 100 000", store, BenchmarkStore.filter("rare.07.y"))
        self.random("a literal at both ends only", store, BenchmarkStore.filter("ends.one"))
        self.random("a literal that is not stored", store, BenchmarkStore.filter("ends.two"))
        self.random("a wildcard, 1 in 1 000", store, BenchmarkStore.filter("rare.*.y"))
        self.random("a wildcard that matches nothing", store, BenchmarkStore.filter("*.*.z"), samples: 200)
        self.random(
            "a list, 1 in 500 and a literal",
            store,
            BenchmarkStore.filter("rare.*.y", "many.000007.x")
        )
        self.walk("a wildcard, 1 in 1 000", store, BenchmarkStore.filter("rare.*.y"))
        self.walk("a list of two", store, BenchmarkStore.filter("rare.*.y", "many.000007.x"))
        self.walk("everything but the rare", store, BenchmarkStore.filter("many.>"))
    }

    private static func random(
        _ name: String,
        _ store: FileStreamStore,
        _ filter: SubjectFilter,
        samples: Int = 2_000
    ) {
        var chance = Chance(5)
        let last = Int(store.state.lastSequence.rawValue)
        let found = Samples(samples) { _ in
            if store.next(from: StreamSequence(UInt64(1 + chance.below(last))), matching: filter) != nil {
                sink += 1
            }
        }
        Figure.row(
            "from anywhere: \(name)",
            found.mean,
            "µs",
            note:
                "p99 \(Figure.text(found.microseconds(permille: 990))) µs, longest \(Figure.text(found.microseconds(permille: 1_000)))"
        )
    }

    private static func walk(_ name: String, _ store: FileStreamStore, _ filter: SubjectFilter) {
        var count = 0
        let nanoseconds = Stopwatch.nanoseconds {
            var next = StreamSequence(1)
            while let found = store.next(from: next, matching: filter) {
                count += 1
                next = found.next
            }
        }
        Figure.row(
            "one after the other: \(name)",
            nanoseconds / Double(max(count, 1)),
            "ns",
            note: "\(Figure.text(Double(count))) found"
        )
    }
}
