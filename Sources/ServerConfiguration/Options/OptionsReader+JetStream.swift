import Broker
import StreamModel

extension OptionsReader {
    /// Reads `jetstream`: a switch, or its settings.
    mutating func readJetStream(_ entry: ConfigurationMap.Entry) {
        switch entry.value.kind {
        case .bool(let flag):
            self.process.jetStream = flag
        case .string(let text):
            guard let flag = Self.flag(text) else {
                self.fail(
                    "Expected 'enabled' or 'disabled' for string value, got '\(text)'",
                    at: entry.position
                )
                return
            }
            self.process.jetStream = flag
        case .map(let map):
            self.process.jetStream = true
            self.readJetStream(map)
        default:
            self.fail(
                "Expected map, bool or string to define JetStream, got \(entry.value.kindName)",
                at: entry.position
            )
        }
    }

    private static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "enabled", "enable": true
        case "disabled", "disable": false
        default: nil
        }
    }

    private mutating func readJetStream(_ map: ConfigurationMap) {
        var key: String?
        var previousKey: String?
        var cipher = EncryptionOptions.Cipher.chaCha
        for member in map.entries {
            switch member.name {
            case "enabled", "enable":
                if let flag = self.bool(member) { self.process.jetStream = flag }
            case "strict":
                if let flag = self.bool(member) { self.options.strictRequests = flag }
            case "store_dir", "storedir", "store":
                self.readStoreDirectory(member)
            case "max_memory_store", "max_mem_store", "max_mem":
                self.options.maxMemoryStore = self.storeSize(member, "max_mem_store")
            case "max_file_store", "max_file":
                self.options.maxFileStore = self.storeSize(member, "max_file_store")
            case "domain":
                if let domain = self.string(member) { self.options.domain = domain.isEmpty ? nil : domain }
            case "key", "ek", "encryption_key":
                key = self.string(member)
            case "prev_key", "prev_ek", "prev_encryption_key":
                previousKey = self.string(member)
            case "cipher":
                guard let text = self.string(member) else { break }
                switch text.lowercased() {
                case "chacha", "chachapoly": cipher = .chaCha
                case "aes": cipher = .aes
                default: self.fail("Unknown cipher type: \"\(text)\"", at: member.position)
                }
            case "sync_interval", "sync":
                self.readSyncInterval(member)
            case "extension_hint":
                _ = self.string(member)
                self.noteWithoutEffect(member)
            case "unique_tag":
                _ = self.string(member)
                self.noteWithoutEffect(member)
            case "request_queue_limit":
                guard let count = self.integer(member) else { break }
                self.options.requestQueueLimit = count > 0 ? count : 10_000
            case "limits":
                self.readServerLimits(member)
            case "tpm":
                // Asks for nothing while it is empty.
                if case .map(let map) = member.value.kind, map.entries.isEmpty { break }
                self.failAbsent(member)
            case "max_outstanding_catchup", "max_buffered_size", "max_buffered_msgs", "info_queue_limit",
                "meta_compact", "meta_compact_size", "max_concurrent_io":
                if self.integer(member) != nil { self.noteWithoutEffect(member) }
            case "meta_compact_sync":
                if self.bool(member) != nil { self.noteWithoutEffect(member) }
            default:
                self.failUnknown(member)
            }
        }
        if let key, !key.isEmpty {
            self.options.encryption = EncryptionOptions(
                cipher: cipher,
                key: key,
                previousKey: previousKey.flatMap { $0.isEmpty ? nil : $0 }
            )
        }
    }

    /// Bytes: a number, or a text such as `2G` in quotes.
    ///
    /// A negative number stands for no limit.
    private mutating func storeSize(_ entry: ConfigurationMap.Entry, _ name: String) -> Int? {
        switch entry.value.kind {
        case .integer(let number):
            return number < 0 ? nil : Int(number)
        case .string(let text):
            let scales: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
            guard let last = text.last, let scale = scales[last], let number = Int(text.dropLast()),
                number >= 0,
                case (let bytes, let overflow) = number.multipliedReportingOverflow(by: scale), !overflow
            else {
                self.fail(
                    "\(name) sizes defined as strings must end in K, M, G, T",
                    at: entry.position
                )
                return nil
            }
            return bytes
        default:
            self.fail("\(name) must be a number or a string, got \(entry.value.kindName)", at: entry.position)
            return nil
        }
    }

    /// When acknowledged messages are on the disk: `always`, before they are acknowledged, or a time afterwards.
    private mutating func readSyncInterval(_ entry: ConfigurationMap.Entry) {
        if case .string(let text) = entry.value.kind, let interval = SyncInterval(text) {
            self.options.syncInterval = interval.nanoseconds
            return
        }
        guard let time = self.durationOrSeconds(entry) else { return }
        guard time > 0 else {
            self.fail("sync_interval has to be always or a positive duration", at: entry.position)
            return
        }
        self.options.syncInterval = time
    }

    /// What streams and consumers of all accounts may ask for; zero and less stand for no limit.
    private mutating func readServerLimits(_ entry: ConfigurationMap.Entry) {
        guard case .map(let map) = entry.value.kind else {
            self.fail(
                "Expected a map to define JetStreamLimits, got \(entry.value.kindName)",
                at: entry.position
            )
            return
        }
        for member in map.entries {
            switch member.name {
            case "max_request_batch":
                if let count = self.integer(member) { self.options.streamLimits.maxRequestBatch = count }
            case "max_ack_pending":
                if let count = self.integer(member) { self.options.streamLimits.maxAckPending = count }
            case "duplicate_window":
                guard let time = self.duration(member) else { break }
                self.options.streamLimits.duplicateWindow = Nanoseconds(max(0, time))
            case "max_ha_assets":
                // Of clusters.
                if self.integer(member) != nil { self.noteWithoutEffect(member) }
            case "batch":
                self.readBatchLimits(member)
            default:
                self.failUnknown(member)
            }
        }
    }

    /// Limits of messages that are published together, which no stream of this server takes.
    private mutating func readBatchLimits(_ entry: ConfigurationMap.Entry) {
        guard let map = self.map(entry) else { return }
        self.noteWithoutEffect(entry)
        for member in map.entries {
            switch member.name {
            case "max_inflight_per_stream", "max_inflight_total", "max_msgs": _ = self.integer(member)
            case "timeout": _ = self.duration(member)
            default: self.failUnknown(member)
            }
        }
    }

    // MARK: Of an account

    /// Reads what an account may use of JetStream.
    mutating func accountJetStream(_ entry: ConfigurationMap.Entry) -> AccountOptions.JetStreamLimits? {
        switch entry.value.kind {
        case .bool(let flag):
            return flag ? AccountOptions.JetStreamLimits() : nil
        case .string(let text):
            guard let flag = Self.flag(text) else {
                self.fail(
                    "Expected 'enabled' or 'disabled' for string value, got '\(text)'",
                    at: entry.position
                )
                return nil
            }
            return flag ? AccountOptions.JetStreamLimits() : nil
        case .map(let map):
            return self.accountLimits(map)
        default:
            self.fail(
                "Expected map, bool or string to define JetStream, got \(entry.value.kindName)",
                at: entry.position
            )
            return nil
        }
    }

    private mutating func accountLimits(_ map: ConfigurationMap) -> AccountOptions.JetStreamLimits {
        var limits = AccountOptions.JetStreamLimits()
        for member in map.entries {
            switch member.name {
            case "max_memory", "max_mem", "mem", "memory": limits.maxMemory = self.accountSize(member)
            case "max_store", "max_file", "max_disk", "store", "disk":
                limits.maxStorage = self.accountSize(member)
            case "max_streams", "streams": limits.maxStreams = self.limit(member)
            case "max_consumers", "consumers": limits.maxConsumers = self.limit(member)
            case "max_ack_pending": limits.maxAckPending = self.limit(member)
            case "memory_max_stream_bytes", "mem_max_stream_bytes":
                limits.memoryMaxStreamBytes = self.accountSize(member)
            case "disk_max_stream_bytes", "store_max_stream_bytes":
                limits.storageMaxStreamBytes = self.accountSize(member)
            case "max_bytes_required", "max_stream_bytes", "max_bytes":
                if let flag = self.bool(member) { limits.maxBytesRequired = flag }
            case "cluster_traffic":
                _ = self.string(member)
                self.noteWithoutEffect(member)
            default:
                self.failUnknown(member)
            }
        }
        return limits
    }

    private mutating func accountSize(_ entry: ConfigurationMap.Entry) -> Int? {
        guard case .integer(let number) = entry.value.kind else {
            self.fail("Expected a parseable size for \"\(entry.key)\"", at: entry.position)
            return nil
        }
        return number < 0 ? nil : Int(number)
    }
}
