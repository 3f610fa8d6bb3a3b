internal import SegmentLog

extension IndexInspection {
    /// Writes the state file of the stream in `directory` anew from this index, whole or not at all.
    ///
    /// What the index does not know are the message ids of overwritten messages: they are forgotten.
    ///
    /// - Precondition: nobody has the stream open.
    public func writeState(inStream directory: String) throws(StoreError) {
        var file = StateFile(record: self.record)
        let holes = try self.rows(.deleted)
        while let row = try holes.next() {
            guard case .deleted(let chunk, let words) = row else { continue }
            var value: [UInt8] = []
            HoleChunk.encode(ContiguousArray(words), at: 0, into: &value)
            file.chunks.append((chunk, value))
        }
        let consumers = try self.rows(.consumers)
        while let row = try consumers.next() {
            if case .consumer(let snapshot) = row { file.consumers.append(snapshot) }
        }
        let bytes = file.encode()
        try StoreError.converting { () throws(SegmentError) in
            try StateFile.write(bytes, to: POSIXDirectory(path: directory))
        }
    }
}
