import ArgumentParser
import StoreTools
import StreamStore

/// `weir store verify`.
struct StoreVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every checksum, the index against the log, and the catalogue. Changes nothing.",
        discussion: "Exit codes: 0 no damage, 1 damage found, 2 the store could not be looked at."
    )

    @Argument(help: "The directory of a store or of a backup.")
    var directory: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        if BackupVerification.isBackup(self.directory) { return try self.verifyBackup() }
        let verification = try Self.verify(self.directory)
        print(self.json ? verification.json : verification.text)
        if verification.damageCount > 0 { throw ExitCode(1) }
    }

    private func verifyBackup() throws {
        let verification = try StoreFailure.guarding { () throws(StoreError) in
            try BackupVerification(self.directory)
        }
        print(self.json ? verification.json : verification.text)
        if verification.damageCount > 0 { throw ExitCode(1) }
    }

    /// What is found in the store; ends the program if it cannot be looked at.
    static func verify(_ directory: String) throws -> StoreVerification {
        try StoreFailure.guarding { () throws(StoreError) in
            let store = try OfflineStore.open(directory, for: .reading, encryption: StoreKey.encryption)
            defer { store.close() }
            return try StoreVerification(store)
        }
    }
}
