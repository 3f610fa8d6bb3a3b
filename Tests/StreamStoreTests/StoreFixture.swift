import Foundation
import NIOCore
import StreamModel
import TestSupport
import Testing

@testable import StorageTorture
@testable import StreamStore

/// A file store in a directory of its own, opened and reopened.
final class StoreFixture {
    let directory: TemporaryDirectory
    var options: FileStoreOptions
    var store: FileStreamStore
    var report: StoreReport
    var consumers: [ConsumerID: RecoveredConsumer]

    static let streamID: [UInt8] = (1...16).map { UInt8($0) }

    init(
        _ directory: TemporaryDirectory? = nil,
        now: Int64 = 0,
        configure: (inout FileStoreOptions) -> Void = { _ in }
    ) throws {
        let directory = try directory ?? TemporaryDirectory()
        var options = FileStoreOptions(
            streamID: Self.streamID,
            quarantine: directory.path + "/quarantine",
            segmentBytes: 1 << 16,
            indexMapBytes: 1 << 26
        )
        configure(&options)
        let opened = try FileStreamStore.open(
            directory: directory.path + "/1",
            options: options,
            now: Timestamp(rawValue: now)
        )
        self.directory = directory
        self.options = options
        self.store = opened.store
        self.report = opened.report
        self.consumers = opened.consumers
    }

    var path: String { self.directory.path + "/1" }

    /// Makes everything durable.
    func commit() throws {
        while let commit = self.store.makeCommit() {
            commit.perform()
            try self.store.finish(commit)
        }
    }

    /// Makes a checkpoint, with the commits that it needs.
    func checkpoint(_ consumers: [ConsumerSnapshot] = []) throws {
        try self.commit()
        for _ in 0..<2 {
            if let checkpoint = self.store.makeCheckpoint(consumers: consumers) {
                checkpoint.perform()
                try self.store.finish(checkpoint)
                break
            }
            try self.commit()
        }
        try self.commit()
    }

    /// Opens the directory again; what was not committed is gone.
    func reopen(now: Int64 = 0, removingIndex: Bool = false) throws {
        let options = self.options
        // The old store has to be gone first: an LMDB environment is open once in a process.
        let placeholder = try TemporaryDirectory()
        self.store =
            try FileStreamStore.open(
                directory: placeholder.path + "/1",
                options: FileStoreOptions(
                    streamID: Self.streamID,
                    quarantine: placeholder.path + "/quarantine"
                ),
                now: .distantPast
            )
            .store
        if removingIndex { try FileManager.default.removeItem(atPath: self.path + "/index") }
        let opened = try FileStreamStore.open(
            directory: self.path,
            options: options,
            now: Timestamp(rawValue: now)
        )
        self.store = opened.store
        self.report = opened.report
        self.consumers = opened.consumers
    }

    @discardableResult
    func append(
        _ subject: String,
        _ payload: String = "x",
        headers: String = "",
        id: String = "",
        time: Int64 = 0,
        timeToLive: TimeToLive? = nil
    ) -> UInt64 {
        self.store
            .append(
                subject: subject.bytes.span.bytes,
                headers: headers.bytes.span.bytes,
                payload: payload.bytes.span.bytes,
                messageID: id.bytes.span.bytes,
                timestamp: Timestamp(rawValue: time),
                timeToLive: timeToLive
            )
            .rawValue
    }

    /// The message's subject, headers and payload; nil if it is not stored.
    func load(_ sequence: UInt64) -> (subject: String, headers: [UInt8], payload: [UInt8], time: Int64)? {
        var buffer = ByteBuffer()
        guard case .message(let message) = self.store.load(StreamSequence(sequence), into: &buffer) else {
            return nil
        }
        let bytes = Array(buffer.readableBytesView)
        return (
            String(decoding: bytes[message.subject], as: UTF8.self), Array(bytes[message.headers]),
            Array(bytes[message.payload]), message.timestamp.rawValue
        )
    }
}

extension TemporaryDirectory {
    /// A copy of this directory as it is now.
    func copy() throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: self.path) {
            try FileManager.default.copyItem(atPath: self.path + "/" + name, toPath: copy.path + "/" + name)
        }
        return copy
    }
}
