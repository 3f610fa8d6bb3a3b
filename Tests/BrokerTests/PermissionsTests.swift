import StreamModel
import Subjects
import Testing

@testable import Broker

/// Rules as a configuration writes them: `subject`, or `subject queue`.
private func rules(_ texts: [String]) -> [PermissionOptions.Rule] {
    texts.map { text in
        let parts = text.split(separator: " ").map(String.init)
        return PermissionOptions.Rule(subject: parts[0], queue: parts.count > 1 ? parts[1] : nil)
    }
}

private func permissions(
    publish: (allow: [String]?, deny: [String])? = nil,
    subscribe: (allow: [String]?, deny: [String])? = nil,
    responses: PermissionOptions.Responses? = nil
) -> Permissions {
    var options = PermissionOptions()
    options.publish = publish.map { .init(allow: $0.allow.map(rules), deny: rules($0.deny)) }
    options.subscribe = subscribe.map { .init(allow: $0.allow.map(rules), deny: rules($0.deny)) }
    options.responses = responses
    return Permissions(options, seed: 1)
}

@Suite("Permissions")
struct PermissionsTests {
    private static let subscriptions = [
        "foo", "foo q", "foo q1", "foo q2", "foo v1.a", "foo.a", "foo.*", "foo.>", "foo.a q", "foo.* q", ">",
        "*",
        "foo.b q1", "foo.* q1",
    ]

    // What another server of the protocol says of the same subscriptions, but for `foo.>` where `foo.*` is allowed.
    @Test(
        "A subscription is within what is allowed and not within what is denied, and so is its group",
        arguments: [
            (["foo q1"], [], "00100000000000"),
            (["foo q1", "foo"], [], "10100000000000"),
            (["foo *"], [], "01110000000000"),
            (["foo v1.>"], [], "00001000000000"),
            (["foo.> q", "foo.a"], [], "00000100110000"),
            (nil, ["foo q1"], "11011111111111"),
            (nil, ["foo.a"], "11111011011111"),
            (["foo.>"], ["foo.* q"], "00000111000011"),
            (["foo", "foo.*"], ["foo"], "00000111110011"),
            (nil, ["foo.>"], "11111000001100"),
            (["foo.* q1", "foo.>"], [], "00000111000011"),
            ([], [], "00000000000000"),
            (nil, [], "11111111111111"),
            (["a..b"], [], "00000000000000"),
            (nil, ["a..b"], "00000000000000"),
        ] as [(allow: [String]?, deny: [String], allowed: String)]
    )
    func subscribing(allow: [String]?, deny: [String], allowed: String) {
        let permissions = permissions(subscribe: (allow, deny))
        let answers = rules(Self.subscriptions)
            .map { wanted in
                let (subject, queue) = (Array(wanted.subject.utf8), Array((wanted.queue ?? "").utf8))
                return permissions.maySubscribe(to: subject.span.bytes, queue: queue.span.bytes) ? "1" : "0"
            }
        #expect(answers.joined() == allowed)
    }

    @Test(
        "What is denied within a subscription is kept from it, for its group alone where one is named",
        arguments: [
            ("foo.*", "", ["bar.x"], []), ("foo.*", "", ["foo.a", "foo.b.c", "*.x"], ["foo.a", "*.x"]),
            ("foo.*", "", ["foo.a q1"], []), ("foo.*", "q1", ["foo.a q1", "foo.b q2"], ["foo.a"]),
            ("foo.*", "q1", ["foo.a *", "foo.c"], ["foo.a", "foo.c"]), (">", "", ["foo.>"], ["foo.>"]),
        ] as [(String, String, [String], [String])]
    )
    func exceptions(subject: String, queue: String, deny: [String], kept: [String]) {
        let (subject, queue) = (Array(subject.utf8), Array(queue.utf8))
        let found = permissions(subscribe: (nil, deny))
            .exceptions(of: subject.span.bytes, queue: queue.span.bytes)
        #expect(found.map(\.description) == kept)
    }

