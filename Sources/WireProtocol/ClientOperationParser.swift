import Subjects

/// Reads the operations of a client, one at a time, out of the bytes it sent; core.md §1.2 and §1.5.
///
///     while offset < bytes.byteCount {
///         switch parser.next(in: bytes, from: offset) {
///         case .operation(let operation, let consumed): …; offset += consumed
///         case .needsMore: keep the bytes from `offset`; return
///         case .violation(let violation): send violation.errorText, close; return
///         }
///     }
///
/// After `needsMore` the next call must offer the bytes of the unfinished operation again, with more behind them; where
/// they lie in the span does not matter. What was read of them is remembered, so that a large payload in many small
/// reads costs nothing for the parts that are known. The result does not depend on how the bytes were split.
///
/// At most `verb + 2 * maxControlLine` bytes of one line, and a line plus `maxPayload + 2` bytes of one message, are
/// ever waited for.
public struct ClientOperationParser: Sendable {
    /// The default of `max_control_line`, in bytes.
    public static let defaultMaxControlLine = 4096
    /// The default of `max_payload`, in bytes.
    public static let defaultMaxPayload = 1_048_576

    /// The most bytes the arguments of an operation may have, and the blanks before them.
    public var maxControlLine: Int
    /// The most bytes a message may have, headers included.
    public var maxPayload: Int
    /// Whether the connection negotiated headers, so that `HPUB` is allowed.
    public var headersEnabled: Bool
    /// Whether nothing but `CONNECT` may come: the connection has to authenticate first.
    public var requiresConnect: Bool

    /// Memory of an unfinished operation, in bytes from its start: no line feed comes before this.
    var scanned = 0
    /// A message whose line was read, with places from the start of the operation.
    private var pending: ClientOperation.Publish?

    /// A parser at the start of a connection.
    public init(
        maxControlLine: Int = Self.defaultMaxControlLine,
        maxPayload: Int = Self.defaultMaxPayload,
        headersEnabled: Bool = false,
        requiresConnect: Bool = false
    ) {
        self.maxControlLine = maxControlLine
        self.maxPayload = maxPayload
        self.headersEnabled = headersEnabled
        self.requiresConnect = requiresConnect
    }

    /// The length of the unfinished operation in bytes, once its line is known; 0 before.
    ///
    /// A reader that got `needsMore` can make room for that many bytes at once.
    public var pendingLength: Int {
        guard let pending = self.pending else { return 0 }
        return pending.payload.upperBound + 2
    }

    /// Whether the next bytes begin an operation of which nothing was read yet.
    public var isBetweenOperations: Bool { self.scanned == 0 && self.pending == nil }

    /// Reads the operation that begins at `offset`.
    ///
    /// - Precondition: `offset` is in `0 ... bytes.byteCount`.
    public mutating func next(in bytes: RawSpan, from offset: Int) -> ParseStep {
        precondition(offset >= 0 && offset <= bytes.byteCount)
        if self.isIdle {
            let line = PublishLine(in: bytes, at: offset)
            // A long line may break a limit: the slow path knows exactly.
            if line.isWhole, line.payloadStart - offset <= self.maxControlLine {
                return self.publish(line, in: bytes, from: offset)
            }
        }
        return self.resume(in: bytes, from: offset)
    }

    /// Whether nothing is known of the operation that begins, and any may.
    @inline(__always)
    private var isIdle: Bool { self.scanned == 0 && self.pending == nil && !self.requiresConnect }

    /// Goes on with an operation of which a part is known, or begins one that is not for the fast path.
    @inline(never)
    private mutating func resume(in bytes: RawSpan, from offset: Int) -> ParseStep {
        guard let pending = self.pending else { return self.nextByLine(in: bytes, from: offset) }
        self.pending = nil
        return self.finish(pending.moved(by: offset), in: bytes, from: offset)
    }

    /// Checks a message's line and goes on to its payload.
    @inline(__always)
    mutating func publish(_ line: PublishLine, in bytes: RawSpan, from offset: Int) -> ParseStep {
        switch line.message(in: bytes, maxPayload: self.maxPayload, headersEnabled: self.headersEnabled) {
        case .violation(let violation): .violation(violation)
        case .message(let message): self.finish(message, in: bytes, from: offset)
        }
    }

    /// Hands the message out if its payload is there, and remembers it otherwise.
    @inline(__always)
    mutating func finish(
        _ message: ClientOperation.Publish,
        in bytes: RawSpan,
        from offset: Int
    ) -> ParseStep {
        let end = message.payload.upperBound
        let available = bytes.byteCount - end
        if available >= 2 {
            guard bytes.byte(end) == 0x0d, bytes.byte(end + 1) == 0x0a else {
                return .violation(.unknownOperation)
            }
            return .operation(.publish(message), consumed: end + 2 - offset)
        }
        return self.wait(for: message, in: bytes, from: offset)
    }

    /// Remembers a message whose payload is not there yet.
    @inline(never)
    private mutating func wait(
        for message: ClientOperation.Publish,
        in bytes: RawSpan,
        from offset: Int
    ) -> ParseStep {
        let end = message.payload.upperBound
        if bytes.byteCount == end + 1, bytes.byte(end) != 0x0d { return .violation(.unknownOperation) }
        self.pending = message.moved(by: -offset)
        return .needsMore
    }
}
