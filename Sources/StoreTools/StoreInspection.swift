import SegmentLog
import StreamModel
public import StreamStore
import Subjects

/// What is in the files of a store, as tables for people.
public struct StoreInspection {
    /// What is shown of a stream.
    public enum View: Sendable, Equatable {
        /// Its configuration and the size of its files.
        case overview
        /// Its segments.
        case segments
        /// Its records: messages, with where they are.
        case records
        /// The entries of its journal.
        case journal
        /// Rows of its index: of that database, or of all.
        case index(IndexTable?)
    }

    /// Which rows are shown.
    public struct Window: Sendable {
        /// The first sequence, segment or block.
        public var from: UInt64
        /// The most rows of each table.
        public var limit: Int

        /// Makes the window.
        public init(from: UInt64 = 0, limit: Int = 20) {
            self.from = from
            self.limit = limit
        }
    }

    /// The tables.
    public private(set) var text = ""

    private let store: OfflineStore
    private let window: Window

    /// Reads what the view shows of the stream of that name or number, or of all; changes nothing.
    ///
    /// - Throws: ``StoreError/foreign(path:reason:)`` if there is no such stream; else what a system call says.
    public init(
        _ store: OfflineStore,
        stream: String?,
        view: View,
        window: Window
    ) throws(StoreError) {
        self.store = store
        self.window = window
        let entries = try StoreTools.entries(of: store, named: stream)
        if view == .overview {
            self.text = try self.overview(entries)
            return
        }
        var parts: [String] = []
        for entry in entries {
            let title = "Stream \(entry.id)" + (entry.name.map { " \(PrintableText.of($0.utf8))" } ?? "")
            parts.append(title + "\n" + (try self.describe(entry, view)))
        }
        self.text = parts.joined(separator: "\n\n")
    }

    private func describe(_ entry: StoreListing.Entry, _ view: View) throws(StoreError) -> String {
        switch view {
        case .overview: return ""
        case .segments: return try self.segments(entry)
        case .records: return try self.records(entry)
        case .journal: return try self.journal(entry)
        case .index(let table):
            return try IndexTables(self.store.streamPath(entry.id), table, self.window).text
        }
    }

    private func directory(
        _ folder: String,
        of entry: StoreListing.Entry
    ) throws(StoreError) -> (directory: any StorageDirectory, stream: StreamUUID)? {
        let path = self.store.streamPath(entry.id)
        return try StoreError.reading { () throws(SegmentError) in
            do throws(SegmentError) {
                let directory = try POSIXDirectory(path: "\(path)/\(folder)")
                var stream = entry.stream
                if stream == nil { stream = try MessageLog.identify(POSIXDirectory(path: "\(path)/log")) }
                return stream.map { (directory, $0) }
            } catch {
                if error.isAbsent { return nil }
                throw error
            }
        }
    }

    // MARK: Tables

    private func overview(_ entries: [StoreListing.Entry]) throws(StoreError) -> String {
        var table = TextTable(
            ["id", "stream", "account", "created", "subjects", "consumers", "segments", "log", "index"],
            rightAligned: [0, 5, 6, 7, 8]
        )
        for entry in entries {
            let log = try self.sizes("log", of: entry)
            let index = try self.sizes("index", of: entry)
            table.add([
                String(entry.id), entry.name.map { PrintableText.of($0.utf8) } ?? "?", entry.account ?? "?",
                entry.record.map { Self.time($0.created.rawValue) } ?? "?",
                entry.record.map { PrintableText.of($0.configuration.subjects.joined(separator: ",").utf8) }
                    ?? "?",
                String(entry.consumers.count), String(log.files), Quantity.bytes(log.bytes),
                Quantity.bytes(index.bytes),
            ])
        }
        let identifier = StoreBackup.hexadecimal(self.store.identifier)
        return
            "Store \(self.store.path), format \(StoreDirectory.formatVersion), id \(identifier)\n\n\(table.text)"
    }

    private func sizes(
        _ folder: String,
        of entry: StoreListing.Entry
    ) throws(StoreError) -> (files: Int, bytes: UInt64) {
        let path = self.store.streamPath(entry.id)
        return try StoreError.reading { () throws(SegmentError) in
            do throws(SegmentError) {
                let directory = try POSIXDirectory(path: "\(path)/\(folder)")
                var bytes: UInt64 = 0
                let names = try directory.list().filter { !$0.hasPrefix("lock") }
                for name in names { bytes += try directory.fileSize(name) }
                return (names.count, bytes)
            } catch {
                if error.isAbsent { return (0, 0) }
                throw error
            }
        }
    }

