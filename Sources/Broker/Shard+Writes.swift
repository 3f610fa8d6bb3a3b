import NIOCore

/// Watching that clients take what is sent to them.
extension Shard {
    /// Begins to watch, if it does not yet.
    func watchWrites() {
        guard self.writeWatch == nil else { return }
        // A deadline is kept to a quarter of itself.
        let interval = TimeAmount.nanoseconds(
            max(1_000_000, self.broker.options.writeDeadline.nanoseconds / 4)
        )
        self.writeWatch = self.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { task in
            // Without clients there is nothing to watch; the next one begins anew.
            if self.clients.isEmpty {
                task.cancel()
                self.writeWatch = nil
                return
            }
            let now = NIODeadline.now()
            for session in Array(self.clients.values) { session.checkWrites(at: now) }
        }
    }
}
