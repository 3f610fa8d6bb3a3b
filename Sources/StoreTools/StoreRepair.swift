import SegmentLog
public import StreamModel
public import StreamStore

/// Carries out a ``RepairPlan``: nothing is deleted, everything replaced is kept in quarantine.
public struct StoreRepair {
    /// What was done, as sentences.
    public private(set) var done: [String] = []

    private let path: String
    private let randomBytes: [UInt8]
    private let encryption: StoreEncryption?
    private let now: Timestamp

    /// Repairs the store at `path`.
    ///
    /// - Parameters:
    ///   - randomBytes: sixteen random bytes, as opening a store takes them.
    ///   - encryption: what decrypts what is encrypted; few things need it.
    ///   - now: the time, for message ids: those older than the duplicate window are not needed.
    /// - Throws: what opening the store throws, else what a system call says. It can be called again then.
    /// - Precondition: `randomBytes` has sixteen bytes.
    public init(
        _ plan: RepairPlan,
        at path: String,
        randomBytes: [UInt8],
        encryption: StoreEncryption? = nil,
        now: Timestamp
    ) throws(StoreError) {
        self.encryption = encryption
        self.path = path
        self.randomBytes = randomBytes
        self.now = now
        if plan.steps.contains(.catalog) { try self.mendCatalog() }
        let store = try OfflineStore.open(path, for: .changing, encryption: encryption)
        defer { store.close() }
        let listing = try StoreListing(store)
        let indexes = Set(plan.steps.compactMap { if case .index(let id) = $0 { id } else { nil } })
        for step in plan.steps {
            switch step {
            case .catalog: break
            case .segment(let id, let number): try self.mend(id, segment: number, listing, store)
            case .journal(let id, let number): try self.mend(id, journal: number, listing, store)
            case .state(let id): try self.mendState(id, usesIndex: !indexes.contains(id), store)
            case .index(let id):
                guard let entry = listing.entries.first(where: { $0.id == id }) else { continue }
                try self.rebuildIndex(entry, store)
            }
        }
    }

    /// Makes an index anew; one that only a key could make is put out of the way, for the server to make it.
    private mutating func rebuildIndex(_ entry: StoreListing.Entry, _ store: OfflineStore) throws(StoreError)
    {
        let id = entry.id
        do throws(StoreError) {
            let made = try IndexRebuilding(entry, of: store, keepsOld: true, now: self.now)
            let kept = made.kept.map { "; the old one is \($0)" } ?? ""
            self.done.append("index of stream \(id): made anew with \(made.messages) messages\(kept)")
            self.done += made.notices.map { "stream \(id): \($0)" }
        } catch {
            guard case .locked = error else { throw error }
            let quarantine = try store.quarantine(of: id)
            let path = store.streamPath(id)
            let name = try StoreError.reading { () throws(SegmentError) -> String? in
                let directory = try POSIXDirectory(path: path)
                guard try directory.list().contains("index") else { return nil }
                return try directory.setAside("index", in: quarantine)
            }
            let kept = name.map { "; the old one is quarantine/\(id)/\($0)" } ?? ""
            self.done.append(
                "index of stream \(id): the server makes it anew when it starts, since that needs the key\(kept)"
            )
        }
    }

    // MARK: Catalogue

    private mutating func mendCatalog() throws(StoreError) {
        let found = try self.setAsideSmallFiles()
        let directory = try StoreDirectory.open(found, randomBytes: self.randomBytes)
        defer { directory.close() }
        let catalog = try Catalog.open(directory: directory, encryption: self.encryption)
        self.done += catalog.problems
    }

    /// Copies second copies that do not verify to quarantine, and moves the catalogue and the file of stream numbers
    /// there if they do not; returns the store's directory.
    private mutating func setAsideSmallFiles() throws(StoreError) -> String {
        let store = try OfflineStore.open(self.path, for: .changing)
        defer { store.close() }
        let catalog = try CatalogInspection(store)
        if catalog.isUnreadable {
            let name = try StoreError.reading { () throws(SegmentError) in
                try store.root.setAside("catalog", in: store.root.ensureDirectory("quarantine"))
            }
            self.done.append("catalog: kept as quarantine/\(name)")
        }
        for problem in catalog.problems {
            if problem.place == "ids" {
                let name = try StoreError.reading { () throws(SegmentError) in
                    try store.root.setAside("ids", in: store.root.ensureDirectory("quarantine"))
                }
                self.done.append("ids: kept as quarantine/\(name)")
            } else if let id = problem.stream, problem.place.hasSuffix("/stream.meta") {
                let quarantine = try store.quarantine(of: id)
                let name = try StoreError.reading { () throws(SegmentError) in
                    try POSIXDirectory(path: store.streamPath(id)).copyAside("stream.meta", in: quarantine)
                }
                if let name { self.done.append("\(problem.place): kept as quarantine/\(id)/\(name)") }
            }
        }
        return store.path
    }

