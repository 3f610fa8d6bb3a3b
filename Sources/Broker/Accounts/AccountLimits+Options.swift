import StreamModel

extension AccountLimits {
    /// The limits that a configuration sets.
    init(_ options: AccountOptions.JetStreamLimits) {
        self.init()
        self.maxMemory = Int64(options.maxMemory ?? -1)
        self.maxStorage = Int64(options.maxStorage ?? -1)
        self.maxStreams = options.maxStreams ?? -1
        self.maxConsumers = options.maxConsumers ?? -1
        self.maxAckPending = options.maxAckPending ?? -1
        self.memoryMaxStreamBytes = Int64(options.memoryMaxStreamBytes ?? -1)
        self.storageMaxStreamBytes = Int64(options.storageMaxStreamBytes ?? -1)
        self.maxBytesRequired = options.maxBytesRequired
    }
}
