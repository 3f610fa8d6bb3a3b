/// Where the monitoring endpoints are served over HTTP (core.md §5.1).
public struct MonitoringOptions: Sendable, Equatable {
    /// The address to listen on; nil: this machine's own, because nothing authenticates readers.
    public var host: String?
    /// The port to listen on; 0 lets the system choose one.
    public var port: Int
    /// What stands before the path of each endpoint, such as `/nats`; empty: nothing.
    public var basePath: String

    /// Endpoints on `port` of this machine's own address.
    public init(host: String? = nil, port: Int, basePath: String = "") {
        self.host = host
        self.port = port
        self.basePath = basePath
    }
}
