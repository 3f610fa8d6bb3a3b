import StreamEngine
import Subjects
import Synchronization

/// Handing messages to what is no client: streams, consumers, the API and other parts of the server.
extension Shard {
    func serve(
        _ target: Target,
        in view: AccountView,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        origin: Connection?
    ) -> Bool {
        switch target {
        case .client:
            return false
        case .stream(let handle):
            self.enqueue(
                .publish,
                handle,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        case .pull(let handle, let consumer):
            self.enqueue(
                .pull,
                handle,
                consumer: consumer,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        case .acknowledge(let handle, let consumer):
            self.enqueue(
                .acknowledge,
                handle,
                consumer: consumer,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        case .directGet(let handle):
            self.enqueue(
                .directGet,
                handle,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        case .api(let jetStream):
            let request = JetStreamRequest(subject: subject, reply: reply, headers: headers, payload: payload)
            if let request { jetStream.receive(request) }
        case .service(let service):
            service.handle(
                Service.Request(
                    account: view.account,
                    clientID: origin?.id,
                    subject: subject.array(),
                    reply: reply.array(),
                    headers: headers.array(),
                    payload: payload.array()
                )
            )
        }
        return true
    }

    func enqueue(
        _ kind: IngestBatch.Kind,
        _ handle: StreamHandle,
        consumer: ConsumerSlot = ConsumerSlot(index: 0, generation: 0),
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan
    ) {
        let shard = handle.address.shard
        let held = self.outgoing[shard]
            .append(
                kind,
                stream: handle.address.slot,
                consumer: consumer,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload
            )
        if kind == .publish || kind == .publishTraced {
            let size = subject.byteCount + headers.byteCount + payload.byteCount
            if handle.queuedBytes.wrappingAdd(size, ordering: .relaxed).newValue
                > self.ingestBytesMax
            {
                self.wantsPause = true
            }
        }
        if held > Self.batchBytesMax { self.mail(to: shard) }
    }

    /// Hands a message of which a report is wanted to its stream, which reports.
    func enqueue(
        _ trace: MessageTrace,
        _ handle: StreamHandle,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan
    ) {
        self.enqueue(
            .publishTraced,
            handle,
            consumer: self.outgoing[handle.address.shard].append(trace),
            subject: subject,
            reply: reply,
            headers: headers,
            payload: payload
        )
    }
}
