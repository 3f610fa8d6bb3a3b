import NIOCore
import StreamEngine
import Subjects
import Synchronization
import WireProtocol

/// Finding who gets a message, and framing it for them.
extension Shard {
    /// This loop's view of `account`.
    func view(of account: Account) -> AccountView {
        if account.index < self.accounts.count, let view = self.accounts[account.index] { return view }
        while self.accounts.count <= account.index { self.accounts.append(nil) }
        let view = AccountView(account: account, shard: self.index, seed: self.broker.hashSeed)
        self.accounts[account.index] = view
        return view
    }

    /// Sends a message to everybody whose subscription matches `route`, and into the streams that capture it.
    ///
    /// - Parameters:
    ///   - route: the subject by which subscribers are found.
    ///   - subject: the subject shown in the frame; it differs from `route` when a consumer delivers.
    ///   - sizeText: the size as the publisher wrote it, which a plain `MSG` repeats (core.md §1.5).
    ///   - origin: the publishing connection; nil when the server sends.
    /// - Returns: Whether anybody was interested.
    @discardableResult
    func publish(
        in view: AccountView,
        route: RawSpan,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        sizeText: RawSpan,
        origin: Connection?
    ) -> Bool {
        self.send(
            along: view.routes.value.route(route),
            in: view,
            route: route,
            subject: subject,
            reply: reply,
            headers: headers,
            payload: payload,
            sizeText: sizeText,
            origin: origin
        )
    }

    /// Sends a message along a route that was found before; see ``publish(in:route:subject:reply:headers:payload:sizeText:origin:)``.
    func send(
        along found: Route,
        in view: AccountView,
        route: RawSpan,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        sizeText: RawSpan,
        origin: Connection?
    ) -> Bool {
        if let only = found.fan.value.only {
            return self.deliver(
                only,
                in: view,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload,
                sizeText: sizeText,
                origin: origin
            )
        }
        if found.fan.value.isEmpty { return false }
        // Copied: who receives a message may change the interest, and with it the route.
        let fan = found.fan.value
        let (plain, groups, services) = (fan.plain, fan.groups, fan.services)
        var delivered = false
        for entry in plain {
            let sent = self.deliver(
                entry,
                in: view,
                subject: subject,
                reply: reply,
                headers: headers,
                payload: payload,
                sizeText: sizeText,
                origin: origin
            )
            if sent { delivered = true }
        }
        for group in groups {
            let members = group.members.count
            var choice = members == 1 ? 0 : self.random.next(below: members)
            for _ in 0..<members {
                let sent = self.deliver(
                    group.members[choice],
                    in: view,
                    subject: subject,
                    reply: reply,
                    headers: headers,
                    payload: payload,
                    sizeText: sizeText,
                    origin: origin
                )
                if sent {
                    delivered = true
                    break
                }
                choice = choice + 1 == members ? 0 : choice + 1
            }
        }
        for service in services {
            let served = self.serve(
                service,
                in: view,
                subject: route,
                reply: reply,
                headers: headers,
                payload: payload,
                origin: origin
            )
            if served { delivered = true }
        }
        return delivered
    }

    func deliver(
        _ entry: Route.Entry,
        in view: AccountView,
        subject: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        payload: RawSpan,
        sizeText: RawSpan,
        origin: Connection?
    ) -> Bool {
        // Kept alive by the route, which the caller holds.
        unsafe entry.stage._withUnsafeGuaranteedRef { stage in
            unsafe stage.connection._withUnsafeGuaranteedRef { connection in
                if let origin, origin.id == entry.connectionID, !origin.wantsEcho.load(ordering: .relaxed) {
                    return false
                }
                guard connection.isOpen.load(ordering: .relaxed) else { return false }
                if self.dropsInsteadOfStalling, origin != nil, self.isBehind(connection) {
                    return false
                }
                if entry.isGuarded, !self.admits(entry, subject: subject, reply: reply) { return false }
                switch unsafe entry.subscription._withUnsafeGuaranteedRef({ $0.takeDelivery() }) {
                case .goesOn:
                    break
                case .last:
                    unsafe self.end(entry.subscription.takeUnretainedValue(), of: connection, in: view)
                case .exhausted:
                    return false
                }
                let withHeaders = !headers.isEmpty && connection.wantsHeaders.load(ordering: .relaxed)
                entry.sid.withBytes { sid in
                    if withHeaders {
                        FrameEncoder.writeHeaderMessage(
                            subject: subject,
                            sid: sid,
                            reply: reply,
                            headers: headers,
                            body: payload,
                            into: &stage.bytes.value
                        )
                    } else if sizeText.isEmpty || !headers.isEmpty {
                        FrameEncoder.writeMessage(
                            subject: subject,
                            sid: sid,
                            reply: reply,
                            payload: payload,
                            into: &stage.bytes.value
                        )
                    } else {
                        FrameEncoder.writeMessage(
                            subject: subject,
                            sid: sid,
                            reply: reply,
                            sizeText: sizeText,
                            payload: payload,
                            into: &stage.bytes.value
                        )
                    }
                }
                self.counters.messagesOut += 1
                self.counters.bytesOut += headers.byteCount + payload.byteCount
                // The counters are this loop's own.
                unsafe stage.messagesOut += 1
                unsafe stage.bytesOut += headers.byteCount + payload.byteCount
                if !stage.isTouched { self.touch(stage, feeder: origin) }
                return true
            }
        }
    }

    /// Whether the permissions of the client let a message through.
    @inline(never)
    func admits(_ entry: Route.Entry, subject: RawSpan, reply: RawSpan) -> Bool {
        // Kept alive by the route, which the caller's caller holds.
        unsafe entry.subscription._withUnsafeGuaranteedRef { subscription in
            subscription.delivery?.admits(subject: subject, reply: reply, clock: self.broker.clock) ?? true
        }
    }

    func end(_ subscription: Subscription, of connection: Connection, in view: AccountView) {
        view.account.interest.remove(subscription)
        guard case .client(_, let sid) = subscription.target else { return }
        self.broker.shards[connection.shard]
            .post(
                .call { _ in connection.session?.forget(sid: sid, subscription: subscription) }
            )
    }

    /// How many messages the subscribers of `inbox` would still take; 0 when there is nobody, and -1 when all of them
    /// are so far behind that what a stream delivers should wait.
    func interest(in inbox: RawSpan, of view: AccountView) -> Int {
        let route = view.routes.value.route(inbox).fan.value
        var total = route.services.isEmpty ? 0 : Int.max
        var isBehind = false
        for entry in route.plain where entry.isOpen {
            let remaining = entry.remaining
            if remaining > 0, entry.isBehind(self.deliveryBytesMax) {
                isBehind = true
            } else {
                total = max(total, remaining)
            }
        }
        for group in route.groups {
            var members = 0
            for entry in group.members where entry.isOpen {
                let remaining = entry.remaining
                if remaining > 0, entry.isBehind(self.deliveryBytesMax) {
                    isBehind = true
                    continue
                }
                let (sum, overflow) = members.addingReportingOverflow(remaining)
                members = overflow ? .max : sum
            }
            total = max(total, members)
        }
        return total == 0 && isBehind ? -1 : total
    }
}
