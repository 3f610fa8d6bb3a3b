import StreamEngine

/// The streams of one shard whose files may be open: a bounded number, so that thousands of idle streams cost
/// neither descriptors nor the memory of their indexes.
///
/// Any use wakes a stream; its store opens what it needs. Over the bound, a hand goes round and lets those rest that
/// were not used since it came by last ("second chance").
struct AwakeStreams {
    /// The most streams awake; more only while they are all busy.
    let limit: Int
    private var slots: [Slot] = []
    private var hand = 0
    /// Streams noted since the last look round.
    private var noted = 0
    /// Streams looked at for each one noted: enough to keep the bound, and no more however many are busy.
    private static let looksPerNote = 4

    init(limit: Int) { self.limit = max(1, limit) }

    /// How many are awake.
    var count: Int { self.slots.count }

    /// Notes that a stream was used.
    mutating func note(_ hosted: HostedStream) {
        hosted.wasUsed = true
        self.noted += 1
        if hosted.isAwake { return }
        hosted.isAwake = true
        self.slots.append(hosted.handle.address.slot)
    }

    /// Lets streams rest until the bound is kept, or a few were looked at for each that was used.
    mutating func shrink(_ streams: borrowing SlotTable<HostedStream>) {
        var looks = Self.looksPerNote * self.noted
        self.noted = 0
        while self.slots.count > self.limit, looks > 0 {
            looks -= 1
            if self.hand >= self.slots.count { self.hand = 0 }
            guard let hosted = streams[self.slots[self.hand]] else {
                self.slots.swapRemove(at: self.hand)
                continue
            }
            if hosted.wasUsed {
                hosted.wasUsed = false
                self.hand += 1
            } else if hosted.rest() {
                hosted.isAwake = false
                self.slots.swapRemove(at: self.hand)
            } else {
                self.hand += 1
            }
        }
    }
}

extension [Slot] {
    /// Removes an element by putting the last one into its place.
    fileprivate mutating func swapRemove(at index: Int) {
        self.swapAt(index, self.count - 1)
        self.removeLast()
    }
}
