import Subjects

/// Subjects and queue names that clients may not use freely (core.md §1.8).
enum ReservedSubjects {
    private static let gatewayReply = Array("_GR_.".utf8)
    private static let oldGatewayReply = Array("$GR.".utf8)
    private static let serviceReply = Array("_R_.".utf8)
    private static let acknowledgement = Array("$JS.ACK.".utf8)
    private static let replication = Array("$NRG.".utf8)
    private static let systemQueueName = Array("_sys_".utf8)

    /// Whether a client may not publish to `subject`.
    static func forbidsPublish(_ subject: RawSpan) -> Bool {
        guard subject.byteCount > 4 else { return false }
        switch subject.byte(0) {
        case UInt8(ascii: "_"): return subject.starts(with: self.gatewayReply)
        case UInt8(ascii: "$"):
            return subject.starts(with: self.replication) || subject.starts(with: self.oldGatewayReply)
        default: return false
        }
    }

    /// Whether a client may not name `reply` as its reply subject.
    static func forbidsReply(_ reply: RawSpan) -> Bool {
        guard reply.byteCount > 3 else { return false }
        switch reply.byte(0) {
        case UInt8(ascii: "_"):
            return reply.starts(with: self.gatewayReply) || reply.starts(with: self.serviceReply)
        case UInt8(ascii: "$"): return reply.starts(with: self.acknowledgement)
        default: return false
        }
    }

    /// Whether `queue` is the one only the server may join.
    static func isSystemQueue(_ queue: RawSpan) -> Bool {
        queue.byteCount == self.systemQueueName.count && queue.starts(with: self.systemQueueName)
    }
}
