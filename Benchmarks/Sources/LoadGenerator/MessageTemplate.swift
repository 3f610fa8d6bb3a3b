/// One `PUB` that is written again and again.
///
/// Its subject and its reply may each end in a number of eight digits that counts up with every
/// message. The digits are counted in place, so that a message costs one copy and little more.
struct MessageTemplate {
    /// How many digits a counted number has.
    static let digits = 8

    private var bytes: [UInt8]
    private var subjectEnd: Int?
    private var replyEnd: Int?
    private let subjectFirst: Int
    private let subjectLimit: Int
    private var subjectNumber: Int
    private var started = false

    /// How many bytes one message has on the wire.
    var count: Int { self.bytes.count }

    /// Whether every message is the same as the one before.
    var isConstant: Bool { self.subjectEnd == nil && self.replyEnd == nil }

    /// - Parameters:
    ///   - subject: the subject, or the part before its number with `subjects`, such as `"bench."`.
    ///   - subjects: the numbers that follow the subject, in turn; nil for one subject.
    ///   - reply: the reply; with `countsReplies` the part before its number, which starts at 0.
    ///   - payloadBytes: how long the payload is.
    init(
        subject: String,
        subjects: Range<Int>? = nil,
        reply: String? = nil,
        countsReplies: Bool = false,
        payloadBytes: Int
    ) {
        var bytes = Array("PUB \(subject)".utf8)
        if let subjects {
            bytes.append(contentsOf: Self.digits(of: subjects.lowerBound))
            self.subjectEnd = bytes.count
        }
        if let reply {
            bytes.append(contentsOf: Array(" \(reply)".utf8))
            if countsReplies {
                bytes.append(contentsOf: Self.digits(of: 0))
                self.replyEnd = bytes.count
            }
        }
        bytes.append(contentsOf: Array(" \(payloadBytes)\r\n".utf8))
        bytes.append(contentsOf: Self.payload(payloadBytes))
        bytes.append(contentsOf: Array("\r\n".utf8))
        self.bytes = bytes
        self.subjectFirst = subjects?.lowerBound ?? 0
        self.subjectLimit = subjects?.upperBound ?? 0
        self.subjectNumber = self.subjectFirst
    }

    /// Writes the next `count` messages to the end of `queue`.
    mutating func append(_ count: Int, to queue: inout ByteQueue) {
        for _ in 0..<count {
            if self.started { self.advance() } else { self.started = true }
            queue.append(self.bytes)
        }
    }

    /// A payload of letters that is the same in every run.
    static func payload(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(ascii: "a") + UInt8($0 * 7 % 26) }
    }

    private mutating func advance() {
        if let end = self.replyEnd { Self.increment(&self.bytes, end: end) }
        guard let end = self.subjectEnd else { return }
        self.subjectNumber += 1
        if self.subjectNumber < self.subjectLimit {
            Self.increment(&self.bytes, end: end)
        } else {
            self.subjectNumber = self.subjectFirst
            self.bytes.replaceSubrange(end - Self.digits..<end, with: Self.digits(of: self.subjectFirst))
        }
    }

    private static func increment(_ bytes: inout [UInt8], end: Int) {
        var index = end - 1
        while index >= end - Self.digits {
            if bytes[index] != UInt8(ascii: "9") {
                bytes[index] += 1
                return
            }
            bytes[index] = UInt8(ascii: "0")
            index -= 1
        }
    }

    private static func digits(of number: Int) -> [UInt8] {
        let text = Array(String(number).utf8)
        return Array(repeating: UInt8(ascii: "0"), count: max(0, Self.digits - text.count)) + text
    }
}
