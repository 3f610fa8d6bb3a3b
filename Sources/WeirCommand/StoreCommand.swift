import ArgumentParser

/// What is done with a store that no server has open.
struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Look after a store while no server has it open.",
        discussion: """
            A store is the directory that a server was given with -sd, or the folder weir in it. Stop the server
            first: a store that is in use is left alone.

            \(StoreKey.help)
            """,
        subcommands: [
            StoreVerifyCommand.self, StoreRepairCommand.self, StoreRebuildIndexCommand.self,
            StoreInspectCommand.self, StoreBackupCommand.self, StoreRestoreCommand.self,
        ]
    )
}
