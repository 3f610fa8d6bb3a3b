import Foundation
import SegmentLog
import StreamModel
import StreamStore
import TestSupport
import Testing

@testable import StoreTools

@Suite("Packed segments")
struct PackedSegmentTests {
    /// A filled store whose full segments are packed.
    private func packed(compresses: Bool) throws -> ToolFixture {
        let fixture = try ToolFixture.filled()
        let path = fixture.streamPath("ORDERS")
        let directory = try POSIXDirectory(path: path + "/log")
        let stream = try #require(try MessageLog.identify(directory))
        let log = MessageLog(directory: directory, stream: stream)
        _ = try log.recover(quarantine: fixture.directory.directory) { _, _ in }
        for segment in log.summaries.dropLast() {
            let plan = RewritePlan(compresses: compresses)
            let rewrite = try #require(log.makeRewrite(segment.firstSequence, plan))
            rewrite.perform()
            guard case .done = log.finish(rewrite) else {
                Issue.record("segment \(segment.firstSequence) was not packed")
                continue
            }
        }
        return fixture
    }

    private func repair(_ fixture: ToolFixture) throws {
        _ = try StoreRepair(
            RepairPlan(try fixture.verify()),
            at: fixture.path,
            randomBytes: [UInt8](repeating: 7, count: 16),
            now: ToolFixture.now
        )
    }

    @Test("They verify, and damage in them costs what it hit", arguments: [false, true])
    func damage(compresses: Bool) throws {
        let fixture = try self.packed(compresses: compresses)
        #expect(try fixture.verify().all == [])
        let before = try fixture.messages("ORDERS")
        let file = try fixture.files("log", of: "ORDERS")[1]
        let path = "\(fixture.streamPath("ORDERS"))/log/\(file)"
        let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
        try ToolFixture.flip(path, at: size / 3)
        let found = try fixture.verify()
        #expect(found.damageCount > 0)
        #expect(found.all.allSatisfy { $0.place.contains(file) })
        let damaged = try Data(contentsOf: URL(fileURLWithPath: path))
        try self.repair(fixture)
        #expect(try fixture.verify().all == [])
        let after = try fixture.messages("ORDERS")
        #expect(Set(after).isSubset(of: Set(before)))
        if !compresses { #expect(before.count - after.count == 1) }
        #expect(try fixture.contents().contains { $0.key.hasPrefix("quarantine/1/") && $0.value == damaged })
    }

    @Test("A restore can end in one", arguments: [false, true])
    func cut(compresses: Bool) throws {
        let fixture = try self.packed(compresses: compresses)
        let before = try fixture.messages("ORDERS")
        let other = try TemporaryDirectory()
        _ = try StoreBackup(of: fixture.path, to: other.path + "/backup", now: ToolFixture.now)
        let limit = StoreRestore.Limit(sequence: 400)
        let target = other.path + "/target"
        _ = try StoreRestore(other.path + "/backup", to: target, limit: limit, now: ToolFixture.now)
        #expect(try fixture.verify(target).all == [])
        let expected = before.filter { (UInt64($0.split(separator: " ")[0]) ?? 0) <= 400 }
        #expect(try fixture.messages("ORDERS", in: target + "/weir") == expected)
    }
}
