/// A record to overwrite in place.
struct Erasure {
    /// Where it is.
    var position: LogPosition
    /// Its first eight bytes, changed to say that it is erased.
    var word: UInt64
    /// Bytes after its head.
    var bodyBytes: Int

    /// The erasure of that record, in a file with that seed.
    init(_ header: RecordHeader, seed: UInt32) {
        self.position = header.position
        self.word = RecordFormat.erasedWord(header, seed: seed)
        self.bodyBytes = header.recordBytes - RecordFormat.headBytes
    }
}

extension LogWrite {
    /// Overwrites the records to be erased: first the marks, synced, then the bodies.
    ///
    /// In this order a power cut leaves a whole record or an erased one, never a damaged one. A segment that
    /// was dropped meanwhile needs no erasing. Repeating it does no harm.
    func erase() throws(SegmentError) {
        for old in self.replaced { old.overwrite() }
        if self.erasures.isEmpty { return }
        var files: [UInt64: any StorageFile] = [:]
        for number in Set(self.erasures.map { $0.position.segment }).sorted() {
            do {
                let file = try self.directory.openFile(self.kind.name(number), for: .writing)
                if let packed = try PackedFile.read(
                    file,
                    number: number,
                    stream: self.stream,
                    keys: self.keys
                ) {
                    try self.erase(in: packed, number)
                } else {
                    files[number] = file
                }
            } catch {
                if !error.isAbsent { throw error }
            }
        }
        for erasure in self.erasures {
            guard let file = files[erasure.position.segment] else { continue }
            Failpoint.reach(.segmentErase)
            let word = [erasure.word.littleEndian]
            try file.write(unsafe word.span.bytes, at: UInt64(erasure.position.offset))
        }
        try self.syncErased(files)
        for erasure in self.erasures {
            guard let file = files[erasure.position.segment] else { continue }
            Failpoint.reach(.segmentEraseBody)
            try self.overwriteBody(of: erasure, in: file)
        }
        try self.syncErased(files)
    }

    /// Replaces a packed segment by one without the records to be erased in it.
    private func erase(in packed: PackedFile, _ number: UInt64) throws(SegmentError) {
        let erasures = self.erasures.filter { $0.position.segment == number }
        let replacement = PackedErasure(
            number: number,
            offsets: Set(erasures.map { Int($0.position.offset) }),
            directory: self.directory,
            stream: self.stream
        )
        if let old = try replacement.perform(packed) { self.leaves(old) }
    }

    private func overwriteBody(of erasure: Erasure, in file: any StorageFile) throws(SegmentError) {
        let zeros = [UInt8](repeating: 0, count: min(erasure.bodyBytes, 64 << 10))
        var done = 0
        while done < erasure.bodyBytes {
            let count = min(erasure.bodyBytes - done, zeros.count)
            let offset = UInt64(erasure.position.offset) + UInt64(RecordFormat.headBytes + done)
            try file.write(unsafe zeros.span.extracting(0..<count).bytes, at: offset)
            done += count
        }
    }

    private func syncErased(_ files: [UInt64: any StorageFile]) throws(SegmentError) {
        for number in files.keys.sorted() {
            guard let file = files[number] else { continue }
            try self.syncing { () throws(SegmentError) in try file.sync() }
        }
    }
}
