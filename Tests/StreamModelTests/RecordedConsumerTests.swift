import StreamModel
import Testing

/// What a server of the original answered to hundreds of consumer configurations.
@Suite("Recorded consumer configurations")
struct RecordedConsumerTests {
    static func stream(_ name: String) throws -> StreamConfiguration {
        var stream = StreamConfiguration(name: name, subjects: [name == "L" ? "l.>" : "s.>"])
        if name == "L" {
            stream.retention = .workQueue
            stream.consumerLimits = ConsumerLimits(inactiveThreshold: .seconds(10), maxAckPending: 50)
        }
        return try stream.normalised()
    }

    /// The subject of a recorded request, which the recording names without its common prefix.
    static func subject(_ text: String) -> ConsumerCreateSubject {
        var tokens = text.split(separator: ".").map(String.init)
        let isDurable = tokens.removeFirst() == "DURABLE"
        if isDurable { tokens.removeFirst() }
        let stream = tokens.removeFirst()
        if tokens.isEmpty { return ConsumerCreateSubject(form: .legacyEphemeral, stream: stream) }
        return ConsumerCreateSubject(
            form: isDurable ? .legacyDurable : .named,
            stream: stream,
            consumer: tokens.removeFirst(),
            filter: tokens.joined(separator: ".")
        )
    }

    static func created(_ request: String, subject: String) throws -> ConsumerConfiguration {
        let subject = Self.subject(subject)
        let request = try ConsumerCreateRequest(bytes(request).span.bytes).checked(for: subject)
        let stream = try Self.stream(subject.stream)
        let stored = try request.configuration.normalised(stream: stream, pedantic: request.pedantic)
        if stream.retention == .workQueue { try stored.checkWorkQueue(others: []) }
        try stored.checkNameLength()
        return stored
    }

    @Test("A create request comes to what the original made of it")
    func create() throws {
        let rows = try Fixture.rows("consumer-create.jsonl")
        #expect(rows.count > 180)
        for row in rows {
            let request = try #require(row["request"]?.text)
            let subject = try #require(row["subject"]?.text)
            let outcome: Outcome
            do {
                let stored = try Self.created(request, subject: subject)
                outcome = try .written { stored.write(to: &$0, metadata: .response) }
            } catch let error as APIError {
                outcome = Outcome(error)
            }
            #expect(outcome == (try Outcome(row: row)), "\(subject) \(request)")
        }
    }

    @Test("An update comes to what the original made of it")
    func update() throws {
        let rows = try Fixture.rows("consumer-update.jsonl")
        #expect(rows.count > 15)
        let stream = try Self.stream("S")
        for row in rows {
            let outcome: Outcome
            do {
                let existing = try Self.configuration(row["existing"], stream: stream)
                let stored = try Self.configuration(row["request"], stream: stream).updated(from: existing)
                outcome = try .written { stored.write(to: &$0, metadata: .response) }
            } catch let error as APIError {
                outcome = Outcome(error)
            }
            #expect(outcome == (try Outcome(row: row)), "\(row)")
        }
    }

    private static func configuration(
        _ text: JSONValue?,
        stream: StreamConfiguration
    ) throws -> ConsumerConfiguration {
        var configuration = try ConsumerConfiguration(stored: bytes(try #require(text?.text)).span.bytes)
        configuration.name = "x"
        return try configuration.normalised(stream: stream)
    }

    @Test("A stored configuration reads back as it was")
    func roundTrip() throws {
        for row in try Fixture.rows("consumer-create.jsonl") where row["config"] != nil {
            let subject = try #require(row["subject"]?.text)
            let stored = try Self.created(try #require(row["request"]?.text), subject: subject)
            #expect(try ConsumerConfiguration(stored: stored.stored.span.bytes) == stored)
        }
    }
}
