import Dispatch
import Logging
import NIOCore
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import Synchronization

/// Putting streams to work that the catalogue lists.
extension JetStreamAccount {
    /// Restores streams of the account, several at a time, and returns how many messages they hold.
    ///
    /// Blocks, and must not be called on an event loop.
    ///
    /// A stream that cannot be opened is reported and left alone; the others are served.
    func restore(_ listed: [CatalogStream]) -> UInt64 {
        let next = Atomic<Int>(0)
        let found = Mutex((entries: [String: Entry](), messages: UInt64(0), failed: [String]()))
        // Queues of their own, each with a thread: most of the time goes into waiting for the disk.
        let threads = DispatchGroup()
        for number in 0..<min(self.broker.options.openingThreads, listed.count) {
            DispatchQueue(label: "weir.open.\(number)")
                .async(group: threads) {
                    while true {
                        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        if index >= listed.count { return }
                        do {
                            let (name, entry, messages) = try self.restore(listed[index])
                            found.withLock { found in
                                found.entries[name] = entry
                                found.messages += messages
                            }
                        } catch {
                            found.withLock { $0.failed.append(listed[index].name) }
                            self.broker.logger.error(
                                "Stream '\(listed[index].name)' cannot be opened and is left alone: \(error)"
                            )
                        }
                    }
                }
        }
        threads.wait()
        let (entries, messages, failed) = found.withLock { ($0.entries, $0.messages, $0.failed) }
        // The loop is there: it placed the streams.
        try? self.home.loop
            .submit {
                for (name, entry) in entries { self.entries[name] = entry }
                self.unavailable += failed
            }
            .wait()
        return messages
    }

    /// Serves the streams that are open, or lets them rest: nothing reaches them then, and nothing of them is lost.
    ///
    /// Blocks, and must not be called on an event loop.
    func serve(_ isServed: Bool) {
        self.onStreams { hosted, shard in
            if isServed { hosted.listenAgain(on: shard) } else { hosted.fallSilent(on: shard) }
        }
        if isServed { return }
        // Their files are closed, unless something is still being written: then they are when others need the room.
        self.broker.disk.drain()
        self.onStreams { hosted, _ in _ = hosted.rest() }
    }

    private func onStreams(_ work: @escaping @Sendable (HostedStream, Shard) -> Void) {
        let account = self.account
        for shard in self.broker.shards {
            // The loop is there as long as the server.
            try? shard.loop
                .submit {
                    for hosted in shard.streams.all where hosted.view.account === account {
                        work(hosted, shard)
                    }
                    shard.settle()
                }
                .wait()
        }
    }

    private func restore(_ listed: CatalogStream) throws -> (name: String, entry: Entry, messages: UInt64) {
        if listed.isLocked { throw self.storage.refusal(of: listed) }
        let record = try StreamRecord(listed.bytes)
        let now = self.broker.clock()
        let opened = try self.storage.openStream(listed.id, record, now: now)
        let shard = self.broker.shards[self.storage.nextShard(of: self.broker.shards.count)]
        let placed = try shard.loop
            .submit {
                let hosted = self.host(opened, record, now: now, on: shard)
                for consumer in listed.consumers { self.restore(consumer, of: hosted, opened, now: now) }
                shard.settle()
                return (handle: hosted.handle, messages: opened.store.state.messages)
            }
            .wait()
        let entry = Entry(
            handle: placed.handle,
            catalogID: listed.id,
            created: record.created,
            configuration: record.configuration
        )
        return (record.configuration.name, entry, placed.messages)
    }

    private func restore(
        _ listed: CatalogConsumer,
        of hosted: HostedStream,
        _ opened: OpenedStream,
        now: Timestamp
    ) {
        let logger = self.broker.logger
        let id = ConsumerID(rawValue: listed.id)
        do {
            let record = try ConsumerRecord(listed.bytes)
            let slot: ConsumerSlot?
            if let recovered = opened.consumers[id] {
                slot = try hosted.stream.recoverConsumer(
                    name: listed.name,
                    configuration: record.configuration,
                    id: id,
                    created: record.created,
                    recovered: recovered,
                    now: now
                )
            } else {
                // Listed, and the crash came before its first progress was written: it begins now.
                slot = hosted.stream.addConsumer(
                    name: listed.name,
                    configuration: record.configuration,
                    id: id,
                    now: now
                )
            }
            if let slot { hosted.listen(to: listed.name, at: slot) }
        } catch {
            logger.error("Consumer '\(hosted.handle.name) > \(listed.name)' cannot be restored: \(error)")
        }
    }
}
