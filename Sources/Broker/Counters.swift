/// What one loop has counted.
///
/// Loops count for themselves, so that counting costs no shared cache line; whoever
/// wants the sum asks each.
struct Counters: Sendable {
    /// Messages that clients published.
    var messagesIn = 0
    /// Their headers and payloads.
    var bytesIn = 0
    /// Copies handed to clients.
    var messagesOut = 0
    /// Their headers and payloads.
    var bytesOut = 0
    /// Clients cut off because they did not read.
    var slowConsumers = 0
    /// Clients cut off because they did not answer PINGs.
    var staleConnections = 0
    /// How often the reading of a client was paused because somebody it published to was behind.
    var stalls = 0
}