    // MARK: Files of a stream

    private mutating func mend(
        _ id: UInt64,
        segment number: UInt64,
        _ listing: StoreListing,
        _ store: OfflineStore
    ) throws(StoreError) {
        let keys = self.encryption?.keys
        try self.mend(id, "log", SegmentNames.segment(number), listing, store) {
            directory,
            stream,
            quarantine throws(SegmentError) in
            // At most 1 024 holes of a file are listed at a time.
            var result = FileRepair()
            while true {
                let round = try MessageLog.repair(
                    number,
                    in: directory,
                    stream: stream,
                    quarantine: quarantine,
                    keys: keys
                )
                result.kept += round.kept
                result.mended += round.mended
                result.left = round.left
                if round.mended == 0 { return result }
            }
        }
    }

    private mutating func mend(
        _ id: UInt64,
        journal number: UInt64,
        _ listing: StoreListing,
        _ store: OfflineStore
    ) throws(StoreError) {
        let keys = self.encryption?.keys
        try self.mend(id, "journal", SegmentNames.journal(number), listing, store) {
            directory,
            stream,
            quarantine throws(SegmentError) in
            try Journal.repair(number, in: directory, stream: stream, quarantine: quarantine, keys: keys)
        }
    }

    private mutating func mend(
        _ id: UInt64,
        _ folder: String,
        _ file: String,
        _ listing: StoreListing,
        _ store: OfflineStore,
        _ work: (any StorageDirectory, StreamUUID, any StorageDirectory) throws(SegmentError) -> FileRepair
    ) throws(StoreError) {
        let quarantine = try store.quarantine(of: id)
        let listed = listing.entries.first { $0.id == id }?.stream
        let result = try StoreError.reading { () throws(SegmentError) -> FileRepair? in
            let directory = try POSIXDirectory(path: "\(store.streamPath(id))/\(folder)")
            var stream = listed
            if stream == nil { stream = try MessageLog.identify(directory) }
            guard let stream else { return nil }
            return try work(directory, stream, quarantine)
        }
        guard let result else {
            self.done.append("streams/\(id)/\(folder)/\(file): left alone; nothing tells whose it is")
            return
        }
        let kept = result.kept.map { "quarantine/\(id)/\($0)" }.joined(separator: ", ")
        var text = "streams/\(id)/\(folder)/\(file): \(result.mended) damaged places made whole"
        if !kept.isEmpty { text += "; kept as \(kept)" }
        if result.left > 0 { text += "; \(result.left) left alone" }
        self.done.append(text)
    }

    private mutating func mendState(_ id: UInt64, usesIndex: Bool, _ store: OfflineStore) throws(StoreError) {
        let quarantine = try store.quarantine(of: id)
        let path = store.streamPath(id)
        let name = try StoreError.reading { () throws(SegmentError) in
            try POSIXDirectory(path: path).setAside(StateInspection.name, in: quarantine)
        }
        var text = "streams/\(id)/\(StateInspection.name): kept as quarantine/\(id)/\(name)"
        if usesIndex, case .open(let index) = try IndexInspection.open(inStream: path) {
            try index.writeState(inStream: path)
            text += "; written anew from the index"
        }
        self.done.append(text)
    }
}

extension StorageDirectory {
    /// Copies a small file to `target` under a name of its own, durably; returns that name, nil if there is no file.
    func copyAside(_ name: String, in target: any StorageDirectory) throws(SegmentError) -> String? {
        let file: any StorageFile
        do throws(SegmentError) {
            file = try self.openFile(name, for: .reading)
        } catch {
            if error.isAbsent { return nil }
            throw error
        }
        let taken = Set(try target.list())
        // There are more numbers than names taken.
        let number = (0...taken.count).first { !taken.contains("\(name)-\($0)") } ?? taken.count
        try target.copy(file, as: "\(name)-\(number)")
        return "\(name)-\(number)"
    }
}
