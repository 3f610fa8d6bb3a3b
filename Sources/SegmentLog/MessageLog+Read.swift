extension MessageLog {
    /// Calls `body` with the record at `position`: its header, and its subject, headers and payload in one
    /// span.
    ///
    /// The checksum is verified on every read. At the end of a segment the next one's first record is read,
    /// so a caller goes forward by passing on `next`; ``RecordHeader/position`` says where the record really
    /// is. Allocates nothing unless the record is longer than 256 KiB. May block on the disk.
    ///
    /// `body` must not call the log.
    public func withRecord(at position: LogPosition, _ body: (RecordHeader, RawSpan) -> Void) -> ReadResult {
        var position = position
        while true {
            guard let segment = self.segment(position.segment) else { return .absent }
            let offset = Int(position.offset)
            if offset < FileHeader.bytes { return .absent }
            if let start = self.writer.memoryStart, start <= position {
                if offset < segment.recordsEnd { return self.withRecord(inMemory: position, segment, body) }
            } else {
                if !segment.isLoaded, let failure = self.load(segment) { return failure }
                if offset < segment.recordsEnd {
                    return self.withRecord(onDisk: position, segment, body)
                }
            }
            // A segment that lost even its header is passed over like the end of any other.
            if offset > max(segment.end, FileHeader.bytes) { return .absent }
            guard let next = self.segment(after: segment) else { return .end }
            position = LogPosition(segment: next.number, offset: UInt32(FileHeader.bytes))
        }
    }

    /// The position of the oldest record, or of where it will be; nil in a log without segments.
    public var start: LogPosition? {
        self.segments.first.map { LogPosition(segment: $0.number, offset: UInt32(FileHeader.bytes)) }
    }

    // MARK: Memory

    private func withRecord(
        inMemory position: LogPosition,
        _ segment: LogSegment,
        _ body: (RecordHeader, RawSpan) -> Void
    ) -> ReadResult {
        guard let (block, range, _) = self.writer.find(position) else { return .absent }
        return block.withBytes(range) { bytes in
            self.finishRead(bytes, position, segment, body) ?? .damaged(.lengths, next: nil)
        }
    }

    /// Decodes the record that `bytes` begins with; nil if more bytes are needed.
    @inline(__always)
    private func finishRead(
        _ bytes: RawSpan,
        _ position: LogPosition,
        _ segment: LogSegment,
        _ body: (RecordHeader, RawSpan) -> Void
    ) -> ReadResult? {
        switch RecordFormat.decode(bytes, at: 0, position: position, seed: segment.seed) {
        case .record(let header):
            if header.flags.contains(.erased) || (self.writer.isErasing && self.writer.isErasing(position)) {
                if self.visitsErased { body(header, bytes.extracting(0..<0)) }
                return .erased(next: header.end)
            }
            if header.kind == .encrypted { return self.open(bytes, header, segment, body) }
            body(
                header,
                bytes.extracting(RecordFormat.headBytes..<RecordFormat.headBytes + header.bodyLength)
            )
            return .record(next: header.end)
        case .footer:
            // Found where records still were expected: the segment's footer was not known.
            segment.footerOffset = Int(position.offset)
            return self.withRecord(at: position, body)
        case .incomplete:
            return nil
        case .damaged(let damage):
            return .damaged(damage, next: nil)
        }
    }

    /// Gives an encrypted record to `body`.
    private func open(
        _ bytes: RawSpan,
        _ header: RecordHeader,
        _ segment: LogSegment,
        _ body: (RecordHeader, RawSpan) -> Void
    ) -> ReadResult {
        let opened: Void? = segment.cipher?.decrypt(bytes, header) { body(header, $0) }
        return opened == nil ? .damaged(.cipher, next: header.end) : .record(next: header.end)
    }

    // MARK: Disk

    private func withRecord(
        onDisk position: LogPosition,
        _ segment: LogSegment,
        _ body: (RecordHeader, RawSpan) -> Void
    ) -> ReadResult {
        let offset = Int(position.offset)
        var needed = RecordFormat.headBytes
        while true {
            let window: ReadWindows.Window
            if let found = self.windows.find(segment.number, offset, needed) {
                window = found
            } else {
                let limit = self.diskEnd(of: segment)
                if offset + needed > limit { return self.damaged(.lengths, position, segment) }
                if needed > ReadWindows.bytesMax {
                    return self.withLargeRecord(position, segment, bytes: needed, body)
                }
                do {
                    let file = try self.openFile(segment)
                    window = try self.windows.load(segment.number, offset, needed, limit: limit, from: file)
                } catch {
                    return .failed(errno: error.errno)
                }
                if window.count < needed { return self.damaged(.lengths, position, segment) }
            }
            let start = offset - window.start
            let result = window.block.withBytes(start..<window.count) { bytes -> ReadResult? in
                let result = self.finishRead(bytes, position, segment, body)
                if result == nil { needed = RecordFields(bytes, at: 0)?.size ?? RecordFormat.recordBytesMax }
                return result
            }
            if case .damaged(let damage, _) = result {
                if let next = self.endOfGap(position, segment) { return self.withRecord(at: next, body) }
                return self.damaged(damage, position, segment)
            }
            if let result { return result }
        }
    }

    /// Where reading goes on if there is no record at `position` because a rewriting left it out; nil if it did not.
    private func endOfGap(_ position: LogPosition, _ segment: LogSegment) -> LogPosition? {
        guard let packed = segment.file as? PackedFile,
            let next = try? packed.data(atOrAfter: Int(position.offset)), next > Int(position.offset)
        else { return nil }
        return LogPosition(segment: segment.number, offset: UInt32(next))
    }

    /// Reads a record that no window takes into memory of its own.
    private func withLargeRecord(
        _ position: LogPosition,
        _ segment: LogSegment,
        bytes needed: Int,
        _ body: (RecordHeader, RawSpan) -> Void
    ) -> ReadResult {
        let block = ByteBlock(capacity: needed)
        let count: Int
        do {
            let file = try self.openFile(segment)
            count = try block.fill(0..<needed, from: file, at: UInt64(position.offset))
        } catch {
            return .failed(errno: error.errno)
        }
        let result = block.withBytes(0..<count) { bytes in
            self.finishRead(bytes, position, segment, body) ?? .damaged(.lengths, next: nil)
        }
        if case .damaged(let damage, _) = result { return self.damaged(damage, position, segment) }
        return result
    }

    /// The result for a damaged record on the disk: looks for where reading can go on.
    private func damaged(_ damage: RecordDamage, _ position: LogPosition, _ segment: LogSegment) -> ReadResult
    {
        do {
            let scanner = FrameScanner(
                kind: .segment,
                number: segment.number,
                seed: segment.seed,
                file: try self.openFile(segment),
                limit: min(self.diskEnd(of: segment), segment.recordsEnd)
            )
            if let next = try scanner.findFrame(after: Int(position.offset), bounds: .all) {
                return .damaged(
                    damage,
                    next: LogPosition(segment: segment.number, offset: UInt32(next.offset))
                )
            }
        } catch {
            return .failed(errno: error.errno)
        }
        let end = self.diskEnd(of: segment)
        let isLast = self.segments.last === segment && end == segment.end
        let next = LogPosition(segment: segment.number, offset: UInt32(end))
        return .damaged(damage, next: isLast ? nil : next)
    }

    // MARK: Segments and their files

    /// The segment with that number; nil if there is none.
    @inline(__always)
    func segment(_ number: UInt64) -> LogSegment? {
        if let recent = self.recentSegment, recent.number == number { return recent }
        return self.findSegment(number)
    }

    private func findSegment(_ number: UInt64) -> LogSegment? {
        let index = self.segmentIndex(number)
        guard index < self.segments.count, self.segments[index].number == number else { return nil }
        self.recentSegment = self.segments[index]
        return self.segments[index]
    }

    private func segment(after segment: LogSegment) -> LogSegment? {
        let index = self.segmentIndex(segment.number) + 1
        return index < self.segments.count ? self.segments[index] : nil
    }

    /// The index of the first segment whose number is at least `number`.
    func segmentIndex(_ number: UInt64) -> Int {
        var low = 0
        var high = self.segments.count
        while low < high {
            let middle = (low + high) / 2
            if self.segments[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Where the kernel's bytes of `segment` end; behind it there is memory, or nothing.
    private func diskEnd(of segment: LogSegment) -> Int {
        guard let start = self.writer.memoryStart, start.segment == segment.number else { return segment.end }
        return Int(start.offset)
    }

    /// Opens the segment for reading if it is not open; closes the one not read for longest if there are
    /// many.
    func openFile(_ segment: LogSegment) throws(SegmentError) -> any StorageFile {
        self.uses += 1
        segment.lastUse = self.uses
        if let file = segment.file { return file }
        if let file = self.writer.file, self.writer.fileNumber == segment.number { return file }
        let file = try PackedFile.open(
            segment.number,
            in: self.directory,
            stream: self.stream,
            keys: self.options.keys
        )
        if self.openSegments.count >= MessageLog.openFilesMax,
            let oldest = self.openSegments.min(by: { $0.lastUse < $1.lastUse })
        {
            oldest.file = nil
            self.openSegments.removeAll { $0 === oldest }
        }
        segment.file = file
        self.openSegments.append(segment)
        return file
    }

    /// Looks at the header and the footer of a segment that recovery did not read; nil if it can be used.
    private func load(_ segment: LogSegment) -> ReadResult? {
        do {
            let file = try self.openFile(segment)
            let header = FileHeader(kind: .segment, stream: self.stream, number: segment.number)
            let block = ByteBlock(capacity: FileHeader.bytes)
            let count = try block.fill(0..<FileHeader.bytes, from: file, at: 0)
            switch block.withBytes(0..<count, { header.compare($0) }) {
            case .foreign, .newer: return .damaged(.checksum, next: nil)
            case .valid, .blank, .damaged: break
            }
            segment.cipher = try StorageKeys.cipher(
                self.options.keys,
                of: file,
                .segment,
                self.stream,
                segment.number
            )
            if let packed = file as? PackedFile { segment.didOpen(packed) }
            let offset = segment.end - SegmentFooter.bytes
            if offset >= FileHeader.bytes {
                let footer = try block.fill(0..<SegmentFooter.bytes, from: file, at: UInt64(offset))
                let position = LogPosition(segment: segment.number, offset: UInt32(offset))
                let decoding = block.withBytes(0..<footer) {
                    RecordFormat.decode($0, at: 0, position: position, seed: segment.seed)
                }
                if case .footer(let footer) = decoding { segment.didLoad(footer, at: offset) }
            }
            segment.isLoaded = true
            return nil
        } catch {
            return .failed(errno: error.errno)
        }
    }
}
