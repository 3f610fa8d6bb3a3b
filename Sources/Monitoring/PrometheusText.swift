/// Metrics in the text format of Prometheus, version 0.0.4: families of samples, each with its help and type.
struct PrometheusText {
    /// A label's name and its value, which may be any text.
    typealias Label = (name: StaticString, value: String)

    /// What kind of values a family has.
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// The text so far.
    private(set) var bytes: [UInt8] = []
    private var name = ""

    /// Begins a family.
    ///
    /// All its samples follow before the next one begins: the format wants it.
    mutating func family(_ name: String, _ kind: Kind, _ help: StaticString) {
        self.name = name
        self.append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// Appends a sample of the family.
    mutating func sample(_ value: Double, _ labels: [Label]) {
        self.write(suffix: "", value, labels)
    }

    /// Appends a sample of the family.
    mutating func sample(_ value: some BinaryInteger, _ labels: [Label]) {
        self.sample(Double(value), labels)
    }

    /// Appends a family of one sample.
    mutating func metric(
        _ name: String,
        _ kind: Kind,
        _ help: StaticString,
        _ value: Double,
        _ labels: [Label]
    ) {
        self.family(name, kind, help)
        self.sample(value, labels)
    }

    /// Appends a family of one sample.
    mutating func metric(
        _ name: String,
        _ kind: Kind,
        _ help: StaticString,
        _ value: some BinaryInteger,
        _ labels: [Label]
    ) {
        self.metric(name, kind, help, Double(value), labels)
    }

    /// Appends one of the samples that a histogram is made of.
    mutating func part(_ suffix: String, _ value: Double, _ labels: [Label]) {
        self.write(suffix: suffix, value, labels)
    }

    private mutating func write(suffix: String, _ value: Double, _ labels: [Label]) {
        self.append(self.name)
        self.append(suffix)
        if !labels.isEmpty {
            for (index, label) in labels.enumerated() {
                self.append("\(index == 0 ? "{" : ",")\(label.name)=\"")
                self.appendEscaped(label.value)
                self.append("\"")
            }
            self.append("}")
        }
        self.append(" \(Self.text(value))\n")
    }

    private mutating func append(_ text: String) { self.bytes.append(contentsOf: text.utf8) }

    private mutating func appendEscaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): self.append("\\\\")
            case UInt8(ascii: "\""): self.append("\\\"")
            case UInt8(ascii: "\n"): self.append("\\n")
            default: self.bytes.append(byte)
            }
        }
    }

    private static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }
}
