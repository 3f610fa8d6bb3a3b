import Foundation
import SegmentLog
import Testing

@testable import StreamStore

/// A child process changes a catalog and ends at a failpoint, as in a crash; what it had been told was done must
/// be there, what it had not been told may be, and nothing else.
@Suite("Catalog crashes")
struct CatalogCrashTests {
    /// One change.
    enum Step: CaseIterable {
        case addFirst, addConsumer, updateStream, addSecond, removeConsumer, removeFirst, updateSecond

        func perform(_ catalog: Catalog) throws {
            switch self {
            case .addFirst: _ = try catalog.addStream(account: "A", name: "first", bytes: [1])
            case .addConsumer: _ = try catalog.addConsumer(stream: 1, name: "C", bytes: [2])
            case .updateStream: try catalog.updateStream(id: 1, bytes: [3])
            case .addSecond: _ = try catalog.addStream(account: "B", name: "second", bytes: [4])
            case .removeConsumer: try catalog.removeConsumer(stream: 1, name: "C")
            case .removeFirst: try catalog.removeStream(id: 1)
            case .updateSecond: try catalog.updateStream(id: 2, bytes: [5])
            }
        }
    }

    /// The streams after so many steps.
    static func expected(after steps: Int) -> [CatalogStream] {
        let consumer = CatalogConsumer(id: 1, name: "C", bytes: [2])
        let first = CatalogStream(id: 1, account: "A", name: "first", bytes: [1])
        let withConsumer = CatalogStream(
            id: 1,
            account: "A",
            name: "first",
            bytes: [1],
            consumers: [consumer]
        )
        let updated = CatalogStream(id: 1, account: "A", name: "first", bytes: [3], consumers: [consumer])
        let without = CatalogStream(id: 1, account: "A", name: "first", bytes: [3])
        let second = CatalogStream(id: 2, account: "B", name: "second", bytes: [4])
        let last = CatalogStream(id: 2, account: "B", name: "second", bytes: [5])
        let states = [
            [], [first], [withConsumer], [updated], [updated, second], [without, second], [second], [last],
        ]
        return states[min(steps, states.count - 1)]
    }

    @Test(
        "A crash at any step keeps what was acknowledged, with the catalog and without",
        arguments: [
            (.storeCreate, 1...1), (.catalogCommit, 1...9), (.catalogCommitted, 1...9),
            (.streamMetaWrite, 1...6), (.streamMetaRename, 1...6), (.streamMetaSync, 1...6),
            (.streamDiscard, 1...1), (.streamDiscardSync, 1...1), (.trashRemove, 1...1),
            (.catalogQuarantine, 1...1),
        ] as [(Failpoint, ClosedRange<Int>)]
    )
    func crash(point: Failpoint, counts: ClosedRange<Int>) async throws {
        for count in counts {
            let fixture = try CatalogFixture()
            try Data().write(to: Self.log(fixture.path))
            let path = fixture.path
            let failpoint = "\(point.rawValue):\(count)"
            await #expect(processExitsWith: .exitCode(137), "\(failpoint)") {
                [path = path as String, failpoint = failpoint as String] in
                setenv("WEIR_FAILPOINT", failpoint, 1)
                try Self.live(path)
                // Not reached if the failpoint is.
                _exit(0)
            }
            try Self.check(fixture, failpoint)
        }
    }

    /// What the child does: every step, noted when it is done, and a second opening without the catalog.
    private static func live(_ path: String) throws {
        let directory = try StoreDirectory.open(path, randomBytes: CatalogFixture.random)
        try self.perform(directory)
        directory.close()
        truncate(directory.catalogPath + "/data.mdb", 8192)
        _ = try Catalog.open(directory: try StoreDirectory.open(path, randomBytes: CatalogFixture.random))
    }

    private static func perform(_ directory: StoreDirectory) throws {
        let catalog = try Catalog.open(directory: directory)
        let log = try FileHandle(forWritingTo: Self.log(directory.path))
        for step in Step.allCases {
            try step.perform(catalog)
            try log.write(contentsOf: Data([1]))
        }
    }

    /// What the parent finds.
    private static func check(_ fixture: CatalogFixture, _ failpoint: String) throws {
        let done = try Data(contentsOf: self.log(fixture.path)).count
        let allowed = [self.expected(after: done), self.expected(after: done + 1)]

        let lost = try CatalogFixture()
        try FileManager.default.copyItem(atPath: fixture.path, toPath: lost.path)
        if lost.exists("catalog") { try lost.remove("catalog") }
        let rebuilt = try lost.withCatalog { $0.streams() }
        #expect(allowed.contains(rebuilt), "\(failpoint), without the catalog")

        let found = try fixture.withCatalog { $0.streams() }
        #expect(allowed.contains(found), "\(failpoint)")
        if Self.isAfterCommit(failpoint) {
            #expect(found == allowed[1], "\(failpoint): committed and undone")
        }
        #expect(try fixture.names("streams") == found.map { "\($0.id)" }, "\(failpoint)")
        // The two copies agree from here on.
        let problems = try fixture.withCatalog { $0.problems }
        #expect(problems == [], "\(failpoint)")
        try fixture.remove("catalog")
        try fixture.withCatalog { catalog throws in
            #expect(catalog.streams() == found, "\(failpoint), then without the catalog")
            let used: UInt64 = done >= 4 ? 2 : done >= 1 ? 1 : 0
            #expect(try catalog.addStream(account: "A", name: "new", bytes: []) > used, "\(failpoint)")
        }
    }

    /// Whether a step was committed when the child ended: what is in the catalog is not taken back.
    private static func isAfterCommit(_ failpoint: String) -> Bool {
        // The first commit is that of opening.
        failpoint.hasPrefix("streamDiscard")
            || failpoint.hasPrefix("catalogCommitted") && failpoint != "catalogCommitted:1"
    }

    private static func log(_ path: String) -> URL { URL(fileURLWithPath: path + ".done") }
}
