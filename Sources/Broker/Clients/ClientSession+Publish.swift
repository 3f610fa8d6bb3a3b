import NIOCore
import Subjects
import WireProtocol

extension ClientSession {
    /// Publishes the messages at `offset` that go to the same subject as the last one.
    ///
    /// - Returns: Where the first operation begins that is anything else.
    func publishAgain(along route: Route, in bytes: RawSpan, from offset: Int) -> Int {
        let maxPayload = self.parser.maxPayload
        let maxControlLine = self.parser.maxControlLine
        let isDeadEnd = route.fan.value.isEmpty
        let (shard, view, connection) = (self.shard, self.view, self.connection)
        let mapped = self.recent.value.mapped
        var place = offset
        var (messages, size) = (0, 0)
        while let message = self.recent.value.line.next(
            in: bytes,
            from: place,
            maxPayload: maxPayload,
            maxControlLine: maxControlLine
        ) {
            let reply = bytes.extracting(message.reply)
            // Nobody there, or a reply that may not be named: whoever reads whole operations tells the client.
            if !message.reply.isEmpty, isDeadEnd || ReservedSubjects.forbidsReply(reply) { break }
            messages += 1
            size += message.payload.count
            if !isDeadEnd {
                let written = bytes.extracting(self.recent.value.line.subject(from: place))
                let subject = unsafe mapped.isEmpty ? written : mapped.span.bytes
                _ = shard.send(
                    along: route,
                    in: view,
                    route: subject,
                    subject: subject,
                    reply: reply,
                    headers: bytes.extracting(place..<place),
                    payload: bytes.extracting(message.payload),
                    sizeText: bytes.extracting(message.sizeText),
                    origin: connection
                )
            }
            place = message.end
        }
        shard.counters.messagesIn += messages
        shard.counters.bytesIn += size
        self.activity.value.messagesIn += messages
        self.activity.value.bytesIn += size
        return place
    }

    func publish(_ publish: ClientOperation.Publish, in bytes: RawSpan, from offset: Int) {
        let subject = bytes.extracting(publish.subject)
        self.shard.counters.messagesIn += 1
        self.shard.counters.bytesIn += publish.payload.count
        self.activity.value.messagesIn += 1
        self.activity.value.bytesIn += publish.payload.count
        if self.isPedantic, !Subject.isValidLiteral(subject) {
            self.complain("Invalid Publish Subject")
        }
        if !publish.headers.isEmpty, let request = self.traceRequest(in: bytes.extracting(publish.headers)) {
            return self.publish(publish, for: request, in: bytes)
        }
        if self.view.mapper != nil {
            return self.publishMapped(publish, in: bytes, from: offset)
        }
        self.publish(publish, to: subject, in: bytes, from: offset, mayRepeat: true)
    }

    /// Publishes under the subject that the account's mappings make of it (core.md §1.13).
    func publishMapped(_ publish: ClientOperation.Publish, in bytes: RawSpan, from offset: Int) {
        let subject = bytes.extracting(publish.subject)
        switch self.view.mapper?.map(subject, random: self.shard.random.next()) {
        case .mapped(let mapped, let isFixed):
            unsafe self.publish(
                publish,
                to: mapped.span.bytes,
                in: bytes,
                from: offset,
                mayRepeat: isFixed,
                mapped: mapped
            )
        // Nobody subscribes to a subject without tokens.
        case .dropped: self.publish(publish, to: RawSpan(), in: bytes, from: offset)
        case .unchanged(let isFixed):
            self.publish(publish, to: subject, in: bytes, from: offset, mayRepeat: isFixed)
        case .unmatched, nil: self.publish(publish, to: subject, in: bytes, from: offset, mayRepeat: true)
        }
    }

    /// Publishes under `subject`; `mayRepeat` says whether the next message for it goes the same way.
    ///
    /// `mapped` is that subject where a mapping made it, and else empty.
    func publish(
        _ publish: ClientOperation.Publish,
        to subject: RawSpan,
        in bytes: RawSpan,
        from offset: Int,
        mayRepeat: Bool = false,
        mapped: [UInt8] = []
    ) {
        let reply = bytes.extracting(publish.reply)
        if ReservedSubjects.forbidsPublish(subject) {
            self.complain("Permissions Violation for Publish to \(QuotedText.quote(subject))")
            return
        }
        var mayRepeat = mayRepeat && self.mayRepeat
        if let rights = self.rights {
            switch rights.publish(to: subject, clock: self.broker.clock) {
            case .allowed: break
            case .granted: mayRepeat = false
            case .refused:
                return self.complain("Permissions Violation for Publish to \(QuotedText.quote(subject))")
            }
        }
        if ReservedSubjects.forbidsReply(reply) {
            self.complain("Permissions Violation for Publish with Reply of \(QuotedText.quote(reply))")
            return
        }
        self.acknowledgeIfVerbose()
        let route = self.view.routes.value.route(subject)
        if mayRepeat {
            self.recent.value.note(publish, along: route, mapped: mapped, in: bytes, from: offset)
        }
        let delivered = self.shard.send(
            along: route,
            in: self.view,
            route: subject,
            subject: subject,
            reply: reply,
            headers: bytes.extracting(publish.headers),
            payload: bytes.extracting(publish.body),
            sizeText: bytes.extracting(publish.sizeText),
            origin: self.connection
        )
        if !delivered, !reply.isEmpty, self.options.noResponders {
            self.reportNoResponders(to: reply, of: subject)
        }
    }

    /// Tells the publisher that nobody was there (core.md §1.10): once, on its own plain subscription.
    func reportNoResponders(to reply: RawSpan, of subject: RawSpan) {
        let route = self.view.routes.value.route(reply)
        guard let own = route.fan.value.plain.first(where: { $0.connectionID == self.connection.id }) else {
            return
        }
        own.sid.withBytes { sid in
            FrameEncoder.writeNoResponders(
                reply: reply,
                sid: sid,
                subject: subject,
                into: &self.stage.bytes.value
            )
        }
        self.shard.touch(self.stage)
    }
}
