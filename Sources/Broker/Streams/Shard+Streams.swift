import NIOCore
import StreamEngine
import StreamModel
import StreamStore
import Subjects

/// The streams that live on this loop: what comes in for them, and what they want sent.
extension Shard {
    func ingest(_ batch: IngestBatch) {
        self.take(batch.contents, from: batch.origin)
        self.recycle(batch)
    }

    func take(_ contents: borrowing IngestBatch.Contents, from origin: Int) {
        let now = self.now
        self.isDiskFull = self.broker.jetStream?.room?.isFull ?? false
        let items = contents.items
        self.traces = contents.traces
        var hosted: HostedStream?
        var slot: Slot?
        for index in items.indices {
            let item = items[index]
            if item.stream != slot {
                slot = item.stream
                hosted = self.streams[item.stream]
                if let hosted { self.touch(hosted) }
            }
            hosted?.take(item, in: contents.bytes.readableBytesSpan, from: origin, now: now, on: self)
        }
    }

    func recycle(_ batch: IngestBatch) {
        guard self.spareBatches.count < Self.spareBatchesMax else { return }
        batch.removeAll()
        batch.origin = self.index
        self.spareBatches.append(batch)
    }

    /// Puts a stream on the list of those that settle at the end of the cycle.
    func touch(_ hosted: HostedStream) {
        if hosted.isTouched { return }
        hosted.isTouched = true
        self.touchedStreams.append(hosted)
    }

    /// Sends what an engine wanted sent.
    func send(_ effects: borrowing EffectBuffer, in view: AccountView) {
        for effect in effects.effects {
            self.publish(
                in: view,
                route: effects.arena.span(effect.route),
                subject: effects.arena.span(effect.subject),
                reply: effects.arena.span(effect.reply),
                headers: effects.arena.span(effect.headers),
                payload: effects.arena.span(effect.payload),
                sizeText: RawSpan(),
                origin: nil
            )
        }
    }

    /// Frames the one message in `effects` for the one client that gets it, for another thread to send when it may.
    ///
    /// - Returns: nil where that is not possible, or something else for that client waits here: it has to be sent as
    ///   all others are.
    func frameAlone(_ effects: borrowing EffectBuffer, in view: AccountView) -> FramedMessage? {
        guard let effect = effects.effects.first,
            let entry = view.routes.value.route(effects.arena.span(effect.route)).fan.value.only,
            entry.isOpen, entry.remaining == .max, !entry.isGuarded
        else { return nil }
        let stage = unsafe entry.stage.takeUnretainedValue()
        if stage.isTouched { return nil }
        self.send(effects, in: view)
        guard let last = self.touchedStages.last, last.stage === stage else { return nil }
        self.touchedStages.removeLast()
        stage.isTouched = false
        var bytes = ByteBuffer()
        swap(&bytes, &stage.bytes.value)
        if last.connection.shard == self.index {
            last.connection.session?.share()
            last.connection.session?.releaseSocket()
        }
        return FramedMessage(connection: last.connection, bytes: bytes)
    }

    /// Takes in a stream.
    func host(
        _ stream: StreamEngine.Stream,
        named name: String,
        catalogID: UInt64,
        in view: AccountView
    ) -> HostedStream {
        // Not so much at a time that streams of all loops together would cut a client off.
        let share = self.deliveryBytesMax / self.broker.shards.count
        stream.deliveryBudget.bytes = min(stream.deliveryBudget.bytes, max(1, share))
        let slot = self.streams.nextSlot
        let handle = StreamHandle(name: name, address: StreamAddress(shard: self.index, slot: slot))
        stream.laneCount = self.broker.shards.count
        let hosted = HostedStream(stream: stream, handle: handle, catalogID: catalogID, view: view)
        let taken = self.streams.insert(hosted)
        precondition(taken == slot, "a slot is taken by the stream it was meant for")
        self.touch(hosted)
        return hosted
    }

    /// Whether a stream of this shard waits for a disk thread.
    var hasWorkOnDisk: Bool { self.streams.all.contains { $0.isOnDisk } }

    /// Lets a stream go: its requests are told, nothing more comes in.
    ///
    /// - Returns: Its store.
    func unhost(_ slot: Slot) -> (any StreamStore)? {
        guard let hosted = self.streams.remove(slot) else { return nil }
        hosted.stopListening()
        hosted.withdrawUsage()
        hosted.stream.terminateWaiting(.consumerDeleted)
        hosted.send(on: self)
        return hosted.stream.store
    }
}
