import StreamEngine
import StreamModel
import Subjects

extension HostedStream {
    /// The error of a stream that had no room for a message with which nothing was wrong.
    private static let storeFailed = 10_077

    /// Stores a message, or looks only whether it would be, and reports on it.
    ///
    /// The report leaves as answers do: once what it tells of is durable.
    func publish(
        _ trace: MessageTrace,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        lane: Int?,
        now: Timestamp,
        on shard: Shard
    ) {
        var trace = trace
        let stored = Self.untraced(headers)
        let outcome = unsafe self.stream.publish(
            isRehearsal: trace.isReportOnly,
            subject: subject,
            reply: reply,
            headers: stored.span.bytes,
            payload: payload,
            lane: lane,
            now: now
        )
        let name = String(decoding: subject.array(), as: UTF8.self)
        switch outcome {
        case .stored:
            trace.note(.stream(self.handle.name, subject: name), at: now)
        case .duplicate:
            trace.note(.stream(self.handle.name, subject: nil), at: now, error: "msgid is duplicate")
        case .refused(let error):
            let isFull = error.errCode == Self.storeFailed
            trace.note(
                .stream(self.handle.name, subject: isFull ? name : nil),
                at: now,
                error: error.description
            )
        }
        let destination = trace.destination
        let report = trace.report(server: shard.broker.makeServerDescription())
        unsafe self.stream.answer(
            to: destination.span.bytes,
            headers: report.headers.span.bytes,
            payload: report.payload.span.bytes
        )
    }

    /// The headers as they are stored: whoever gets the message from the stream does not ask for a report again.
    static func untraced(_ headers: RawSpan) -> [UInt8] {
        let block = headers.array()
        let disabled = Array(TraceRequest.disabled.utf8)
        if let value = HeaderBlock.value(of: "Nats-Trace-Dest", in: headers) {
            return block[..<value.lowerBound] + disabled + block[value.upperBound...]
        }
        var changed = block
        HeaderBlock.append("Nats-Trace-Dest", TraceRequest.disabled, to: &changed)
        return changed
    }
}
