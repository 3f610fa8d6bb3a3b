import SegmentLog
public import StreamModel
public import StreamStore

/// What verification found in a backup: every file against its digest.
public struct BackupVerification {
    /// The backup's directory.
    public let path: String
    /// When it was made.
    public let created: Timestamp
    /// Files in it.
    public let files: Int
    /// Their bytes.
    public let bytes: UInt64
    /// What was found.
    public private(set) var findings: [Finding] = []

    let manifest: BackupManifest
    private let objects: any StorageDirectory

    /// Whether the directory holds a manifest: whether it is a backup and no store.
    public static func isBackup(_ path: String) -> Bool {
        ((try? POSIXDirectory(path: path).list()) ?? []).contains(BackupManifest.name)
    }

    /// Reads all of a backup; changes nothing.
    ///
    /// - Throws: ``StoreError/foreign(path:reason:)`` if its manifest is damaged or of a newer format; else what a
    ///   system call says. Damage of a file is not an error.
    public init(_ path: String) throws(StoreError) {
        try self.init(path, readsObjects: true)
    }

    init(_ path: String, readsObjects: Bool) throws(StoreError) {
        self.path = path
        let root = try StoreError.reading { () throws(SegmentError) in try POSIXDirectory(path: path) }
        self.manifest = try BackupManifest(in: root)
        self.objects = try StoreError.reading { () throws(SegmentError) in
            try root.openDirectory(BackupManifest.objectsName)
        }
        self.created = self.manifest.created
        self.files = self.manifest.files.count
        self.bytes = self.manifest.files.reduce(0) { $0 &+ $1.bytes }
        if !readsObjects { return }
        for file in self.manifest.files {
            guard let problem = try self.check(file, visit: { (_: RawSpan) in }) else { continue }
            if try self.isErased(file) {
                let text = "messages in it were overwritten in the store after the backup was made"
                self.findings.append(
                    Finding(.notice, stream: file.path.stream, place: file.path.text, text: text)
                )
            } else {
                self.findings.append(
                    Finding(.damage, stream: file.path.stream, place: file.path.text, text: problem)
                )
            }
        }
    }

    /// How many files are damaged.
    public var damageCount: Int { self.findings.count { $0.severity == .damage } }

    /// Whether the file is a segment that differs from its digest only because messages in it were erased.
    ///
    /// A linked segment is the store's own, and erasing is the one change made in place: the record's head says so, and
    /// everything else still verifies.
    func isErased(_ file: BackupManifest.File) throws(StoreError) -> Bool {
        guard case .segment(let number) = file.path.kind else { return false }
        var digests: [String: String] = [:]
        for other in self.manifest.files where other.path.stream == file.path.stream {
            if case .segment = other.path.kind { digests[other.path.parts.name] = other.digest }
        }
        let log = BackupLog(self.path, objects: self.objects, digests: digests)
        do throws(SegmentError) {
            guard try log.fileSize(file.path.parts.name) == file.bytes,
                let stream = try MessageLog.identify(log)
            else { return false }
            var erased = 0
            let reports = try MessageLog.verify(log, stream: stream) { header, _ in
                if header.position.segment == number, header.flags.contains(.erased) { erased += 1 }
            }
            guard let report = reports.first(where: { $0.number == number }) else { return false }
            return erased > 0 && report.holeCount == 0 && !report.isHeaderDamaged && report.tailBytes == 0
        } catch {
            // Another file is missing or another stream's: then nothing can be said for this one.
            return false
        }
    }

    /// Reads a file of the backup; returns what is wrong with it, nil if nothing is.
    func check(
        _ file: BackupManifest.File,
        visit: (RawSpan) throws(SegmentError) -> Void
    ) throws(StoreError) -> String? {
        var hash = FileDigest()
        var bytes: UInt64 = 0
        do throws(SegmentError) {
            let object = try self.objects.openFile(file.digest, for: .reading)
            try object.forEachPiece { piece throws(SegmentError) in
                hash.update(piece)
                bytes += UInt64(piece.byteCount)
                try visit(piece)
            }
        } catch {
            if error.isAbsent { return "the file is missing in the backup" }
            return try StoreError.reading { () throws(SegmentError) in throw error }
        }
        if bytes != file.bytes { return "the file has \(bytes) bytes and should have \(file.bytes)" }
        return hash.finish() == file.digest ? nil : "the file does not match its digest"
    }

    /// What was found, for people.
    public var text: String {
        var lines = [
            "Backup \(self.path) of \(self.created.rfc3339), \(Quantity.count(self.files)) files, "
                + Quantity.bytes(self.bytes)
        ]
        for severity in [Finding.Severity.damage, .notice] {
            let found = self.findings.filter { $0.severity == severity }
            if found.isEmpty { continue }
            lines += ["", severity == .damage ? "Damage" : "Notes"]
            lines += found.map { "  \($0.place): \($0.text)" }
        }
        lines.append("")
        lines.append(
            self.damageCount == 0
                ? "No damage."
                : "\(self.damageCount) damaged files. Make a new backup into an empty directory."
        )
        return lines.joined(separator: "\n")
    }

    /// What was found, for programs: one JSON object.
    public var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("backup")
        writer.string(self.path)
        writer.key("created")
        writer.time(self.created)
        writer.key("files")
        writer.integer(self.files)
        writer.key("bytes")
        writer.integer(self.bytes)
        writer.key("clean")
        writer.bool(self.damageCount == 0)
        writer.key("damage")
        writer.integer(self.damageCount)
        writer.key("findings")
        writer.beginArray()
        for finding in self.findings { finding.encode(into: &writer) }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
