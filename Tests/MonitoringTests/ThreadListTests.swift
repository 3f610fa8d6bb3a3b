import Testing

@testable import Monitoring

@Suite("Threads")
struct ThreadListTests {
    @Test("Each thread has a line with its name")
    func lines() throws {
        let list = ThreadList()
        // The one that runs this test is there, and runs.
        #expect(list.threads.contains { $0.state == "R" && $0.id > 0 })
        #expect(list.threads.map(\.id) == list.threads.map(\.id).sorted())
        let first = try #require(list.threads.first)
        let line = "thread \(first.id) [\(first.state)]: \(first.name), \(first.ticks) ticks\n"
        #expect(list.text.hasPrefix(line))
    }
}
