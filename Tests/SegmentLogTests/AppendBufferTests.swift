import Testing

@testable import SegmentLog

@Suite("Bytes not yet written")
struct AppendBufferTests {
    private func fill(_ buffer: AppendBuffer, _ bytes: Int) {
        _ = unsafe buffer.reserve(bytes)
        #expect(buffer.count == bytes)
        buffer.recycle()
        #expect(buffer.count == 0)
    }

    @Test("A buffer of usual size keeps its memory, however little is needed")
    func usual() {
        let buffer = AppendBuffer()
        self.fill(buffer, 1 << 20)
        let capacity = buffer.block.capacity
        self.fill(buffer, 1)
        #expect(buffer.block.capacity == capacity && capacity >= 1 << 20)
    }

    @Test(
        "A large one keeps it while batches of its size come now and then, and gives it back when all are small"
    )
    func large() {
        let buffer = AppendBuffer()
        self.fill(buffer, 6 << 20)
        let capacity = buffer.block.capacity
        #expect(capacity > AppendBuffer.keptBytesMax)
        for _ in 0..<4 {
            for _ in 0..<AppendBuffer.sparedMax { self.fill(buffer, 100) }
            #expect(buffer.block.capacity == capacity)
            self.fill(buffer, 5 << 20)
        }
        for _ in 0...AppendBuffer.sparedMax { self.fill(buffer, 100) }
        #expect(buffer.block.capacity == AppendBuffer.initialBytes)
    }

    @Test("A very large one is never kept")
    func veryLarge() {
        let buffer = AppendBuffer()
        self.fill(buffer, AppendBuffer.usedBytesMax + 1)
        #expect(buffer.block.capacity == AppendBuffer.initialBytes)
    }
}
