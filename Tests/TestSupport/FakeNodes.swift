/// A file or a directory of a ``FakeDisk``.
class Node {
    /// A copy with what a power cut leaves.
    ///
    /// One node under two names stays one.
    func copy(
        _ cut: FakeDisk.PowerCut,
        _ chance: inout SeededGenerator,
        _ copies: inout [ObjectIdentifier: Node]
    ) -> Node { self }

    /// Bytes of all files from here down.
    var liveBytes: Int { 0 }
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
        _ chance: inout SeededGenerator,
        _ copies: inout [ObjectIdentifier: Node]
    ) -> Node {
        if let copy = copies[ObjectIdentifier(self)] { return copy }
        let copy = FileNode()
        var kept: [Change]
        switch cut {
        case .keepingNothing: kept = []
        case .keepingEverything: kept = self.changes
        case .keepingSome: kept = self.changes.filter { _ in Bool.random(using: &chance) }
        case .tearing:
            kept = self.changes.flatMap(\.sectors).filter { _ in Bool.random(using: &chance) }
        }
        copy.durable = cut == .keepingEverything ? self.live : self.durable
        if cut == .keepingEverything { kept = [] }
        for change in kept { change.apply(to: &copy.durable) }
        copy.live = copy.durable
        copies[ObjectIdentifier(self)] = copy
        return copy
    }
}

/// The entries of a directory.
final class DirectoryNode: Node {
    var live: [String: Node] = [:]
    var durable: [String: Node] = [:]
    var changes: [(name: String, node: Node?)] = []

    override var liveBytes: Int { self.live.values.reduce(0) { $0 + $1.liveBytes } }

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
        _ chance: inout SeededGenerator,
        _ copies: inout [ObjectIdentifier: Node]
    ) -> DirectoryNode {
        let survivor = DirectoryNode()
        var entries = cut == .keepingEverything ? self.live : self.durable
        switch cut {
        case .keepingNothing, .keepingEverything: break
        case .keepingSome, .tearing:
            for change in self.changes where Bool.random(using: &chance) {
                entries[change.name] = change.node
            }
        }
        // Sorted, so that the same seed gives the same disk.
        for (name, node) in entries.sorted(by: { $0.key < $1.key }) {
            survivor.durable[name] = node.copy(cut, &chance, &copies)
        }
        survivor.live = survivor.durable
        return survivor
    }

    override func copy(
        _ cut: FakeDisk.PowerCut,
        _ chance: inout SeededGenerator,
        _ copies: inout [ObjectIdentifier: Node]
    ) -> Node { self.survivor(cut, &chance, &copies) }
}
