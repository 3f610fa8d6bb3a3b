import Testing

@testable import LoadGenerator

@Suite("Options")
struct OptionsTests {
    @Test("Options are read, and what follows -- is a command")
    func read() throws {
        let options = try Options(
            ["--count", "5", "--ack", "--", "server", "--count"],
            known: ["count"],
            flags: ["ack"]
        )
        #expect(try options.number("count") == 5)
        #expect(options.has("ack"))
        #expect(options.command == ["server", "--count"])
        #expect(try options.number("size", default: 3) == 3)
    }

    @Test(
        "A bad command line is refused",
        arguments: [["--x", "1"], ["--count"], ["count"], ["--count", "0"], ["--count", "x"], []]
    )
    func refused(arguments: [String]) {
        #expect(throws: LoadError.self) {
            try Options(arguments, known: ["count"]).number("count")
        }
    }

    @Test("Shares add up", arguments: [(10, 4), (3, 5), (8, 8)])
    func shares(count: Int, parts: Int) {
        var next = 0
        for index in 0..<parts {
            let range = Share.range(count, index, among: parts)
            #expect(range == next..<next + Share.of(count, index, among: parts))
            next = range.upperBound
        }
        #expect(next == count)
    }
}
