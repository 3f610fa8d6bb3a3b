import SegmentLog
import StreamModel

extension StoreVerification {
    /// What was found, for people.
    public var text: String {
        var lines = [
            "Store \(self.path), \(self.streams.count) \(self.streams.count == 1 ? "stream" : "streams")"
        ]
        if !self.streams.isEmpty {
            lines += ["", self.table]
        }
        for severity in [Finding.Severity.damage, .notice] {
            let found = self.all.filter { $0.severity == severity }
            if found.isEmpty { continue }
            lines += ["", severity == .damage ? "Damage" : "Notes"]
            for finding in found { lines.append("  \(finding.place): \(finding.text)") }
        }
        lines.append("")
        switch self.damageCount {
        case 0: lines.append("No damage.")
        case 1: lines.append("1 finding of damage. To see what can be done: weir store repair \(self.path)")
        default:
            let count = Quantity.count(self.damageCount)
            lines.append(
                "\(count) findings of damage. To see what can be done: weir store repair \(self.path)"
            )
        }
        return lines.joined(separator: "\n")
    }

    private var table: String {
        var table = TextTable(
            ["id", "stream", "messages", "sequences", "segments", "log", "journal", "index", ""],
            rightAligned: [0, 2, 4, 5, 6, 7]
        )
        for stream in self.streams {
            let damage = stream.findings.count { $0.severity == .damage }
            table.add([
                String(stream.id), stream.name.map { PrintableText.of($0.utf8) } ?? "?",
                Quantity.count(stream.messages),
                stream.sequences.map { "\($0.lowerBound)–\($0.upperBound)" } ?? "–",
                String(stream.segments.count), Quantity.bytes(stream.segments.reduce(0) { $0 + $1.bytes }),
                Quantity.bytes(stream.journals.reduce(0) { $0 + $1.bytes }),
                Quantity.bytes(stream.indexBytes),
                damage == 0 ? "ok" : "DAMAGE",
            ])
        }
        return table.text
    }

    /// What was found, for programs: one JSON object.
    public var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("store")
        writer.string(self.path)
        writer.key("clean")
        writer.bool(self.damageCount == 0)
        writer.key("damage")
        writer.integer(self.damageCount)
        writer.key("streams")
        writer.beginArray()
        for stream in self.streams { stream.encode(into: &writer) }
        writer.endArray()
        writer.key("findings")
        writer.beginArray()
        for finding in self.all { finding.encode(into: &writer) }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension StreamVerification {
    fileprivate func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.integer(self.id)
        if let name = self.name {
            writer.key("name")
            writer.string(name)
        }
        if let account = self.account {
            writer.key("account")
            writer.string(account)
        }
        writer.key("messages")
        writer.integer(self.messages)
        writer.key("first_seq")
        writer.integer(self.sequences?.lowerBound ?? 0)
        writer.key("last_seq")
        writer.integer(self.sequences?.upperBound ?? 0)
        writer.key("records")
        writer.integer(self.records)
        writer.key("segments")
        writer.integer(self.segments.count)
        writer.key("log_bytes")
        writer.integer(self.segments.reduce(0) { $0 + $1.bytes })
        writer.key("journal_files")
        writer.integer(self.journals.count)
        writer.key("journal_bytes")
        writer.integer(self.journals.reduce(0) { $0 + $1.bytes })
        writer.key("index_bytes")
        writer.integer(self.indexBytes)
        writer.key("clean")
        writer.bool(self.isClean)
        writer.endObject()
    }
}

extension Finding {
    /// Writes the finding as one JSON object.
    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("severity")
        writer.string(self.severity.rawValue)
        if let stream = self.stream {
            writer.key("stream")
            writer.integer(stream)
        }
        writer.key("place")
        writer.string(self.place)
        writer.key("text")
        writer.string(self.text)
        writer.endObject()
    }
}
