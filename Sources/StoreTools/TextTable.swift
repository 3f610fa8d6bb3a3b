/// Rows of short texts in aligned columns.
public struct TextTable {
    private var rows: [[String]] = []
    private let rightAligned: Set<Int>

    /// Makes a table with that heading.
    ///
    /// - Parameter rightAligned: columns of numbers, counted from 0.
    public init(_ heading: [String], rightAligned: Set<Int> = []) {
        self.rows = [heading]
        self.rightAligned = rightAligned
    }

    /// Adds a row.
    public mutating func add(_ row: [String]) { self.rows.append(row) }

    /// The table, without a line feed at its end.
    public var text: String {
        let columns = self.rows.map(\.count).max() ?? 0
        let widths = (0..<columns)
            .map { column in
                self.rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
            }
        return self.rows
            .map { row in
                var line = ""
                for (column, cell) in row.enumerated() {
                    if column > 0 { line += "  " }
                    let room = String(repeating: " ", count: widths[column] - cell.count)
                    line += self.rightAligned.contains(column) ? room + cell : cell + room
                }
                while line.last == " " { line.removeLast() }
                return line
            }
            .joined(separator: "\n")
    }
}

/// Numbers for people.
public enum Quantity {
    /// `1,234,567`.
    public static func count(_ value: some BinaryInteger) -> String {
        var text = ""
        for (index, digit) in String(value).reversed().enumerated() {
            if index > 0, index % 3 == 0, digit != "-" { text += "," }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// `12 B`, `1.4 KiB`, `64.0 MiB`.
    public static func bytes(_ value: UInt64) -> String {
        if value < 1_024 { return "\(value) B" }
        var rest = Double(value)
        for unit in ["KiB", "MiB", "GiB", "TiB"] {
            rest /= 1_024
            if rest < 1_023.95 || unit == "TiB" { return "\(Self.tenths(rest)) \(unit)" }
        }
        return "\(value) B"
    }

    /// A number with one decimal.
    public static func tenths(_ value: Double) -> String {
        let scaled = Int64((value * 10).rounded())
        return "\(scaled / 10).\(abs(scaled % 10))"
    }
}
