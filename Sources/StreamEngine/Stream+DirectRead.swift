import NIOCore
import StreamModel
import StreamStore
import Subjects

/// Answering reads of many messages as fast as their clients take them.
extension Stream {
    /// Bytes that wait to be sent, or for a commit.
    private var waitingBytes: Int {
        self.outgoing.arena.readableBytes + self.held.arena.readableBytes
            + self.committing.arena.readableBytes
    }

    /// Whether as much was made in this turn as one turn may.
    var isTurnOver: Bool { self.outgoing.arena.readableBytes >= self.deliveryBudget.bytes }

    /// Sends the next messages of every read.
    ///
    /// - Returns: Whether more can be sent at once, and whether clients are behind.
    func serveReads(interest: (RawSpan) -> Int) -> (hasMore: Bool, isHeldUp: Bool) {
        if self.reads.isEmpty { return (false, false) }
        var (waiting, begun): ([DirectRead], [DirectRead]) = ([], [])
        var (hasMore, isHeldUp) = (false, false)
        for var read in self.reads.takeAll() {
            if self.waitingBytes >= self.deliveryBudget.bytes {
                waiting.append(read)
                hasMore = true
                continue
            }
            let capacity = unsafe interest(read.reply.span.bytes)
            if capacity == 0 { continue }
            if capacity < 0 {
                isHeldUp = true
                waiting.append(read)
            } else if !self.serve(&read) {
                begun.append(read)
                hasMore = true
            }
        }
        // Those that had no turn come first in the next one.
        self.reads.putBack(waiting)
        self.reads.putBack(begun)
        // What waits for a commit leaves with it, and it goes on then.
        return (hasMore && self.held.isEmpty && self.committing.isEmpty, isHeldUp)
    }

    /// Sends messages of a read until the turn is over; true when it has ended.
    private func serve(_ read: inout DirectRead) -> Bool {
        do throws(DirectGetRequest.Refusal) {
            let course: DirectRead.Course
            if let begun = read.course { course = begun } else { course = try self.begin(&read) }
            switch course {
            case .batch(let filter, let from):
                return try self.serveBatch(&read, matching: filter, from: from)
            case .newest(let wanted, let place, let limit):
                return self.serveNewest(&read, wanted, from: place, limit: limit)
            }
        } catch {
            unsafe self.answerStatus(error.rawValue, fields: [], to: read.reply.span.bytes)
            return true
        }
    }

    /// Finds out which messages are wanted.
    private func begin(_ read: inout DirectRead) throws(DirectGetRequest.Refusal) -> DirectRead.Course {
        let get = read.get
        if get.multiLast.isEmpty {
            guard let start = self.find(get) else { throw .notFound }
            let pattern = get.nextBySubject.isEmpty ? nil : SubjectPattern(get.nextBySubject)
            let filter = pattern.map { SubjectFilter([$0]) } ?? .all
            read.left = self.store.count(from: start, matching: filter)
            return .batch(filter, from: start)
        }
        let patterns = get.multiLast.compactMap { SubjectPattern($0) }
        if patterns.isEmpty { throw .noResults }
        var limit = self.store.state.lastSequence
        if get.upToSequence != .zero { limit = min(limit, get.upToSequence) }
        if let time = get.upToTime, let first = self.store.first(atOrAfter: time) {
            limit = min(limit, first.previous)
        }
        let found = self.store.lastPerSubject(matching: SubjectFilter(patterns), atOrBefore: limit)
        if found.count > DirectGetRequest.subjectsMax { throw .tooMany }
        let wanted = found.filter { $0 >= get.sequence }
        if wanted.isEmpty { throw .noResults }
        read.left = UInt64(wanted.count)
        return .newest(wanted, place: 0, limit: limit)
    }

    private func serveBatch(
        _ read: inout DirectRead,
        matching filter: SubjectFilter,
        from start: StreamSequence
    ) throws(DirectGetRequest.Refusal) -> Bool {
        let last = read.sent + self.deliveryBudget.messages
        var next = self.store.next(from: start, matching: filter)
        while let sequence = next, !read.isFull {
            if self.waitingBytes >= self.deliveryBudget.bytes || read.sent >= last {
                read.course = .batch(filter, from: sequence)
                return false
            }
            self.send(sequence, of: &read, withHeaders: !read.get.noHeaders)
            next = self.store.next(from: sequence.next, matching: filter)
        }
        if read.sent == 0 { throw .notFound }
        self.end(read, fields: [])
        return true
    }

    private func serveNewest(
        _ read: inout DirectRead,
        _ wanted: [StreamSequence],
        from start: Int,
        limit: StreamSequence
    ) -> Bool {
        var place = start
        while place < wanted.count, !read.isFull {
            if self.waitingBytes >= self.deliveryBudget.bytes {
                read.course = .newest(wanted, place: place, limit: limit)
                return false
            }
            self.send(wanted[place], of: &read, withHeaders: true)
            place += 1
        }
        self.end(read, fields: [("Nats-UpTo-Sequence", limit.rawValue)])
        return true
    }

    private func send(_ sequence: StreamSequence, of read: inout DirectRead, withHeaders: Bool) {
        read.left -= min(read.left, 1)
        let fields: [(StaticString, UInt64)] = [
            ("Nats-Num-Pending", read.left), ("Nats-Last-Sequence", read.previous.rawValue),
        ]
        let size = unsafe self.sendMessage(
            sequence,
            fields: fields,
            withHeaders: withHeaders,
            to: read.reply.span.bytes
        )
        if let size { read.didSend(sequence, bytes: size) }
    }

    /// Tells that nothing more comes.
    private func end(_ read: DirectRead, fields: [(StaticString, UInt64)]) {
        let position: [(StaticString, UInt64)] = [
            ("Nats-Num-Pending", read.left), ("Nats-Last-Sequence", read.previous.rawValue),
        ]
        unsafe self.answerStatus("204 EOB", fields: position + fields, to: read.reply.span.bytes)
    }
}
