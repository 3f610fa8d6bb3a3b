/// Writes the answers of one stream to its publishers; streams.md §4.2.
///
///     {"stream":"ORDERS","seq":3}
///     {"stream":"ORDERS","seq":3,"duplicate": true}
///     {"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"},"stream":"ORDERS","seq":0}
///
/// The stream's name is escaped once, so that an acknowledgement costs a copy and a few digits.
public struct PubAckFormat: Hashable, Sendable {
    /// `{"stream":"ORDERS","seq":`, with the domain between the two if there is one.
    private let head: [UInt8]
    /// `,"stream":"ORDERS","seq":0}`.
    private let errorTail: [UInt8]

    /// Prepares the answers of `stream` on a server of `domain` (empty for none).
    public init(stream: String, domain: String = "") {
        var head = Array("{\"stream\":\"".utf8)
        JSONWriter.appendEscaped(stream, to: &head)
        if !domain.isEmpty {
            head.append(contentsOf: "\",\"domain\":\"".utf8)
            JSONWriter.appendEscaped(domain, to: &head)
        }
        head.append(contentsOf: "\",\"seq\":".utf8)
        self.head = head
        self.errorTail = [UInt8(ascii: ",")] + head.dropFirst() + [UInt8(ascii: "0"), UInt8(ascii: "}")]
    }

    /// Appends the acknowledgement of a stored message.
    public func appendStored(_ sequence: StreamSequence, to bytes: inout [UInt8]) {
        bytes += unsafe [UInt8](unsafeUninitializedCapacity: self.storedBytesMax) { buffer, count in
            count = unsafe self.writeStored(sequence, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The most bytes that ``writeStored(_:into:)`` writes.
    public var storedBytesMax: Int { self.head.count + 21 }

    /// Writes the acknowledgement of a stored message to the start of `memory`, and returns its length.
    ///
    /// - Precondition: there is room for ``storedBytesMax``.
    public func writeStored(_ sequence: StreamSequence, into memory: UnsafeMutableRawBufferPointer) -> Int {
        precondition(memory.count >= self.storedBytesMax)
        unsafe self.head.withUnsafeBytes { unsafe memory.copyMemory(from: $0) }
        var length = 1
        var rest = sequence.rawValue
        while rest >= 10 {
            rest /= 10
            length += 1
        }
        let end = self.head.count + length
        rest = sequence.rawValue
        for place in 1...length {
            unsafe memory[end - place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        unsafe memory[end] = UInt8(ascii: "}")
        return end + 1
    }

    /// Appends the acknowledgement of a message that is stored already, under `sequence`.
    public func appendDuplicate(_ sequence: StreamSequence, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.head)
        Self.append(sequence.rawValue, to: &bytes)
        // The blank is the original's: clients that compare bytes exist.
        bytes.append(contentsOf: ",\"duplicate\": true}".utf8)
    }

    /// Appends the acknowledgement of a counter's increment; `total` in decimal digits.
    public func appendCounted(_ sequence: StreamSequence, total: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.head)
        Self.append(sequence.rawValue, to: &bytes)
        bytes.append(contentsOf: ",\"val\":\"".utf8)
        JSONWriter.appendEscaped(total, to: &bytes)
        bytes.append(contentsOf: "\"}".utf8)
    }

    /// Appends the acknowledgement of a batch of `count` messages, the last one stored under `sequence`.
    public func appendBatch(_ sequence: StreamSequence, id: String, count: Int, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.head)
        Self.append(sequence.rawValue, to: &bytes)
        bytes.append(contentsOf: ",\"batch\":\"".utf8)
        JSONWriter.appendEscaped(id, to: &bytes)
        bytes.append(contentsOf: "\",\"count\":".utf8)
        bytes.append(contentsOf: String(count).utf8)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends the refusal of a message.
    public func appendError(_ error: APIError, to bytes: inout [UInt8]) {
        var writer = JSONWriter(capacity: 128)
        error.write(to: &writer)
        bytes.append(contentsOf: "{\"error\":".utf8)
        bytes.append(contentsOf: writer.bytes)
        bytes.append(contentsOf: self.errorTail)
    }

    /// Appends the decimal digits of `value`.
    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        // Filled from the end; the largest value has 20 digits.
        var digits = [20 of UInt8](repeating: 0)
        var start = 20
        var rest = value
        repeat {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: remainder)
            rest = quotient
        } while rest > 0
        while start < 20 {
            bytes.append(digits[start])
            start += 1
        }
    }
}
