import Testing

/// One case of a transcript: what a client sends and what it gets.
///
/// `data/transcripts/README.md` has the format.
struct Transcript: Sendable, CustomTestStringConvertible {
    /// A part of a text.
    enum Part: Equatable, Sendable {
        /// These bytes.
        case bytes([UInt8])
        /// Six characters that differ each time.
        case identifier
        /// Any bytes of a line.
        case any
    }

    /// What happens.
    enum Action: Equatable, Sendable {
        /// The client sends this.
        case send([Part])
        /// The server sends this.
        case receive([Part])
        /// The server sends all of these, in any order.
        case receiveAll([[Part]])
        /// The server sends a line that begins like this.
        case receiveLine([Part])
        /// Nothing comes before the answer to a PING.
        case wait
        /// The server closes.
        case end
    }

    /// One thing that happens.
    struct Step: Equatable, Sendable {
        /// Its line in the file, from 1.
        let line: Int
        /// The connection on which it happens, from 1.
        let connection: Int
        /// What happens.
        let action: Action
    }

    /// The characters that `%{id}` stands for.
    static let identifierLength = 6

    /// The name of the file, without its extension.
    let topic: String
    /// The name of the case.
    let name: String
    /// The configuration of the server on which it is played; empty for none.
    var configuration = ""
    /// What Weir does not do yet, where it is played on the reference alone.
    var later: String?
    /// Everything that happens, in order.
    let steps: [Step]

    var testDescription: String { "\(self.topic): \(self.name)" }

    /// How many bytes the client sends.
    var sentBytes: Int {
        self.steps.reduce(0) { sum, step in
            guard case .send(let parts) = step.action else { return sum }
            return sum + Self.length(of: parts)
        }
    }

    /// The number of bytes of a text without `%{*}`.
    static func length(of parts: [Part]) -> Int {
        parts.reduce(0) { sum, part in
            switch part {
            case .bytes(let bytes): sum + bytes.count
            case .identifier: sum + self.identifierLength
            case .any: sum
            }
        }
    }

    /// The text with its `%{id}` filled in.
    static func bytes(of parts: [Part], identifier: [UInt8]) -> [UInt8] {
        parts.flatMap { part -> [UInt8] in
            switch part {
            case .bytes(let bytes): bytes
            case .identifier: identifier
            case .any: []
            }
        }
    }
}
