import NIOCore
import StreamModel
import Subjects
import TestSupport

@testable import StreamStore

extension String {
    /// The bytes of the text.
    var bytes: [UInt8] { Array(self.utf8) }
}

/// A fixed sequence of operations on a store, and what a plain list makes of them: for tests that end it anywhere.
struct StoreWorkload {
    enum Operation: Equatable {
        case append(subject: String, payload: String, id: String, time: Int64)
        case remove(UInt64, erase: Bool)
        case purge([String], below: UInt64?, keep: UInt64)
        case skip(UInt64)
        case expire(Int64)
        case progress(UInt64)
        case commit
        case checkpoint
    }

    let operations: [Operation]
    let limits: StoreLimits

    init(seed: UInt64, count: Int) {
        var random = SeededGenerator(seed: seed)
        var operations: [Operation] = []
        var last: UInt64 = 0
        var time: Int64 = 1_000
        let subjects = ["a.b", "a.c", "b.x.1", "b.y.1", "c"]
        for _ in 0..<count {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<62:
                last += 1
                time += Int64.random(in: 0..<10, using: &random)
                operations.append(
                    .append(
                        subject: subjects.randomElement(using: &random) ?? "c",
                        payload: String(repeating: "p", count: Int.random(in: 0..<200, using: &random)),
                        id: last % 3 == 0 ? "id-\(last)" : "",
                        time: time
                    )
                )
            case 62..<70:
                operations.append(
                    .remove(UInt64.random(in: 0...last + 1, using: &random), erase: last % 2 == 0)
                )
            case 70..<73:
                operations.append(
                    .purge(["a.*"], below: UInt64.random(in: 0...last, using: &random), keep: 0)
                )
            case 73: operations.append(.purge([], below: nil, keep: 10))
            case 74:
                last += 5
                operations.append(.skip(last))
            case 75: operations.append(.expire(time - 200))
            case 76..<80: operations.append(.progress(last))
            case 80..<94: operations.append(.commit)
            default: operations.append(.checkpoint)
            }
        }
        operations.append(.commit)
        operations.append(.checkpoint)
        self.operations = operations
        self.limits = seed % 2 == 0 ? StoreLimits(messages: 60, messagesPerSubject: 25) : StoreLimits()
    }

    /// Consumers of the workload: one, whose progress is a number.
    static let consumer = ConsumerID(rawValue: 7)

    /// Does one operation; throws what a commit or checkpoint throws.
    static func apply(_ operation: Operation, to store: FileStreamStore, progress: inout UInt64)
        throws(StoreError)
    {
        switch operation {
        case .append(let subject, let payload, let id, let time):
            let headers = id.isEmpty ? "" : "NATS/1.0\r\nNats-Msg-Id: \(id)\r\n\r\n"
            _ = store.append(
                subject: subject.bytes.span.bytes,
                headers: headers.bytes.span.bytes,
                payload: payload.bytes.span.bytes,
                messageID: id.bytes.span.bytes,
                timestamp: Timestamp(rawValue: time)
            )
        case .remove(let sequence, let erase): _ = store.remove(StreamSequence(sequence), erase: erase)
        case .purge(let patterns, let below, let keep):
            let filter = SubjectFilter(patterns.compactMap { SubjectPattern($0) })
            _ = store.purge(matching: filter, below: below.map { StreamSequence($0) }, keep: keep)
        case .skip(let sequence): store.skip(to: StreamSequence(sequence))
        case .expire(let time): store.expire(before: Timestamp(rawValue: time))
        case .progress(let number):
            progress = number
            store.journal("\(number)".bytes.span.bytes, consumer: Self.consumer, durable: true)
        case .commit: try self.commit(store)
        case .checkpoint:
            try self.commit(store)
            let snapshot = ConsumerSnapshot(consumer: Self.consumer, bytes: "\(progress)".bytes)
            for _ in 0..<2 {
                if let checkpoint = store.makeCheckpoint(consumers: [snapshot]) {
                    checkpoint.perform()
                    try store.finish(checkpoint)
                    break
                }
                try self.commit(store)
            }
            try self.commit(store)
        }
    }

    static func commit(_ store: FileStreamStore) throws(StoreError) {
        while let commit = store.makeCommit() {
            commit.perform()
            try store.finish(commit)
        }
    }
}

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
        case .commit, .checkpoint: break
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
        for (subject, count) in scan.subjects(.all) {
            guard let pattern = SubjectPattern(subject) else { continue }
            let found = store.count(from: .zero, matching: SubjectFilter([pattern]))
            if found != count { return "\(found) messages on \(subject), there are \(count)" }
        }
        return self.consumerProblem(opened)
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
