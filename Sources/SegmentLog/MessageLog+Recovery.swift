extension MessageLog {
    /// Reads the log from a checkpoint to its end, makes it ready for appending, and says what it found.
    ///
    /// A damaged record is passed over and stays where it is; the next one that verifies is found by trying
    /// every multiple of 8 bytes. Only what follows the last good record of the newest segment is cut, after
    /// a copy has been put into `quarantine`. Whatever was read is on the disk when this returns. An erased record
    /// whose body is still there is overwritten by the next write.
    ///
    /// - Parameters:
    ///   - position: where to begin: a position this log once returned; nil for the oldest record. Segments
    ///     before it are not read.
    ///   - sequence: the sequence of the last message before `position`, zero if there is none.
    ///   - quarantine: where cut bytes are kept for a person.
    ///   - opens: whether encrypted records are decrypted for `visit`.
    ///   - visit: called for each record with its header, and its subject, headers and payload in one span;
    ///   the
    ///     span is empty for an erased record.
    /// - Throws: ``SegmentError/foreignStream(path:)``, ``SegmentError/newerFormat(path:version:)``,
    ///   ``SegmentError/locked(path:hasKey:)`` or ``SegmentError/unknownPosition(path:offset:)`` before anything is
    ///   changed; else what a system call threw, after which the log cannot be used.
    public func recover(
        from position: LogPosition? = nil,
        after sequence: UInt64 = 0,
        quarantine: any StorageDirectory,
        opens: Bool = true,
        visit: (RecordHeader, RawSpan) -> Void
    ) throws(SegmentError) -> RecoveryReport {
        precondition(!self.isRecovered, "a log is recovered once")
        self.removeUnfinishedRewrites()
        let numbers = try FileKind.segment.numbers(in: self.directory)
        var sizes: [Int] = []
        for number in numbers {
            sizes.append(Int(clamping: try self.directory.fileSize(FileKind.segment.name(number))))
        }
        let first = try self.firstIndex(position, numbers, sizes)
        var recovery = FileRecovery(
            kind: .segment,
            directory: self.directory,
            stream: self.stream,
            keys: self.options.keys
        )
        try recovery.checkHeaders(numbers[first...])
        if let newest = numbers.last { try recovery.settleCache(newest) }

        self.lastSequence = sequence
        for index in numbers.indices {
            let segment = LogSegment(
                number: numbers[index],
                stream: self.stream,
                end: min(sizes[index], Int(UInt32.max)),
                isSealed: true
            )
            self.segments.append(segment)
            if index < first { continue }
            let start = index == first ? Int(position?.offset ?? 48) : FileHeader.bytes
            let isNewest = index == numbers.count - 1
            let scan = try recovery.scan(
                segment.number,
                from: start,
                FrameBounds(
                    after: max(self.lastSequence, segment.number == 0 ? 0 : segment.number - 1),
                    upTo: isNewest ? .max : numbers[index + 1] - 1
                ),
                isNewest: isNewest,
                opens: opens
            ) { frame, body in
                if case .record(let header) = frame { visit(header, body) }
            }
            // An erased record may be shown as one before it is on the disk.
            if scan.erased > 0, !isNewest { try recovery.sync(segment.number) }
            for header in scan.unfinishedErasures { self.writer.add(Erasure(header, seed: segment.seed)) }
            if scan.size != sizes[index] {
                segment.packedBytes = sizes[index]
                segment.end = scan.size
            }
            segment.cipher = scan.cipher
            segment.didRecover(scan, isWhole: start == FileHeader.bytes)
            self.lastSequence = scan.lastSequence
            self.lastTimestamp = scan.lastTime ?? self.lastTimestamp
            if isNewest { try self.resume(segment, scan, start: start, quarantine, &recovery) }
        }
        if numbers.isEmpty {
            self.resumeWithoutFile()
        }
        self.isRecovered = true
        return recovery.report
    }

    /// The index of the segment to begin with.
    private func firstIndex(
        _ position: LogPosition?,
        _ numbers: [UInt64],
        _ sizes: [Int]
    ) throws(SegmentError) -> Int {
        guard let position else { return 0 }
        let offset = Int(position.offset)
        if let index = numbers.firstIndex(of: position.segment), offset >= FileHeader.bytes, offset % 8 == 0 {
            if offset <= sizes[index] { return index }
            // The file may be shorter than the segment it stands for.
            let file = try PackedFile.open(
                position.segment,
                in: self.directory,
                stream: self.stream,
                keys: self.options.keys
            )
            if file is PackedFile, offset <= Int(clamping: try file.size()) { return index }
        }
        let path = "\(self.directory.path)/\(FileKind.segment.name(position.segment))"
        throw .unknownPosition(path: path, offset: position.offset)
    }

    /// Removes what a crash has left of rewritings; the segments themselves are as they were.
    private func removeUnfinishedRewrites() {
        let suffix = FileKind.segment.suffix + FileKind.temporarySuffix
        guard let names = try? self.directory.list() else { return }
        // One that stays is in nobody's way: the next rewriting of that segment removes it.
        for name in names where name.hasSuffix(suffix) { try? self.directory.removeFile(name) }
    }

    /// Begins a segment with the next record.
    private func resumeWithoutFile() {
        self.writer.resume(mark: self.lastSequence, number: nil, end: 0, file: nil, size: 0, cipher: nil)
    }

    /// Goes on in the newest segment if that is possible.
    private func resume(
        _ segment: LogSegment,
        _ scan: FileScan,
        start: Int,
        _ quarantine: any StorageDirectory,
        _ recovery: inout FileRecovery
    ) throws(SegmentError) {
        guard let open = try recovery.openNewest(segment.number, scan, quarantine: quarantine) else {
            self.resumeWithoutFile()
            return
        }
        segment.isSealed = false
        segment.end = open.end
        self.isOutdated = open.isOutdated
        if !open.isOutdated { segment.cipher = open.cipher }
        if start > FileHeader.bytes {
            // The beginning was not read; what its footer will say of it is in the first record.
            let scanner = FrameScanner(
                kind: .segment,
                number: segment.number,
                seed: segment.seed,
                file: open.file,
                limit: start
            )
            if case .frame(.record(let header)) = try scanner.frame(at: FileHeader.bytes, .all) {
                segment.firstTime = header.timestamp
            }
        }
        self.writer.resume(
            mark: self.lastSequence,
            number: segment.number,
            end: open.end,
            file: open.file,
            size: open.size,
            cipher: open.cipher
        )
    }
}

extension LogSegment {
    /// Takes over what a scan found; `isWhole` if it began with the first record.
    fileprivate func didRecover(_ scan: FileScan, isWhole: Bool) {
        self.isLoaded = true
        self.lastSequence = scan.lastSequence
        self.lastTime = scan.lastTime
        if isWhole {
            self.count = scan.frames
            self.firstTime = scan.firstTime
        }
        guard let footer = scan.footer, let offset = scan.footerOffset else { return }
        self.end = scan.end
        self.didLoad(footer, at: offset)
        self.lastSequence = scan.lastSequence
    }
}
