public import NIOCore
import Subjects

/// Writes what a server sends to its clients; core.md §1.5 and §1.6.
///
/// Every frame is one reservation in the buffer and one copy of each part. An empty `reply` means that there is none.
/// Parts are written as they are: they must not hold blanks or line ends, which nothing that was parsed does.
public enum FrameEncoder {
    /// The most bytes that a frame has beside its parts: verb, blanks, line ends and computed sizes.
    public static let overhead = 64

    /// Writes `MSG subject sid [reply] size`, the size as the digits in `sizeText`, and the payload.
    public static func writeMessage(
        subject: RawSpan,
        sid: RawSpan,
        reply: RawSpan,
        sizeText: RawSpan,
        payload: RawSpan,
        into buffer: inout ByteBuffer
    ) {
        let length =
            subject.byteCount + sid.byteCount + reply.byteCount + sizeText.byteCount + payload.byteCount
        Self.write(length + Self.overhead, into: &buffer) { frame in
            frame.write(Self.message, length: 4)
            Self.writeAddress(subject, sid, reply, &frame)
            frame.write(sizeText)
            Self.writePayload(payload, &frame)
        }
    }

    /// Writes `MSG subject sid [reply] size` and the payload, with the payload's own size.
    public static func writeMessage(
        subject: RawSpan,
        sid: RawSpan,
        reply: RawSpan,
        payload: RawSpan,
        into buffer: inout ByteBuffer
    ) {
        let length = subject.byteCount + sid.byteCount + reply.byteCount + payload.byteCount
        Self.write(length + Self.overhead, into: &buffer) { frame in
            frame.write(Self.message, length: 4)
            Self.writeAddress(subject, sid, reply, &frame)
            frame.write(decimal: payload.byteCount)
            Self.writePayload(payload, &frame)
        }
    }

    /// Writes `HMSG subject sid [reply] headers-size total-size`, the sizes as the digits given, and the payload, which
    /// begins with the headers.
    public static func writeHeaderMessage(
        subject: RawSpan,
        sid: RawSpan,
        reply: RawSpan,
        headerSizeText: RawSpan,
        sizeText: RawSpan,
        payload: RawSpan,
        into buffer: inout ByteBuffer
    ) {
        let address = subject.byteCount + sid.byteCount + reply.byteCount
        let length = address + headerSizeText.byteCount + sizeText.byteCount + payload.byteCount
        Self.write(length + Self.overhead, into: &buffer) { frame in
            frame.write(Self.headerMessage, length: 5)
            Self.writeAddress(subject, sid, reply, &frame)
            frame.write(headerSizeText)
            frame.write(0x20)
            frame.write(sizeText)
            Self.writePayload(payload, &frame)
        }
    }

    /// Writes `HMSG subject sid [reply] headers-size total-size`, the headers and the body, with their own sizes.
    public static func writeHeaderMessage(
        subject: RawSpan,
        sid: RawSpan,
        reply: RawSpan,
        headers: RawSpan,
        body: RawSpan,
        into buffer: inout ByteBuffer
    ) {
        let address = subject.byteCount + sid.byteCount + reply.byteCount
        let size = headers.byteCount + body.byteCount
        Self.write(address + size + Self.overhead, into: &buffer) { frame in
            frame.write(Self.headerMessage, length: 5)
            Self.writeAddress(subject, sid, reply, &frame)
            frame.write(decimal: headers.byteCount)
            frame.write(0x20)
            frame.write(decimal: size)
            frame.write(Self.lineEnd, length: 2)
            frame.write(headers)
            frame.write(body)
            frame.write(Self.lineEnd, length: 2)
        }
    }

    /// Writes the status 503 that says that nobody got the request; core.md §1.10.
    ///
    /// It goes to the subscription `sid` of the requester, under its `reply` subject, and names the `subject` of the
    /// request.
    public static func writeNoResponders(
        reply: RawSpan,
        sid: RawSpan,
        subject: RawSpan,
        into buffer: inout ByteBuffer
    ) {
        let status: StaticString = "NATS/1.0 503\r\nNats-Subject: "
        // A static string lives as long as the program.
        let text = unsafe RawSpan(
            _unsafeStart: UnsafeRawPointer(status.utf8Start),
            byteCount: status.utf8CodeUnitCount
        )
        let size = text.byteCount + subject.byteCount + 4
        let length = reply.byteCount + sid.byteCount + size
        Self.write(length + Self.overhead, into: &buffer) { frame in
            frame.write(Self.headerMessage, length: 5)
            Self.writeAddress(reply, sid, RawSpan(), &frame)
            frame.write(decimal: size)
            frame.write(0x20)
            frame.write(decimal: size)
            frame.write(Self.lineEnd, length: 2)
            frame.write(text)
            frame.write(subject)
            frame.write(Self.lineEnd, length: 2)
            frame.write(Self.lineEnd, length: 2)
            frame.write(Self.lineEnd, length: 2)
        }
    }

    /// Writes `PING`.
    public static func writePing(into buffer: inout ByteBuffer) { buffer.writeStaticString("PING\r\n") }

    /// Writes `PONG`.
    public static func writePong(into buffer: inout ByteBuffer) { buffer.writeStaticString("PONG\r\n") }

    /// Writes `+OK`.
    public static func writeOK(into buffer: inout ByteBuffer) { buffer.writeStaticString("+OK\r\n") }

    /// Writes `-ERR 'text'`.
    ///
    /// The text is not escaped (core.md §1.6): see ``QuotedText`` for the parts from clients.
    public static func writeError(_ text: String, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("-ERR '")
        buffer.writeString(text)
        buffer.writeStaticString("'\r\n")
    }

    /// Writes `-ERR 'text'`.
    public static func writeError(_ text: StaticString, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("-ERR '")
        buffer.writeStaticString(text)
        buffer.writeStaticString("'\r\n")
    }

    // MARK: - Pieces

    /// `MSG ` and `HMSG `, the first byte lowest.
    private static var message: UInt64 { 0x2047_534d }
    private static var headerMessage: UInt64 { 0x20_4753_4d48 }
    private static var lineEnd: UInt64 { 0x0a0d }

    @inline(__always)
    private static func write(
        _ capacity: Int,
        into buffer: inout ByteBuffer,
        _ body: (inout FrameWriter) -> Void
    ) {
        // The memory is the buffer's, at least `capacity` bytes, and is used before the call returns.
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
            guard let start = memory.baseAddress else { return 0 }
            var frame = unsafe FrameWriter(memory, start: start)
            body(&frame)
            return frame.count
        }
    }

    /// Writes the subject, the id and the reply, each with a blank behind it.
    @inline(__always)
    private static func writeAddress(
        _ subject: RawSpan,
        _ sid: RawSpan,
        _ reply: RawSpan,
        _ frame: inout FrameWriter
    ) {
        frame.write(subject)
        frame.write(0x20)
        frame.write(sid)
        frame.write(0x20)
        if reply.byteCount > 0 {
            frame.write(reply)
            frame.write(0x20)
        }
    }

    @inline(__always)
    private static func writePayload(_ payload: RawSpan, _ frame: inout FrameWriter) {
        frame.write(Self.lineEnd, length: 2)
        frame.write(payload)
        frame.write(Self.lineEnd, length: 2)
    }
}
