/// What a configuration says about the process around the server: its log, its files, its monitoring endpoints.
public struct ProcessOptions: Sendable, Equatable {
    /// Whether more is logged.
    public var debug = false
    /// Whether operations of clients are logged.
    public var trace = false
    /// Whether those of the system account are logged, too; implies ``trace``.
    public var traceVerbose = false
    /// Whether of messages only the headers are logged; implies ``trace``.
    public var traceHeaders = false
    /// The most bytes of a message that are logged; 0: all.
    public var maxTracedMessageLength = 0
    /// Whether log lines begin with the time.
    public var logTime = true
    /// Whether that time is UTC instead of local time.
    public var logTimeUTC = false
    /// The log file; nil: standard error.
    public var logFile: String?
    /// Bytes after which the log file is put aside and a new one begun; 0: never.
    public var logSizeLimit = 0
    /// Log files that are kept, the current one included; 0: all.
    public var logMaxFiles = 0
    /// The file that tells the process id; nil: none.
    public var pidFile: String?
    /// The directory of the file that tells the ports; nil: none.
    public var portsFileDirectory: String?
    /// The address of the monitoring endpoints; nil: that of clients.
    public var monitoringHost: String?
    /// The port of the monitoring endpoints; 0: none, -1: a free one.
    public var monitoringPort = 0
    /// What the paths of the monitoring endpoints begin with.
    public var monitoringBasePath = ""
    /// Whether streams are stored; nil: it is not said.
    public var jetStream: Bool?
    /// The directory of the store; nil: the default.
    public var storeDirectory: String?
    /// The client port as it was written: 0 for the default, -1 for a free one.
    public var port = 0
    /// Failed connections to other servers after which one is logged.
    public var connectErrorReports = 3600
    /// The same for connections that were there before.
    public var reconnectErrorReports = 1
    /// Features of the protocol that are switched on or off.
    public var featureFlags: [String: Bool] = [:]
    /// Whether the cache of matches is turned off, as far as there is one to turn off.
    public var noSublistCache = false
    /// What becomes of a client to which a write takes too long: `default`, `close` or `retry`; empty: it is not said.
    public var writeTimeout = ""

    /// The defaults.
    public init() {}
}