    private func segments(_ entry: StoreListing.Entry) throws(StoreError) -> String {
        guard let (directory, stream) = try self.directory("log", of: entry) else { return "no log" }
        let reports = try StoreError.reading { () throws(SegmentError) in
            try MessageLog.verify(directory, stream: stream, keys: self.store.encryption?.keys)
        }
        var table = TextTable(
            ["segment", "last", "records", "bytes", "sealed", "locked", "damage"],
            rightAligned: [0, 1, 2, 3]
        )
        for report in reports.filter({ $0.number >= self.window.from }).prefix(self.window.limit) {
            table.add([
                String(report.number), String(report.lastSequence), Quantity.count(report.records),
                Quantity.bytes(report.bytes), report.isSealed ? "yes" : "no",
                report.lockedRecords > 0 ? Quantity.count(report.lockedRecords) : "",
                report.holeCount > 0 ? "\(report.holeCount) places" : "",
            ])
        }
        return table.text
    }

    private func records(_ entry: StoreListing.Entry) throws(StoreError) -> String {
        guard let (directory, stream) = try self.directory("log", of: entry) else { return "no log" }
        var stored: StoredSequences?
        if case .open(let index) = try IndexInspection.open(inStream: self.store.streamPath(entry.id)) {
            stored = try index.storedSequences()
        }
        var table = TextTable(
            ["sequence", "time", "segment", "offset", "bytes", "headers", "payload", "flags", "subject"],
            rightAligned: [0, 2, 3, 4, 5, 6]
        )
        var left = self.window.limit
        var hidden: UInt64 = 0
        try StoreError.reading { () throws(SegmentError) in
            let keys = self.store.encryption?.keys
            let reports = try MessageLog.verify(directory, stream: stream, keys: keys) { header, body in
                guard left > 0, header.sequence >= self.window.from else { return }
                left -= 1
                var flags: [String] = []
                if header.flags.contains(.erased) { flags.append("erased") }
                if header.flags.contains(RecordFlags(rawValue: 1)) { flags.append("id") }
                if header.flags.contains(RecordFlags(rawValue: 2)) { flags.append("ttl") }
                if let stored, header.sequence <= stored.last, !stored.contains(header.sequence) {
                    flags.append("removed")
                }
                if header.isLocked { flags.append("locked") }
                let subject =
                    header.isLocked || header.flags.contains(.erased)
                    ? "" : PrintableText.of(body.extracting(first: header.subjectLength).array())
                table.add([
                    String(header.sequence), Self.time(header.timestamp), String(header.position.segment),
                    String(header.position.offset), String(header.recordBytes), String(header.headerLength),
                    String(header.payloadLength), flags.joined(separator: ","), subject,
                ])
            }
            hidden = reports.reduce(0) { $0 + $1.lockedRecords }
        }
        if hidden > 0 {
            let text = "encrypted: \(Quantity.count(hidden)) records are not shown, or without their subjects"
            return table.text + "\n\(text)"
        }
        return table.text
    }

    private func journal(_ entry: StoreListing.Entry) throws(StoreError) -> String {
        guard let (directory, stream) = try self.directory("journal", of: entry) else { return "no journal" }
        var table = TextTable(["file", "offset", "after", "entry"], rightAligned: [0, 1, 2])
        var left = self.window.limit
        try StoreError.reading { () throws(SegmentError) in
            let keys = self.store.encryption?.keys
            _ = try Journal.verify(directory, stream: stream, keys: keys) { entry, bytes in
                guard left > 0, entry.after >= self.window.from else { return }
                left -= 1
                table.add([
                    String(entry.file), String(entry.offset), String(entry.after),
                    entry.isLocked
                        ? "encrypted"
                        : JournalText.describe(kind: entry.kind, bytes)
                            ?? "of unknown form, kind \(entry.kind)",
                ])
            }
        }
        return table.text
    }

    /// A time as text.
    static func time(_ nanoseconds: Int64) -> String { Timestamp(nanoseconds: nanoseconds).rfc3339 }
}
