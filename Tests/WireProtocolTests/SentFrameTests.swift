import Testing
import WireProtocol

@Suite("Sent frames")
struct SentFrameTests {
    /// The lines and messages of the frames in `text`, and what is left over.
    private static func frames(_ text: String) -> (lines: [String], messages: [String], rest: Int) {
        let bytes = Array(text.utf8)
        var (lines, messages, offset) = ([String](), [String](), 0)
        while let frame = SentFrame(in: bytes.span.bytes, from: offset) {
            lines.append(String(decoding: bytes[frame.line], as: UTF8.self))
            let headers = frame.message.prefix(frame.headerLength)
            let body = frame.message.dropFirst(frame.headerLength)
            messages.append(
                String(decoding: bytes[headers], as: UTF8.self) + "|"
                    + String(decoding: bytes[body], as: UTF8.self)
            )
            offset = frame.end
        }
        return (lines, messages, bytes.count - offset)
    }

    @Test("Each frame is found behind the one before, payloads that look like frames included")
    func sequence() {
        let found = Self.frames(
            "INFO {}\r\n+OK\r\nMSG a 1 6\r\nPING\r\n\r\nHMSG b 2 r.x 12 14\r\nNATS/1.0\r\n\r\nhi\r\n-ERR 'x'\r\nPONG\r\nMSG a 1 0\r\n\r\n"
        )
        #expect(
            found.lines == [
                "INFO {}", "+OK", "MSG a 1 6", "HMSG b 2 r.x 12 14", "-ERR 'x'", "PONG", "MSG a 1 0",
            ]
        )
        #expect(found.messages == ["|", "|", "|PING\r\n", "NATS/1.0\r\n\r\n|hi", "|", "|", "|"])
        #expect(found.rest == 0)
    }

    @Test(
        "What is no whole frame is none",
        arguments: [
            "", "PING", "PING\n", "\r\n\n", "MSG a 1 5\r\nhell", "MSG a 1 5\r\nhello\r",
            "MSG a 1 x\r\nhello\r\n",
            "MSG \r\n\r\n", "HMSG 5\r\nhello\r\n", "HMSG a 1 6 5\r\nhello\r\n",
            "MSG a 1 9223372036854775807\r\nhello\r\n", "MSG a 1 99999999999999999999\r\n\r\n",
            "HMSG a\r\nhello\r\n",
        ]
    )
    func broken(text: String) {
        // An empty line is none of ours, and has no message.
        let lines = Self.frames(text).lines.filter { !$0.isEmpty }
        #expect(lines == [])
    }
}
