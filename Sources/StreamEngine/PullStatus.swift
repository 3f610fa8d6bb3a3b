import NIOCore
import StreamModel

/// A message without payload that tells a puller what became of its request: the texts are exact (consumers.md §3.6).
enum PullStatus {
    case badRequest(StaticString)
    case noMessages
    case requestsPending
    case requestTimeout
    case exceededMaxBatch(Int64)
    case exceededMaxExpires(Int64)
    case exceededMaxBytes(Int64)
    case exceededMaxWaiting
    case messageTooLarge
    case batchCompleted
    case consumerDeleted
    case serverShutdown
    case requiredAPILevel
    case pushBased

    /// Appends the status line without its end.
    func write(to bytes: inout ByteBuffer) {
        switch self {
        case .badRequest(let text):
            bytes.writeStaticString("NATS/1.0 400 Bad Request - ")
            bytes.writeStaticString(text)
        case .noMessages: bytes.writeStaticString("NATS/1.0 404 No Messages")
        case .requestsPending: bytes.writeStaticString("NATS/1.0 408 Requests Pending")
        case .requestTimeout: bytes.writeStaticString("NATS/1.0 408 Request Timeout")
        case .exceededMaxBatch(let limit):
            bytes.writeStaticString("NATS/1.0 409 Exceeded MaxRequestBatch of ")
            bytes.writeDecimal(limit)
        case .exceededMaxExpires(let limit):
            bytes.writeStaticString("NATS/1.0 409 Exceeded MaxRequestExpires of ")
            bytes.writeString(Nanoseconds(limit).description)
        case .exceededMaxBytes(let limit):
            bytes.writeStaticString("NATS/1.0 409 Exceeded MaxRequestMaxBytes of ")
            bytes.writeDecimal(limit)
        case .exceededMaxWaiting: bytes.writeStaticString("NATS/1.0 409 Exceeded MaxWaiting")
        case .messageTooLarge: bytes.writeStaticString("NATS/1.0 409 Message Size Exceeds MaxBytes")
        case .batchCompleted: bytes.writeStaticString("NATS/1.0 409 Batch Completed")
        case .consumerDeleted: bytes.writeStaticString("NATS/1.0 409 Consumer Deleted")
        case .serverShutdown: bytes.writeStaticString("NATS/1.0 409 Server Shutdown")
        case .requiredAPILevel: bytes.writeStaticString("NATS/1.0 412 Required Api Level")
        case .pushBased: bytes.writeStaticString("NATS/1.0 409 Consumer is push based")
        }
    }
}

extension EffectBuffer {
    /// Sends a status to `inbox`, with the pending headers if they are given.
    mutating func send(
        _ status: PullStatus,
        to inbox: RawSpan,
        pending: (messages: Int64, bytes: Int64)? = nil
    ) {
        let route = self.write(inbox)
        let start = self.arena.writerIndex
        status.write(to: &self.arena)
        if let pending {
            self.arena.writeStaticString("\r\nNats-Pending-Messages: ")
            self.arena.writeDecimal(pending.messages)
            self.arena.writeStaticString("\r\nNats-Pending-Bytes: ")
            self.arena.writeDecimal(pending.bytes)
        }
        self.arena.writeStaticString("\r\n\r\n")
        self.appendControl(route, headersFrom: start)
    }

    /// Sends an idle heartbeat to `inbox`: how far the consumer is (consumers.md §3.5.2).
    mutating func sendHeartbeat(to inbox: RawSpan, consumerSequence: UInt64, streamSequence: StreamSequence) {
        let route = self.write(inbox)
        let start = self.arena.writerIndex
        self.arena.writeStaticString("NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: ")
        self.arena.writeDecimal(consumerSequence)
        self.arena.writeStaticString("\r\nNats-Last-Stream: ")
        self.arena.writeDecimal(streamSequence.rawValue)
        self.arena.writeStaticString("\r\n\r\n")
        self.appendControl(route, headersFrom: start)
    }

    /// Sends an empty message: the confirmation of an acknowledgement.
    mutating func sendEmpty(to reply: RawSpan) {
        let route = self.write(reply)
        let end = route.upperBound..<route.upperBound
        self.append(Effect(route: route, subject: route, reply: end, headers: end, payload: end))
    }

    private mutating func appendControl(_ route: Range<Int>, headersFrom start: Int) {
        let end = self.arena.writerIndex
        self.append(
            Effect(
                route: route,
                subject: route,
                reply: start..<start,
                headers: start..<end,
                payload: end..<end
            )
        )
    }
}
