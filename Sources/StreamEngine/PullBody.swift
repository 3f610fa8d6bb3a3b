import Subjects

/// What a pull request asks for: the body of a `MSG.NEXT` message (consumers.md §3.6.1).
struct PullBody: Equatable {
    /// Messages wanted; 0 and below deliver one and count down from there.
    var batch: Int64 = 1
    /// Lifetime in nanoseconds; 0 for none, negative is over already.
    var expires: Int64 = 0
    /// Whether it ends when there is nothing more to deliver.
    var noWait = false
    /// The most bytes; not positive: no limit.
    var maxBytes: Int64 = 0
    /// Nanoseconds without a message after which a heartbeat is sent; not positive: none.
    var idleHeartbeat: Int64 = 0
    /// The priority group; empty for none.
    var group: [UInt8] = []
    /// Overflow: served only while at least that many messages are undelivered.
    var minPending: Int64 = 0
    /// Overflow: served only while at least that many acknowledgements are awaited.
    var minAckPending: Int64 = 0
    /// The pin that the client holds; empty for none.
    var id: [UInt8] = []
    /// Prioritized: 0 first, 9 last.
    var priority: Int64 = 0
    /// Whether it came as JSON: only then group rules apply.
    var isJSON = false

    /// A body that was read, or why it could not be.
    enum Reading {
        case body(PullBody)
        case malformed(StaticString)
    }

    /// Reads `bytes[range]`.
    static func read(_ bytes: RawSpan, _ range: Range<Int>) -> Reading {
        var body = PullBody()
        let trimmed = Self.trim(bytes, range)
        if trimmed.isEmpty { return .body(body) }
        if bytes.byte(trimmed.lowerBound) != UInt8(ascii: "{") {
            if let batch = Decimal.parseSigned(bytes, trimmed) { body.batch = batch }
            return .body(body)
        }
        body.batch = 0
        body.isJSON = true
        var scanner = JSONScanner(bytes, trimmed)
        scanner.enterObject(bytes)
        while let key = scanner.nextKey(bytes) { body.readValue(of: key, bytes, &scanner) }
        guard scanner.isFinished(bytes) else { return .malformed("invalid JSON") }
        if body.idleHeartbeat > 0, body.idleHeartbeat > body.expires / 2 {
            return .malformed("heartbeat value too large")
        }
        return .body(body)
    }

    private mutating func readValue(of key: Range<Int>, _ bytes: RawSpan, _ scanner: inout JSONScanner) {
        if scanner.isKey(bytes, key, "batch") {
            self.batch = scanner.integer(bytes) ?? self.batch
        } else if scanner.isKey(bytes, key, "expires") {
            self.expires = scanner.integer(bytes) ?? self.expires
        } else if scanner.isKey(bytes, key, "no_wait") {
            self.noWait = scanner.boolean(bytes) ?? self.noWait
        } else if scanner.isKey(bytes, key, "max_bytes") {
            self.maxBytes = scanner.integer(bytes) ?? self.maxBytes
        } else if scanner.isKey(bytes, key, "idle_heartbeat") {
            self.idleHeartbeat = scanner.integer(bytes) ?? self.idleHeartbeat
        } else if scanner.isKey(bytes, key, "group") {
            self.group = scanner.text(bytes) ?? self.group
        } else if scanner.isKey(bytes, key, "min_pending") {
            self.minPending = scanner.integer(bytes) ?? self.minPending
        } else if scanner.isKey(bytes, key, "min_ack_pending") {
            self.minAckPending = scanner.integer(bytes) ?? self.minAckPending
        } else if scanner.isKey(bytes, key, "id") {
            self.id = scanner.text(bytes) ?? self.id
        } else if scanner.isKey(bytes, key, "priority") {
            self.priority = scanner.integer(bytes) ?? self.priority
        } else {
            scanner.skipValue(bytes)
        }
    }

    private static func trim(_ bytes: RawSpan, _ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, JSONScanner.isBlank(bytes.byte(lower)) { lower += 1 }
        while lower < upper, JSONScanner.isBlank(bytes.byte(upper - 1)) { upper -= 1 }
        return lower..<upper
    }
}
