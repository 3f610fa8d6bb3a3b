import Dispatch
import Logging
import NIOCore
import StreamEngine
import StreamModel
import StreamStore
import Subjects
import Synchronization

/// Opening the store when the server starts, and closing it when it stops.
extension JetStreamAccount {
    /// Recovers every stream and puts it to work.
    ///
    /// Blocks; called before the server listens.
    ///
    /// A stream that cannot be opened is reported and left alone; the others are served.
    func open() throws(StoreError) {
        let logger = self.broker.logger
        let start = self.broker.clock()
        let listed = try self.storage.open(randomBytes: (0..<16).map { _ in UInt8.random(in: 0...255) })
        self.openRoom()
        logger.info("Starting JetStream")
        logger.info("  Store Directory: \"\(self.broker.options.storeDirectory ?? "")\"")
        let restored = self.restore(listed)
        _ = self.account.interest.add(pattern: Array("$JS.API.>".utf8), target: .api(self))
        let milliseconds = self.broker.clock().nanoseconds(since: start) / 1_000_000
        logger.info("  Restored \(restored) messages in \(self.entries.count) streams in \(milliseconds) ms")
    }

    /// Restores the streams, several at a time, and returns how many messages they hold.
    private func restore(_ listed: [CatalogStream]) -> UInt64 {
        let own = listed.filter { stream in
            if stream.account == self.account.name { return true }
            self.broker.logger.warning(
                "Stream '\(stream.name)' of account '\(stream.account)' is left alone: no such account"
            )
            return false
        }
        let next = Atomic<Int>(0)
        let found = Mutex((entries: [String: Entry](), messages: UInt64(0), failed: [String]()))
        // Queues of their own, each with a thread: most of the time goes into waiting for the disk.
        let threads = DispatchGroup()
        for number in 0..<min(self.broker.options.openingThreads, own.count) {
            DispatchQueue(label: "weir.open.\(number)")
                .async(group: threads) {
                    while true {
                        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        if index >= own.count { return }
                        do {
                            let (name, entry, messages) = try self.restore(own[index])
                            found.withLock { found in
                                found.entries[name] = entry
                                found.messages += messages
                            }
                        } catch {
                            found.withLock { $0.failed.append(own[index].name) }
                            self.broker.logger.error(
                                "Stream '\(own[index].name)' cannot be opened and is left alone: \(error)"
                            )
                        }
                    }
                }
        }
        threads.wait()
        return found.withLock { found in
            for (name, entry) in found.entries { self.entries[name] = entry }
            self.unavailable = found.failed
            return found.messages
        }
    }

    private func restore(_ listed: CatalogStream) throws -> (name: String, entry: Entry, messages: UInt64) {
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

    /// Tells waiting requests, writes everything, and closes the store.
    func close() async {
        for shard in self.broker.shards {
            _ = try? await shard.loop
                .submit {
                    for hosted in shard.streams.all {
                        hosted.stream.terminateWaiting(.serverShutdown)
                        shard.touch(hosted)
                    }
                    shard.settle()
                }
                .get()
        }
        // Clients get a moment to read the last answers before their sockets close.
        try? await Task.sleep(for: .milliseconds(50))
        for shard in self.broker.shards { _ = try? await shard.loop.submit { shard.closeClients() }.get() }
        var isBusy = true
        while isBusy {
            self.broker.disk.drain()
            isBusy = false
            for shard in self.broker.shards {
                let busy = try? await shard.loop.submit { shard.hasWorkOnDisk }.get()
                if busy == true { isBusy = true }
            }
        }
        for shard in self.broker.shards {
            _ = try? await shard.loop
                .submit {
                    for hosted in shard.streams.all {
                        hosted.close(logger: self.broker.logger)
                    }
                    // The files are let go with the stores, so that another server may open them.
                    shard.streams = SlotTable()
                }
                .get()
        }
        self.storage.close()
    }
}
