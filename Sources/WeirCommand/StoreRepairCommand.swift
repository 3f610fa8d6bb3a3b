import ArgumentParser
import StoreTools
import StreamModel
import StreamStore

/// `weir store repair`.
struct StoreRepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Say what could be done about damage, and do it with --yes.",
        discussion: """
            Nothing is deleted: what is replaced is kept in the store's folder quarantine.
            Exit codes: 0 no damage (left), 1 damage (left), 2 the store could not be looked at or written to.
            """
    )

    @Argument(help: "The store's directory.")
    var directory: String

    @Flag(help: "Do it.")
    var yes = false

    func run() throws {
        let plan = RepairPlan(try StoreVerifyCommand.verify(self.directory))
        print(plan.text)
        if plan.findings.isEmpty { return }
        if plan.isEmpty { throw ExitCode(1) }
        guard self.yes else {
            print("\nNothing was changed. To do this: weir store repair \(self.directory) --yes")
            throw ExitCode(1)
        }
        let repair = try StoreFailure.guarding { () throws(StoreError) in
            try StoreRepair(
                plan,
                at: self.directory,
                randomBytes: (0..<16).map { _ in UInt8.random(in: 0...255) },
                encryption: StoreKey.encryption,
                now: Clock.now
            )
        }
        print("\nDone")
        for line in repair.done { print("  \(line)") }
        let verification = try StoreVerifyCommand.verify(self.directory)
        print("\n\(verification.text)")
        if verification.damageCount > 0 { throw ExitCode(1) }
    }
}