    @Test(
        "A `>` at the end counts as a `*`, and what is beyond the rules is kept back then",
        arguments: [
            (["foo.*"], [], "", ["foo.a"]), (["*", "foo.b.c"], [], "", ["foo.b.c"]),
            (["foo.*"], ["foo.a"], "", []), (["foo.* q"], [], "q", ["foo.a"]), (["foo.* q"], [], "", nil),
            (["foo.*"], ["foo.* q"], "q", nil), (nil, ["foo.*"], "", nil), (["foo.*.*"], [], "", nil),
            (["foo.a", "foo.b"], [], "", nil), (["foo.>", "foo.*"], [], "", ["foo.a", "foo.b.c"]),
        ] as [([String]?, [String], String, [String]?)]
    )
    func wide(allow: [String]?, deny: [String], queue: String, delivered: [String]?) {
        let permissions = permissions(subscribe: (allow, deny))
        let (pattern, group) = (Array((allow?.first == "*" ? ">" : "foo.>").utf8), Array(queue.utf8))
        let isAllowed = permissions.maySubscribe(to: pattern.span.bytes, queue: group.span.bytes)
        #expect(isAllowed == (delivered != nil))
        guard let delivered else { return }
        let rights = ClientRights(permissions, seed: 1)
        let delivery = rights.makeGuard(of: pattern.span.bytes, queue: group.span.bytes)
        let found = ["foo.a", "foo.b.c"]
            .filter { subject in
                let subject = Array(subject.utf8)
                return delivery?.denies(subject.span.bytes) != true
            }
        #expect(found == delivered)
    }
}

@Suite("Rights of a client")
struct ClientRightsTests {
    private func ask(_ rights: ClientRights, _ subject: String, at time: Int64 = 0) -> ClientRights.Answer {
        let bytes = Array(subject.utf8)
        return rights.publish(to: bytes.span.bytes, clock: { Timestamp(nanoseconds: time) })
    }

