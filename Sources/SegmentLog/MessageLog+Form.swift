extension MessageLog {
    /// Whether the segment is packed: then its file is replaced and never changed, except that erasing overwrites
    /// a whole block of the file that was replaced.
    public static func isPacked(
        _ number: UInt64,
        in directory: any StorageDirectory,
        stream: StreamUUID
    ) throws(SegmentError) -> Bool {
        try PackedFile.open(number, in: directory, stream: stream, keys: nil) is PackedFile
    }
}
