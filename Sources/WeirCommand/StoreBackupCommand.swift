import ArgumentParser
import StoreTools
import StreamStore

/// `weir store backup`.
struct StoreBackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Back a store up into a directory, which then holds the newest backup.",
        discussion: """
            What an earlier backup in the same directory has is not copied again. weir store verify checks a backup.
            Exit codes: 0 done, 2 the store could not be looked at or the backup not be written.
            """
    )

    @Argument(help: "The store's directory.")
    var directory: String

    @Argument(help: "The backup's directory: empty, missing, or with an earlier backup of the same store.")
    var destination: String

    @Flag(help: "Copy segments also where a hard link would do.")
    var copy = false

    func run() throws {
        let start = Clock.seconds
        let backup = try StoreFailure.guarding { () throws(StoreError) in
            try StoreBackup(
                of: self.directory,
                to: self.destination,
                linksSegments: !self.copy,
                now: Clock.now
            )
        }
        print(
            "\(Quantity.count(backup.files)) files, \(Quantity.bytes(backup.bytes)): \(backup.kept) known, "
                + "\(backup.linked) linked, \(backup.copied) copied (\(Quantity.bytes(backup.copiedBytes))) in "
                + "\(Quantity.tenths(Clock.seconds - start)) s"
        )
    }
}
