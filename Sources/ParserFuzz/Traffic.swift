/// Bytes as a client, a broken client or an attacker might send them.
enum Traffic {
    /// The pieces that lines are made of: what is right, what is nearly right, and what is at an edge.
    private static let pieces = [
        "PUB", "HPUB", "SUB", "UNSUB", "PING", "PONG", "CONNECT", "INFO", "+OK", "-ERR", "MSG", "pub", "PuB",
        " ",
        " ", " ", "\t", "\r\n", "\r\n", "\n", "\r", "foo", "foo.bar", "*", ">", ".", "0", "1", "2", "3",
        "00002", "-1",
        "999999999", "1000000000", "{}", "{\"verbose\":false}", "null", "[", "\"", "\u{0}", "\u{7f}", "é",
        "x",
    ]

    /// Several operations in a row, most of them valid.
    static func stream(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0...random.below(8) { bytes += self.operation(&random) }
        return bytes
    }

    /// Valid operations with a few bytes changed, taken out, put in or doubled.
    static func damagedStream(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = self.stream(&random)
        for _ in 0...random.below(4) where !bytes.isEmpty {
            let place = random.below(bytes.count)
            switch random.below(5) {
            case 0: bytes[place] = UInt8(random.below(256))
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(random.one(of: [0x0d, 0x0a, 0x20, 0x09, 0x39, 0x00]), at: place)
            case 3: bytes[place] ^= UInt8(1 << random.below(8))
            default:
                let end = min(bytes.count, place + random.below(40))
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            }
        }
        return bytes
    }

    /// Pieces of the protocol in no order.
    static func pieces(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0...random.below(30) { bytes += Array(random.one(of: self.pieces).utf8) }
        return bytes
    }

    /// Bytes of any kind.
    static func noise(_ random: inout SeededGenerator) -> [UInt8] {
        (0...random.below(300)).map { _ in UInt8(random.below(256)) }
    }

    /// A subject or pattern, seldom a valid one of many or long tokens.
    static func subject(_ random: inout SeededGenerator) -> [UInt8] {
        let words = ["a", "b", "c", "*", ">", "", "b*r", "12345678", "123456789", "a-token-of-many-bytes"]
        let count = random.once(in: 200) ? random.below(1000) : random.below(6)
        return Array((0...count).map { _ in random.one(of: words) }.joined(separator: ".").utf8)
    }

    /// A JSON text of the kind that `CONNECT` carries, or something like it.
    static func json(_ random: inout SeededGenerator) -> [UInt8] {
        let pieces = [
            "{", "}", "[", "]", ":", ",", "\"verbose\"", "\"user\"", "\"PROTOCOL\"", "\"x\"", "true", "false",
            "null", "1",
            "-2.5e3", "0", "\"\\ud83d\\ude00\"", "\"\\u00", "\\", "\"", " ", "\n", "tru", "é",
        ]
        var text = random.once(in: 4) ? "" : "{\"user\":\"a\",\"verbose\":"
        for _ in 0...random.below(12) { text += random.one(of: pieces) }
        if !random.once(in: 4) { text += "}" }
        return Array(text.utf8)
    }

    private static func operation(_ random: inout SeededGenerator) -> [UInt8] {
        let blank = random.one(of: [" ", " ", "\t", "  "])
        let lineEnd = random.one(of: ["\r\n", "\r\n", "\r\n", "\n"])
        let subject = self.subject(&random).prefix(300)
        let sid = Array(String(random.below(1000)).utf8)
        switch random.below(8) {
        case 0: return Array(("PING" + lineEnd).utf8)
        case 1:
            return Array("SUB".utf8) + Array(blank.utf8) + subject + Array(blank.utf8) + sid
                + Array(lineEnd.utf8)
        case 2: return Array("UNSUB ".utf8) + sid + Array((blank + "3" + lineEnd).utf8)
        case 3: return Array("CONNECT ".utf8) + self.json(&random) + Array(lineEnd.utf8)
        default:
            let size = random.below(random.one(of: [1, 20, 400]))
            let payload = (0..<size)
                .map { _ in random.one(of: [0x0d, 0x0a, 0x50, 0x20, 0x35, 0x78]) as UInt8 }
            let hasHeaders = random.once(in: 3)
            var line = Array((hasHeaders ? "hPub" : "PUB").utf8) + Array(blank.utf8) + subject
            if random.once(in: 2) { line += Array((blank + "_INBOX.x.y").utf8) }
            if hasHeaders { line += Array((blank + String(random.below(size + 1))).utf8) }
            line += Array((blank + String(size) + lineEnd).utf8)
            return line + payload + [0x0d, 0x0a]
        }
    }
}
