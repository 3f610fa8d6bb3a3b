/// The clocks at the start of a run, and what has passed since.
struct Measurement {
    private let server: ServerProcess?
    private let serverCPU: Double
    private let ownCPU: UInt64
    /// When the run started, by ``MonotonicTime/now()``.
    let start: UInt64

    /// Starts to measure.
    ///
    /// - Parameter server: nil for a server whose process cannot be seen.
    init(_ server: ServerProcess?) throws(LoadError) {
        self.server = server
        self.serverCPU = try server?.cpuSeconds() ?? 0
        self.ownCPU = MonotonicTime.ownCPU()
        self.start = MonotonicTime.now()
    }

    /// Stops: what `messages` have cost since the start.
    func report(_ work: String, messages: Int) throws(LoadError) -> Report {
        let seconds = Double(MonotonicTime.now() - self.start) / 1e9
        let ownCPU = Double(MonotonicTime.ownCPU() - self.ownCPU)
        let perMessage = 1 / Double(max(1, messages))
        var report = Report()
        report.add("work", work)
        report.add("messages", messages)
        report.add("seconds", seconds)
        report.add("rate", Double(messages) / seconds)
        report.add("generator_cpu_ns_per_message", ownCPU * perMessage)
        if let server = self.server {
            let cpu = try server.cpuSeconds() - self.serverCPU
            report.add("server_cpu_seconds", cpu)
            report.add("server_cpu_ns_per_message", cpu * 1e9 * perMessage)
            report.add("server_rss_kib", try server.kibibytes("VmRSS"))
            report.add("server_anonymous_kib", try server.kibibytes("RssAnon"))
        }
        return report
    }
}
