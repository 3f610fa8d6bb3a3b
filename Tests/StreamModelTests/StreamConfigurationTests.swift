import StreamModel
import Testing

@Suite("Stream configuration")
struct StreamConfigurationTests {
    private static func stream(_ change: (inout StreamConfiguration) -> Void = { _ in })
        -> StreamConfiguration
    {
        var stream = StreamConfiguration(name: "S", subjects: ["s.>"])
        change(&stream)
        return stream
    }

    @Test("The server's limit caps the duplicate window")
    func duplicateWindow() throws {
        let limits = ConfigurationLimits(server: ServerLimits(duplicateWindow: .seconds(10)))
        #expect(try Self.stream().normalised(limits: limits).duplicateWindow == .seconds(10))
        #expect(
            apiError { _ = try Self.stream().normalised(limits: limits, pedantic: true) }
                == .pedantic("duplicate window limits are higher than current limits")
        )
        #expect(
            apiError { _ = try Self.stream { $0.duplicateWindow = .seconds(11) }.normalised(limits: limits) }
                == .streamInvalidConfiguration("duplicates window can not be larger then server limit of 10s")
        )
    }

    @Test("The account's limits on bytes and consumers hold")
    func accountLimits() throws {
        var limits = ConfigurationLimits()
        limits.account.storageMaxStreamBytes = 100
        limits.account.maxConsumers = 5
        _ = try Self.stream { $0.maxBytes = 100 }.normalised(limits: limits)
        _ = try Self.stream { ($0.maxBytes, $0.storage) = (101, .memory) }.normalised(limits: limits)
        #expect(
            apiError { _ = try Self.stream { $0.maxBytes = 101 }.normalised(limits: limits) }
                == .streamMaxStreamBytesExceeded
        )
        limits.account.maxBytesRequired = true
        #expect(apiError { _ = try Self.stream().normalised(limits: limits) } == .streamMaxBytesRequired)
        #expect(
            apiError { try Self.stream { $0.maxConsumers = 6 }.checkAccount(limits.account) }
                == .maximumConsumersLimit
        )
        #expect(apiError { try Self.stream { $0.maxConsumers = 5 }.checkAccount(limits.account) } == nil)
    }

    @Test("A chain of copies that comes back is refused, unless no message can pass")
    func cycles() throws {
        let streams = [
            "A": StreamConfiguration(sources: [StreamSource(name: "B", filterSubject: "x.*")]),
            "B": StreamConfiguration(sources: [StreamSource(name: "S", filterSubject: "x.1")]),
            "C": StreamConfiguration(sources: [StreamSource(name: "A", filterSubject: "y")]),
            "D": StreamConfiguration(mirror: StreamSource(name: "A")),
        ]
        for (origin, isCycle) in [("A", true), ("B", true), ("C", false), ("D", true), ("E", false)] {
            let stream = Self.stream { $0.sources = [StreamSource(name: origin)] }
            let expected: APIError? = isCycle ? .streamInvalidConfiguration("detected cycle") : nil
            #expect(apiError { _ = try stream.normalised(origin: { streams[$0] }) } == expected, "\(origin)")
        }
    }

    @Test("Configurations that differ in the server's own metadata are the same")
    func equivalence() throws {
        let stored = try Self.stream { $0.metadata = ["k": "v"] }.normalised()
        var other = stored
        other.metadata["_nats.ver"] = "2.15.1"
        other.metadata["_nats.level"] = "5"
        other.metadata["_nats.req.level"] = nil
        #expect(stored.isEquivalent(to: other))
        #expect(stored != other)
        other.metadata["k"] = "w"
        #expect(!stored.isEquivalent(to: other))
    }

    @Test("Streams overlap if one subject could be captured by both")
    func overlaps() {
        #expect(Self.stream().overlaps(subjects: ["t", "*.a"]))
        #expect(!Self.stream().overlaps(subjects: ["t", "s"]))
        #expect(Self.stream().overlaps(subjects: [">"]))
    }

    @Test("What a configuration asks for is named, and refused where it is not built")
    func features() throws {
        #expect(Self.stream().features.isEmpty)
        let stream = Self.stream {
            $0.retention = .workQueue
            $0.allowAtomicPublish = true
            $0.sources = [StreamSource(name: "O")]
            $0.subjectTransform = SubjectTransform(source: "s.>")
        }
        #expect(stream.features == [.workQueueRetention, .atomicBatch, .sources])
        #expect(apiError { try stream.checkFeatures(supported: stream.features) } == nil)
        #expect(
            apiError { try stream.checkFeatures(supported: [.sources]) }
                == .streamInvalidConfiguration(
                    "not supported by this server: atomic batch publish, workqueue retention"
                )
        )
        let all = try StreamConfigurationRequest(
            bytes(
                """
                {"mirror":{"name":"O"},"sources":[{}],"republish":{},"subject_transform":{"dest":"x"},\
                "allow_msg_ttl":true,"subject_delete_marker_ttl":1,"allow_msg_counter":true,\
                "allow_msg_schedules":true,"allow_atomic":true,"allow_batched":true,"compression":"s2",\
                "persist_mode":"async","retention":"interest"}
                """
            )
            .span.bytes
        )
        #expect(all.configuration.features == Set(StreamFeature.allCases).subtracting([.workQueueRetention]))
    }

    @Test("A mirror that becomes a stream of its own stops answering for its origin")
    func promotion() throws {
        var mirror = StreamConfiguration(name: "M")
        mirror.mirror = StreamSource(name: "O")
        mirror.mirrorDirect = true
        let existing = try mirror.normalised()
        mirror.mirror = nil
        mirror.subjects = ["m"]
        let promoted = try mirror.normalised().updated(from: existing)
        #expect(!promoted.mirrorDirect)
        #expect(promoted.duplicateWindow == .seconds(120))
    }

    @Test("A sealed stream stays sealed and loses what would change it")
    func sealed() throws {
        let existing = try Self.stream().normalised()
        let sealed =
            try Self.stream {
                $0.sealed = true
                $0.maxAge = .seconds(1)
                $0.allowRollup = true
            }
            .normalised().updated(from: existing)
        #expect(sealed.maxAge == .zero)
        #expect(sealed.discard == .new)
        #expect(sealed.denyDelete)
        #expect(sealed.denyPurge)
        #expect(!sealed.allowRollup)
        #expect(
            apiError { _ = try Self.stream().normalised().updated(from: sealed) }
                == .streamInvalidConfiguration("stream configuration update can not unseal a sealed stream")
        )
    }

    @Test("A stored configuration of a newer version is read, its unknown members left out")
    func newer() throws {
        let stored = try StreamConfiguration(stored: bytes(#"{"name":"S","new_field":{"a":[1]}}"#).span.bytes)
        #expect(stored == StreamConfiguration(name: "S"))
        #expect(throws: APIError.self) { try StreamConfiguration(stored: bytes("{").span.bytes) }
    }
}

extension StreamConfiguration {
    /// A stream that only copies.
    fileprivate init(mirror: StreamSource? = nil, sources: [StreamSource] = []) {
        self.init(name: "T")
        self.mirror = mirror
        self.sources = sources
    }
}
