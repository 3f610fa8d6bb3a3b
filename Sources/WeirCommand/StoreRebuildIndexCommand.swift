import ArgumentParser
import StoreTools
import StreamStore

/// `weir store rebuild-index`.
struct StoreRebuildIndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild-index",
        abstract: "Make indexes anew from the log.",
        discussion: """
            The old index waits in the store's folder quarantine until the new one is whole.
            Exit codes: 0 done, 2 the store could not be looked at or written to.
            """
    )

    @Argument(help: "The store's directory.")
    var directory: String

    @Option(help: "Name or number of one stream; all of them if absent.")
    var stream: String?

    func run() throws {
        var start = Clock.seconds
        try StoreFailure.guarding { () throws(StoreError) in
            try StoreTools.rebuildIndexes(
                of: self.directory,
                stream: self.stream,
                encryption: StoreKey.encryption,
                now: Clock.now
            ) { made in
                let seconds = Clock.seconds - start
                let rate = seconds > 0 ? Int(Double(made.messages) / seconds) : 0
                print(
                    "\(made.name): \(Quantity.count(made.messages)) messages on \(Quantity.count(made.subjects)) "
                        + "subjects in \(Quantity.tenths(seconds)) s, \(Quantity.count(rate)) messages/s"
                )
                for notice in made.notices { print("  \(notice)") }
                start = Clock.seconds
            }
        }
    }
}
