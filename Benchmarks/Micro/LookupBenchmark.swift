import NIOCore
import StreamModel
import StreamStore
import Subjects

/// Questions about single subjects and places, asked of an index in LMDB.
enum LookupBenchmark {
    /// Fills a store with one message on each of many subjects and more on a few, and asks.
    static func run(_ sizes: BenchmarkSizes) throws {
        let count = sizes.subjects
        let bench = try BenchmarkStore()
        let payload = [UInt8](repeating: 120, count: 16)
        var subject = NumberedSubject("a.", digits: 8, ".b")
        var starred = NumberedSubject("a.", digits: 8, ".c")
        // Half of the subjects have a second token of their own, and every thousandth of them ends in `c`. The others
        // are a thousand groups, each with one that ends in `c`.
        for index in 0..<count / 2 {
            if index % 1_000 == 0 {
                starred.set(index)
                bench.append(starred.bytes, payload)
            } else {
                subject.set(index)
                bench.append(subject.bytes, payload)
            }
        }
        for index in 0..<count - count / 2 {
            let last = index / 1_000 == 0 ? "c" : "d\(index / 1_000)"
            bench.append(Array("g.\(index % 1_000).\(last)".utf8), payload)
        }
        var hot = NumberedSubject("hot.", digits: 1)
        for index in 0..<count {
            hot.set(index % 10)
            bench.append(hot.bytes, payload)
        }
        bench.commit()
        bench.checkpoint()
        Figure.heading(
            "look-ups, \(Figure.text(Double(count))) subjects with a message each, 10 with the rest"
        )
        self.lastBySubject(bench.store, count)
        self.counts(bench.store, count)
        self.subjects(bench.store, count)
        self.places(bench, count)
    }

    private static func lastBySubject(_ store: FileStreamStore, _ count: Int) {
        var chance = Chance(7)
        var filters: [SubjectFilter] = []
        for _ in 0..<200_000 {
            let number = chance.below(count / 2)
            let digits = String(repeating: "0", count: 8 - "\(number)".count) + "\(number)"
            filters.append(BenchmarkStore.filter("a.\(digits).\(number % 1_000 == 0 ? "c" : "b")"))
        }
        let limit = store.state.lastSequence
        let samples = Samples(filters.count) { index in
            if store.last(matching: filters[index], atOrBefore: limit) != nil { sink += 1 }
        }
        Figure.row("last by subject", 1e6 / samples.mean, "/s", bar: .atLeast(300_000))
        Figure.row("last by subject, p99", samples.microseconds(permille: 990), "µs", bar: .atMost(100))
        var buffer = ByteBuffer()
        let loads = Samples(filters.count) { index in
            buffer.clear()
            if let found = store.last(matching: filters[index], atOrBefore: limit),
                case .message = store.load(found, into: &buffer)
            {
                sink += 1
            }
        }
        Figure.row("last by subject, with its message", 1e6 / loads.mean, "/s")
        Figure.row("the same, p99", loads.microseconds(permille: 990), "µs")
    }

    private static func counts(_ store: FileStreamStore, _ count: Int) {
        var chance = Chance(8)
        let hot = (0..<10).map { BenchmarkStore.filter("hot.\($0)") }
        let literal = Samples(20_000) { index in
            let start = StreamSequence(UInt64(count + chance.below(count)))
            sink += Int(store.count(from: start, matching: hot[index % 10]))
        }
        Figure.row("count after a sequence, literal", literal.mean, "µs", bar: .atMost(50))
        Figure.row("the same, p99", literal.microseconds(permille: 990), "µs")
        let grouped = BenchmarkStore.filter("g.*.c")
        let groups = Samples(20) { _ in
            let start = StreamSequence(UInt64(chance.below(count)))
            sink += Int(store.count(from: start, matching: grouped))
        }
        Figure.row(
            "count after a sequence, g.*.c: 1 000 groups of many",
            groups.mean / 1_000,
            "ms",
            bar: .atMost(5)
        )
        let filter = BenchmarkStore.filter("a.*.c")
        let wildcard = Samples(20) { _ in
            let start = StreamSequence(UInt64(chance.below(count)))
            sink += Int(store.count(from: start, matching: filter))
        }
        Figure.row("count after a sequence, a.*.c: many groups of one", wildcard.mean / 1_000, "ms")
        let list = BenchmarkStore.filter("hot.1", "a.*.c", "hot.7")
        let several = Samples(20) { _ in
            let start = StreamSequence(UInt64(chance.below(count)))
            sink += Int(store.count(from: start, matching: list))
        }
        Figure.row("count after a sequence, three filters", several.mean / 1_000, "ms")
        let all = Samples(3) { _ in
            sink += Int(store.count(from: StreamSequence(2), matching: BenchmarkStore.filter("a.>")))
        }
        Figure.row("count after a sequence, a.>: all of them", all.mean / 1_000, "ms")
    }

    private static func subjects(_ store: FileStreamStore, _ count: Int) {
        var found = 0
        let some = Samples(20) { _ in
            store.forEachSubject(matching: BenchmarkStore.filter("a.*.c")) { _, _ in found += 1 }
        }
        Figure.row("subjects with counts, a.*.c: many groups of one", some.mean / 1_000, "ms")
        let all = Samples(3) { _ in
            store.forEachSubject(matching: .all) { _, _ in found += 1 }
        }
        Figure.row("subjects with counts, all", all.mean / 1_000, "ms")
        sink += found
        let last = store.state.lastSequence
        let multi = Samples(20) { _ in
            let filter = BenchmarkStore.filter("a.*.c", "hot.*")
            sink += store.lastPerSubject(matching: filter, atOrBefore: last).count
        }
        Figure.row("last of each subject, a.*.c and hot.*", multi.mean / 1_000, "ms")
        let past = Samples(20) { _ in
            let filter = BenchmarkStore.filter("hot.*")
            let limit = StreamSequence(UInt64(count + count / 2))
            sink += store.lastPerSubject(matching: filter, atOrBefore: limit).count
        }
        Figure.row("last of each subject up to a sequence, hot.*", past.mean, "µs")
    }

    private static func places(_ bench: BenchmarkStore, _ count: Int) {
        let store = bench.store
        var chance = Chance(9)
        guard let first = store.state.firstTime, let last = store.state.lastTime else { return }
        let times = Samples(20_000) { _ in
            let nanoseconds = chance.below(Int(last.nanoseconds(since: first) / 1_000)) * 1_000
            if store.first(atOrAfter: first.advanced(byNanoseconds: Int64(nanoseconds))) != nil { sink += 1 }
        }
        Figure.row("first message at or after a time", times.mean, "µs")
        var buffer = ByteBuffer()
        let loads = Samples(50_000) { _ in
            buffer.clear()
            if case .message = store.load(StreamSequence(UInt64(1 + chance.below(2 * count))), into: &buffer)
            {
                sink += 1
            }
        }
        Figure.row("load a random message", loads.mean, "µs")
        Figure.row("the same, p99", loads.microseconds(permille: 990), "µs")
        let states = Samples(100_000) { _ in sink += Int(store.state.messages & 1) }
        Figure.row("state", states.mean * 1_000, "ns")
    }
}
