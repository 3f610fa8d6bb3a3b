import StreamEngine
import StreamModel
import Subjects
import Synchronization

/// The way of a message of which a report is wanted.
extension Shard {
    /// Publishes the report of a message whose way is over.
    func send(_ trace: MessageTrace, in view: AccountView) {
        let destination = trace.destination
        let report = trace.report(server: self.broker.makeServerDescription())
        unsafe self.publish(
            in: view,
            route: destination.span.bytes,
            subject: destination.span.bytes,
            reply: RawSpan(),
            headers: report.headers.span.bytes,
            payload: report.payload.span.bytes,
            sizeText: RawSpan(),
            origin: nil
        )
    }

    /// Sends a message along `found`, as all messages are sent, and reports on it; if only the report is wanted, it
    /// goes nowhere, and the report says where it would have gone.
    ///
    /// - Returns: Whether anybody was interested.
    func send(
        _ trace: MessageTrace,
        along found: Route,
        in view: AccountView,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        origin: Connection
    ) -> Bool {
        var trace = trace
        let fan = found.fan.value
        var isDelivered = false
        for entry in fan.plain {
            let isSent = self.deliver(
                entry,
                &trace,
                in: view,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload,
                origin: origin
            )
            if isSent { isDelivered = true }
        }
        for group in fan.groups {
            let first = self.random.next(below: group.members.count)
            for offset in group.members.indices {
                let isSent = self.deliver(
                    group.members[(first + offset) % group.members.count],
                    &trace,
                    in: view,
                    subject: subject,
                    reply: reply,
                    headers: headers,
                    payload: payload,
                    origin: origin
                )
                if isSent {
                    isDelivered = true
                    break
                }
            }
        }
        var stream: StreamHandle?
        for service in fan.services {
            switch service {
            case .stream(let handle):
                stream = handle
                isDelivered = true
                continue
            case .api, .service:
                let name = self.broker.systemAccount?.name ?? view.account.name
                trace.note(.service(account: name, subject: Self.text(subject)), at: self.now)
                if trace.isReportOnly { continue }
            case .client, .pull, .acknowledge, .directGet:
                // The server's own subscriptions, of which nothing is told: they get the message as ever.
                break
            }
            let isServed = self.serve(
                service,
                in: view,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload,
                origin: origin
            )
            if isServed { isDelivered = true }
        }
        guard let stream else {
            self.send(trace, in: view)
            return isDelivered
        }
        // Subjects of two streams do not overlap: the one there is tells the end.
        self.enqueue(
            trace,
            stream,
            subject: subject,
            reply: reply,
            headers: headers,
            payload: payload
        )
        return isDelivered
    }

    /// Delivers a message to one subscription, unless the report is all that is wanted, and notes it.
    ///
    /// - Returns: Whether nothing stands in the way.
    private func deliver(
        _ entry: Route.Entry,
        _ trace: inout MessageTrace,
        in view: AccountView,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        origin: Connection
    ) -> Bool {
        var error = self.obstacle(to: entry, subject: subject, origin: origin)
        if error == nil, !trace.isReportOnly {
            let isSent = self.deliver(
                entry,
                in: view,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload,
                sizeText: RawSpan(),
                origin: origin
            )
            // It was there a moment ago.
            if !isSent { error = "Not delivered because subscription is closed" }
        }
        trace.note(entry.traceStep, at: self.now, error: error)
        return error == nil
    }

    private static func text(_ bytes: RawSpan) -> String { String(decoding: bytes.array(), as: UTF8.self) }

    /// Why a message is not delivered to a subscription; nil if it is.
    private func obstacle(to entry: Route.Entry, subject: RawSpan, origin: Connection) -> String? {
        // Kept alive by the route, which the caller holds.
        unsafe entry.stage._withUnsafeGuaranteedRef { stage in
            unsafe stage.connection._withUnsafeGuaranteedRef { connection in
                if origin.id == entry.connectionID, !origin.wantsEcho.load(ordering: .relaxed) {
                    return "Not delivered because of no echo"
                }
                if !connection.isOpen.load(ordering: .relaxed) {
                    return "Not delivered because client is closed"
                }
                if self.dropsInsteadOfStalling, self.isBehind(connection) {
                    return "Not delivered because fast producer not stalled and consumer is slow"
                }
                return unsafe entry.subscription._withUnsafeGuaranteedRef { subscription in
                    if subscription.delivery?.denies(subject) ?? false {
                        return "Not delivered because subscription denies this subject"
                    }
                    if subscription.remaining == 0 {
                        return subscription.limit == nil
                            ? "Not delivered because subscription is closed"
                            : "Not delivered because auto-unsubscribe exceeded"
                    }
                    return nil
                }
            }
        }
    }
}

extension Route.Entry {
    /// The delivery to it, as it is told of.
    fileprivate var traceStep: MessageTrace.Step {
        // Kept alive by the route, which the caller holds.
        unsafe self.stage._withUnsafeGuaranteedRef { stage in
            unsafe stage.connection._withUnsafeGuaranteedRef { connection in
                unsafe self.subscription._withUnsafeGuaranteedRef { subscription in
                    .delivery(
                        client: MessageTrace.Client(connection),
                        subscription: String(decoding: subscription.pattern, as: UTF8.self),
                        queue: String(decoding: subscription.queue, as: UTF8.self)
                    )
                }
            }
        }
    }
}
