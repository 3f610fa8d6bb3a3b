/// The body of STREAM.MSG.GET and of DIRECT.GET; streams.md §2.8 and §2.10.
public struct MessageGetRequest: Hashable, Sendable {
    /// This sequence, or with ``nextBySubject`` where to begin; zero for none.
    public var sequence = StreamSequence.zero
    /// The newest message that matches; empty for none.
    public var lastBySubject = ""
    /// The first message that matches; empty for none.
    public var nextBySubject = ""
    /// The first message that was stored at this time or later.
    public var startTime: Timestamp?
    /// Whether headers are left out.
    public var noHeaders = false
    /// How many messages are wanted; zero for the one-message form.
    public var batch = 0
    /// After how many bytes the answer ends; zero for the server's limit.
    public var maxBytes = 0
    /// The newest message of each subject that matches one of these.
    public var multiLast: [String] = []
    /// The newest sequence that ``multiLast`` may return; zero for no bound.
    public var upToSequence = StreamSequence.zero
    /// The time before which messages of ``multiLast`` were stored.
    public var upToTime: Timestamp?

    /// Asks for nothing yet.
    public init() {}

    /// Reads the body of MSG.GET.
    ///
    /// - Throws: ``APIError/invalidJSON(_:)``, or ``APIError/badRequest`` for an empty body, a forbidden
    ///   combination, or what only a direct get can do.
    public init(_ body: RawSpan, strict: Bool = true) throws(APIError) {
        if RequestBody.isEmptyRequest(body) { throw .badRequest }
        try self.read(body, strict: strict)
        if self.isForbidden || self.batch > 0 || self.maxBytes > 0 { throw .badRequest }
        if self.sequence == .zero, self.lastBySubject.isEmpty, self.nextBySubject.isEmpty,
            self.startTime == nil
        {
            throw .badRequest
        }
    }

    mutating func read(_ body: RawSpan, strict: Bool) throws(APIError) {
        for field in try RequestField.fields(of: body, type: "message get request", strict: strict) {
            switch field.name {
            case "seq": self.sequence = StreamSequence(try field.uint64() ?? 0)
            case "last_by_subj": self.lastBySubject = try field.string() ?? self.lastBySubject
            case "next_by_subj": self.nextBySubject = try field.string() ?? self.nextBySubject
            case "start_time": self.startTime = try field.time() ?? nil
            case "no_hdr": self.noHeaders = try field.bool() ?? self.noHeaders
            case "batch": self.batch = try field.int() ?? self.batch
            case "max_bytes": self.maxBytes = try field.int() ?? self.maxBytes
            case "multi_last": self.multiLast = try field.strings() ?? []
            case "up_to_seq": self.upToSequence = StreamSequence(try field.uint64() ?? 0)
            case "up_to_time": self.upToTime = try field.time() ?? nil
            default: try field.refuse()
            }
        }
    }

    /// Whether two fields are set that exclude each other in both kinds of get.
    var isForbidden: Bool {
        if self.sequence != .zero, !self.lastBySubject.isEmpty || self.startTime != nil { return true }
        return !self.lastBySubject.isEmpty && (self.startTime != nil || !self.nextBySubject.isEmpty)
    }
}
