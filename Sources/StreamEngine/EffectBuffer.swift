public import NIOCore
import StreamModel

/// Messages that the engine wants sent, in order: one byte arena and a list of where each part lies.
///
/// Reused: the broker drains it and clears it with its capacity kept, so that a message costs no allocation.
public struct EffectBuffer {
    /// The bytes of all parts.
    public var arena: ByteBuffer
    /// The messages to send, in order.
    public private(set) var effects: [Effect] = []

    /// Makes an empty buffer.
    public init(arena: ByteBuffer = ByteBuffer()) { self.arena = arena }

    /// Whether nothing is to be sent.
    @inlinable public var isEmpty: Bool { self.effects.isEmpty }

    /// Forgets all messages and keeps the memory.
    public mutating func removeAll() {
        self.arena.clear()
        self.effects.removeAll(keepingCapacity: true)
    }

    /// Adds a message whose parts are already in the arena.
    public mutating func append(_ effect: Effect) { self.effects.append(effect) }

    /// Adds all messages of `other` behind these.
    public mutating func append(contentsOf other: borrowing EffectBuffer) {
        let offset = self.arena.writerIndex
        self.arena.writeImmutableBuffer(other.arena)
        for effect in other.effects { self.effects.append(effect.moved(by: offset)) }
    }

    /// Copies `bytes` into the arena and returns where they are.
    public mutating func write(_ bytes: RawSpan) -> Range<Int> {
        let start = self.arena.writerIndex
        unsafe bytes.withUnsafeBytes { _ = unsafe self.arena.writeBytes($0) }
        return start..<self.arena.writerIndex
    }

    /// Adds the acknowledgement of a stored message to `route`.
    mutating func acknowledge(_ sequence: StreamSequence, by format: PubAckFormat, to route: RawSpan) {
        let start = self.arena.writerIndex
        let length = route.byteCount
        // The memory is the arena's, and has room for both parts.
        let written = unsafe self.arena.writeWithUnsafeMutableBytes(
            minimumWritableBytes: length + format.storedBytesMax
        ) { memory in
            unsafe route.withUnsafeBytes { unsafe memory.copyMemory(from: $0) }
            return unsafe length
                + format.writeStored(
                    sequence,
                    into: UnsafeMutableRawBufferPointer(rebasing: memory[length...])
                )
        }
        let route = start..<start + length
        let end = start + length
        self.effects.append(
            Effect(
                route: route,
                subject: route,
                reply: end..<end,
                headers: end..<end,
                payload: end..<start + written
            )
        )
    }

    /// Adds a message to `route`, shown there under the same subject.
    public mutating func send(to route: RawSpan, reply: RawSpan, headers: RawSpan, payload: RawSpan) {
        let route = self.write(route)
        self.append(
            Effect(
                route: route,
                subject: route,
                reply: self.write(reply),
                headers: self.write(headers),
                payload: self.write(payload)
            )
        )
    }
}

/// One message to send: index ranges in the arena of its `EffectBuffer`.
public struct Effect: Sendable {
    /// The subject by which subscribers are found: an inbox, a deliver subject, a reply subject.
    public var route: Range<Int>
    /// The subject written into the frame: that of the stored message, or the route again.
    public var subject: Range<Int>
    /// The reply subject; empty for none.
    public var reply: Range<Int>
    /// The header block; empty for none.
    public var headers: Range<Int>
    /// The payload.
    public var payload: Range<Int>

    /// Makes the value.
    public init(
        route: Range<Int>,
        subject: Range<Int>,
        reply: Range<Int>,
        headers: Range<Int>,
        payload: Range<Int>
    ) {
        self.route = route
        self.subject = subject
        self.reply = reply
        self.headers = headers
        self.payload = payload
    }

    /// The same message with all places moved by `distance` bytes.
    func moved(by distance: Int) -> Effect {
        func move(_ range: Range<Int>) -> Range<Int> {
            range.lowerBound + distance..<range.upperBound + distance
        }
        return Effect(
            route: move(self.route),
            subject: move(self.subject),
            reply: move(self.reply),
            headers: move(self.headers),
            payload: move(self.payload)
        )
    }
}
