import StreamModel

/// The name under which the program was started: what it calls itself, and whose defaults it has.
struct ProgramName {
    /// `weir-server`, or `nats-server` when it was started under that name.
    let text: String

    /// The name in `path`, the first argument of the process.
    init(path: String) {
        self.text = path.split(separator: "/").last == "nats-server" ? "nats-server" : "weir-server"
    }

    /// Whether it stands in for the reference.
    var isReference: Bool { self.text == "nats-server" }

    /// What `--version` prints.
    var version: String {
        if self.isReference { return "nats-server: v\(ServerIdentity.natsVersion)" }
        return "weir-server: v\(ServerIdentity.version) (NATS \(ServerIdentity.natsVersion))"
    }
}
