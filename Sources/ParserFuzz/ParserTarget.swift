import Subjects
import WireProtocol

/// The parser of client operations: reads the same operations however the bytes are split, and keeps few of them.
enum ParserTarget {
    /// An operation without its places: the bytes themselves.
    private enum Event: Equatable {
        case operation(kind: UInt8, parts: [[UInt8]], number: Int)
        case violation(ProtocolViolation)
    }

    /// One way of offering bytes.
    private struct Run {
        var events: [Event] = []
        var keptMax = 0
    }

    static func check(_ random: inout SeededGenerator) throws(Finding) {
        let bytes: [UInt8]
        switch random.below(4) {
        case 0: bytes = Traffic.stream(&random)
        case 1: bytes = Traffic.damagedStream(&random)
        case 2: bytes = Traffic.pieces(&random)
        default: bytes = Traffic.noise(&random)
        }
        let parser = ClientOperationParser(
            maxControlLine: random.one(of: [0, 1, 16, 64, 4096]),
            maxPayload: random.one(of: [0, 10, 200, 1_048_576]),
            headersEnabled: !random.once(in: 4),
            requiresConnect: random.once(in: 20)
        )
        let whole = Self.run(parser, bytes, most: bytes.count, padding: 0, &random)
        for most in [1, 2, 7, 64] {
            let split = Self.run(parser, bytes, most: most, padding: random.below(9), &random)
            if split.events != whole.events {
                throw Finding(
                    target: "parser",
                    problem: "in reads of up to \(most): \(split.events), whole: \(whole.events), \(parser)",
                    input: bytes
                )
            }
            // One line with its blanks, or one line and its message.
            let lineMax = 8 + 2 * parser.maxControlLine + 2
            if split.keptMax > lineMax + parser.maxPayload + 2 + most {
                throw Finding(
                    target: "parser",
                    problem: "kept \(split.keptMax) bytes of \(parser)",
                    input: bytes
                )
            }
        }
        Self.misuse(parser, bytes)
    }

    /// Goes on past violations and at wrong places: the result means nothing, but nothing may trap.
    private static func misuse(_ start: ClientOperationParser, _ bytes: [UInt8]) {
        var parser = start
        var offset = 0
        while offset <= bytes.count {
            _ = parser.next(in: bytes.span.bytes, from: offset)
            offset += 5
        }
    }

    private static func run(
        _ start: ClientOperationParser,
        _ bytes: [UInt8],
        most: Int,
        padding: Int,
        _ random: inout SeededGenerator
    ) -> Run {
        var parser = start
        var run = Run()
        var kept: [UInt8] = []
        var taken = 0
        while taken < bytes.count {
            let end = min(bytes.count, taken + 1 + random.below(max(1, most)))
            let offered = [UInt8](repeating: 0x20, count: padding) + kept + bytes[taken..<end]
            taken = most == bytes.count ? bytes.count : end
            let all = most == bytes.count ? bytes : offered
            var offset = most == bytes.count ? 0 : padding
            reading: while true {
                switch parser.next(in: all.span.bytes, from: offset) {
                case .operation(let operation, let consumed):
                    run.events.append(Self.event(operation, all))
                    offset += consumed
                case .needsMore: break reading
                case .violation(let violation):
                    run.events.append(.violation(violation))
                    return run
                }
            }
            kept = Array(all[offset...])
            run.keptMax = max(run.keptMax, kept.count)
        }
        return run
    }

    private static func event(_ operation: ClientOperation, _ bytes: [UInt8]) -> Event {
        func parts(_ ranges: Range<Int>...) -> [[UInt8]] { ranges.map { Array(bytes[$0]) } }
        switch operation {
        case .publish(let message):
            let all = parts(
                message.subject,
                message.reply,
                message.headerSizeText,
                message.sizeText,
                message.headers,
                message.body
            )
            return .operation(kind: 0, parts: all, number: message.headerLength)
        case .subscribe(let subject, let queue, let sid):
            return .operation(kind: 1, parts: parts(subject, queue, sid), number: 0)
        case .unsubscribe(let sid, let max): return .operation(kind: 2, parts: parts(sid), number: max ?? 0)
        case .connect(let json): return .operation(kind: 3, parts: parts(json), number: 0)
        case .info(let json): return .operation(kind: 4, parts: parts(json), number: 0)
        case .ping: return .operation(kind: 5, parts: [], number: 0)
        case .pong: return .operation(kind: 6, parts: [], number: 0)
        case .ok: return .operation(kind: 7, parts: [], number: 0)
        }
    }
}
