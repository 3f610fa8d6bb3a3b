import StreamModel
import StreamStore

/// What grows with the stream: nothing may.
enum MemoryBenchmark {
    /// Message ids and interior deletes at one size and at ten times that.
    static func run(_ sizes: BenchmarkSizes) throws {
        Figure.heading("anonymous memory while a stream grows, highest of each part")
        for size in [sizes.memory, sizes.memory * 10] {
            try self.messageIDs(size)
            try self.deletes(size)
        }
    }

    private static func messageIDs(_ count: Int) throws {
        let bench = try BenchmarkStore(duplicateWindow: 3_600_000_000_000)
        let payload = [UInt8](repeating: 120, count: 16)
        let subject = Array("events.all".utf8)
        var id = NumberedSubject("id-", digits: 9)
        var peak = 0.0
        for index in 0..<count {
            id.set(index)
            bench.append(subject, payload, messageID: id.bytes)
            if index % 50_000 == 0 { peak = max(peak, anonymousMemory()) }
        }
        Figure.row("\(Figure.text(Double(count))) message ids", peak, "MiB", bar: .atMost(128))
    }

    private static func deletes(_ count: Int) throws {
        let bench = try BenchmarkStore()
        let payload = [UInt8](repeating: 120, count: 16)
        let subject = Array("events.all".utf8)
        var peak = 0.0
        for index in 0..<count {
            bench.append(subject, payload)
            // Every other message goes, a while after it came.
            if index % 2 == 1, index > 1_000 {
                _ = bench.store.remove(StreamSequence(UInt64(index - 999)), erase: false)
            }
            if index % 50_000 == 0 { peak = max(peak, anonymousMemory()) }
        }
        Figure.row("\(Figure.text(Double(count / 2))) interior deletes", peak, "MiB", bar: .atMost(128))
    }
}
