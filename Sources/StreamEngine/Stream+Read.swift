import NIOCore
public import StreamModel
import StreamStore
import Subjects

/// Reading single messages: MSG.GET and DIRECT.GET.
extension Stream {
    /// The message that a MSG.GET asks for (streams.md §2.8).
    public func message(for request: MessageGetRequest) throws(APIError) -> StoredMessageView {
        guard let sequence = self.find(request) else { throw .noMessageFound }
        self.scratch.clear()
        guard case .message(let message) = self.store.load(sequence, into: &self.scratch) else {
            throw .noMessageFound
        }
        let buffer = self.scratch
        let bytes = buffer.readableBytesSpan
        return StoredMessageView(
            subject: bytes.extracting(message.subject).array(),
            sequence: message.sequence,
            headers: request.noHeaders ? [] : bytes.extracting(message.headers).array(),
            payload: bytes.extracting(message.payload).array(),
            time: message.timestamp
        )
    }

    func find(_ request: MessageGetRequest) -> StreamSequence? {
        if !request.lastBySubject.isEmpty {
            guard let pattern = SubjectPattern(request.lastBySubject) else { return nil }
            return self.store.last(
                matching: SubjectFilter([pattern]),
                atOrBefore: self.store.state.lastSequence
            )
        }
        var start = request.sequence
        if let time = request.startTime {
            guard let first = self.store.first(atOrAfter: time) else { return nil }
            start = max(start, first)
        }
        if !request.nextBySubject.isEmpty {
            guard let pattern = SubjectPattern(request.nextBySubject) else { return nil }
            return self.store.next(from: start, matching: SubjectFilter([pattern]))
        }
        return start
    }

    /// Answers a DIRECT.GET (streams.md §2.10) with the message itself, or a status.
    ///
    /// Of many messages the next ``deliver(now:interest:)`` begins to send what its client takes.
    ///
    /// - Parameter subjectPart: what follows the stream's name in the request's subject; empty for nothing.
    public func directGet(subjectPart: RawSpan, body: RawSpan, reply: RawSpan, headers: RawSpan) {
        if reply.isEmpty { return }
        do throws(DirectGetRequest.Refusal) {
            if let required = HeaderBlock.value(of: "Nats-Required-Api-Level", in: headers),
                !ServerIdentity.satisfies(requiredAPILevel: headers.extracting(required))
            {
                throw .requiredAPILevel
            }
            let request = try DirectGetRequest(
                body,
                subject: subjectPart.text
            )
            try self.answerDirect(request.get, to: reply, size: body.byteCount + reply.byteCount)
        } catch {
            self.answerStatus(error.rawValue, fields: [], to: reply)
        }
    }

    private func answerDirect(_ get: MessageGetRequest, to reply: RawSpan, size: Int)
        throws(DirectGetRequest.Refusal)
    {
        if get.batch > 0 || !get.multiLast.isEmpty {
            // In parts, when the clients of the stream have their turn.
            let read = DirectRead(get: get, reply: reply.array(), footprint: size + 256)
            if !self.reads.append(read) { throw .tooManyRequests }
            return
        }
        guard let sequence = self.find(get),
            self.sendMessage(sequence, fields: [], withHeaders: !get.noHeaders, to: reply) != nil
        else { throw .notFound }
    }

    /// Sends a stored message with the headers that say where it is from; its size, or nil if it is not there.
    func sendMessage(
        _ sequence: StreamSequence,
        fields: [(StaticString, UInt64)],
        withHeaders: Bool,
        to reply: RawSpan
    ) -> Int? {
        self.scratch.clear()
        guard case .message(let message) = self.store.load(sequence, into: &self.scratch) else { return nil }
        let buffer = self.scratch
        let bytes = buffer.readableBytesSpan
        let payload = bytes.extracting(message.payload)
        let size = message.subjectLength + message.headerLength + message.payloadLength
        if !withHeaders {
            self.answer(to: reply, payload: payload)
            return size
        }
        var block = bytes.extracting(message.headers).array()
        HeaderBlock.append("Nats-Stream", self.name, to: &block)
        HeaderBlock.append("Nats-Subject", bytes.extracting(message.subject).array(), to: &block)
        HeaderBlock.append("Nats-Sequence", sequence.rawValue, to: &block)
        HeaderBlock.append("Nats-Time-Stamp", message.timestamp.rfc3339, to: &block)
        for (key, value) in fields { HeaderBlock.append(key, value, to: &block) }
        unsafe self.answer(to: reply, headers: block.span.bytes, payload: payload)
        return size
    }

    func answerStatus(_ status: String, fields: [(StaticString, UInt64)], to reply: RawSpan) {
        var block = HeaderBlock.status(status)
        for (key, value) in fields { HeaderBlock.append(key, value, to: &block) }
        unsafe self.answer(to: reply, headers: block.span.bytes, payload: RawSpan())
    }
}
