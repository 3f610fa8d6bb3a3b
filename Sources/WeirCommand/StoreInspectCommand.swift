import ArgumentParser
import StoreTools
import StreamStore

/// `weir store inspect`.
struct StoreInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what is in the files: streams, segments, records, journal, index. Changes nothing.",
        discussion: "Exit codes: 0 shown, 2 the store could not be looked at."
    )

    /// What is shown.
    enum View: String, EnumerableFlag {
        case segments
        case records
        case journal
        case index

        static func help(for value: View) -> ArgumentHelp? {
            switch value {
            case .segments: "Segments of the log."
            case .records: "Records of the log."
            case .journal: "Entries of the journal."
            case .index: "Rows of the index."
            }
        }
    }

    @Argument(help: "The store's directory.")
    var directory: String

    @Option(help: "Name or number of one stream; all of them if absent.")
    var stream: String?

    @Flag
    var view: View?

    @Option(
        help: "One database of the index: \(IndexTable.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var table: String?

    @Option(help: "Begin at this sequence.")
    var fromSeq: UInt64 = 0

    @Option(help: "The most rows of each table.")
    var limit = 20

    func run() throws {
        var chosen: StoreInspection.View = .overview
        switch self.view {
        case .segments: chosen = .segments
        case .records: chosen = .records
        case .journal: chosen = .journal
        case .index: chosen = .index(nil)
        case nil: break
        }
        if let table = self.table {
            guard let known = IndexTable(rawValue: table) else {
                throw ValidationError("\(table) is no database of an index; see --help")
            }
            chosen = .index(known)
        }
        guard self.limit > 0 else { throw ValidationError("--limit is at least 1") }
        let inspection = try StoreFailure.guarding { () throws(StoreError) in
            let store = try OfflineStore.open(
                self.directory,
                for: .reading,
                encryption: StoreKey.encryption
            )
            defer { store.close() }
            return try StoreInspection(
                store,
                stream: self.stream,
                view: chosen,
                window: StoreInspection.Window(from: self.fromSeq, limit: self.limit)
            )
        }
        print(inspection.text)
    }
}
