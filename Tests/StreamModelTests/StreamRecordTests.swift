import StreamModel
import Testing

@Suite("Records of the catalogue")
struct StreamRecordTests {
    private static let moments = [0, 1, -1, 1_795_403_744_248_129_735, Int64.max, Int64.min]

    private var configuration: StreamConfiguration {
        var configuration = StreamConfiguration(name: "ORDERS", subjects: ["orders.>", "a.*.b"])
        configuration.maxMessages = 1000
        configuration.description = "with \"quotes\" and ünïcode"
        return configuration
    }

    private var consumer: ConsumerConfiguration {
        var consumer = ConsumerConfiguration()
        consumer.name = "worker"
        consumer.durableName = "worker"
        consumer.filterSubject = "orders.*"
        return consumer
    }

    @Test("A stream comes back as it was written", arguments: Self.moments)
    func stream(nanoseconds: Int64) throws {
        let record = StreamRecord(
            created: Timestamp(nanoseconds: nanoseconds),
            configuration: self.configuration
        )
        let read = try StreamRecord(record.bytes)
        #expect(read.created == record.created)
        #expect(read.configuration == record.configuration)
        #expect(read.bytes == record.bytes)
    }

    @Test("A consumer comes back as it was written", arguments: Self.moments)
    func consumer(nanoseconds: Int64) throws {
        let record = ConsumerRecord(
            created: Timestamp(nanoseconds: nanoseconds),
            configuration: self.consumer
        )
        let read = try ConsumerRecord(record.bytes)
        #expect(read.created == record.created)
        #expect(read.configuration == record.configuration)
        #expect(read.bytes == record.bytes)
    }

    @Test("The time is 8 bytes, little-endian, then comes JSON")
    func form() {
        let record = StreamRecord(
            created: Timestamp(nanoseconds: 0x0102_0304_0506_0708),
            configuration: self.configuration
        )
        #expect(Array(record.bytes.prefix(8)) == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(record.bytes[8] == UInt8(ascii: "{"))
        #expect(record.bytes.last == UInt8(ascii: "}"))
    }

    @Test("A record cut short anywhere is an error, and never a trap")
    func cut() {
        let stream = StreamRecord(created: .distantFuture, configuration: self.configuration).bytes
        let consumer = ConsumerRecord(created: .distantPast, configuration: self.consumer).bytes
        for length in 9..<stream.count {
            #expect(throws: APIError.self) { _ = try StreamRecord(Array(stream[..<length])) }
        }
        for length in 9..<consumer.count {
            #expect(throws: APIError.self) { _ = try ConsumerRecord(Array(consumer[..<length])) }
        }
        // Without any JSON there is no configuration to disagree with; what matters is that nothing traps.
        for length in 0...8 {
            _ = try? StreamRecord(Array(stream[..<length]))
            _ = try? ConsumerRecord(Array(consumer[..<length]))
        }
    }

    @Test("A record with any byte changed is read or refused, and never a trap")
    func damaged() {
        let stream = StreamRecord(created: .distantFuture, configuration: self.configuration).bytes
        let consumer = ConsumerRecord(created: .distantPast, configuration: self.consumer).bytes
        for byte in [0, 0x22, 0x2d, 0x39, 0x5b, 0x7b, 0x80, 0xff] as [UInt8] {
            for index in stream.indices {
                var bytes = stream
                bytes[index] = byte
                if let read = try? StreamRecord(bytes) { _ = read.bytes }
            }
            for index in consumer.indices {
                var bytes = consumer
                bytes[index] = byte
                if let read = try? ConsumerRecord(bytes) { _ = read.bytes }
            }
        }
    }
}
