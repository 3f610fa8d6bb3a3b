/// Plays a case of a transcript against the server at a port.
final class TranscriptPlayer {
    /// Where and how a server did something else than the transcript says.
    struct Difference: Error, CustomStringConvertible {
        let place: String
        let expected: String
        let received: String

        var description: String { "\(self.place): expected \(self.expected), got \(self.received)" }
    }

    private let port: Int
    private let isBytewise: Bool
    private let identifier: [UInt8]
    private let transcript: Transcript
    private var sockets: [Int: ClientSocket] = [:]
    /// The first line of the newest connection.
    private var greeting: [UInt8] = []

    private init(_ transcript: Transcript, port: Int, isBytewise: Bool) {
        self.transcript = transcript
        self.port = port
        self.isBytewise = isBytewise
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        self.identifier = (0..<Transcript.identifierLength)
            .map { _ in letters[Int.random(in: letters.indices)] }
    }

    /// Plays `transcript`; `isBytewise` sends every byte by itself.
    static func play(_ transcript: Transcript, port: Int, isBytewise: Bool = false) throws {
        let player = TranscriptPlayer(transcript, port: port, isBytewise: isBytewise)
        for step in transcript.steps {
            do {
                try player.perform(step)
            } catch let difference as Difference {
                throw difference
            } catch {
                throw player.difference(step, "\(step.action)", "\(error)")
            }
        }
        // The next case must not meet a subscription of this one.
        for socket in player.sockets.values { try socket.finish() }
    }

    // MARK: Steps

    private func perform(_ step: Transcript.Step) throws {
        let isNew = self.sockets[step.connection] == nil
        let socket = try self.socket(of: step)
        if isNew, case .receiveLine(let parts) = step.action, case .bytes(let start)? = parts.first,
            start.starts(with: Array("INFO ".utf8))
        {
            return try self.match(parts, self.greeting, step)
        }
        switch step.action {
        case .send(let parts):
            let bytes = Transcript.bytes(of: parts, identifier: self.identifier)
            if self.isBytewise {
                for byte in bytes { try socket.send([byte]) }
            } else {
                try socket.send(bytes)
            }
        case .receive(let parts):
            try self.receive([Transcript.bytes(of: parts, identifier: self.identifier)], step, socket)
        case .receiveAll(let texts):
            let texts = texts.map { Transcript.bytes(of: $0, identifier: self.identifier) }
            try self.receive(texts, step, socket)
        case .receiveLine(let parts):
            try self.receiveLine(parts, step, socket)
        case .wait:
            try socket.send("PING\r\n")
            try self.receive([Array("PONG\r\n".utf8)], step, socket)
        case .end:
            var rest = try socket.readToEnd()
            if begins(rest[...], with: Self.ping[...]) { rest.removeFirst(Self.ping.count) }
            if !rest.isEmpty { throw self.difference(step, "the end", printable(rest)) }
        }
    }

    private func socket(of step: Transcript.Step) throws -> ClientSocket {
        if let socket = self.sockets[step.connection] { return socket }
        let socket = try ClientSocket(port: self.port)
        self.sockets[step.connection] = socket
        let info = try socket.readLine()
        if !info.starts(with: "INFO {".utf8) || !info.suffix(2).elementsEqual("} ".utf8) {
            throw self.difference(step, "INFO {…} ", printable(info))
        }
        self.greeting = info
        return socket
    }

    private func receive(_ texts: [[UInt8]], _ step: Transcript.Step, _ socket: ClientSocket) throws {
        var left = texts
        while !left.isEmpty {
            let received = socket.received
            if let index = left.firstIndex(where: { begins(received, with: $0[...]) }) {
                _ = socket.take(left.remove(at: index).count)
            } else if begins(received, with: Self.ping[...]) {
                _ = socket.take(Self.ping.count)
            } else if !(left + [Self.ping]).contains(where: { begins($0[...], with: received) }) {
                throw self.difference(
                    step,
                    left.map(printable).joined(separator: " or "),
                    printable(received)
                )
            } else if try !socket.receive() {
                let got = printable(received) + " and the end"
                throw self.difference(step, left.map(printable).joined(separator: " or "), got)
            }
        }
    }

    private func receiveLine(_ parts: [Transcript.Part], _ step: Transcript.Step, _ socket: ClientSocket)
        throws
    {
        var line = try socket.readLine()
        if line == Self.ping.dropLast(2) { line = try socket.readLine() }
        try self.match(parts, line, step)
    }

    private func match(_ parts: [Transcript.Part], _ line: [UInt8], _ step: Transcript.Step) throws {
        // Split at `%{*}`: the first piece begins the line, the others follow in their order.
        let pieces = parts.split(separator: .any, omittingEmptySubsequences: false)
            .map { Transcript.bytes(of: Array($0), identifier: self.identifier) }
        var rest = line[...]
        for (index, piece) in pieces.enumerated() {
            let found =
                index == 0 ? (rest.starts(with: piece) ? rest.startIndex : nil) : Self.find(piece, in: rest)
            guard let found else { throw self.difference(step, printable(piece), printable(line)) }
            rest = rest[(found + piece.count)...]
        }
    }

    private static let ping = Array("PING\r\n".utf8)

    private static func find(_ piece: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard piece.count <= bytes.count else { return nil }
        return (bytes.startIndex...(bytes.endIndex - piece.count)).first { bytes[$0...].starts(with: piece) }
    }

    private func difference(_ step: Transcript.Step, _ expected: String, _ received: String) -> Difference {
        Difference(
            place: "data/transcripts/\(self.transcript.topic).txt:\(step.line)",
            expected: expected,
            received: received
        )
    }
}
