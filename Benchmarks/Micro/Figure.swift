import Glibc

/// A bar that a figure has to clear.
enum Bar {
    /// So much or less.
    case atMost(Double)
    /// So much or more.
    case atLeast(Double)

    /// Whether the figure clears it.
    func isMet(by value: Double) -> Bool {
        switch self {
        case .atMost(let most): value <= most
        case .atLeast(let least): value >= least
        }
    }
}

/// The table that benchmarks print: operation, figure, bar.
enum Figure {
    /// Begins a table.
    static func heading(_ subject: String) {
        print("\n| \(subject) | figure | bar | |\n|---|---:|---:|---|")
    }

    /// Prints a row.
    static func row(_ operation: String, _ value: Double, _ unit: String, bar: Bar? = nil, note: String = "")
    {
        let limit =
            switch bar {
            case .atMost(let most): "≤ \(self.text(most)) \(unit)"
            case .atLeast(let least): "≥ \(self.text(least)) \(unit)"
            case nil: ""
            }
        let verdict = bar.map { $0.isMet(by: value) ? "" : "**missed** " } ?? ""
        print("| \(operation) | \(self.text(value)) \(unit) | \(limit) | \(verdict)\(note) |")
        fflush(nil)
    }

    /// A number with thousands apart, and a decimal only when it is small.
    static func text(_ value: Double) -> String {
        if value < 100 { return "\((value * 100).rounded() / 100)" }
        var digits = Array("\(Int(value.rounded()))")
        var place = digits.count - 3
        while place > 0 {
            digits.insert(" ", at: place)
            place -= 3
        }
        return String(digits)
    }
}

/// How long something takes.
enum Stopwatch {
    /// Nanoseconds of wall clock.
    static func nanoseconds(_ body: () -> Void) -> Double {
        let start = self.now()
        body()
        return Double(self.now() - start)
    }

    /// The monotonic clock, in nanoseconds.
    static func now() -> Int { self.read(CLOCK_MONOTONIC) }

    /// Processor time of this thread, in nanoseconds.
    static func threadTime() -> Int { self.read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// Many measurements of one operation.
///
/// The mean is of processor time, which others on the machine do not change; the rest is of the clock.
struct Samples {
    private var values: [Int] = []
    private let processorTime: Int

    /// Runs `body` `count` times, each measured by itself.
    init(_ count: Int, _ body: (Int) -> Void) {
        self.values.reserveCapacity(count)
        let begin = Stopwatch.threadTime()
        for index in 0..<count {
            let start = Stopwatch.now()
            body(index)
            self.values.append(Stopwatch.now() - start)
        }
        self.processorTime = Stopwatch.threadTime() - begin
        self.values.sort()
    }

    /// The value that so many of a thousand do not exceed, in microseconds.
    func microseconds(permille: Int) -> Double {
        Double(self.values[min(self.values.count * permille / 1_000, self.values.count - 1)]) / 1_000
    }

    /// The mean, in microseconds.
    var mean: Double { Double(self.processorTime) / Double(self.values.count) / 1_000 }
}

/// Anonymous memory of this process (`RssAnon`), in MiB.
func anonymousMemory() -> Double {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, CInt(line.count), file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix("RssAnon:") {
            return (text.split(separator: " ").dropLast().last.flatMap { Double($0) } ?? 0) / 1_024
        }
    }
    return 0
}
