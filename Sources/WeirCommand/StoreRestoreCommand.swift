import ArgumentParser
import StoreTools
import StreamModel
import StreamStore

/// `weir store restore`.
struct StoreRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a store from a backup in an empty or new directory.",
        discussion: """
            Every file is compared with its digest. With --to-seq or --to-time everything after is left out; the next
            message then gets the sequence after it.
            Exit codes: 0 done, 2 the backup is damaged or the store could not be written.
            """
    )

    @Argument(help: "The backup's directory.")
    var backup: String

    @Argument(help: "The directory to give a server with -sd.")
    var directory: String

    @Option(
        help: "Name or number of the stream that --to-seq or --to-time is meant of; all of them if absent."
    )
    var stream: String?

    @Option(help: "The last sequence to restore.")
    var toSeq: UInt64?

    @Option(help: "The time of the last message to restore, such as 2026-11-23T08:00:00Z.")
    var toTime: String?

    func run() throws {
        var limit: StoreRestore.Limit?
        if self.toSeq != nil || self.toTime != nil {
            limit = StoreRestore.Limit(stream: self.stream, sequence: self.toSeq, time: try self.time())
        } else if self.stream != nil {
            throw ValidationError("--stream says what --to-seq or --to-time is meant of; give one of them")
        }
        let restore = try StoreFailure.guarding { () throws(StoreError) in
            try StoreRestore(
                self.backup,
                to: self.directory,
                limit: limit,
                encryption: StoreKey.encryption,
                now: Clock.now
            )
        }
        print("\(Quantity.count(restore.files)) files, \(Quantity.bytes(restore.bytes)) in \(restore.path)")
        print("To serve it: weir-server -sd \(self.directory)")
    }

    private func time() throws -> Timestamp? {
        guard let text = self.toTime else { return nil }
        do {
            guard let time = try Timestamp.parse(rfc3339: text) else {
                throw ValidationError("\(text) is no time; write 2026-11-23T08:00:00Z")
            }
            return time
        } catch let error as TimestampSyntaxError {
            throw ValidationError("\(text) is no time (\(error)); write 2026-11-23T08:00:00Z")
        }
    }
}
