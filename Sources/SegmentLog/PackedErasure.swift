/// Erasing in a packed segment: a new file without the records takes its place.
///
/// A block may be compressed, and no write in place could change it whole or not at all. Blocks without such a record
/// are copied as they are, damaged ones too.
struct PackedErasure {
    let number: UInt64
    /// Offsets of the records in the plain segment.
    let offsets: Set<Int>
    let directory: any StorageDirectory
    let stream: StreamUUID

    /// Makes the new file, durably; returns what of the old one has to be overwritten.
    ///
    /// Nil if there was nothing to erase, or if the heads of blocks are damaged: then the file stays as it is.
    func perform(_ packed: PackedFile) throws(SegmentError) -> ReplacedFile? {
        let touched = packed.blocks.filter { block in
            self.offsets.contains { $0 >= block.start && $0 < block.end }
        }
        if touched.isEmpty || !packed.isComplete { return nil }
        let name = FileKind.segment.name(self.number)
        let temporary = name + FileKind.temporarySuffix
        do {
            try self.directory.removeFile(temporary)
        } catch {
            if !error.isAbsent { throw error }
        }
        Failpoint.reach(.segmentErase)
        let file = try self.directory.createFile(temporary)
        try self.write(packed, to: file)
        try file.sync()
        Failpoint.reach(.segmentEraseBody)
        try self.directory.rename(temporary, to: name, in: nil)
        try self.directory.sync()
        return ReplacedFile(file: packed.base, ranges: touched.map { $0.offset..<$0.offset + $0.size })
    }

    private func write(_ packed: PackedFile, to file: any StorageFile) throws(SegmentError) {
        let writer = PackedWriter(
            file,
            stream: self.stream,
            number: self.number,
            compresses: packed.blocks.contains { $0.codec.isCompressed },
            cipher: packed.cipher
        )
        let seed = Checksum.seed(magic: FileKind.segment.magic, stream: self.stream, number: self.number)
        var kept = packed.kept ?? 0
        for head in packed.blocks {
            let body = ByteBlock(capacity: head.size)
            let place = UInt64(head.offset + PackedBlock.headBytes)
            let count = try body.fill(0..<head.stored, from: packed.base, at: place)
            let isTouched = self.offsets.contains { $0 >= head.start && $0 < head.end }
            guard isTouched else {
                try writer.copy(head, body: body)
                continue
            }
            let block = UnpackedBlock(head, stored: body, count: count, seed: seed, packed.cipher)
            if block.extents == nil {
                try writer.copy(head, body: body)
                continue
            }
            block.forEachRecord(segment: self.number, seed: seed) { offset, record in
                if self.offsets.contains(offset) {
                    kept -= record.byteCount
                } else {
                    writer.add(record, at: offset)
                }
            }
            try writer.flush()
        }
        try writer.finish(end: packed.end, kept: max(kept, 0))
    }
}

/// A segment file that another one has replaced, in which records to be erased are still to be read.
///
/// It has no name any more. The owner of the log may still be reading it, so it is overwritten by the write after the
/// one that replaced it.
struct ReplacedFile {
    let file: any StorageFile
    /// Blocks with such records.
    let ranges: [Range<Int>]

    /// Overwrites them; what cannot be is given back to the file system as it is.
    func overwrite() {
        do throws(SegmentError) {
            for range in self.ranges {
                let zeros = [UInt8](repeating: 0, count: range.count)
                try self.file.write(unsafe zeros.span.bytes, at: UInt64(range.lowerBound))
            }
            try self.file.sync()
        } catch {}
    }
}
