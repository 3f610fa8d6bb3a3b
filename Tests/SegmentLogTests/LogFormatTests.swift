import Glibc
import TestSupport
import Testing

@testable import SegmentLog

@Suite("The example in docs/log-format.md")
struct LogFormatTests {
    let disk = FakeDisk()
    let stream: StreamUUID
    let fixture: LogFixture

    init() throws {
        self.stream = StreamUUID(high: 0x1011_1213_1415_1617, low: 0x1819_1a1b_1c1d_1e1f)
        self.fixture = try LogFixture(self.disk.root)
    }

    @Test("A stream's identifier is its sixteen bytes in order")
    func identifier() {
        let bytes: [UInt8] = Array(0x10...0x1f)
        // Outside of the macro, which cannot hold a span.
        let whole = StreamUUID(bytes: bytes.span.bytes)
        #expect(whole == self.stream)
        #expect(self.stream.bytes == bytes)
        let short = Array(bytes.dropLast())
        let none = StreamUUID(bytes: short.span.bytes)
        #expect(none == nil)
    }

    @Test("The segment on the page is the one that is written")
    func segment() throws {
        let log = try self.storeMessage()
        log.roll(to: 2)
        try log.write()
        let file = try #require(self.disk.contents("log/00000000000000000001.seg"))
        #expect(file == (try LogFormatTests.dump("segment")))
        let seed = Checksum.seed(magic: FileKind.segment.magic, stream: self.stream, number: 1)
        #expect(seed == 0x32d6_584b)
    }

    @Test("The erased record on the page is the one that is left")
    func erased() throws {
        let log = try self.storeMessage()
        try log.write()
        _ = log.erase(at: LogPosition(segment: 1, offset: 48))
        try log.write()
        let file = try #require(self.disk.contents("log/00000000000000000001.seg"))
        #expect(Array(file[48..<96]) == (try LogFormatTests.dump("erased")))
    }

    @Test("The packed segment on the page is the one that is written")
    func packed() throws {
        let log = try self.storeMessage()
        log.roll(to: 2)
        try log.write()
        let rewrite = try #require(log.makeRewrite(1, RewritePlan()))
        rewrite.perform()
        _ = log.finish(rewrite)
        let file = try #require(self.disk.contents("log/00000000000000000001.seg"))
        #expect(file == (try LogFormatTests.dump("packed")))
    }

    @Test("The journal on the page is the one that is written")
    func journal() throws {
        let options = LogOptions(preallocates: false)
        let journal = Journal(directory: self.fixture.journal, stream: self.stream, options: options)
        _ = try journal.recover(from: 1, quarantine: self.fixture.quarantine) { _, _ in }
        journal.append(kind: 2, after: 1, bytes: Array("ack 1".utf8).span.bytes)
        try journal.write()
        let file = try #require(self.disk.contents("journal/00000000000000000001.jnl"))
        #expect(file == (try LogFormatTests.dump("journal")))
    }

    private func storeMessage() throws -> MessageLog {
        let options = LogOptions(preallocates: false)
        let log = MessageLog(directory: self.fixture.log, stream: self.stream, options: options)
        _ = try log.recover(quarantine: self.fixture.quarantine) { _, _ in }
        _ = log.append(
            sequence: 1,
            timestamp: 1_700_000_000_000_000_000,
            subject: Array("orders.eu".utf8).span.bytes,
            headers: [UInt8]().span.bytes,
            payload: Array("hello".utf8).span.bytes
        )
        return log
    }

    /// The bytes of all dumps on the page that are marked so.
    private static func dump(_ mark: String) throws -> [UInt8] {
        let page = try LogFormatTests.page()
        var bytes: [UInt8] = []
        var isInside = false
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside = line == "```hex \(mark)"
            } else if isInside {
                let digits = line.dropFirst(4).prefix { $0 != "|" }
                bytes += digits.split(separator: " ").compactMap { UInt8($0, radix: 16) }
            }
        }
        return bytes
    }

    private static func page(_ file: String = #filePath) throws -> String {
        let root = file.split(separator: "/").dropLast(3).joined(separator: "/")
        let docs = try POSIXDirectory(path: "/\(root)/docs")
        let page = try docs.openFile("log-format.md", for: .reading)
        var bytes = [UInt8](repeating: 0, count: Int(try page.size()))
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        _ = try page.read(into: &raw, at: 0)
        return String(decoding: bytes, as: UTF8.self)
    }
}
