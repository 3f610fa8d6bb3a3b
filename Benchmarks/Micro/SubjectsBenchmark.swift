import StreamModel
import StreamStore

/// Many subjects with one message each, kept at one: rate and memory.
enum SubjectsBenchmark {
    /// Appends to each subject, and then to each once more in another order.
    static func run(_ sizes: BenchmarkSizes) throws {
        let count = sizes.subjects
        Figure.heading("\(Figure.text(Double(count))) subjects, max_msgs_per_subject 1")
        let idle = anonymousMemory()
        let bench = try BenchmarkStore(limits: StoreLimits(messagesPerSubject: 1))
        let payload = [UInt8](repeating: 120, count: 128)
        var subject = NumberedSubject("devices.", digits: 9, ".state")
        var peak = 0.0
        let fill = { (stride: Int) in
            Stopwatch.nanoseconds {
                for index in 0..<count {
                    // The stride and the count have no common factor, so each subject comes once.
                    subject.set(index * stride % count)
                    bench.append(subject.bytes, payload)
                    if index % 50_000 == 0 { peak = max(peak, anonymousMemory()) }
                }
                bench.commit()
            }
        }
        Figure.row("append, new subjects in order", Double(count) * 1e9 / fill(1), "/s")
        Figure.row("append, each replacing one, in no order", Double(count) * 1e9 / fill(7_368_787), "/s")
        Figure.row(
            "anonymous memory, highest",
            peak,
            "MiB",
            bar: .atMost(128),
            note: "\(Figure.text(idle)) MiB before"
        )
        bench.checkpoint()
        Figure.row("anonymous memory, idle", anonymousMemory(), "MiB")
        Figure.row("subjects", Double(bench.store.state.subjects), "")
    }
}
