#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Feeds random, damaged and valid input to what reads bytes from the network.
///
///     ParserFuzz [--seed N] [--seconds N] [--iterations N]
///
/// Runs for 10 seconds with a random seed unless told otherwise, and ends at whichever limit comes first. Each
/// iteration has a seed of its own, `seed + number`: a finding is repeated by `--seed` with the seed it prints and
/// `--iterations 1`. A trap ends the program by a signal: the last line says from which seed on it was, at most 256
/// back, and a run of `--iterations 256` from there names each seed before it is tried.
///
/// Exit code: 0 nothing found, 1 a finding, 2 wrong arguments.
struct FuzzOptions {
    var seed = UInt64.random(in: 0...UInt64(UInt32.max))
    var seconds: UInt64 = 10
    var iterations = UInt64.max

    /// The options on the command line, or nil when they are not understood.
    init?(_ arguments: [String]) {
        var rest = arguments[...]
        var hasIterations = false
        var hasSeconds = false
        while let name = rest.popFirst() {
            guard let text = rest.popFirst(), let number = UInt64(text) else { return nil }
            switch name {
            case "--seed": self.seed = number
            case "--seconds":
                self.seconds = number
                hasSeconds = true
            case "--iterations":
                self.iterations = number
                hasIterations = true
            default: return nil
            }
        }
        if hasIterations, !hasSeconds { self.seconds = 86_400 }
    }
}

/// One iteration: everything in it follows from its seed.
private func iterate(seed: UInt64) throws(Finding) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<20 {
        try ParserTarget.check(&random)
        try ConnectTarget.check(&random)
    }
    var trie = TrieTarget(&random)
    for _ in 0..<20 { try trie.check(&random) }
}

private func run() -> Int32 {
    guard let options = FuzzOptions(Array(CommandLine.arguments.dropFirst())) else {
        print("usage: ParserFuzz [--seed N] [--seconds N] [--iterations N]")
        return 2
    }
    print("seed \(options.seed)")
    let clock = ContinuousClock()
    let end = clock.now + .seconds(Int64(clamping: min(options.seconds, 86_400 * 365)))
    var count: UInt64 = 0
    while count < options.iterations, clock.now < end {
        let seed = options.seed &+ count  // Safe: any number is a seed.
        if count % 256 == 0 || options.iterations <= 256 {
            print("at seed \(seed)")
            fflush(nil)  // A trap must not swallow the line.
        }
        do throws(Finding) {
            try iterate(seed: seed)
        } catch {
            print("FOUND in iteration \(count), repeat with --seed \(seed) --iterations 1\n\(error)")
            return 1
        }
        count += 1
    }
    print("\(count) iterations, nothing found")
    return 0
}

exit(run())
