/// What a trace shows of operations and messages, where there is one (core.md §4.2).
public struct TraceOptions: Sendable, Equatable {
    /// Whether it shows what the server sends in its own name, too: events, and answers to requests.
    public var isVerbose = false
    /// Whether it shows of messages only the headers.
    public var headersOnly = false
    /// The most bytes of a message that it shows; 0: all.
    public var messageBytesMax = 0

    /// All of what clients send and are sent.
    public init() {}
}
