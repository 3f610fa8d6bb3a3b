import SegmentLog
import StreamModel
import StreamStore

/// What a backup consists of: the text file `manifest` in its directory, written last and at once.
///
///     weir-backup 1
///     store 0102030405060708090a0b0c0d0e0f10
///     created 2026-11-23T08:00:00Z
///     file 67108864 1795403744000000000 <sha256> streams/1/log/00000000000000000001.seg
///     …
///     sha256 <of all before>
///
/// Numbers of a file: its length, and when it was last changed in the store (nanoseconds), by which the next backup
/// knows it again. Its bytes are in `objects/<sha256>`.
struct BackupManifest: Equatable {
    /// One file.
    struct File: Equatable {
        /// Where it is in a store.
        var path: BackupPath
        /// Its length in bytes.
        var bytes: UInt64
        /// When it was last changed, in nanoseconds since 1970.
        var changed: Int64
        /// Its SHA-256, which names its object.
        var digest: String
    }

    /// The format this program writes, and the newest it reads.
    static let format: UInt64 = 1
    /// The file's name.
    static let name = "manifest"
    /// The directory of the objects.
    static let objectsName = "objects"
    private static let bytesMax: UInt64 = 1 << 30

    /// The store's identifier, in hexadecimal digits.
    var store: String
    /// When it was made.
    var created: Timestamp
    /// The files, by path.
    var files: [File] = []

    /// The text.
    func encode() -> [UInt8] {
        var text = "weir-backup \(Self.format)\nstore \(self.store)\ncreated \(self.created.rfc3339)\n"
        for file in self.files {
            text += "file \(file.bytes) \(file.changed) \(file.digest) \(file.path.text)\n"
        }
        let body = Array(text.utf8)
        return body + Array("sha256 \(FileDigest.digest(body))\n".utf8)
    }

    init(store: String, created: Timestamp) {
        self.store = store
        self.created = created
    }

    /// Reads the manifest of a backup.
    ///
    /// - Throws: ``StoreError/foreign(path:reason:)`` if it is damaged, of a newer format, or names a path that no
    ///   file of a store has; else what a system call says.
    init(in directory: any StorageDirectory) throws(StoreError) {
        let bytes = try StoreError.reading { () throws(SegmentError) -> [UInt8] in
            let file = try directory.openFile(Self.name, for: .reading)
            var bytes: [UInt8] = []
            if try file.size() > Self.bytesMax { return [] }
            try file.forEachPiece { piece throws(SegmentError) in
                unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
            }
            return bytes
        }
        func refused(_ reason: String) -> StoreError { .foreign(path: directory.path, reason: reason) }
        // The last line is `sha256 `, 64 digits and a line feed.
        let end = bytes.count - 72
        guard end > 0,
            String(validating: bytes[end...], as: UTF8.self)
                == "sha256 \(FileDigest.digest(Array(bytes[..<end])))\n",
            let text = String(validating: bytes[..<end], as: UTF8.self)
        else { throw refused("its manifest is damaged: it is no whole backup") }
        var lines = text.split(separator: "\n").makeIterator()
        let head = lines.next()?.split(separator: " ")
        guard head?.count == 2, head?[0] == "weir-backup", let format = head.flatMap({ UInt64($0[1]) }) else {
            throw refused("its manifest is not of this program")
        }
        guard format == Self.format else {
            throw refused("its format \(format) is newer than \(Self.format), the newest this program knows")
        }
        guard let store = lines.next().flatMap({ Self.field("store", $0) }),
            let time = lines.next().flatMap({ Self.field("created", $0) }),
            let created = try? Timestamp.parse(rfc3339: time)
        else { throw refused("its manifest makes no sense") }
        self.store = store
        self.created = created
        var paths: Set<BackupPath> = []
        while let line = lines.next() {
            guard let file = Self.file(line), paths.insert(file.path).inserted else {
                throw refused("its manifest has a line that makes no sense: \(PrintableText.of(line.utf8))")
            }
            self.files.append(file)
        }
    }

    private static func field(_ name: String, _ line: Substring) -> String? {
        let parts = line.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0] == name ? String(parts[1]) : nil
    }

    private static func file(_ line: Substring) -> File? {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "file", let bytes = UInt64(parts[1]),
            let changed = Int64(parts[2]),
            Self.isDigest(parts[3]), let path = BackupPath(String(parts[4]))
        else { return nil }
        return File(path: path, bytes: bytes, changed: changed, digest: String(parts[3]))
    }

    /// Whether the text is 64 hexadecimal digits, in lower case.
    static func isDigest(_ text: Substring) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0) || (UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0)
            }
    }
}
