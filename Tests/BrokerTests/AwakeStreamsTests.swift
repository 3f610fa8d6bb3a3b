import StreamEngine
import StreamModel
import StreamStore
import Testing

@testable import Broker

@Suite("Awake streams")
struct AwakeStreamsTests {
    private static let limit = 3

    /// A table of hosted streams in memory.
    private func makeStreams(_ count: Int) -> SlotTable<HostedStream> {
        var table = SlotTable<HostedStream>()
        let account = Account(name: "A", index: 0, seed: 1)
        let view = AccountView(account: account, shard: 0, seed: 1)
        for number in 0..<count {
            let stream = StreamEngine.Stream(
                name: "S\(number)",
                configuration: StreamConfiguration(name: "S\(number)"),
                created: .distantPast,
                store: MemoryStreamStore(firstSequence: .zero),
                now: .distantPast
            )
            let handle = StreamHandle(
                name: "S\(number)",
                address: StreamAddress(shard: 0, slot: table.nextSlot)
            )
            _ = table.insert(HostedStream(stream: stream, handle: handle, catalogID: 1, view: view))
        }
        return table
    }

    @Test("Up to the bound all stay awake, over it those rest that were used longest ago")
    func bound() {
        let streams = self.makeStreams(6)
        var awake = AwakeStreams(limit: Self.limit)
        for hosted in streams.all.prefix(Self.limit) { awake.note(hosted) }
        awake.shrink(streams)
        #expect(streams.all.filter(\.isAwake).map(\.handle.name) == ["S0", "S1", "S2"])
        for hosted in streams.all.suffix(Self.limit) { awake.note(hosted) }
        awake.shrink(streams)
        #expect(awake.count == Self.limit)
        #expect(streams.all.filter(\.isAwake).count == Self.limit)
    }

    @Test("A stream in use stays awake while others come and go")
    func inUse() {
        let streams = self.makeStreams(40)
        var awake = AwakeStreams(limit: Self.limit)
        let busy = streams.all[0]
        var rests = 0
        for hosted in streams.all.dropFirst() {
            awake.note(busy)
            awake.note(hosted)
            awake.shrink(streams)
            #expect(awake.count <= Self.limit)
            if !busy.isAwake { rests += 1 }
        }
        // Once at most: when the bound is reached for the first time, everything was just used.
        #expect(rests <= 1)
    }

    @Test("A stream that went away is forgotten")
    func gone() {
        var streams = self.makeStreams(5)
        var awake = AwakeStreams(limit: Self.limit)
        for hosted in streams.all { awake.note(hosted) }
        for hosted in streams.all { _ = streams.remove(hosted.handle.address.slot) }
        awake.shrink(streams)
        #expect(awake.count <= Self.limit)
    }
}
