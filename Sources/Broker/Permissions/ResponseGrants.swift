import StreamModel
import Subjects
import Synchronization

/// Replies that one connection may publish because it received messages that ask for them (core.md §3.3).
///
/// Written by every event loop that delivers to the connection, read by its own. Bounded: when there is no more room,
/// the oldest grants are forgotten, those that have run out first.
final class ResponseGrants: Sendable {
    private struct Grant {
        var left: Int
        var until: Int64
        /// Tells it from earlier grants of the same reply.
        var number: UInt64
    }

    private struct Table {
        var grants: [[UInt8]: Grant] = [:]
        /// The grants by age, those included that were used up or renewed since.
        var order: [(reply: [UInt8], number: UInt64)] = []
        /// How many of `order` are dealt with.
        var done = 0
        var number: UInt64 = 0
        /// Bytes of the replies in `order` that are not dealt with.
        var bytes = 0
    }

    /// Grants of one connection, used up ones of late included.
    static let countMax = 16_384
    /// Bytes of their subjects.
    static let bytesMax = 1 << 20

    private let table = Mutex(Table())
    private let limit: Int
    private let lifetime: Int64

    /// Grants as `rights` describes.
    init(_ rights: PermissionOptions.Responses) {
        self.limit = rights.limit ?? .max
        self.lifetime = rights.expiry ?? .max
    }

    /// Grants answers to `reply`, which was delivered at `now`.
    func add(_ reply: RawSpan, at now: Timestamp) {
        let reply = reply.array()
        let (until, overflow) = now.rawValue.addingReportingOverflow(self.lifetime)
        self.table.withLock { table in
            table.number += 1
            table.grants[reply] = Grant(
                left: self.limit,
                until: overflow ? .max : until,
                number: table.number
            )
            table.order.append((reply, table.number))
            table.bytes += reply.count
            Self.trim(&table, at: now.rawValue)
        }
    }

    /// Takes one answer to `subject`; false if there is none to take.
    func take(_ subject: RawSpan, at now: Timestamp) -> Bool {
        let subject = subject.array()
        return self.table.withLock { table in
            guard var grant = table.grants[subject] else { return false }
            guard grant.until > now.rawValue, grant.left > 0 else {
                table.grants[subject] = nil
                return false
            }
            if grant.left < .max { grant.left -= 1 }
            table.grants[subject] = grant.left == 0 ? nil : grant
            return true
        }
    }

    /// How many grants there are.
    var count: Int { self.table.withLock { $0.grants.count } }

    /// Forgets the oldest: those that are over, and others as long as there are too many.
    private static func trim(_ table: inout Table, at now: Int64) {
        while table.done < table.order.count {
            let oldest = table.order[table.done]
            let grant = table.grants[oldest.reply]
            let isCurrent = grant?.number == oldest.number
            let isFull = table.order.count - table.done > self.countMax || table.bytes > self.bytesMax
            if isCurrent, let grant, grant.until > now, !isFull { break }
            if isCurrent { table.grants[oldest.reply] = nil }
            table.bytes -= oldest.reply.count
            table.done += 1
        }
        // Half of the list is behind: moving the rest costs no more than adding it did.
        if table.done > 64, table.done * 2 > table.order.count {
            table.order.removeFirst(table.done)
            table.done = 0
        }
    }
}
