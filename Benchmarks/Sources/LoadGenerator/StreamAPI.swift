/// The few requests and fields of `$JS.API` that a run needs, without a JSON library.
struct StreamAPI {
    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    /// What a run asks of a stream.
    struct StreamState {
        let messages: UInt64
        let lastSequence: UInt64
        let subjects: UInt64
    }

    /// What a run asks of a consumer.
    struct ConsumerState {
        let ackFloor: UInt64
        let ackPending: UInt64
        let pending: UInt64
    }

    /// Sends one request and returns the answer's JSON; an error answer throws.
    func request(_ subject: String, _ body: String = "") throws(LoadError) -> String {
        let answer = String(decoding: try self.connection.request(subject, body), as: UTF8.self)
        if answer.hasPrefix(#"{"error""#) || Self.number(after: #""err_code":"#, in: answer) != nil {
            throw .refused("\(subject): \(answer)")
        }
        return answer
    }

    func stream(_ name: String) throws(LoadError) -> StreamState {
        let answer = try self.request("$JS.API.STREAM.INFO.\(name)")
        guard let messages = Self.number(after: #""messages":"#, in: answer),
            let last = Self.number(after: #""last_seq":"#, in: answer)
        else { throw .wrong("no state in \(answer)") }
        return StreamState(
            messages: messages,
            lastSequence: last,
            subjects: Self.number(after: #""num_subjects":"#, in: answer) ?? 0
        )
    }

    func consumer(_ name: String, of stream: String) throws(LoadError) -> ConsumerState {
        let answer = try self.request("$JS.API.CONSUMER.INFO.\(stream).\(name)")
        guard let floor = answer.firstRange(of: #""ack_floor":"#),
            let ackFloor = Self.number(after: #""stream_seq":"#, in: String(answer[floor.upperBound...])),
            let ackPending = Self.number(after: #""num_ack_pending":"#, in: answer),
            let pending = Self.number(after: #""num_pending":"#, in: answer)
        else { throw .wrong("no state in \(answer)") }
        return ConsumerState(ackFloor: ackFloor, ackPending: ackPending, pending: pending)
    }

    /// The digits after the first `field` of a JSON text, which may have spaces after its colon.
    static func number(after field: String, in json: String) -> UInt64? {
        guard let range = json.firstRange(of: field) else { return nil }
        return UInt64(json[range.upperBound...].drop { $0 == " " }.prefix { $0.isNumber })
    }
}
