import StreamModel

/// What `/varz` tells, as metrics: each number under the names of the members down to it.
struct GeneralMetrics {
    /// What tells servers apart.
    let identity: [PrometheusText.Label]

    /// Texts that are labels of a metric with the value 1.
    private static let texts: Set<String> = ["server_id", "server_name", "version", "domain"]
    /// Times that are numbers of seconds.
    private static let times: Set<String> = ["start", "config_load_time"]

    /// Writes the metrics of a report.
    func write(_ json: [UInt8], to text: inout PrometheusText) {
        guard let value = try? unsafe JSONValue(parsing: json.span.bytes) else { return }
        self.write(value, name: "gnatsd_varz", key: "", to: &text)
    }

    private func write(_ value: JSONValue, name: String, key: String, to text: inout PrometheusText) {
        switch value {
        case .object(let members):
            for member in members {
                self.write(member.value, name: Self.join(name, member.key), key: member.key, to: &text)
            }
        case .number(let digits):
            guard let number = Double(digits) else { return }
            text.metric(name, .gauge, "As /varz has it.", number, self.identity)
        case .string(let content) where Self.texts.contains(key):
            text.metric(name, .gauge, "As /varz has it.", 1, self.identity + [("value", content)])
        case .string(let content) where Self.times.contains(key):
            guard let time = try? Timestamp.parse(rfc3339: content) else { return }
            text.metric(
                name,
                .gauge,
                "As /varz has it, in seconds since 1970.",
                Double(time.rawValue) / 1e9,
                self.identity
            )
        default: break
        }
    }

    /// A metric's name: one underscore where a part ends, or where a character is none of a name's.
    private static func join(_ name: String, _ key: String) -> String {
        var result = Array(name.utf8)
        for byte in Array("_\(key)".utf8) {
            let isNamed =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            if isNamed {
                result.append(byte)
            } else if result.last != UInt8(ascii: "_") {
                result.append(UInt8(ascii: "_"))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
