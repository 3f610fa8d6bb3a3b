/// Finds `Nats-Msg-Id` in a stored header block, to make the set of message ids again after a crash.
enum MessageID {
    private static let name: [UInt8] = Array("nats-msg-id".utf8)

    /// The range of the value in `headers`, without spaces around it; empty if there is none.
    ///
    /// Names match whatever their case; the first such header counts (streams.md §4.4).
    static func find(_ headers: RawSpan) -> Range<Int> {
        var line = self.lineEnd(headers, from: 0) + 2  // Behind the version line.
        while line < headers.byteCount {
            let end = self.lineEnd(headers, from: line)
            if self.isNamed(headers, line, end) {
                var start = line + self.name.count + 1
                var stop = end
                while start < stop, self.isSpace(headers.octet(start)) { start += 1 }
                while stop > start, self.isSpace(headers.octet(stop - 1)) { stop -= 1 }
                return start..<stop
            }
            line = end + 2
        }
        return 0..<0
    }

    /// Index of the next carriage return and line feed, or the end.
    private static func lineEnd(_ headers: RawSpan, from start: Int) -> Int {
        var index = start
        while index + 1 < headers.byteCount {
            if headers.octet(index) == 13, headers.octet(index + 1) == 10 { return index }
            index += 1
        }
        return headers.byteCount
    }

    private static func isNamed(_ headers: RawSpan, _ start: Int, _ end: Int) -> Bool {
        guard end - start > self.name.count, headers.octet(start + self.name.count) == UInt8(ascii: ":")
        else {
            return false
        }
        for index in self.name.indices {
            let byte = headers.octet(start + index)
            let lower = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
            if lower != self.name[index] { return false }
        }
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
}
