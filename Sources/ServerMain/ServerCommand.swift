import ArgumentParser
import Broker
import ServerConfiguration

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The program `weir-server`: reads the flags and the configuration file, and runs a server, or does what else they ask
/// for.
@main
struct ServerCommand {
    private let program: ProgramName
    private let flags: ServerFlags
    private let words: [String]

    static func main() async {
        let arguments = CommandLine.arguments
        let program = ProgramName(path: arguments.first ?? "")
        let list: ArgumentList
        let flags: ServerFlags
        do throws(ArgumentList.Failure) {
            list = try ArgumentList(Array(arguments.dropFirst()))
            flags = try Self.parse(list.flags)
        } catch {
            // Other servers of NATS end like this with success, and scripts may have got used to it.
            StandardStreams.printError(error.text)
            print(UsageText.text(program: program.text), terminator: "")
            exit(0)
        }
        let command = ServerCommand(program: program, flags: flags, words: list.words)
        exit(await command.run())
    }

    private static func parse(_ flags: [String]) throws(ArgumentList.Failure) -> ServerFlags {
        do {
            return try ServerFlags.parse(flags)
        } catch {
            throw ArgumentList.Failure(text: ServerFlags.message(for: error))
        }
    }

    /// Does what is asked for; returns the exit code.
    private func run() async -> CInt {
        if self.flags.version == true || self.words.first?.lowercased() == "version" {
            print(self.program.version)
            return 0
        }
        if self.flags.help == true || self.words.first?.lowercased() == "help" {
            print(UsageText.text(program: self.program.text), terminator: "")
            return 0
        }
        if self.flags.helpTLS == true {
            print(UsageText.tls, terminator: "")
            return 0
        }
        if let word = self.words.first { return self.fail("unrecognized command: \"\(word)\"") }
        if let signal = self.flags.signal {
            do throws(SignalCommand.Failure) {
                try SignalCommand(signal, program: self.program.text).run()
                return 0
            } catch {
                return self.fail(error.text)
            }
        }
        return await self.serve()
    }

    private func serve() async -> CInt {
        let isTest = self.flags.test == true
        if isTest, self.flags.configuration == nil {
            return self.fail("must specify [-c, --config] option to check configuration file syntax")
        }
        var configuration = Configuration()
        if let file = self.flags.configuration {
            do throws(ConfigurationErrors) {
                configuration = try Configuration(file: file, sources: SystemFiles.sources)
            } catch {
                return self.fail("\(error)")
            }
            if isTest { return self.report(configuration, of: file) }
            for warning in configuration.warnings { StandardStreams.printError("\(warning)") }
        }
        do throws(ServerFlags.Failure) {
            try self.flags.checkFeatures()
            try self.flags.apply(to: &configuration)
        } catch {
            return self.fail(error.text)
        }
        // Who asks for nothing gets streams; a file asks for them, and so does whoever starts another server.
        configuration.resolve(storesByDefault: self.flags.configuration == nil && !self.program.isReference)
        if let problem = configuration.startProblem { return self.fail(problem) }
        DescriptorLimit.raise()
        HeapPolicy.apply()
        return await ServerProcess(program: self.program, flags: self.flags, configuration: configuration)
            .run()
    }

    /// Says whether a file is valid: without errors, and without warnings.
    private func report(_ configuration: Configuration, of file: String) -> CInt {
        guard configuration.warnings.isEmpty else {
            return self.fail(configuration.warnings.map(\.description).joined(separator: "\n"))
        }
        let digest = configuration.options.configurationDigest
        StandardStreams.printError("\(self.program.text): configuration file \(file) is valid (\(digest))")
        return 0
    }

    private func fail(_ text: String) -> CInt {
        StandardStreams.printError("\(self.program.text): \(text)")
        return 1
    }
}
