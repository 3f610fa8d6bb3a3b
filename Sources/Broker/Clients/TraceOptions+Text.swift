import Subjects
import WireProtocol

extension TraceOptions {
    /// What is shown of a message behind its line; nil: nothing (core.md §4.9).
    func text(headers: RawSpan, payload: RawSpan) -> String? {
        var bytes = headers
        if self.headersOnly {
            // Without the empty line at their end.
            bytes = bytes.extracting(0..<max(0, bytes.byteCount - 4))
            if bytes.byteCount == 0 { return nil }
            return self.text(bytes, RawSpan())
        }
        if headers.byteCount == 0, payload.byteCount == 0 { return nil }
        return self.text(headers, payload)
    }

    private func text(_ first: RawSpan, _ second: RawSpan) -> String {
        let all = first.byteCount + second.byteCount
        let most = self.messageBytesMax > 0 ? min(self.messageBytesMax, all) : all
        var bytes = first.extracting(0..<min(most, first.byteCount)).array()
        bytes += second.extracting(0..<most - bytes.count).array()
        let quoted = unsafe QuotedText.quote(bytes.span.bytes)
        return "MSG_PAYLOAD: [\(most < all ? String(quoted.dropLast()) + "...\"" : quoted)]"
    }
}
