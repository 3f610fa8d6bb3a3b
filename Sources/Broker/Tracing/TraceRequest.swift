import StreamModel
import Subjects

/// What the headers of a message ask to be told of its way (core.md §1.14).
struct TraceRequest {
    /// The headers by name, each with its values; those without a value are left out.
    let headers: [String: [String]]
    /// The subject that gets the report.
    let destination: String
    /// Whether the message itself is neither delivered nor stored.
    let isReportOnly: Bool
    /// How the report is wrapped; nil: it is not said, because nobody asked.
    let encoding: AnswerEncoding?

    /// The value of the destination that says: not traced from here on.
    static let disabled = "trace disabled"
    private static let parent = Array("traceparent:".utf8)

    /// Whether the headers of a message may ask for a report; most do not.
    ///
    /// - Parameter account: what the account of the publisher traces; nil: nothing.
    @inline(__always)
    static func mayBeAsked(by headers: RawSpan, account: MessageTraceOptions?) -> Bool {
        if HeaderBlock.line(of: "Nats-Trace-Dest", in: headers) != nil { return true }
        return account != nil && self.hasParent(headers)
    }

    /// The request in `headers`; nil if there is none after all.
    ///
    /// - Parameter random: any number, which decides whether a message of an account is among those that are traced.
    init?(_ block: RawSpan, account: MessageTraceOptions?, random: UInt64) {
        guard let headers = Self.parse(block) else { return nil }
        // A server would have set it, and none is connected: what says otherwise is not believed.
        if headers["Nats-Trace-Origin-Account"] != nil { return nil }
        self.headers = headers
        if let destination = headers["Nats-Trace-Dest"]?.first {
            if destination == Self.disabled { return nil }
            let subject = Array(destination.utf8)
            guard unsafe Subject.isValidLiteral(subject.span.bytes) else { return nil }
            self.destination = destination
            let only = headers["Nats-Trace-Only"]?.first?.lowercased() ?? ""
            self.isReportOnly = ["1", "true", "on"].contains(only)
        } else {
            guard let account, Self.isSampled(headers), random % 100 < account.sampling else { return nil }
            self.destination = account.destination
            self.isReportOnly = false
        }
        self.encoding = headers["Accept-Encoding"] == nil ? nil : AnswerEncoding(headers: block.array())
    }

    /// Whether the headers belong to a W3C trace that is recorded: the last of four parts has its lowest bit set.
    private static func isSampled(_ headers: [String: [String]]) -> Bool {
        guard let header = headers.first(where: { $0.key.lowercased() == "traceparent" }),
            let parts = header.value.first?.split(separator: "-", omittingEmptySubsequences: false),
            parts.count == 4, parts[3].utf8.count == 2, let flags = UInt8(parts[3], radix: 16)
        else { return false }
        return flags & 1 == 1
    }

    /// Whether a line begins like a W3C trace's, in whatever case.
    private static func hasParent(_ headers: RawSpan) -> Bool {
        var start = 0
        while start < headers.byteCount {
            if headers.byteCount - start >= self.parent.count,
                self.parent.indices.allSatisfy({ headers.byte(start + $0) | 0x20 == self.parent[$0] | 0x20 })
            {
                return true
            }
            start = headers.firstIndex(of: UInt8(ascii: "\n"), from: start, to: headers.byteCount) + 1
        }
        return false
    }

    /// The headers; nil for a block that has a status, or another first line.
    ///
    /// A line that is no header ends them.
    private static func parse(_ block: RawSpan) -> [String: [String]]? {
        let text = block.array()[...]
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // What follows the last line break is no line.
        lines.removeLast()
        guard var version = lines.first, version.popLast() == UInt8(ascii: "\r"),
            version.elementsEqual(HeaderBlock.version.utf8)
        else { return nil }
        var headers: [String: [String]] = [:]
        for var line in lines.dropFirst() {
            guard line.popLast() == UInt8(ascii: "\r"), let colon = line.firstIndex(of: UInt8(ascii: ":")),
                colon > line.startIndex
            else { break }
            let value = self.trimmed(line[(colon + 1)...])
            if value.isEmpty { continue }
            let name = String(decoding: line[..<colon], as: UTF8.self)
            headers[name, default: []].append(String(decoding: value, as: UTF8.self))
        }
        return headers
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var value = value.drop(while: isBlank)
        while let last = value.last, isBlank(last) { value.removeLast() }
        return value
    }
}
