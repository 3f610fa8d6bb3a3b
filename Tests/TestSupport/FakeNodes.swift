/// Which changes a power cut keeps.
struct Choice {
    private var random: SeededGenerator?
    private var bits: UInt64 = 0

    init(_ cut: FakeDisk.PowerCut) {
        switch cut {
        case .endingTheProcess, .keepingNothing, .keepingEverything: break
        case .keepingSome(let seed), .tearing(let seed): self.random = SeededGenerator(seed: seed)
        case .choosing(let bits): self.bits = bits
        }
    }

    /// Whether the next change is kept.
    mutating func next() -> Bool {
        if self.random != nil { return (self.random?.next() ?? 0) & 1 == 1 }
        defer { self.bits = self.bits >> 1 | self.bits << 63 }
        return self.bits & 1 == 1
    }
}

/// A file or a directory of a ``FakeDisk``.
class Node {
    /// A copy with what a power cut leaves.
    ///
    /// One node under two names stays one.
    func copy(
        _ cut: FakeDisk.PowerCut,
        _ choice: inout Choice,
        _ copies: inout [ObjectIdentifier: Node]
    ) -> Node { self }

    /// Bytes of all files from here down.
    var liveBytes: Int { 0 }

    /// Sectors and entries from here down that are not synced.
    func unsyncedPieces(_ seen: inout Set<ObjectIdentifier>) -> Int { 0 }

    /// Adds what is shown from here down.
    func gather(_ path: String, _ files: inout [String: [UInt8]]) {}
}

/// The contents of a file.
final class FileNode: Node {
    /// A change that is not on the platter yet.
    enum Change {
        case write(offset: Int, bytes: [UInt8])
        case resize(Int)

        func apply(to bytes: inout [UInt8]) {
            switch self {
            case .write(let offset, let new):
                let end = offset + new.count
                if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
                bytes.replaceSubrange(offset..<end, with: new)
            case .resize(let size):
                if size < bytes.count {
                    bytes.removeLast(bytes.count - size)
                } else {
                    bytes += [UInt8](repeating: 0, count: size - bytes.count)
                }
            }
        }

        /// The same change by sectors of the disk.
        var sectors: [Change] {
            guard case .write(let offset, let bytes) = self else { return [self] }
            var parts: [Change] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, (offset + start) / 512 * 512 + 512 - offset)
                parts.append(.write(offset: offset + start, bytes: Array(bytes[start..<end])))
                start = end
            }
            return parts
        }
    }

    var live: [UInt8] = []
    var durable: [UInt8] = []
    var changes: [Change] = []

    override var liveBytes: Int { self.live.count }

    override func unsyncedPieces(_ seen: inout Set<ObjectIdentifier>) -> Int {
        if !seen.insert(ObjectIdentifier(self)).inserted { return 0 }
        return self.changes.reduce(0) { $0 + $1.sectors.count }
    }

    override func gather(_ path: String, _ files: inout [String: [UInt8]]) { files[path] = self.live }

    func make(_ change: Change) {
        change.apply(to: &self.live)
        self.changes.append(change)
    }

    func sync() {
        for change in self.changes { change.apply(to: &self.durable) }
        self.changes.removeAll()
    }

    /// The kernel takes the pages for written from now on, and they are not.
    func failSync() { self.changes.removeAll() }

    func discardCache() {
        if self.changes.isEmpty { self.live = self.durable }
    }

    override func copy(
        _ cut: FakeDisk.PowerCut,
        _ choice: inout Choice,
        _ copies: inout [ObjectIdentifier: Node]
    ) -> Node {
        if let copy = copies[ObjectIdentifier(self)] { return copy }
        let copy = FileNode()
        copies[ObjectIdentifier(self)] = copy
        var kept: [Change]
        switch cut {
        case .endingTheProcess:
            (copy.live, copy.durable, copy.changes) = (self.live, self.durable, self.changes)
            return copy
        case .keepingNothing: kept = []
        case .keepingEverything: kept = self.changes
        case .keepingSome: kept = self.changes.filter { _ in choice.next() }
        case .tearing, .choosing:
            kept = self.changes.flatMap(\.sectors).filter { _ in choice.next() }
        }
        copy.durable = cut == .keepingEverything ? self.live : self.durable
        if cut == .keepingEverything { kept = [] }
        for change in kept { change.apply(to: &copy.durable) }
        copy.live = copy.durable
        return copy
    }
}

/// The entries of a directory.
final class DirectoryNode: Node {
    var live: [String: Node] = [:]
    var durable: [String: Node] = [:]
    var changes: [(name: String, node: Node?)] = []

    override var liveBytes: Int { self.live.values.reduce(0) { $0 + $1.liveBytes } }

    override func unsyncedPieces(_ seen: inout Set<ObjectIdentifier>) -> Int {
        let names = Set(self.live.keys).union(self.durable.keys)
        return names.reduce(self.changes.count) { sum, name in
            let node = self.durable[name] ?? self.live[name]
            return sum + (node?.unsyncedPieces(&seen) ?? 0)
        }
    }

    override func gather(_ path: String, _ files: inout [String: [UInt8]]) {
        for (name, node) in self.live { node.gather("\(path)/\(name)", &files) }
    }

    func set(_ name: String, _ node: Node?) {
        self.live[name] = node
        self.changes.append((name, node))
    }

    func sync() {
        for change in self.changes { self.durable[change.name] = change.node }
        self.changes.removeAll()
    }

    func survivor(
        _ cut: FakeDisk.PowerCut,
        _ choice: inout Choice,
        _ copies: inout [ObjectIdentifier: Node]
    ) -> DirectoryNode {
        let survivor = DirectoryNode()
        if cut == .endingTheProcess {
            survivor.live = self.live.mapValues { $0.copy(cut, &choice, &copies) }
            survivor.durable = self.durable.mapValues { $0.copy(cut, &choice, &copies) }
            survivor.changes = self.changes.map { ($0.name, $0.node?.copy(cut, &choice, &copies)) }
            return survivor
        }
        var entries = cut == .keepingEverything ? self.live : self.durable
        switch cut {
        case .endingTheProcess, .keepingNothing, .keepingEverything: break
        case .keepingSome, .tearing, .choosing:
            for change in self.changes where choice.next() {
                entries[change.name] = change.node
            }
        }
        // Sorted, so that the same seed gives the same disk.
        for (name, node) in entries.sorted(by: { $0.key < $1.key }) {
            survivor.durable[name] = node.copy(cut, &choice, &copies)
        }
        survivor.live = survivor.durable
        return survivor
    }

    override func copy(
        _ cut: FakeDisk.PowerCut,
        _ choice: inout Choice,
        _ copies: inout [ObjectIdentifier: Node]
    ) -> Node {
        if let copy = copies[ObjectIdentifier(self)] { return copy }
        let copy = self.survivor(cut, &choice, &copies)
        copies[ObjectIdentifier(self)] = copy
        return copy
    }
}
