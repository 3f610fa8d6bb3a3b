/// The path of a file of a store, in one of the shapes that a store has.
///
/// A manifest comes from outside: nothing else in it ever becomes a path.
struct BackupPath: Hashable, Comparable {
    /// What kind of file it is.
    enum Kind: Hashable {
        /// `lock`, `ids` or `catalog/data.mdb`.
        case store
        /// `streams/<id>/log/<number>.seg`.
        case segment(UInt64)
        /// Any other file of a stream.
        case stream
    }

    /// From the store's directory on.
    let text: String
    /// What kind of file it is.
    let kind: Kind
    /// The stream's number; nil for a file of the store.
    let stream: UInt64?

    /// Reads a path; nil if no file of a store has it.
    init?(_ text: String) {
        self.text = text
        if ["lock", "ids", "catalog/data.mdb"].contains(text) {
            self.kind = .store
            self.stream = nil
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count >= 3, parts[0] == "streams", let id = UInt64(parts[1]), String(id) == parts[1],
            1...(1 << 48) ~= id
        else { return nil }
        self.stream = id
        switch (parts.count, parts[2]) {
        case (3, "state"), (3, "stream.meta"): self.kind = .stream
        case (4, "index") where parts[3] == "data.mdb": self.kind = .stream
        case (4, "log"):
            guard let number = SegmentNames.number(parts[3], suffix: ".seg") else { return nil }
            self.kind = .segment(number)
        case (4, "journal"):
            guard SegmentNames.number(parts[3], suffix: ".jnl") != nil else { return nil }
            self.kind = .stream
        default: return nil
        }
    }

    /// The directories it is in, outermost first, and its name there.
    var parts: (directories: [String], name: String) {
        var parts = self.text.split(separator: "/").map { String($0) }
        // Every shape has a name.
        let name = parts.popLast() ?? self.text
        return (parts, name)
    }

    static func < (one: BackupPath, other: BackupPath) -> Bool { one.text < other.text }
}
