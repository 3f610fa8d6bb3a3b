/// A part of the server that takes messages from clients: a handler of requests (core.md §3.9).
public final class Service: Sendable {
    /// A message for a service, copied out of the bytes that brought it.
    public struct Request: Sendable {
        /// The account in which it was published.
        public let account: Account
        /// The client that published it; nil when the server did.
        public let clientID: UInt64?
        /// The literal subject.
        public let subject: [UInt8]
        /// Where the answer goes; empty if nobody waits for one.
        public let reply: [UInt8]
        /// The header block; empty if there is none.
        public let headers: [UInt8]
        /// The body.
        public let payload: [UInt8]
    }

    let handle: @Sendable (Request) -> Void

    init(_ handle: @escaping @Sendable (Request) -> Void) { self.handle = handle }
}
