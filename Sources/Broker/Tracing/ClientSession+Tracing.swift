import NIOCore
import StreamModel
import Subjects
import Synchronization
import WireProtocol

/// A client's messages of which a report is wanted: the way of all others, but slower, and written down.
extension ClientSession {
    /// What the headers of a message ask for; nil for nearly all messages.
    func traceRequest(in headers: RawSpan) -> TraceRequest? {
        let account = self.view.tracing
        guard TraceRequest.mayBeAsked(by: headers, account: account) else { return nil }
        return TraceRequest(headers, account: account, random: self.shard.random.next() >> 32)
    }

    /// Publishes a message and reports on it, or reports alone.
    func publish(_ publish: ClientOperation.Publish, for request: TraceRequest, in bytes: RawSpan) {
        let destination = Array(request.destination.utf8)
        // Whoever may not publish there gets nothing done that others would see there.
        if let refusal = unsafe self.refusal(of: destination.span.bytes) { return self.complain(refusal) }
        let headers = bytes.extracting(publish.headers)
        let payload = bytes.extracting(publish.body)
        var trace = MessageTrace(request, size: headers.byteCount + payload.byteCount)
        let subject = bytes.extracting(publish.subject).array()
        trace.note(
            .arrival(
                client: MessageTrace.Client(self.connection),
                account: self.view.account.name,
                subject: String(decoding: subject, as: UTF8.self)
            ),
            at: self.shard.now
        )
        let mapped = self.map(subject, in: &trace)
        let reply = bytes.extracting(publish.reply)
        if let refusal = unsafe self.refusal(of: mapped.span.bytes) ?? self.refusal(ofReply: reply) {
            trace.noteRefusal(refusal)
            self.complain(refusal)
            return self.shard.send(trace, in: self.view)
        }
        self.acknowledgeIfVerbose()
        let isDelivered = unsafe self.shard.send(
            trace,
            along: self.view.routes.value.route(mapped.span.bytes),
            in: self.view,
            subject: mapped.span.bytes,
            reply: reply,
            headers: headers,
            payload: payload,
            origin: self.connection
        )
        if !isDelivered, !reply.isEmpty, self.options.noResponders {
            unsafe self.reportNoResponders(to: reply, of: mapped.span.bytes)
        }
    }

    /// The subject that the account's mappings make of `subject`; empty if the message reaches nobody.
    private func map(_ subject: [UInt8], in trace: inout MessageTrace) -> [UInt8] {
        let mapped: [UInt8]
        switch unsafe self.view.mapper?.map(subject.span.bytes, random: self.shard.random.next()) {
        case .mapped(let other, _): mapped = other
        case .dropped: mapped = []
        case .unchanged: mapped = subject
        case .unmatched, nil: return subject
        }
        trace.note(.mapping(String(decoding: mapped, as: UTF8.self)), at: self.shard.now)
        return mapped
    }

    /// Why the client may not publish to `subject`; nil if it may.
    private func refusal(of subject: RawSpan) -> String? {
        var isRefused = ReservedSubjects.forbidsPublish(subject)
        if !isRefused, let rights = self.rights,
            case .refused = rights.publish(to: subject, clock: self.broker.clock)
        {
            isRefused = true
        }
        return isRefused ? "Permissions Violation for Publish to \(QuotedText.quote(subject))" : nil
    }

    private func refusal(ofReply reply: RawSpan) -> String? {
        guard ReservedSubjects.forbidsReply(reply) else { return nil }
        return "Permissions Violation for Publish with Reply of \(QuotedText.quote(reply))"
    }
}

extension MessageTrace.Client {
    /// The client of a connection, by the name that its `CONNECT` gave.
    init(_ connection: Connection) {
        self.id = connection.id
        self.name = connection.name.withLock { $0 }
    }
}
