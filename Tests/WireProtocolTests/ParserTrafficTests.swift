import Subjects
import Testing
import WireProtocol

@Suite("Client operation parser, random traffic")
struct ParserTrafficTests {
    private static let seeds: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8]

    /// A random operation and what the parser is to say of it.
    private static func operation(_ random: inout SeededGenerator) -> (bytes: [UInt8], log: String) {
        func word(_ random: inout SeededGenerator) -> String {
            let letters = Array("abcdefgh.*>-_$0123456789")
            let count = Int.random(in: 1...Int.random(in: 1...40, using: &random), using: &random)
            return String((0..<count).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] })
        }
        func blank(_ random: inout SeededGenerator) -> String {
            [" ", " ", " ", "\t", "  ", " \t "][Int.random(in: 0..<6, using: &random)]
        }
        func verb(_ text: String, _ random: inout SeededGenerator) -> String {
            String(text.map { Bool.random(using: &random) ? Character($0.lowercased()) : $0 })
        }
        let lineEnd = Int.random(in: 0..<8, using: &random) == 0 ? "\n" : "\r\n"
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return (Array((verb("PING", &random) + lineEnd).utf8), "PING")
        case 1: return (Array((verb("PONG", &random) + " x" + lineEnd).utf8), "PONG")
        case 2:
            let subject = word(&random)
            let sid = word(&random)
            let line = verb("SUB", &random) + blank(&random) + subject + blank(&random) + sid + lineEnd
            return (Array(line.utf8), "SUB \(subject) queue  sid \(sid)")
        case 3:
            let sid = word(&random)
            let max = Int.random(in: 1...999, using: &random)
            let line = verb("UNSUB", &random) + blank(&random) + "\(sid) \(max)" + lineEnd
            return (Array(line.utf8), "UNSUB \(sid) max \(max)")
        default:
            let subject = word(&random)
            let reply = Bool.random(using: &random) ? word(&random) : nil
            let hasHeaders = Int.random(in: 0..<3, using: &random) == 0
            let size = Int.random(in: 0...Int.random(in: 0...300, using: &random), using: &random)
            let noise: [UInt8] = [0x0d, 0x0a, 0x50, 0x20, 0x35]
            let headers = hasHeaders ? Int.random(in: 0...size, using: &random) : 0
            let payload = (0..<size).map { _ in noise[Int.random(in: 0..<5, using: &random)] }
            var line = verb(hasHeaders ? "HPUB" : "PUB", &random) + blank(&random) + subject
            var log = "PUB \(subject)"
            if let reply {
                line += blank(&random) + reply
                log += " reply \(reply)"
            }
            if hasHeaders {
                line += blank(&random) + "\(headers)"
                log += " headers \(headers)"
            }
            line += blank(&random) + "\(size)" + lineEnd
            log += " size \(size): "
            log += String(decoding: payload[..<headers], as: UTF8.self) + "|"
            log += String(decoding: payload[headers...], as: UTF8.self)
            return (Array(line.utf8) + payload + [0x0d, 0x0a], log)
        }
    }

    @Test("Valid traffic is read the same however it is split", arguments: seeds)
    func anySplit(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        var expected: [String] = []
        for _ in 0..<300 {
            let next = Self.operation(&random)
            bytes += next.bytes
            expected.append(next.log)
        }
        #expect(ParserFeed.log(of: bytes) == expected, "seed \(seed)")
        for _ in 0..<10 {
            var feed = ParserFeed(ClientOperationParser(headersEnabled: true))
            var offset = 0
            while offset < bytes.count {
                let most = Int.random(in: 1...200, using: &random)
                let end = min(bytes.count, offset + Int.random(in: 1...most, using: &random))
                feed.offer(bytes[offset..<end])
                offset = end
            }
            #expect(feed.log == expected, "seed \(seed)")
        }
    }

    @Test("Damaged traffic never traps, and is read the same however it is split", arguments: seeds)
    func damaged(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<5 { bytes += Self.operation(&random).bytes }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert([0x0d, 0x0a, 0x20, 0x09, 0x39][round % 5], at: place)
                }
            }
            let whole = ParserFeed.log(of: bytes, maxControlLine: 64)
            var feed = ParserFeed(ClientOperationParser(maxControlLine: 64, headersEnabled: true), padding: 3)
            for place in bytes.indices { feed.offer(bytes[place...place]) }
            #expect(feed.log == whole, "seed \(seed), round \(round)")
        }
    }

    @Test("Random bytes end in a violation or wait for a bounded rest", arguments: seeds)
    func noise(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<300 {
            let count = Int.random(in: 1...400, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let verbs = [
                "", "PUB ", "HPUB a ", "SUB ", "UNSUB ", "CONNECT ", "INFO ", "PING", "+OK", "-ERR ",
            ]
            let text = Array(verbs[round % verbs.count].utf8) + bytes
            let whole = ParserFeed.log(of: text, maxControlLine: 100)
            var feed = ParserFeed(ClientOperationParser(maxControlLine: 100, headersEnabled: true))
            for place in text.indices { feed.offer(text[place...place]) }
            #expect(feed.log == whole, "seed \(seed), round \(round)")
            #expect(feed.keptMax <= 7 + 2 * 100 + 2, "seed \(seed), round \(round)")
        }
    }
}
