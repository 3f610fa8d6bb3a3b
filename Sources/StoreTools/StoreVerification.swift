import SegmentLog
import StreamModel
public import StreamStore

/// What verification found in a store.
public struct StoreVerification {
    /// The store's directory.
    public let path: String
    /// The sixteen bytes that tell the store from every other.
    public let identifier: [UInt8]
    /// What was found in each stream, by ascending number.
    public private(set) var streams: [StreamVerification] = []
    /// What was found in the catalogue and beside it.
    public private(set) var findings: [Finding] = []

    /// Reads everything in a store; changes nothing.
    ///
    /// - Parameter visit: called before each stream is read, with its name or number: for a line of progress.
    /// - Throws: ``StoreError/foreign(path:reason:)`` if a format is newer than this program's, else what a system
    ///   call says. Damage is not an error.
    public init(_ store: OfflineStore, visit: (String) -> Void = { _ in }) throws(StoreError) {
        self.path = store.path
        self.identifier = store.identifier
        let listing = try StoreListing(store)
        for problem in listing.catalog.problems {
            self.findings.append(
                Finding(
                    .damage,
                    stream: problem.stream,
                    place: problem.place,
                    text: problem.text,
                    remedy: problem.isMended ? .catalog : .none
                )
            )
        }
        for id in listing.catalog.removed {
            self.findings.append(
                Finding(
                    .notice,
                    stream: id,
                    place: "streams/\(id)",
                    text: "stream \(id) was removed; the next start removes its files"
                )
            )
        }
        for entry in listing.entries {
            visit(entry.name ?? "stream \(entry.id)")
            self.streams.append(
                try StreamVerification(
                    entry.id,
                    name: entry.name,
                    account: entry.account,
                    path: store.streamPath(entry.id),
                    stream: entry.stream,
                    encryption: store.encryption
                )
            )
        }
    }

    /// All findings, those of the store first.
    public var all: [Finding] { self.findings + self.streams.flatMap(\.findings) }

    /// How many places are damaged.
    public var damageCount: Int { self.all.count { $0.severity == .damage } }
}
