import Foundation
import NIOCore
import SegmentLog
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import TestSupport

@testable import StoreTools

/// A real store in a directory of its own, with the streams that a test puts into it.
final class ToolFixture {
    let directory: TemporaryDirectory
    private(set) var ids: [String: UInt64] = [:]
    /// What the store is encrypted with; nil: nothing.
    var encryption: StoreEncryption?
    static let now = Timestamp(nanoseconds: 1_795_403_744_000_000_000)

    var path: String { self.directory.path + "/weir" }

    init(encryption: StoreEncryption? = nil) throws {
        self.directory = try TemporaryDirectory()
        self.encryption = encryption
    }

    /// A store with one stream, ORDERS, of 1 000 messages on 20 subjects, some removed, in several segments.
    static func filled(messages: Int = 1_000, encryption: StoreEncryption? = nil) throws -> ToolFixture {
        let fixture = try ToolFixture(encryption: encryption)
        try fixture.addStream("ORDERS") { store in
            for number in 0..<messages {
                store.publish(
                    "orders.\(number % 20)",
                    "payload \(number) " + String(repeating: "x", count: 150)
                )
            }
            for sequence in stride(from: 3, to: UInt64(messages), by: 97) {
                _ = store.remove(StreamSequence(rawValue: sequence), erase: false)
            }
            _ = store.purge(matching: .all, below: StreamSequence(rawValue: 10), keep: 0)
        }
        return fixture
    }

    /// Adds a stream and lets `fill` put messages into it; the store is closed properly.
    func addStream(_ name: String, _ fill: (FileStreamStore) throws -> Void = { _ in }) throws {
        var configuration = StreamConfiguration(name: name, subjects: ["\(name.lowercased()).>"])
        configuration.duplicateWindow = Nanoseconds(rawValue: 120_000_000_000)
        let record = StreamRecord(created: Self.now, configuration: configuration)
        let directory = try StoreDirectory.open(self.path, randomBytes: (1...16).map { UInt8($0) })
        defer { directory.close() }
        let catalog = try Catalog.open(directory: directory, encryption: self.encryption)
        self.ids[name] = try catalog.addStream(account: "$G", name: name, bytes: record.bytes)
        try self.withStream(name, fill)
    }

    /// Opens a stream as the server does; the store is closed properly.
    func withStream(
        _ name: String,
        in path: String? = nil,
        _ body: (FileStreamStore) throws -> Void
    ) throws {
        let opened = try self.open(name, in: path)
        try body(opened.store)
        try opened.store.close(
            consumers: opened.consumers.map {
                ConsumerSnapshot(consumer: $0.key, bytes: $0.value.snapshot ?? [])
            }
        )
    }

    func open(_ name: String, in path: String? = nil) throws -> OpenedStore {
        let path = path ?? self.path
        let id = self.ids[name] ?? 0
        var configuration = StreamConfiguration(name: name, subjects: ["\(name.lowercased()).>"])
        configuration.duplicateWindow = Nanoseconds(rawValue: 120_000_000_000)
        let record = StreamRecord(created: Self.now, configuration: configuration)
        var options = FileStoreOptions(record, id: id, quarantine: "\(path)/quarantine-\(id)")
        options.segmentBytes = 1 << 16
        options.encryption = self.encryption
        return try FileStreamStore.open(directory: "\(path)/streams/\(id)", options: options, now: Self.now)
    }

    func streamPath(_ name: String) -> String { "\(self.path)/streams/\(self.ids[name] ?? 0)" }

    func verify(_ path: String? = nil) throws -> StoreVerification {
        let store = try OfflineStore.open(path ?? self.path, for: .reading, encryption: self.encryption)
        defer { store.close() }
        return try StoreVerification(store)
    }

    /// Every stored message of a stream, as text.
    func messages(_ name: String, in path: String? = nil) throws -> [String] {
        let opened = try self.open(name, in: path)
        var found: [String] = []
        var next: StreamSequence? = StreamSequence(rawValue: 1)
        while let sequence = next.flatMap({ opened.store.next(from: $0, matching: .all) }) {
            var buffer = ByteBuffer()
            switch opened.store.load(sequence, into: &buffer) {
            case .message(let message):
                let text = String(decoding: buffer.readableBytesView, as: UTF8.self)
                found.append(
                    "\(sequence.rawValue) \(message.timestamp.rawValue) \(message.subjectLength) \(text)"
                )
            case .absent: found.append("\(sequence.rawValue) absent")
            case .damaged: found.append("\(sequence.rawValue) damaged")
            }
            next = sequence.next
        }
        return found
    }

    /// The files of a stream's folder, sorted by name.
    func files(_ folder: String, of name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(self.streamPath(name))/\(folder)").sorted()
    }

    /// Changes one byte of a file.
    static func flip(_ path: String, at offset: Int) throws {
        var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[offset] ^= 0x41
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Path and bytes of every file below the store's directory.
    func contents() throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in FileManager.default.enumerator(atPath: self.path)?.allObjects as? [String] ?? [] {
            let path = "\(self.path)/\(name)"
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            if !isDirectory.boolValue { found[name] = try Data(contentsOf: URL(fileURLWithPath: path)) }
        }
        return found
    }
}

extension FileStreamStore {
    /// Appends a message, and commits every now and then.
    func publish(_ subject: String, _ payload: String, id: String = "") {
        let headers = id.isEmpty ? [] : Array("NATS/1.0\r\nNats-Msg-Id: \(id)\r\n\r\n".utf8)
        let last = self.append(
            subject: Array(subject.utf8).span.bytes,
            headers: headers.span.bytes,
            payload: Array(payload.utf8).span.bytes,
            messageID: Array(id.utf8).span.bytes,
            timestamp: ToolFixture.now
        )
        if last.rawValue % 100 == 0 { self.commitNow() }
    }

    /// Writes what was appended.
    func commitNow() {
        while let commit = self.makeCommit() {
            commit.perform()
            try? self.finish(commit)
        }
    }
}
