/// How long something lasts, in the words of monitoring (core.md §5.1): `1m5s`, `2h3m4s`, `1y2d3h4m5s`.
struct Uptime {
    /// Whole seconds; fewer than none count as none.
    let seconds: Int64

    /// The text: from the largest unit that is not zero down to seconds; a year has 365 days.
    var text: String {
        let seconds = max(0, self.seconds)
        let units: [(name: String, value: Int64)] = [
            ("y", seconds / 86_400 / 365), ("d", seconds / 86_400 % 365), ("h", seconds / 3600 % 24),
            ("m", seconds / 60 % 60), ("s", seconds % 60),
        ]
        let shown = units.drop { $0.value == 0 }
        return shown.isEmpty ? "0s" : shown.map { "\($0.value)\($0.name)" }.joined()
    }
}
