import Glibc

// Micro benchmarks: what one step of the hot path and one operation of a store costs, against a bar where there is
// one. Each group runs in a process of its own, so that none finds another's memory. For comparisons with other
// servers see compare.py.
//
//     MicroBenchmarks [group …] [--messages N] [--subjects N] [--reads N] [--purge N] [--memory N] [--restart N]

/// Whatever is computed goes here, so that it is computed.
nonisolated(unsafe) var sink = 0

/// How much each group does.
struct BenchmarkSizes {
    /// Messages of the groups `append` and `next`.
    var messages = 1_000_000
    /// Distinct subjects of the groups `lookup` and `subjects`.
    var subjects = 1_000_000
    /// Messages of 1 KiB that are read.
    var reads = 300_000
    /// Messages of which a tenth is purged.
    var purge = 10_000_000
    /// Message ids and deletes of the smaller of two streams.
    var memory = 200_000
    /// Messages of the smaller of the two stores that are opened.
    var restart = 300_000

    /// Takes an option; false if there is none of that name.
    mutating func set(_ option: String, _ value: Int) -> Bool {
        switch option {
        case "--messages": self.messages = value
        case "--subjects": self.subjects = value
        case "--reads": self.reads = value
        case "--purge": self.purge = value
        case "--memory": self.memory = value
        case "--restart": self.restart = value
        default: return false
        }
        return true
    }
}

/// The command line.
enum Program {
    /// The groups, in the order they run.
    static let groups = [
        "hot", "append", "lookup", "next", "read", "purge", "subjects", "memory", "restart", "encryption",
    ]

    /// Runs this program again with other arguments and waits for it.
    static func run(_ arguments: [String]) {
        var pid: pid_t = 0
        let all = ["MicroBenchmarks"] + arguments
        var pointers = all.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        guard posix_spawn(&pid, "/proc/self/exe", nil, nil, &pointers, environ) == 0 else {
            fatalError("the program could not be started again")
        }
        var status: CInt = 0
        waitpid(pid, &status, 0)
    }

    /// Runs one group in this process.
    static func run(group: String, _ sizes: BenchmarkSizes) throws {
        switch group {
        case "hot": HotPathBenchmark.run()
        case "append": try AppendBenchmark.run(sizes)
        case "lookup": try LookupBenchmark.run(sizes)
        case "next": try NextBenchmark.run(sizes)
        case "read": try ReadBenchmark.run(sizes)
        case "purge": try PurgeBenchmark.run(sizes)
        case "subjects": try SubjectsBenchmark.run(sizes)
        case "memory": try MemoryBenchmark.run(sizes)
        case "encryption": try EncryptionBenchmark.run(sizes)
        case "restart": try RestartBenchmark.run(sizes)
        default: self.refuse(group)
        }
    }

    /// Ends with the usage.
    static func refuse(_ argument: String) -> Never {
        print("unknown argument \(argument); groups: \(self.groups.joined(separator: " "))")
        exit(2)
    }

    /// Does what the arguments say.
    static func main(_ arguments: [String]) throws {
        if arguments.first == "restart-fill", arguments.count == 3, let count = Int(arguments[2]) {
            return try RestartBenchmark.fill(arguments[1], count)
        }
        var groups: [String] = []
        var sizes = BenchmarkSizes()
        var options: [String] = []
        var index = 0
        while index < arguments.count {
            if arguments[index].hasPrefix("--") {
                guard index + 1 < arguments.count, let value = Int(arguments[index + 1]), value > 0,
                    sizes.set(arguments[index], value)
                else { self.refuse(arguments[index]) }
                options += [arguments[index], arguments[index + 1]]
                index += 2
            } else {
                groups.append(arguments[index])
                index += 1
            }
        }
        if groups.count == 1 { return try self.run(group: groups[0], sizes) }
        for group in groups.isEmpty ? self.groups : groups { self.run([group] + options) }
    }
}

try Program.main(Array(CommandLine.arguments.dropFirst()))
