/// The options of a run: `--name value` pairs, each of which must be asked for.
struct Options {
    private var values: [String: String] = [:]
    /// What follows `--`: a command.
    private(set) var command: [String] = []

    /// - Parameter flags: the names that stand alone, without a value.
    init(_ arguments: some Collection<String>, known: [String], flags: [String] = []) throws(LoadError) {
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                self.command = Array(rest)
                break
            }
            guard argument.hasPrefix("--") else { throw .usage("unexpected argument \(argument)") }
            let name = String(argument.dropFirst(2))
            if flags.contains(name) {
                self.values[name] = ""
            } else if known.contains(name), let value = rest.popFirst() {
                self.values[name] = value
            } else {
                throw .usage("unknown option or no value: \(argument)")
            }
        }
    }

    func has(_ name: String) -> Bool {
        self.values[name] != nil
    }

    func text(_ name: String, default fallback: String? = nil) throws(LoadError) -> String {
        guard let value = self.values[name] ?? fallback else { throw .usage("--\(name) is missing") }
        return value
    }

    /// A number in `range`.
    func number(
        _ name: String,
        default fallback: Int? = nil,
        in range: ClosedRange<Int> = 1...1_000_000_000
    ) throws(LoadError) -> Int {
        let text = try self.text(name, default: fallback.map(String.init))
        guard let value = Int(text), range.contains(value) else {
            throw .usage("--\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// The port that every work needs.
    func port() throws(LoadError) -> UInt16 {
        UInt16(try self.number("port", in: 1...65_535))
    }

    /// The process whose CPU time is measured, when `--pid` names it.
    func server() throws(LoadError) -> ServerProcess? {
        try self.has("pid") ? ServerProcess(id: Int32(self.number("pid", in: 1...Int(Int32.max)))) : nil
    }
}
