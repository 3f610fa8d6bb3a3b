import Glibc
import StreamStore
import TestSupport

/// Tortures the store for longer than the tests do: `make torture`.
///
///     StorageTorture [--seed N] [--states N] [--flips N]
///
/// Crashes until there were `states` distinct ones (100 000), fails every call of some workloads, and flips every
/// bit of a store (or `flips` of them), and of others whose segments are packed or compressed. A quarter of the crashed workloads is encrypted. Everything follows from the seed, which is printed.
///
/// Exit code: 0 nothing found, 1 a finding, 2 wrong arguments.
struct TortureOptions {
    var seed = UInt64.random(in: 0...UInt64(UInt32.max))
    var states = 100_000
    var flips = Int.max

    /// The options on the command line, or nil when they are not understood.
    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard let text = rest.popFirst(), let number = UInt64(text) else { return nil }
            switch name {
            case "--seed": self.seed = number
            case "--states": self.states = Int(clamping: number)
            case "--flips": self.flips = Int(clamping: number)
            default: return nil
            }
        }
    }
}

private func say(_ text: String) {
    print(text)
    fflush(nil)  // A trap must not swallow the line.
}

private func crash(_ options: TortureOptions) throws -> [String] {
    var scale = CrashTorture.Scale()
    scale.cuts = 12
    scale.subsetsMax = 6
    scale.depthMax = 5
    scale.statesMax = options.states
    let torture = CrashTorture(scale)
    var seed = options.seed
    while !torture.isDone {
        say("crashes: workload \(seed), \(torture.states.count) states so far")
        let encryption = seed % 4 == 0 ? StoreEncryption(cipher: .aes, key: "torture") : nil
        try torture.run(seed: seed, operations: 160, encryption: encryption)
        seed &+= 1  // Safe: any number is a seed.
    }
    say(
        "crashes: \(torture.states.count) distinct states, \(torture.nested) changes inside recoveries, "
            + "\(torture.rewrites) segments written anew"
    )
    return torture.problems
}

private func fail(_ options: TortureOptions) throws -> [String] {
    let torture = FaultTorture()
    for kind in FaultTorture.Kind.all {
        for seed in options.seed..<options.seed + 4 {
            try torture.run(seed: seed, operations: 80, kind)
            try torture.runRecovery(seed: seed, operations: 160, kind)
        }
        say("faults: \(kind) done, \(torture.faults) calls so far")
    }
    return torture.problems
}

private func damage(_ options: TortureOptions, _ form: DamageTorture.Form) throws -> [String] {
    let torture = try DamageTorture(form)
    let count = min(torture.bits, options.flips)
    var random = SeededGenerator(seed: options.seed)
    for number in 0..<count where torture.problems.count < 20 {
        let bit = count < torture.bits ? Int.random(in: 0..<torture.bits, using: &random) : number
        // One bit of each byte without the index, in turn.
        try torture.flip(bit, withoutIndex: bit % 8 == bit / 8 % 8, isThorough: number % 64 == 0)
        if number % 100_000 == 0 { say("damage: \(number) of \(count) bits, segments are \(form)") }
    }
    say("damage: \(count) bits flipped, segments are \(form)")
    return torture.problems
}

private func run() throws -> Int32 {
    guard let options = TortureOptions(Array(CommandLine.arguments.dropFirst())) else {
        print("usage: StorageTorture [--seed N] [--states N] [--flips N]")
        return 2
    }
    say("seed \(options.seed)")
    let problems =
        try crash(options) + fail(options) + DamageTorture.Form.allCases.flatMap { try damage(options, $0) }
    for problem in problems { print("FOUND \(problem)") }
    print(problems.isEmpty ? "nothing found" : "\(problems.count) findings")
    return problems.isEmpty ? 0 : 1
}

exit(try run())
