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

    private func find(_ request: MessageGetRequest) -> StreamSequence? {
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
            try self.answerDirect(request.get, to: reply)
        } catch {
            self.answerStatus(error.rawValue, fields: [], to: reply)
        }
    }

    private func answerDirect(_ get: MessageGetRequest, to reply: RawSpan) throws(DirectGetRequest.Refusal) {
        if !get.multiLast.isEmpty { return try self.answerMultiLast(get, to: reply) }
        guard let sequence = self.find(get) else { throw .notFound }
        if get.batch > 0 { return try self.answerBatch(get, from: sequence, to: reply) }
        guard self.sendMessage(sequence, fields: [], withHeaders: !get.noHeaders, to: reply) != nil else {
            throw .notFound
        }
    }

    private func answerBatch(
        _ get: MessageGetRequest,
        from start: StreamSequence,
        to reply: RawSpan
    ) throws(DirectGetRequest.Refusal) {
        let pattern = get.nextBySubject.isEmpty ? nil : SubjectPattern(get.nextBySubject)
        let filter = pattern.map { SubjectFilter([$0]) } ?? .all
        var left = self.store.count(from: start, matching: filter)
        var next = self.store.next(from: start, matching: filter)
        var previous = StreamSequence.zero
        var bytes = 0
        var sent = 0
        while let sequence = next, sent < get.batch {
            left -= min(left, 1)
            let fields: [(StaticString, UInt64)] = [
                ("Nats-Num-Pending", left), ("Nats-Last-Sequence", previous.rawValue),
            ]
            if let size = self.sendMessage(sequence, fields: fields, withHeaders: !get.noHeaders, to: reply) {
                previous = sequence
                bytes += size
                sent += 1
            }
            if bytes >= (get.maxBytes > 0 ? get.maxBytes : Self.answerBytesMax) { break }
            next = self.store.next(from: sequence.next, matching: filter)
        }
        if sent == 0 { throw .notFound }
        self.answerStatus(
            "204 EOB",
            fields: [("Nats-Num-Pending", left), ("Nats-Last-Sequence", previous.rawValue)],
            to: reply
        )
    }

    private func answerMultiLast(
        _ get: MessageGetRequest,
        to reply: RawSpan
    ) throws(DirectGetRequest.Refusal) {
        let patterns = get.multiLast.compactMap { SubjectPattern($0) }
        if patterns.isEmpty { throw .noResults }
        var limit = self.store.state.lastSequence
        if get.upToSequence != .zero { limit = min(limit, get.upToSequence) }
        if let time = get.upToTime, let first = self.store.first(atOrAfter: time) {
            limit = min(limit, first.previous)
        }
        let found = self.store.lastPerSubject(matching: SubjectFilter(patterns), atOrBefore: limit)
        if found.count > DirectGetRequest.subjectsMax { throw .tooMany }
        let wanted = found.filter { $0 >= get.sequence }
        if wanted.isEmpty { throw .noResults }
        var left = UInt64(wanted.count)
        var previous = StreamSequence.zero
        var bytes = 0
        for sequence in get.batch > 0 ? wanted.prefix(get.batch) : wanted[...] {
            left -= 1
            let fields: [(StaticString, UInt64)] = [
                ("Nats-Num-Pending", left), ("Nats-Last-Sequence", previous.rawValue),
            ]
            guard let size = self.sendMessage(sequence, fields: fields, withHeaders: true, to: reply) else {
                continue
            }
            previous = sequence
            bytes += size
            if bytes >= (get.maxBytes > 0 ? get.maxBytes : Self.answerBytesMax) { break }
        }
        self.answerStatus(
            "204 EOB",
            fields: [
                ("Nats-Num-Pending", left), ("Nats-Last-Sequence", previous.rawValue),
                ("Nats-UpTo-Sequence", limit.rawValue),
            ],
            to: reply
        )
    }

    /// The most bytes of one answer of many messages: the server's default `max_pending`.
    private static let answerBytesMax = 64 << 20

    /// Sends a stored message with the headers that say where it is from; its size, or nil if it is not there.
    private func sendMessage(
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

    private func answerStatus(_ status: String, fields: [(StaticString, UInt64)], to reply: RawSpan) {
        var block = HeaderBlock.status(status)
        for (key, value) in fields { HeaderBlock.append(key, value, to: &block) }
        unsafe self.answer(to: reply, headers: block.span.bytes, payload: RawSpan())
    }
}
