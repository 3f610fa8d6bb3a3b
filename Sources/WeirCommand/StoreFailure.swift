import ArgumentParser
import StreamStore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a command does when it cannot even look: one line that says what to do next, and the exit code 2.
enum StoreFailure {
    /// Calls `body`; its error ends the program with a message and exit code 2.
    static func guarding<Result>(_ body: () throws(StoreError) -> Result) throws -> Result {
        do throws(StoreError) {
            return try body()
        } catch {
            self.say("\(error)\(self.advice(error))")
            throw ExitCode(2)
        }
    }

    /// Writes a line on standard error.
    static func say(_ text: String) {
        let bytes = Array("weir: \(text)\n".utf8)
        // Nobody can be told if it fails.
        _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    }

    private static func advice(_ error: StoreError) -> String {
        switch error {
        case .inUse: "\nStop the server that uses it, then run this again."
        case .noSpace: "\nMake room on that disk, then run this again."
        case .system(_, _, let errno) where errno == EACCES || errno == EPERM:
            "\nRun this as the user that the server runs as."
        case .locked:
            "\nSet WEIR_KEY to the server's key, and WEIR_PREVIOUS_KEY to the one before it, if there was one."
        default: ""
        }
    }
}
