import NIOCore
import StreamModel
import StreamStore

/// What encryption adds to a message, stored and loaded.
enum EncryptionBenchmark {
    /// Prints a row for each cipher and length.
    static func run(_ sizes: BenchmarkSizes) throws {
        Figure.heading("encryption, processor time per message")
        for bytes in [128, 1_024] {
            try self.measure("no cipher", nil, bytes, sizes.messages / 5)
            try self.measure(
                "ChaCha20-Poly1305",
                StoreEncryption(key: "benchmark"),
                bytes,
                sizes.messages / 5
            )
            try self.measure(
                "AES-256-GCM",
                StoreEncryption(cipher: .aes, key: "benchmark"),
                bytes,
                sizes.messages / 5
            )
        }
    }

    private static func measure(
        _ name: String,
        _ encryption: StoreEncryption?,
        _ bytes: Int,
        _ count: Int
    ) throws {
        let bench = try BenchmarkStore(encryption: encryption)
        let payload = [UInt8](repeating: 120, count: bytes)
        let subject = Array("orders.eu".utf8)
        let start = Stopwatch.threadTime()
        for _ in 0..<count { bench.append(subject, payload) }
        let total = Stopwatch.threadTime() - start - bench.commitTime - bench.checkpointTime
        Figure.row("\(name), \(bytes) B: append", Double(total) / Double(count), "ns")
        bench.commit()
        let read = Stopwatch.threadTime()
        var buffer = ByteBuffer()
        for sequence in 1...UInt64(count) {
            buffer.clear()
            let found = bench.store.load(StreamSequence(rawValue: sequence), into: &buffer)
            if case .message(let message) = found { sink += message.payloadLength }
        }
        let loaded = Stopwatch.threadTime() - read
        Figure.row("\(name), \(bytes) B: load", Double(loaded) / Double(count), "ns")
    }
}
