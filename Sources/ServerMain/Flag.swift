/// A flag of the command line, with all its names (core.md §4.7).
struct Flag {
    /// What comes after it.
    enum Kind {
        /// Nothing, or `=true` and the like.
        case bool
        /// A whole number.
        case integer
        /// A text.
        case string
    }

    /// The name under which ``ServerFlags`` knows it.
    let name: String
    /// Its other names.
    let aliases: [String]
    let kind: Kind

    private init(_ kind: Kind, _ name: String, _ aliases: String...) {
        self.name = name
        self.aliases = aliases
        self.kind = kind
    }

    /// All flags there are.
    private static let all: [Flag] = [
        Flag(.string, "addr", "a", "net"), Flag(.integer, "port", "p"),
        Flag(.string, "server_name", "n", "name"), Flag(.string, "pid", "P"),
        Flag(.integer, "http_port", "m"), Flag(.integer, "https_port", "ms"), Flag(.string, "config", "c"),
        Flag(.bool, "test", "t"), Flag(.string, "signal", "sl"), Flag(.string, "client_advertise"),
        Flag(.string, "ports_file_dir"), Flag(.string, "log", "l"), Flag(.bool, "logtime", "T"),
        Flag(.bool, "logtime_utc"), Flag(.bool, "syslog", "s"), Flag(.string, "remote_syslog", "r"),
        Flag(.bool, "debug", "D"), Flag(.bool, "trace", "V"), Flag(.bool, "trace_verbose", "VV"),
        Flag(.bool, "debug_trace", "DV"), Flag(.bool, "debug_trace_verbose", "DVV"),
        Flag(.integer, "log_size_limit"), Flag(.integer, "max_traced_msg_len"),
        Flag(.bool, "jetstream", "js"), Flag(.string, "store_dir", "sd"), Flag(.string, "user"),
        Flag(.string, "pass"), Flag(.string, "auth"), Flag(.bool, "tls"), Flag(.bool, "tlsverify"),
        Flag(.string, "tlscert"), Flag(.string, "tlskey"), Flag(.string, "tlscacert"),
        Flag(.string, "routes"), Flag(.string, "cluster"), Flag(.string, "cluster_listen"),
        Flag(.string, "cluster_name"), Flag(.string, "cluster_advertise"), Flag(.integer, "connect_retries"),
        Flag(.bool, "no_advertise"), Flag(.integer, "profile"), Flag(.bool, "help", "h"),
        Flag(.bool, "version", "v"), Flag(.bool, "help_tls"),
        // Of this server alone.
        Flag(.string, "sync_interval"), Flag(.string, "protected_mode"),
    ]

    /// The flag of that name, without its dashes; nil if there is none.
    static func named(_ name: Substring) -> Flag? {
        self.all.first { $0.name == name || $0.aliases.contains { $0 == name } }
    }

    /// How `value` is spelled for the argument parser; nil if the flag cannot have it.
    func normalize(_ value: String) -> String? {
        switch self.kind {
        case .string:
            return value
        case .integer:
            return Int(value).map(String.init)
        case .bool:
            switch value {
            case "1", "t", "T", "true", "TRUE", "True": return "true"
            case "0", "f", "F", "false", "FALSE", "False": return "false"
            default: return nil
            }
        }
    }
}