    @Test(
        "A subject matches what is allowed and nothing that is denied",
        arguments: [
            (["a.>"], [], "a.b", true), (["a.>"], [], "a", false), (["a.>"], ["a.x.*"], "a.x.y", false),
            (["a.>"], ["a.x.*"], "a.x", true), (nil, ["a"], "a", false), (nil, ["a"], "b", true),
            ([], [], "a", false), (nil, [], "a", true), (["a.*"], [], "a.*", true),
            (["a.b"], [], "a.*", false),
            (["a..b"], [], "a..b", false), (nil, ["a..b"], "c", false), (["*"], [], "", false),
        ] as [(allow: [String]?, deny: [String], subject: String, isAllowed: Bool)]
    )
    func publishing(allow: [String]?, deny: [String], subject: String, isAllowed: Bool) {
        let rights = ClientRights(permissions(publish: (allow, deny)), seed: 1)
        // The second time it is remembered.
        for _ in 0..<2 { #expect(self.ask(rights, subject) == (isAllowed ? .allowed : .refused)) }
    }

    @Test("What is remembered of many subjects agrees with the rules")
    func memory() {
        let rights = ClientRights(permissions(publish: (["a.*"], ["a.3", "a.14"])), seed: 7)
        let long = String(repeating: "x", count: 300)
        for round in 0..<3 {
            for number in 0..<500 {
                let isAllowed = number != 3 && number != 14
                #expect(self.ask(rights, "a.\(number)") == (isAllowed ? .allowed : .refused), "\(round)")
                #expect(self.ask(rights, "b.\(number)") == .refused)
            }
            #expect(self.ask(rights, "a.\(long)") == .allowed)
            #expect(self.ask(rights, "b.\(long)") == .refused)
        }
    }

    /// Delivers a message with that reply.
    private func deliver(_ reply: String, to rights: ClientRights, at time: Int64 = 0) throws {
        let (subject, reply) = (Array("s".utf8), Array(reply.utf8))
        let delivery = rights.makeGuard(of: subject.span.bytes, queue: RawSpan())
        let found = try #require(delivery)
        let isAdmitted = found.admits(
            subject: subject.span.bytes,
            reply: reply.span.bytes,
            clock: { Timestamp(nanoseconds: time) }
        )
        #expect(isAdmitted)
    }

    @Test("Who may answer may do nothing else, unless it is allowed")
    func answersOnly() throws {
        let rights = ClientRights(permissions(responses: .init(limit: 1, expiry: 100)), seed: 1)
        #expect(self.ask(rights, "x") == .refused)
        try self.deliver("r", to: rights)
        #expect(self.ask(rights, "r", at: 99) == .granted)
        #expect(self.ask(rights, "r", at: 99) == .refused)
        try self.deliver("r", to: rights)
        #expect(self.ask(rights, "r", at: 100) == .refused, "it has run out")
        let denied = ClientRights(permissions(publish: (nil, ["d"]), responses: .init(limit: 2)), seed: 1)
        #expect(self.ask(denied, "x") == .refused)
        try self.deliver("d", to: denied)
        #expect(self.ask(denied, "d") == .granted, "an answer may go to what is denied")
        #expect(self.ask(denied, "d") == .granted)
        #expect(self.ask(denied, "d") == .refused)
        let both = ClientRights(permissions(publish: (["a"], []), responses: .init(limit: 1)), seed: 1)
        #expect(self.ask(both, "a") == .allowed)
        #expect(self.ask(both, "b") == .refused)
    }

    @Test("A right without limits stays")
    func unlimited() throws {
        let rights = ClientRights(permissions(responses: .init(limit: nil, expiry: nil)), seed: 1)
        try self.deliver("r", to: rights)
        for _ in 0..<1000 { #expect(self.ask(rights, "r", at: .max - 1) == .granted) }
    }

    @Test("Without exceptions and answers there is no guard")
    func noGuard() {
        let rights = ClientRights(permissions(subscribe: (["a.>"], ["b"])), seed: 1)
        let subject = Array("a.*".utf8)
        let delivery = rights.makeGuard(of: subject.span.bytes, queue: RawSpan())
        #expect(delivery == nil)
    }
}

@Suite("Grants of answers")
struct ResponseGrantsTests {
    private func add(_ grants: ResponseGrants, _ reply: String, at time: Int64 = 0) {
        let bytes = Array(reply.utf8)
        grants.add(bytes.span.bytes, at: Timestamp(nanoseconds: time))
    }

    private func take(_ grants: ResponseGrants, _ subject: String, at time: Int64 = 0) -> Bool {
        let bytes = Array(subject.utf8)
        return grants.take(bytes.span.bytes, at: Timestamp(nanoseconds: time))
    }

    @Test("There are never more than so many: the oldest goes")
    func countBound() {
        let grants = ResponseGrants(.init(limit: nil, expiry: nil))
        for number in 0..<40_000 { self.add(grants, "r.\(number)") }
        #expect(grants.count == ResponseGrants.countMax)
        #expect(!self.take(grants, "r.\(39_999 - ResponseGrants.countMax)"))
        #expect(self.take(grants, "r.\(40_000 - ResponseGrants.countMax)"))
        #expect(self.take(grants, "r.39999"))
    }

    @Test("Nor do their subjects take more memory than so much")
    func byteBound() {
        let grants = ResponseGrants(.init(limit: nil, expiry: nil))
        let long = String(repeating: "x", count: 4000)
        for number in 1000..<2000 { self.add(grants, long + "\(number)") }
        #expect(grants.count == ResponseGrants.bytesMax / 4004)
        #expect(self.take(grants, long + "1999"))
        #expect(!self.take(grants, long + "1000"))
    }

    @Test("What has run out is forgotten when others come")
    func expiry() {
        let grants = ResponseGrants(.init(limit: 1, expiry: 10))
        for number in 0..<1000 { self.add(grants, "r.\(number)", at: Int64(number)) }
        #expect(grants.count == 10)
    }

    @Test("A reply that comes again is granted anew")
    func renewal() {
        let grants = ResponseGrants(.init(limit: 1, expiry: 10))
        self.add(grants, "r", at: 0)
        #expect(self.take(grants, "r", at: 1))
        self.add(grants, "r", at: 5)
        self.add(grants, "x", at: 12)
        #expect(self.take(grants, "r", at: 14))
        #expect(!self.take(grants, "r", at: 14))
    }
}
