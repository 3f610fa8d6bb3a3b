/// Where a value lies in a ``SlotTable``: never valid for another value, also after the first is gone.
public struct Slot: Hashable, Sendable {
    /// Index of the place.
    public let index: UInt32
    /// How often the place was used before.
    public let generation: UInt32

    /// Makes the slot.
    @inlinable
    public init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }
}

/// A consumer's place in its stream's table.
public typealias ConsumerSlot = Slot

/// Values found in constant time by a ``Slot``; places are used again, slots are not.
public struct SlotTable<Value> {
    @usableFromInline var values: [Value?] = []
    @usableFromInline var generations: [UInt32] = []
    @usableFromInline var free: [UInt32] = []

    /// Makes an empty table.
    public init() {}

    /// The number of values.
    @inlinable public var count: Int { self.values.count - self.free.count }

    /// Where the next value will be stored.
    @inlinable
    public var nextSlot: Slot {
        guard let index = self.free.last else { return Slot(index: UInt32(self.values.count), generation: 0) }
        return Slot(index: index, generation: self.generations[Int(index)])
    }

    /// Stores a value and returns where.
    @inlinable
    public mutating func insert(_ value: Value) -> Slot {
        if let index = self.free.popLast() {
            self.values[Int(index)] = value
            return Slot(index: index, generation: self.generations[Int(index)])
        }
        self.values.append(value)
        self.generations.append(0)
        return Slot(index: UInt32(self.values.count - 1), generation: 0)
    }

    /// The value at `slot`, nil once it was removed.
    @inlinable
    public subscript(slot: Slot) -> Value? {
        let index = Int(slot.index)
        guard index < self.values.count, self.generations[index] == slot.generation else { return nil }
        return self.values[index]
    }

    /// Removes and returns the value at `slot`.
    @inlinable
    @discardableResult
    public mutating func remove(_ slot: Slot) -> Value? {
        let index = Int(slot.index)
        guard index < self.values.count, self.generations[index] == slot.generation else { return nil }
        let value = self.values[index]
        self.values[index] = nil
        // Safe: after 2^32 removals of one place an old slot could match again.
        self.generations[index] &+= 1
        self.free.append(slot.index)
        return value
    }

    /// All values, in no particular order.
    @inlinable
    public var all: [Value] { self.values.compactMap(\.self) }
}
