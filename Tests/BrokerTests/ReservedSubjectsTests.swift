import Testing

@testable import Broker

@Suite("Reserved subjects")
struct ReservedSubjectsTests {
    @Test(
        "What may be published to",
        arguments: [
            ("foo", true), ("_GR_.a", false), ("_GR_.", false), ("_GR_", true), ("_GR_a.b", true),
            ("$GR.a", false),
            ("$GR.", true), ("$GNR.foo", true), ("$NRG.x", false), ("$NRG", true), ("$NRGx", true),
            ("$JS.ACK.a", true),
            ("$JS.API.INFO", true), ("_R_.x", true), ("_INBOX.1", true), ("", true), ("$", true), ("_", true),
            ("x._GR_.a", true), ("_gr_.a", true),
        ]
    )
    func publish(subject: String, isFree: Bool) {
        let bytes = Array(subject.utf8)
        // `$GR.` and `_R_.` without a token behind name nothing that anybody could subscribe to.
        let answer = ReservedSubjects.forbidsPublish(bytes.span.bytes)
        #expect(answer == !isFree)
    }

    @Test(
        "What may be named as a reply",
        arguments: [
            ("foo", true), ("$JS.ACK.a.b.1", false), ("$JS.ACK.", false), ("$JS.ACK", true),
            ("$JS.ACKED.a", true),
            ("_R_.x", false), ("_R_.", false), ("_R_", true), ("_R_x.y", true), ("_GR_.a.b.c", false),
            ("_GR_", true),
            ("_INBOX.1", true), ("$JS.API.INFO", true), ("", true), ("$NRG.x", true), ("x.$JS.ACK.a", true),
        ]
    )
    func reply(subject: String, isFree: Bool) {
        let bytes = Array(subject.utf8)
        let answer = ReservedSubjects.forbidsReply(bytes.span.bytes)
        #expect(answer == !isFree)
    }

    @Test(
        "Only one queue name is the server's",
        arguments: [
            ("_sys_", true), ("_sys_x", false), ("_sys", false), ("", false), ("_SYS_", false), ("q", false),
        ]
    )
    func queue(name: String, isSystem: Bool) {
        let bytes = Array(name.utf8)
        let answer = ReservedSubjects.isSystemQueue(bytes.span.bytes)
        #expect(answer == isSystem)
    }
}
