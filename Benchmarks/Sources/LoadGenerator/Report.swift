/// The one line of JSON that a run prints.
struct Report {
    private var fields: [(String, String)] = []

    mutating func add(_ name: String, _ value: String) {
        self.fields.append((name, "\"\(value)\""))
    }

    mutating func add(_ name: String, _ value: Int) {
        self.fields.append((name, String(value)))
    }

    /// Adds a number with three decimals; more would pretend.
    mutating func add(_ name: String, _ value: Double) {
        self.fields.append((name, String((value * 1000).rounded() / 1000)))
    }

    var line: String {
        "{" + self.fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }
}
