public import StreamModel
public import StreamStore

extension FileStoreOptions {
    /// How the files of the stream of that record, number `id` of its store, are used.
    ///
    /// - Parameter quarantine: the directory for what could not be understood.
    public init(_ record: StreamRecord, id: UInt64, quarantine: String) {
        self.init(
            streamID: record.streamID(id),
            quarantine: quarantine,
            limits: StoreLimits(record.configuration),
            duplicateWindow: record.configuration.duplicateWindow.rawValue,
            firstSequence: record.configuration.firstSequence,
            compresses: record.configuration.compression != .none
        )
    }
}
