/// Where an account's messages are traced that belong to a sampled W3C trace (core.md §1.14, `msg_trace`).
public struct MessageTraceOptions: Sendable, Equatable {
    /// The literal subject that gets the reports.
    public var destination: String
    /// How many of the messages are traced, in percent: 1…100.
    public var sampling: Int

    /// Reports of `sampling` percent of the messages to `destination`.
    public init(destination: String, sampling: Int = 100) {
        self.destination = destination
        self.sampling = sampling
    }
}
