/// The arguments of the program in the one form that the argument parser reads: `--name=value`.
///
/// Its users write them as to other servers of NATS: one dash or two, several letters behind one dash (`-DV`, `-ms`), the
/// value behind a blank or an equals sign, and nothing behind a switch. Flags end where a word comes that is none.
struct ArgumentList {
    /// Why arguments cannot be understood; the text is printed before the usage.
    struct Failure: Error, Equatable {
        let text: String
    }

    /// The flags, each as one argument.
    private(set) var flags: [String] = []
    /// The words behind them.
    private(set) var words: [String] = []

    /// Understands `arguments`, the name of the program not among them.
    init(_ arguments: [String]) throws(Failure) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-"), argument != "-" else {
                self.words = [argument] + rest
                return
            }
            if argument == "--" {
                self.words = Array(rest)
                return
            }
            let text = argument.dropFirst(argument.hasPrefix("--") ? 2 : 1)
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, !name.isEmpty, !name.hasPrefix("-") else {
                throw Failure(text: "bad flag syntax: \(argument)")
            }
            guard let flag = Flag.named(name) else {
                throw Failure(text: "flag provided but not defined: -\(name)")
            }
            let value: String
            if parts.count == 2 {
                value = String(parts[1])
            } else if flag.kind == .bool {
                value = "true"
            } else if let next = rest.popFirst() {
                value = next
            } else {
                throw Failure(text: "flag needs an argument: -\(name)")
            }
            guard let spelled = flag.normalize(value) else {
                let text =
                    flag.kind == .bool
                    ? "invalid boolean value \"\(value)\" for -\(name): parse error"
                    : "invalid value \"\(value)\" for flag -\(name): parse error"
                throw Failure(text: text)
            }
            // The last of equal flags counts, and an empty text is as good as none.
            self.flags.removeAll { $0.hasPrefix("--\(flag.name)=") }
            if !spelled.isEmpty { self.flags.append("--\(flag.name)=\(spelled)") }
        }
    }
}
