import SegmentLog
import StreamStore

/// Rows of an index as tables.
struct IndexTables {
    /// The tables.
    private(set) var text = ""

    private let window: StoreInspection.Window

    init(_ path: String, _ table: IndexTable?, _ window: StoreInspection.Window) throws(StoreError) {
        self.window = window
        switch try IndexInspection.open(inStream: path) {
        case .absent: self.text = "no index"
        case .damaged(let reason): self.text = "the index is damaged: \(reason)"
        case .open(let index):
            var parts: [String] = []
            for table in table.map({ [$0] }) ?? IndexTable.allCases {
                parts.append(
                    "\(table.rawValue), \(try index.count(table)) rows\n" + (try self.rows(index, table))
                )
            }
            self.text = parts.joined(separator: "\n\n")
        }
    }

    private func rows(_ index: IndexInspection, _ table: IndexTable) throws(StoreError) -> String {
        let rows = try index.rows(table)
        switch table {
        case .positions: _ = try rows.seek(number: self.window.from >> 7)
        case .deleted: _ = try rows.seek(number: self.window.from >> 12)
        case .segments: _ = try rows.seek(number: self.window.from)
        default: break
        }
        var lines: [String] = []
        while lines.count < self.window.limit, let row = try rows.next() {
            lines.append("  " + Self.describe(row))
        }
        return lines.joined(separator: "\n")
    }

    private static func describe(_ row: IndexRow) -> String {
        switch row {
        case .checkpoint(let record): return self.describe(record)
        case .segment(let number, let live, let last):
            return "segment \(number): \(live) messages stored, last \(last)"
        case .positions(let block, let time, let positions):
            let places = positions.prefix(4)
                .map { "\($0.sequence) at \($0.position.segment):\($0.position.offset)" }
            let more = positions.count > 4 ? ", \(positions.count - 4) more" : ""
            return
                "block \(block): from \(StoreInspection.time(time)), \(places.joined(separator: ", "))\(more)"
        case .subject(let subject):
            let postings =
                subject.postings.map { ", postings \($0)\(subject.hasHoles ? " with holes" : "")" } ?? ""
            return
                "\(subject.name): \(subject.count) messages, \(subject.first) to \(subject.last)\(postings)"
        case .postings(let id, let ordinal, let sequences):
            return
                "subject \(id): from ordinal \(ordinal), \(sequences.count) sequences, \(self.ends(sequences))"
        case .deleted(let chunk, let words):
            let holes = words.reduce(0) { $0 + $1.nonzeroBitCount }
            let first = chunk << 12
            return "chunk \(chunk) (\(first) to \(first + 4_095)): \(holes) not stored"
        case .messageID(let hash, let sequence, let time):
            return "\(StoreBackup.hexadecimal(hash)): message \(sequence), \(StoreInspection.time(time))"
        case .timer(let due, let sequence):
            let time = due == .max ? "never by age" : StoreInspection.time(due)
            return "message \(sequence) goes: \(time)"
        case .consumer(let snapshot):
            return "consumer \(snapshot.consumer.rawValue): \(snapshot.bytes.count) bytes of progress"
        case .damaged(let key, let value):
            return "damaged row: key \(StoreBackup.hexadecimal(key)), \(value.count) bytes"
        }
    }

    private static func ends(_ sequences: [UInt64]) -> String {
        guard let first = sequences.first, let last = sequences.last else { return "none" }
        return first == last ? "\(first)" : "\(first) to \(last)"
    }

    private static func describe(_ record: StoreCheckpointRecord) -> String {
        let position = record.position.map { "segment \($0.segment) at \($0.offset)" } ?? "the start"
        var text =
            "checkpoint: \(record.messages) messages, \(record.bytes) bytes, \(record.subjects) subjects, "
            + "\(record.first) to \(record.last); the log goes on at \(position), the journal at file "
            + "\(record.journal)"
        if !record.isComplete { text += "; half made" }
        if !record.gaps.isEmpty { text += "; gaps \(record.gaps.map(\.text).joined(separator: ", "))" }
        return text
    }
}
