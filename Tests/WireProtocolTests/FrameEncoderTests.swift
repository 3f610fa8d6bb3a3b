import NIOCore
import Subjects
import Testing
import WireProtocol

@Suite("Frame encoder")
struct FrameEncoderTests {
    private static func text(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer()
        write(&buffer)
        return String(buffer: buffer)
    }

    @Test(
        "A message has one blank between its parts",
        arguments: [
            ("foo", "1", "", "2", "hi", "MSG foo 1 2\r\nhi\r\n"),
            ("foo", "1", "bar", "0", "", "MSG foo 1 bar 0\r\n\r\n"),
            ("foo", "1", "", "002", "hi", "MSG foo 1 002\r\nhi\r\n"),
            ("x.y", "abc-sid!", "", "3", "a\r\n", "MSG x.y abc-sid! 3\r\na\r\n\r\n"),
        ]
    )
    func message(subject: String, sid: String, reply: String, size: String, payload: String, expected: String)
    {
        let parts = [subject, sid, reply, size, payload].map { Array($0.utf8) }
        let (a, b, c, d, e) = (parts[0], parts[1], parts[2], parts[3], parts[4])
        let text = Self.text { buffer in
            FrameEncoder.writeMessage(
                subject: a.span.bytes,
                sid: b.span.bytes,
                reply: c.span.bytes,
                sizeText: d.span.bytes,
                payload: e.span.bytes,
                into: &buffer
            )
        }
        #expect(text == expected)
    }

    @Test("Parts of every length are copied whole")
    func everyLength() {
        for length in 0...70 {
            let part = (0..<length).map { UInt8(0x30 + $0) }
            let word = String(decoding: part, as: UTF8.self)
            let address = length == 0 ? "s i " : "\(word) \(word) \(word) "
            let subject = length == 0 ? [0x73] : part
            let sid = length == 0 ? [0x69] : part
            let message = Self.text { buffer in
                FrameEncoder.writeMessage(
                    subject: subject.span.bytes,
                    sid: sid.span.bytes,
                    reply: part.span.bytes,
                    payload: part.span.bytes,
                    into: &buffer
                )
            }
            #expect(message == "MSG \(address)\(length)\r\n\(word)\r\n")
            let withHeaders = Self.text { buffer in
                FrameEncoder.writeHeaderMessage(
                    subject: subject.span.bytes,
                    sid: sid.span.bytes,
                    reply: part.span.bytes,
                    headers: part.span.bytes,
                    body: part.span.bytes,
                    into: &buffer
                )
            }
            #expect(withHeaders == "HMSG \(address)\(length) \(2 * length)\r\n\(word)\(word)\r\n")
        }
    }

    @Test("A message with headers keeps the digits of both sizes")
    func headerMessage() {
        let parts = ["foo", "1", "r", "02", "004", "abcd"].map { Array($0.utf8) }
        let (a, b, c, d, e, f) = (parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])
        let text = Self.text { buffer in
            FrameEncoder.writeHeaderMessage(
                subject: a.span.bytes,
                sid: b.span.bytes,
                reply: c.span.bytes,
                headerSizeText: d.span.bytes,
                sizeText: e.span.bytes,
                payload: f.span.bytes,
                into: &buffer
            )
        }
        #expect(text == "HMSG foo 1 r 02 004\r\nabcd\r\n")
    }

    @Test("The status for a request without responders names its subject, and its size is 32 more")
    func noResponders() {
        let parts = ["_INBOX.1", "7", "none"].map { Array($0.utf8) }
        let (a, b, c) = (parts[0], parts[1], parts[2])
        let text = Self.text { buffer in
            FrameEncoder.writeNoResponders(
                reply: a.span.bytes,
                sid: b.span.bytes,
                subject: c.span.bytes,
                into: &buffer
            )
        }
        #expect(text == "HMSG _INBOX.1 7 36 36\r\nNATS/1.0 503\r\nNats-Subject: none\r\n\r\n\r\n")
    }

    @Test("Large payloads and frames one behind the other are whole")
    func large() {
        let payload = [UInt8](repeating: 0x78, count: 1_000_000)
        let word = Array("a.b".utf8)
        var buffer = ByteBuffer()
        for _ in 0..<3 {
            FrameEncoder.writeMessage(
                subject: word.span.bytes,
                sid: word.span.bytes,
                reply: RawSpan(),
                payload: payload.span.bytes,
                into: &buffer
            )
        }
        let head = "MSG a.b a.b 1000000\r\n"
        #expect(buffer.readableBytes == 3 * (head.utf8.count + 1_000_002))
        for _ in 0..<3 {
            #expect(buffer.readString(length: head.utf8.count) == head)
            #expect(buffer.readBytes(length: 1_000_000) == payload)
            #expect(buffer.readString(length: 2) == "\r\n")
        }
    }

    @Test("Short frames are as the protocol says")
    func shortFrames() {
        #expect(Self.text { FrameEncoder.writePing(into: &$0) } == "PING\r\n")
        #expect(Self.text { FrameEncoder.writePong(into: &$0) } == "PONG\r\n")
        #expect(Self.text { FrameEncoder.writeOK(into: &$0) } == "+OK\r\n")
        let permission = "Permissions Violation for Publish to \"a\""
        #expect(Self.text { FrameEncoder.writeError(permission, into: &$0) } == "-ERR '\(permission)'\r\n")
        let error = Self.text { buffer in
            if let text = ProtocolViolation.unknownOperation.errorText {
                FrameEncoder.writeError(text, into: &buffer)
            }
        }
        #expect(error == "-ERR 'Unknown Protocol Operation'\r\n")
    }
}
