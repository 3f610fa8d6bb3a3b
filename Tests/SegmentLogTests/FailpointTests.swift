import Glibc
import TestSupport
import Testing

@testable import SegmentLog

@Suite("Failpoints")
struct FailpointTests {
    @Test("An armed failpoint ends the process at the count-th reach, with the status of a kill")
    func armed() async {
        let result = await #expect(
            processExitsWith: .exitCode(137),
            observing: [\.standardOutputContent]
        ) {
            setenv("WEIR_FAILPOINT", "segmentSync:3", 1)
            let log = try LogFixture(FakeDisk().root).open().log
            for sequence in 1...5 as ClosedRange<UInt64> {
                log.append(Message(sequence, payloadLength: 10))
                try log.write()
                let line = "synced \(sequence)\n"
                Glibc.write(STDOUT_FILENO, line, line.utf8.count)
            }
        }
        let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
        #expect(output.contains("synced 2"))
        #expect(!output.contains("synced 3"))
    }

    @Test("Without the variable, or with a name that is none, nothing happens")
    func unarmed() async {
        await #expect(processExitsWith: .success) {
            setenv("WEIR_FAILPOINT", "noSuchStep", 1)
            for point in Failpoint.allCases { Failpoint.reach(point) }
        }
    }
}
