import NIOCore
import StreamModel
import StreamStore
import Subjects

/// What a workload has done to a plain list, and what of it was acknowledged.
struct WorkloadModel {
    var list = NaiveStore()
    /// Every message ever appended.
    var appended: [UInt64: NaiveStore.Message] = [:]
    var progress: UInt64 = 0
    /// As of the last commit that succeeded.
    var stored: Set<UInt64> = []
    var last: UInt64 = 0
    var ackedProgress: UInt64 = 0

    init(_ workload: StoreWorkload) { self.list.limits = workload.limits }

    mutating func apply(_ operation: StoreWorkload.Operation) {
        switch operation {
        case .append(let subject, let payload, let id, let time):
            let headers = id.isEmpty ? "" : "NATS/1.0\r\nNats-Msg-Id: \(id)\r\n\r\n"
            self.list.append(subject, headers.bytes, payload.bytes, id, time)
            self.appended[self.list.last] = NaiveStore.Message(
                sequence: self.list.last,
                subject: subject,
                headers: headers.bytes,
                payload: payload.bytes,
                time: self.list.lastTime ?? time
            )
        case .remove(let sequence, _): _ = self.list.remove(sequence)
        case .purge(let patterns, let below, let keep):
            _ = self.list.purge(SubjectFilter(patterns.compactMap { SubjectPattern($0) }), below, keep)
        case .skip(let sequence): self.list.skip(sequence)
        case .expire(let time): self.list.expire(time)
        case .progress(let number): self.progress = number
        case .maintain, .commit, .checkpoint: break
        }
    }

    /// All that was done so far is durable.
    mutating func acknowledge() {
        self.stored = Set(self.list.messages.map { $0.sequence })
        self.last = self.list.last
        self.ackedProgress = self.progress
    }

    /// What is wrong with a store recovered after the workload ended somewhere; nil if nothing is.
    func problem(with opened: OpenedStore) -> String? {
        let store = opened.store
        let final = Set(self.list.messages.map { $0.sequence })
        let state = store.state
        if state.lastSequence.rawValue < self.last {
            return "last went back: \(state.lastSequence) < \(self.last)"
        }
        if state.lastSequence.rawValue > self.list.last {
            return "last \(state.lastSequence) was never given"
        }
        var messages: [NaiveStore.Message] = []
        if state.lastSequence.rawValue > 0 {
            for sequence in 1...state.lastSequence.rawValue {
                var buffer = ByteBuffer()
                guard case .message(let message) = store.load(StreamSequence(sequence), into: &buffer) else {
                    continue
                }
                let bytes = Array(buffer.readableBytesView)
                let found = NaiveStore.Message(
                    sequence: sequence,
                    subject: String(decoding: bytes[message.subject], as: UTF8.self),
                    headers: Array(bytes[message.headers]),
                    payload: Array(bytes[message.payload]),
                    time: message.timestamp.rawValue
                )
                if found != self.appended[sequence] {
                    return "message \(sequence) was never appended like this"
                }
                messages.append(found)
            }
        }
        let stored = Set(messages.map { $0.sequence })
        for sequence in self.stored where final.contains(sequence) && !stored.contains(sequence) {
            if self.isPushedOut(sequence, by: messages) { continue }
            return "message \(sequence) was acknowledged and is gone"
        }
        for sequence in stored where sequence <= self.last && !self.stored.contains(sequence) {
            return "message \(sequence) was removed and is back"
        }
        var scan = NaiveStore()
        scan.messages = messages
        scan.last = state.lastSequence.rawValue
        scan.settle()
        if state.messages != scan.state.messages {
            return "\(state.messages) messages, found \(messages.count)"
        }
        if state.bytes != scan.state.bytes { return "\(state.bytes) bytes, found \(scan.state.bytes)" }
        if state.subjects != scan.state.subjects {
            return "\(state.subjects) subjects, found \(scan.state.subjects)"
        }
        if !messages.isEmpty, state.firstSequence.rawValue != scan.first {
            return "first is \(state.firstSequence)"
        }
        if let problem = Self.contradiction(store, scan) { return problem }
        for (subject, count) in scan.subjects(.all) {
            guard let pattern = SubjectPattern(subject) else { continue }
            let found = store.count(from: .zero, matching: SubjectFilter([pattern]))
            if found != count { return "\(found) messages on \(subject), there are \(count)" }
        }
        return self.consumerProblem(opened)
    }

    /// Where an answer differs from what reading every message says.
    private static func contradiction(_ store: FileStreamStore, _ scan: NaiveStore) -> String? {
        if store.deletedSequences().map({ $0.rawValue }) != scan.deleted {
            return "holes are not what is missing"
        }
        let newest = store.lastPerSubject(matching: .all, atOrBefore: StreamSequence(.max - 1))
            .map { $0.rawValue }
        if newest != scan.lastPerSubject(.all, .max) { return "newest of each subject: \(newest)" }
        let middle = scan.messages.isEmpty ? 0 : scan.messages[scan.messages.count / 2].sequence
        for pattern in ["a.*", "b.>", "c"] {
            let filter = SubjectFilter([pattern].compactMap { SubjectPattern($0) })
            for from in [0, middle] as [UInt64] {
                let place = StreamSequence(from)
                let count = store.count(from: place, matching: filter)
                if count != scan.count(from, filter) { return "\(count) pending on \(pattern) from \(from)" }
                let next = store.next(from: place, matching: filter)?.rawValue
                if next != scan.next(from, filter) { return "next on \(pattern) from \(from)" }
            }
        }
        return nil
    }

    /// Whether newer messages fill the limit that the message would have to fit in.
    ///
    /// When neither was acknowledged, a removal may be lost and an append after it kept: then the limit takes the
    /// oldest message, as if the removal had never been asked for.
    private func isPushedOut(_ sequence: UInt64, by messages: [NaiveStore.Message]) -> Bool {
        if let most = self.list.limits.messages, UInt64(messages.count) == most {
            return messages.allSatisfy { $0.sequence > sequence }
        }
        guard let most = self.list.limits.messagesPerSubject, let subject = self.appended[sequence]?.subject
        else {
            return false
        }
        let same = messages.filter { $0.subject == subject }
        return UInt64(same.count) == most && same.allSatisfy { $0.sequence > sequence }
    }

    /// A consumer's progress is at least what was acknowledged, and never what was not journaled.
    private func consumerProblem(_ opened: OpenedStore) -> String? {
        let consumer = opened.consumers[StoreWorkload.consumer]
        let newest = consumer?.entries.last ?? consumer?.snapshot
        let progress = newest.flatMap { UInt64(String(decoding: $0, as: UTF8.self)) } ?? 0
        if progress < self.ackedProgress { return "progress went back: \(progress) < \(self.ackedProgress)" }
        return progress > self.progress ? "progress \(progress) was never made" : nil
    }
}
