import SegmentLog

extension StorageDirectory {
    /// Copies all of a file into a new one here, durably; the directory is synced too.
    ///
    /// - Parameter visit: called with each piece of the copy.
    func copy(
        _ file: any StorageFile,
        as name: String,
        visit: (RawSpan) -> Void = { _ in }
    ) throws(SegmentError) {
        let copy = try self.createFile(name)
        var offset: UInt64 = 0
        try file.forEachPiece { piece throws(SegmentError) in
            try copy.write(piece, at: offset)
            offset += UInt64(piece.byteCount)
            visit(piece)
        }
        try copy.sync()
        try copy.close()
        try self.sync()
    }
}

extension StorageFile {
    /// Calls `body` with the file's bytes from its start to its end, a piece at a time.
    func forEachPiece(_ body: (RawSpan) throws(SegmentError) -> Void) throws(SegmentError) {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var offset: UInt64 = 0
        while true {
            let count = try self.fill(&buffer, at: offset)
            if count == 0 { return }
            try body(unsafe buffer.span.extracting(0..<count).bytes)
            offset += UInt64(count)
        }
    }

    private func fill(_ buffer: inout [UInt8], at offset: UInt64) throws(SegmentError) -> Int {
        var words = buffer.mutableSpan
        var span = unsafe words.mutableBytes
        return try self.read(into: &span, at: offset)
    }
}
