import Logging
import Subjects
import Synchronization
import WireProtocol

/// What other parts of the server do in an account: publish into it, and answer requests made there.
extension Broker {
    /// The account in which the server tells of itself; nil when there is none.
    public var systemAccount: Account? {
        self.options.systemAccount.flatMap { self.accounts.account(named: $0) }
    }

    /// The account of clients that named none.
    public var globalAccount: Account { self.defaultAccount }

    /// All accounts, the default and the system account among them.
    public var allAccounts: [Account] { self.accounts.all }

    /// The account of that name.
    public func account(named name: String) -> Account? { self.accounts.account(named: name) }

    /// Publishes a message into `account`, from any thread: it goes to all who subscribed there.
    public func publish(
        in account: Account,
        subject: [UInt8],
        reply: [UInt8] = [],
        headers: [UInt8] = [],
        payload: [UInt8]
    ) {
        if self.isTracing.load(ordering: .relaxed) {
            self.traceOwn(subject: subject, reply: reply, headers: headers, payload: payload)
        }
        self.shards[0]
            .post(
                .call { shard in
                    _ = unsafe shard.publish(
                        in: shard.view(of: account),
                        route: subject.span.bytes,
                        subject: subject.span.bytes,
                        reply: reply.span.bytes,
                        headers: headers.span.bytes,
                        payload: payload.span.bytes,
                        sizeText: RawSpan(),
                        origin: nil
                    )
                }
            )
    }

    /// Logs what the server sends in its own name, if that is wanted (core.md §4.2).
    func traceOwn(subject: [UInt8], reply: [UInt8], headers: [UInt8], payload: [UInt8]) {
        let tracing = self.current.tracing
        guard tracing.isVerbose else { return }
        let name = unsafe QuotedText.show(subject.span.bytes)
        let answers = reply.isEmpty ? "" : unsafe QuotedText.show(reply.span.bytes) + " "
        let size = headers.isEmpty ? "\(payload.count)" : "\(headers.count) \(headers.count + payload.count)"
        self.logger.trace("SYSTEM - <<- [\(headers.isEmpty ? "PUB" : "HPUB") \(name) \(answers)\(size)]")
        let message = unsafe tracing.text(headers: headers.span.bytes, payload: payload.span.bytes)
        if let message { self.logger.trace("SYSTEM - <<- \(message)") }
    }

    /// Lets `handler` take the messages that clients of `account` publish to subjects that match `pattern`.
    ///
    /// The handler runs on the publisher's event loop and must not block. Permissions of the publisher are checked
    /// before. Lasts as long as the server. No effect if the pattern is no pattern.
    public func serve(
        _ pattern: String,
        in account: Account,
        _ handler: @escaping @Sendable (Service.Request) -> Void
    ) {
        guard SubjectPattern(pattern) != nil else { return }
        _ = account.interest.add(pattern: Array(pattern.utf8), target: .service(Service(handler)))
    }

    /// Does the same in every account but the system's, those that a reload brings included.
    public func serveEverywhere(
        _ pattern: String,
        _ handler: @escaping @Sendable (Service.Request) -> Void
    ) {
        self.services.withLock { $0.append((pattern, handler)) }
        for account in self.allAccounts where !account.isSystem { self.serve(pattern, in: account, handler) }
    }

    /// Makes the accounts of `options`, and sets what each may use.
    func makeAccounts(_ options: ServerOptions) {
        let named = Dictionary(options.accounts.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        var names = options.accounts.map(\.name)
        names += options.authentication.users.map(\.account)
        for name in names {
            let (account, isNew) = self.accounts.make(named: name)
            guard isNew, !account.isSystem else { continue }
            for (pattern, handler) in self.services.withLock({ $0 }) {
                self.serve(pattern, in: account, handler)
            }
        }
        for account in self.allAccounts {
            account.limits.set(named[account.name])
            let mappings = account === self.defaultAccount ? options.mappings : []
            let tracing = named[account.name]?.tracing
            let isChanged = account.tracing.withLock { current in
                defer { current = tracing }
                return current != tracing
            }
            if isChanged { self.readMappings(of: account) }
            self.setMappings(mappings + (named[account.name]?.mappings ?? []), of: account)
            self.jetStream?.configure(account, named[account.name]?.jetStream, options)
        }
    }
}
