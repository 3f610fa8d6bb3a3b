extension SegmentRepair {
    /// Makes a damaged packed segment whole: a new file with what verifies takes its place, and the old one goes to
    /// quarantine as it is.
    ///
    /// What verifies keeps its offset. A segment without damage is left alone.
    mutating func replace(
        _ packed: PackedFile,
        isHeaderDamaged: Bool,
        successor: UInt64?
    ) throws(SegmentError) {
        if packed.isLocked { throw .locked(path: packed.path, hasKey: self.keys != nil) }
        let name = FileKind.segment.name(self.number)
        let temporary = name + FileKind.temporarySuffix
        do {
            try self.directory.removeFile(temporary)
        } catch {
            if !error.isAbsent { throw error }
        }
        let file = try self.directory.createFile(temporary)
        let damaged = try self.copy(packed, to: file, successor: successor)
        if damaged == 0, packed.isIntact, !isHeaderDamaged {
            try self.directory.removeFile(temporary)
            return
        }
        try file.sync()
        let size = Int(clamping: try packed.base.size())
        self.didKeep(try self.quarantine.keep(0..<size, of: packed.base, as: "\(name).packed"))
        try self.directory.rename(temporary, to: name, in: nil)
        try self.directory.sync()
        self.didMend(max(damaged, 1))
    }

    /// Writes what verifies; returns how many places did not.
    private func copy(
        _ packed: PackedFile,
        to file: any StorageFile,
        successor: UInt64?
    ) throws(SegmentError) -> Int {
        let seed = Checksum.seed(magic: FileKind.segment.magic, stream: self.stream, number: self.number)
        let writer = PackedWriter(
            file,
            stream: self.stream,
            number: self.number,
            compresses: packed.blocks.contains { $0.codec.isCompressed },
            cipher: packed.cipher
        )
        let scanner = FrameScanner(
            kind: .segment,
            number: self.number,
            seed: seed,
            file: packed,
            limit: packed.end
        )
        var bounds = FrameBounds(
            after: self.number == 0 ? 0 : self.number - 1,
            upTo: successor.map { $0 - 1 } ?? .max
        )
        var footer = SegmentFooter(lastSequence: bounds.after, lastTime: nil, count: 0, firstTime: nil)
        var damaged = 0
        var end: Int?
        var offset = FileHeader.bytes
        while end == nil {
            offset = try scanner.passGap(at: offset)
            if offset >= packed.end { break }
            switch try scanner.frame(at: offset, bounds) {
            case .frame(.record(let header)):
                if writer.isFull(for: header.recordBytes) { try writer.flush() }
                _ = try scanner.withBytes(at: offset, header.recordBytes) { writer.add($0, at: offset) }
                footer.lastSequence = header.sequence
                footer.lastTime = header.timestamp
                footer.firstTime = footer.firstTime ?? header.timestamp
                footer.count = (footer.count ?? 0) + 1
                bounds.after = header.sequence
                offset += header.recordBytes
            case .frame(.footer(let known)):
                footer.lastSequence = known.lastSequence
                footer.lastTime = known.lastTime
                footer.firstTime = known.firstTime
                end = offset
            case .frame(.entry), .incomplete, .damaged:
                damaged += 1
                guard let next = try scanner.findFrame(after: offset, bounds: bounds) else {
                    offset = packed.end
                    break
                }
                offset = next.offset
            }
        }
        if end == nil {
            damaged += 1
            // No sequence below the next segment's number is given again.
            if let last = successor { footer.lastSequence = max(footer.lastSequence, last - 1) }
        }
        // Where the footer was, or as near to it as the length that is known allows.
        let place = end ?? max(packed.end - SegmentFooter.bytes, writer.end)
        let kept = writer.kept
        try writer.add(footer: footer, at: place)
        try writer.finish(end: place + SegmentFooter.bytes, kept: kept)
        return damaged
    }
}
