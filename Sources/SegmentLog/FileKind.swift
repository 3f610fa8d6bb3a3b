/// The two kinds of files: what they are called, how they begin, where they fail in tests.
enum FileKind: Sendable {
    /// A segment of a ``MessageLog``.
    case segment
    /// A file of a ``Journal``.
    case journal

    /// The first eight bytes, as a little-endian number: `WEIRLOG␊` or `WEIRJNL␊`.
    var magic: UInt64 {
        switch self {
        case .segment: 0x0a47_4f4c_5249_4557
        case .journal: 0x0a4c_4e4a_5249_4557
        }
    }

    /// What names end in.
    var suffix: String {
        switch self {
        case .segment: ".seg"
        case .journal: ".jnl"
        }
    }

    /// The name of the file with that number: twenty digits and the suffix, so that names sort as numbers do.
    func name(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits + self.suffix
    }

    /// The number in such a name; nil if `name` is of another form.
    func number(_ name: String) -> UInt64? {
        guard name.utf8.count == 24, name.hasSuffix(self.suffix) else { return nil }
        let digits = name.utf8.prefix(20)
        guard digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return UInt64(name.prefix(20))
    }

    /// What the name of a file ends in that is to take the place of another one, and is not finished yet.
    static let temporarySuffix = ".new"

    /// The numbers of the files of this kind in `directory`, ascending.
    func numbers(in directory: any StorageDirectory) throws(SegmentError) -> [UInt64] {
        let names = try directory.list()
        return names.compactMap { self.number($0) }.sorted()
    }

    var creating: Failpoint { self == .segment ? .segmentCreate : .journalRotate }
    var writing: Failpoint { self == .segment ? .segmentWrite : .journalWrite }
    var syncing: Failpoint { self == .segment ? .segmentSync : .journalSync }
    var synced: Failpoint { self == .segment ? .segmentSynced : .journalSynced }
    var sealing: Failpoint { self == .segment ? .segmentSeal : .journalSeal }
    var removing: Failpoint { self == .segment ? .segmentRemove : .journalRemove }
    var cutting: Failpoint { self == .segment ? .segmentCut : .journalCut }
}
