import NIOCore

extension Route.Entry {
    /// Whether more than `most` bytes wait for the client, with those that this loop has not sent on yet.
    func isBehind(_ most: Int) -> Bool {
        unsafe self.stage._withUnsafeGuaranteedRef { stage in
            let here = stage.bytes.value.readableBytes
            return unsafe stage.connection._withUnsafeGuaranteedRef { $0.isBehind(most - here) }
        }
    }
}
