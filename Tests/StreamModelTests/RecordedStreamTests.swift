import StreamModel
import Testing

/// What a server of the original answered to hundreds of stream configurations.
@Suite("Recorded stream configurations")
struct RecordedStreamTests {
    /// The origin that mirrors and sources of the recording had.
    static func origin(_ name: String) -> StreamConfiguration? {
        guard name == "O" else { return nil }
        var origin = StreamConfiguration(name: "O", subjects: ["o.*"])
        origin.maxMessageSize = 100
        origin.allowDirect = true
        return try? origin.normalised()
    }

    static func created(_ request: String, origin: (String) -> StreamConfiguration?) throws
        -> StreamConfiguration
    {
        let request = try StreamConfigurationRequest(bytes(request).span.bytes)
        try request.configuration.checkCreate(subjectName: "X")
        let stored = try request.configuration.normalised(pedantic: request.pedantic, origin: origin)
        try stored.checkCopyFilters()
        return stored
    }

    static func updated(_ request: String, existing: String) throws -> StreamConfiguration {
        let existing = try StreamConfigurationRequest(bytes(existing).span.bytes).configuration
            .normalised(origin: Self.origin)
        let request = try StreamConfigurationRequest(bytes(request).span.bytes)
        let stored = try request.configuration.normalised(pedantic: request.pedantic, origin: Self.origin)
        return try stored.updated(from: existing)
    }

    @Test("A create request comes to what the original made of it")
    func create() throws {
        let rows = try Fixture.rows("stream-create.jsonl")
        #expect(rows.count > 250)
        for row in rows {
            let request = try #require(row["request"]?.text)
            let origin = row["origin"] == .bool(true) ? Self.origin : { _ in nil }
            let outcome: Outcome
            do {
                let stored = try Self.created(request, origin: origin)
                outcome = try .written { stored.write(to: &$0, metadata: .response) }
            } catch let error as APIError {
                outcome = Outcome(error)
            }
            #expect(outcome == (try Outcome(row: row)), "\(request)")
        }
    }

    @Test("An update request comes to what the original made of it")
    func update() throws {
        let rows = try Fixture.rows("stream-update.jsonl")
        #expect(rows.count > 50)
        for row in rows {
            let request = try #require(row["request"]?.text)
            let existing = try #require(row["existing"]?.text)
            let outcome: Outcome
            do {
                let stored = try Self.updated(request, existing: existing)
                outcome = try .written { stored.write(to: &$0, metadata: .response) }
            } catch let error as APIError {
                outcome = Outcome(error)
            }
            #expect(outcome == (try Outcome(row: row)), "\(existing) => \(request)")
        }
    }

    @Test("A stored configuration reads back as it was")
    func roundTrip() throws {
        for row in try Fixture.rows("stream-create.jsonl") where row["config"] != nil {
            let origin = row["origin"] == .bool(true) ? Self.origin : { _ in nil }
            let stored = try Self.created(try #require(row["request"]?.text), origin: origin)
            #expect(try StreamConfiguration(stored: stored.stored.span.bytes) == stored)
            // A counter's own message TTLs, which delete markers turn on, would be refused the next time.
            if stored.allowMessageCounter { continue }
            #expect(try stored.normalised(origin: origin) == stored)
        }
    }
}
