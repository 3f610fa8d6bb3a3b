import Subjects
import WireProtocol

/// `CONNECT`: any text is taken or refused, and what is taken once is taken again with the same result.
enum ConnectTarget {
    static func check(_ random: inout SeededGenerator) throws(Finding) {
        let bytes = random.once(in: 5) ? Traffic.noise(&random) : Traffic.json(&random)
        var once = ConnectOptions()
        let isValid = once.merge(bytes.span.bytes)
        var padded = ConnectOptions()
        let inside = [0x7b, 0x22] + bytes + [0x7d, 0x22]
        let isValidInside = padded.merge(inside.span.bytes, at: 2..<2 + bytes.count)
        if isValid != isValidInside || once != padded {
            throw Finding(target: "CONNECT", problem: "depends on what stands around it", input: bytes)
        }
        if !isValid { return }
        var twice = once
        let isValidAgain = twice.merge(bytes.span.bytes)
        if !isValidAgain || twice != once {
            throw Finding(target: "CONNECT", problem: "differs the second time", input: bytes)
        }
        // What is put into a quoted text is printable whatever came from the client.
        let quoted = QuotedText.quote(bytes.span.bytes)
        if quoted.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            throw Finding(target: "quoted text", problem: quoted, input: bytes)
        }
    }
}
