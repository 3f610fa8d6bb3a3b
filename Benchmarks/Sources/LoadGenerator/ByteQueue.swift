import Glibc

/// Bytes on their way to or from a socket: written at the end, taken from the front.
///
///     0 ≤ head ≤ tail ≤ capacity
///
/// Safe: the storage is private, lives as long as the queue, and every access is inside the marks above.
@safe struct ByteQueue: ~Copyable {
    private var storage: UnsafeMutableRawBufferPointer
    private var capacity: Int
    private var head = 0
    private var tail = 0

    init(capacity: Int) {
        self.capacity = capacity
        unsafe self.storage = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit {
        unsafe self.storage.deallocate()
    }

    /// How many bytes wait.
    var count: Int { self.tail - self.head }

    /// Gives the bytes that wait to `body`.
    func withReadable<Result>(_ body: (RawSpan) throws(LoadError) -> Result) throws(LoadError) -> Result {
        // The span covers initialised bytes, and the storage lives longer than the call.
        let bytes = unsafe UnsafeRawBufferPointer(self.storage)[self.head..<self.tail].rebased
        return try body(unsafe bytes.bytes)
    }

    mutating func append(_ bytes: RawSpan) {
        self.makeRoom(bytes.byteCount)
        let tail = self.tail
        // `makeRoom` has made the destination long enough, and the two never overlap.
        unsafe bytes.withUnsafeBytes { source in
            if let from = source.baseAddress, let to = unsafe self.storage.baseAddress {
                unsafe (to + tail).copyMemory(from: from, byteCount: source.count)
            }
        }
        self.tail += bytes.byteCount
    }

    mutating func append(_ bytes: [UInt8]) {
        // The span lives for the call only, and the array with it.
        unsafe self.append(bytes.span.bytes)
    }

    mutating func append(_ text: String) {
        self.append(Array(text.utf8))
    }

    /// Takes `count` bytes from the front.
    mutating func consume(_ count: Int) {
        precondition(count <= self.count)
        self.head += count
        if self.head == self.tail {
            self.head = 0
            self.tail = 0
        }
    }

    /// Makes the first `count` bytes ever appended wait again.
    ///
    /// Only right for a queue that is filled once and drained by ``send(to:)`` any number of times.
    mutating func rewind(to count: Int) {
        precondition(count <= self.capacity)
        self.head = 0
        self.tail = count
    }

    /// Receives what `descriptor` has, without waiting; false when it has nothing.
    mutating func receive(from descriptor: CInt) throws(LoadError) -> Bool {
        self.makeRoom(128 * 1024)
        // The range is free space inside the storage; the kernel writes at most its length.
        let received = unsafe recv(
            descriptor,
            self.storage.baseAddress.map { unsafe $0 + self.tail },
            self.capacity - self.tail,
            CInt(MSG_DONTWAIT)
        )
        if received > 0 {
            self.tail += received
            return true
        }
        if received == 0 { throw .disconnected }
        if errno == EAGAIN || errno == EINTR { return false }
        if errno == ECONNRESET { throw .disconnected }
        throw .system(call: "recv", errno: errno)
    }

    /// Sends what `descriptor` takes, without waiting; true when nothing is left.
    mutating func send(to descriptor: CInt) throws(LoadError) -> Bool {
        while self.head < self.tail {
            // The range holds initialised bytes; the kernel only reads them.
            let sent = unsafe Glibc.send(
                descriptor,
                self.storage.baseAddress.map { unsafe $0 + self.head },
                self.tail - self.head,
                CInt(MSG_DONTWAIT | MSG_NOSIGNAL)
            )
            if sent >= 0 {
                self.head += sent
            } else if errno == EAGAIN {
                return false
            } else if errno == EPIPE || errno == ECONNRESET {
                throw .disconnected
            } else if errno != EINTR {
                throw .system(call: "send", errno: errno)
            }
        }
        self.head = 0
        self.tail = 0
        return true
    }

    /// Makes at least `count` bytes free at the end: moves what waits to the front, or grows.
    private mutating func makeRoom(_ count: Int) {
        if self.tail + count <= self.capacity { return }
        let waiting = self.count
        if waiting + count > self.capacity {
            let capacity = max(self.capacity * 2, waiting + count)
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
            // The new storage is longer than what waits.
            unsafe larger.copyMemory(
                from: UnsafeRawBufferPointer(self.storage)[self.head..<self.tail].rebased
            )
            unsafe self.storage.deallocate()
            unsafe self.storage = larger
            self.capacity = capacity
        } else if waiting > 0, let base = unsafe self.storage.baseAddress {
            // Both ranges are inside the storage; memmove allows them to overlap.
            unsafe memmove(base, base + self.head, waiting)
        }
        self.head = 0
        self.tail = waiting
    }
}

extension Slice where Base == UnsafeRawBufferPointer {
    /// The slice as a buffer of its own.
    fileprivate var rebased: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: self) }
}
