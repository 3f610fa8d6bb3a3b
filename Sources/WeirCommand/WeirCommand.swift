import ArgumentParser

/// The program `weir`: administration of Weir, in groups of commands.
@main
struct WeirCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weir",
        abstract: "Administration of Weir, a persistent event-streaming server.",
        subcommands: [StoreCommand.self]
    )
}
