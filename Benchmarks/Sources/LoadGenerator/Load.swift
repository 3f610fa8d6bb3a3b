import Glibc

/// The program `load`: one work, one line of JSON.
public enum Load {
    /// Runs the work that `arguments` name (without the program's own name) and returns the exit status.
    ///
    /// The result goes to standard output as one line of JSON; a failure goes to standard error.
    /// The status is 0, 1 when the run failed or an answer was wrong, and 2 for a bad command line.
    public static func run(_ arguments: [String]) -> CInt {
        do throws(LoadError) {
            Self.write(try Self.line(arguments), to: STDOUT_FILENO)
            return 0
        } catch {
            Self.write("load: \(error)", to: STDERR_FILENO)
            if case .usage = error {
                Self.write(Self.usage, to: STDERR_FILENO)
                return 2
            }
            return 1
        }
    }

    private static func line(_ arguments: [String]) throws(LoadError) -> String {
        let rest = arguments.dropFirst()
        switch arguments.first {
        case "pub": return try PublishWork.run(rest).line
        case "pubsub": return try PublishSubscribeWork.run(rest).line
        case "idle": return try IdleWork.run(rest).line
        case "request": return try RequestWork.run(rest).line
        case "js-pub": return try StreamPublishWork.run(rest).line
        case "js-pull": return try PullWork.run(rest).line
        case "ready": return try ReadyWork.run(rest).line
        case "api": return try APIWork.run(rest)
        default: throw .usage("which work?")
        }
    }

    private static func write(_ text: String, to descriptor: CInt) {
        let bytes = Array((text + "\n").utf8)
        // The kernel reads the array during the call.
        _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
    }

    private static let usage = """
        usage: load <work> --port <port> [--pid <server's process>] [options]
          pub      --count <n> --size <bytes> [--connections <n>] [--subjects <n>]
          pubsub   --count <n> --size <bytes> [--publishers <n>] [--subscribers <n>]
                   [--queue <group> [--members <n>]] [--pairs] [--subjects <n> [--each]] [--stalled <n>]
          idle     --connections <n> --subscriptions <n>
          request  --count <n> --size <bytes> --in-flight <n> [--connections <n>]
          js-pub   --stream <name> --subject <subject> --count <n> --size <bytes> --in-flight <n>
                   [--connections <n>] [--subjects <n>] [--one-inbox] [--seconds <n>]
          js-pull  --stream <name> --consumer <name> --count <n> [--batch <n>] [--requests <n>] [--ack]
          ready    [--stream <name> --messages <n>] -- <server> <argument>...
          api      --subject <$JS.API...> [--body <json>]
        """
}
