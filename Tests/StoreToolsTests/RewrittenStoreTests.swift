import Foundation
import StreamModel
import StreamStore
import TestSupport
import Testing

@testable import StoreTools

@Suite("The tools on a store whose segments were rewritten")
struct RewrittenStoreTests {
    /// A stream of which little is left, rewritten; compressed or not.
    private func fixture(compresses: Bool) throws -> ToolFixture {
        let fixture = try ToolFixture.filled()
        try fixture.withStream("ORDERS") { store in
            store.compresses = compresses
            for sequence in 20...900 as ClosedRange<UInt64> where sequence % 5 != 0 {
                _ = store.remove(StreamSequence(rawValue: sequence), erase: false)
            }
            var time = ToolFixture.now
            for _ in 0..<60 {
                time = time.advanced(byNanoseconds: 2_000_000_000)
                if let rewrite = store.makeRewrite(now: time) {
                    rewrite.perform { _ in }
                    try store.finish(rewrite)
                }
                for _ in 0..<3 {
                    if let checkpoint = store.makeCheckpoint(consumers: []) {
                        checkpoint.perform()
                        try store.finish(checkpoint)
                    }
                    while let commit = store.makeCommit() {
                        commit.perform()
                        try store.finish(commit)
                    }
                }
            }
            #expect(store.rewrites > 1)
        }
        return fixture
    }

    @Test("Verifying finds nothing wrong", arguments: [false, true])
    func verifies(compresses: Bool) throws {
        let fixture = try self.fixture(compresses: compresses)
        let verification = try fixture.verify()
        #expect(verification.all == [])
        #expect(try fixture.messages("ORDERS").allSatisfy { !$0.hasSuffix("damaged") })
    }

    @Test("Verifying finds a flipped byte, in whatever part of the file", arguments: [false, true])
    func findsDamage(compresses: Bool) throws {
        let fixture = try self.fixture(compresses: compresses)
        let path = "\(fixture.streamPath("ORDERS"))/log/" + (try fixture.files("log", of: "ORDERS")[0])
        let good = try Data(contentsOf: URL(fileURLWithPath: path))
        // A record of the first block.
        try ToolFixture.flip(path, at: 48 + 32 + 700)
        #expect(try fixture.verify().all.contains { $0.severity == .damage })
        try good.write(to: URL(fileURLWithPath: path))
        #expect(try fixture.verify().all == [])
    }
}
