import StreamModel
import StreamStore

/// What storing a message costs: processor time of the loop, of commits and of checkpoints.
enum AppendBenchmark {
    /// Prints a row for each shape of stream.
    static func run(_ sizes: BenchmarkSizes) throws {
        Figure.heading("append, 128 B, processor time per message")
        try self.file("one subject", subjects: 1, sizes.messages)
        try self.file("1 000 subjects", subjects: 1_000, sizes.messages)
        try self.file("as many subjects as messages", subjects: sizes.messages, sizes.messages)
        self.memory("1 000 subjects", subjects: 1_000, sizes.messages)
    }

    private static func file(_ name: String, subjects: Int, _ count: Int) throws {
        let bench = try BenchmarkStore()
        let payload = [UInt8](repeating: 120, count: 128)
        var subject = NumberedSubject("orders.eu.", digits: 8)
        let start = Stopwatch.now()
        let cpu = Stopwatch.threadTime()
        for index in 0..<count {
            if subjects > 1 { subject.set(index % subjects) }
            bench.append(subject.bytes, payload)
        }
        let total = Stopwatch.threadTime() - cpu
        let elapsed = Stopwatch.now() - start
        let loop = total - bench.commitTime - bench.checkpointTime
        let each = { (time: Int) in Double(time) / Double(count) }
        Figure.row(
            "\(name): the loop",
            each(loop),
            "ns",
            bar: subjects == 1 ? .atMost(150) : nil,
            note: "\(Figure.text(1e9 / each(elapsed))) messages/s with all of it on one thread"
        )
        Figure.row("\(name): commits of 1 000", each(bench.commitTime), "ns")
        Figure.row("\(name): checkpoints", each(bench.checkpointTime), "ns")
    }

    private static func memory(_ name: String, subjects: Int, _ count: Int) {
        let store = MemoryStreamStore()
        let payload = [UInt8](repeating: 120, count: 128)
        var subject = NumberedSubject("orders.eu.", digits: 8)
        let cpu = Stopwatch.threadTime()
        for index in 0..<count {
            subject.set(index % subjects)
            _ = store.append(
                subject: subject.bytes.span.bytes,
                headers: RawSpan(),
                payload: payload.span.bytes,
                messageID: RawSpan(),
                timestamp: Timestamp(rawValue: Int64(index))
            )
        }
        Figure.row("memory store, \(name)", Double(Stopwatch.threadTime() - cpu) / Double(count), "ns")
    }
}
