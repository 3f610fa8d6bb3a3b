/// What can be asked for, by its path (core.md §5.1).
enum Endpoint: String, CaseIterable, Sendable {
    /// A page of links to the others.
    case index = "/"
    /// The server as a whole.
    case general = "/varz"
    /// Streams and what they hold.
    case jetStream = "/jsz"
    /// Whether all is well.
    case health = "/healthz"

    /// The page of links.
    static var indexPage: String {
        let links = Self.allCases.filter { $0 != .index }
            .map { "<li><a href=\"\($0.rawValue)\">\($0.rawValue.dropFirst())</a></li>" }
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
