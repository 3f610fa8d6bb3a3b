import Reports

/// What can be asked for, by its path behind the base path (core.md §5.1).
enum Endpoint: Hashable, Sendable {
    /// A page of links to the others.
    case index
    /// A report.
    case report(ReportKind)
    /// The threads of the process.
    case threads
    /// Metrics for Prometheus.
    case metrics

    /// The endpoint of a path, whose slashes may be doubled; nil if there is none.
    init?(path: String) {
        let parts = path.split(separator: "/")
        if path.hasSuffix("/"), !parts.isEmpty { return nil }
        switch parts.joined(separator: "/") {
        case "": self = .index
        case "metrics": self = .metrics
        case "stacksz": self = .threads
        case "subscriptionsz": self = .report(.subscriptions)
        case let name:
            guard let kind = ReportKind(rawValue: name) else { return nil }
            self = .report(kind)
        }
    }

    /// The path.
    var path: String {
        switch self {
        case .index: "/"
        case .report(let kind): "/\(kind.rawValue)"
        case .threads: "/stacksz"
        case .metrics: "/metrics"
        }
    }

    /// The page of links, relative to the base path.
    static var indexPage: String {
        let links = (ReportKind.allCases.map { Self.report($0) } + [.threads, .metrics])
            .map { "<li><a href=\".\($0.path)\">\($0.path.dropFirst())</a></li>" }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>weir-server</title></head>
            <body>
            <h1>weir-server</h1>
            <ul>
            \(links.joined(separator: "\n"))
            </ul>
            </body>
            </html>

            """
    }
}
