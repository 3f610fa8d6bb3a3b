/// A pull request that waits for messages.
struct PullRequest {
    /// Where its messages go.
    var inbox: [UInt8]
    /// Messages still wanted; not positive in a request that asked for none and gets one.
    var remaining: Int64
    /// Bytes left of its budget; meaningful only with `hasByteBudget`.
    var bytesLeft: Int64
    /// Whether it asked for at most so many bytes.
    var hasByteBudget: Bool
    /// When it ends; nanoseconds, `Int64.max` for never.
    var deadline: Int64
    /// Nanoseconds between heartbeats; 0 for none.
    var heartbeat: Int64
    /// When the next heartbeat is due; `Int64.max` for never.
    var heartbeatDeadline: Int64
    /// Whether it ends when there is nothing more to deliver.
    var isNoWait: Bool
    /// Whether it was given a lifetime.
    var hasLifetime: Bool
    /// Whether it got a message.
    var isServed = false
    /// The delivery run in which the next two were found, which hold for that run only.
    var run: UInt64 = 0
    /// Messages that the inbox's subscribers would still take.
    var capacity = 0
    /// Where the inbox is in the run's effects; empty until it is there.
    var route: Range<Int> = 0..<0

    /// A request without content: the place of one that is gone.
    static let none = PullRequest(
        inbox: [],
        remaining: 0,
        bytesLeft: 0,
        hasByteBudget: false,
        deadline: .max,
        heartbeat: 0,
        heartbeatDeadline: .max,
        isNoWait: false,
        hasLifetime: false
    )
}

/// The waiting pull requests of a consumer, in the order in which they get messages.
///
/// Requests stay in their slot while the order of slots rotates, so that a message moves four bytes.
struct PullQueue {
    /// The requests by slot.
    var requests: [PullRequest] = []
    private var free: [Int32] = []
    private var order = Ring<Int32>()
    /// No request ends or is due a heartbeat before this.
    private(set) var earliestDeadline = Int64.max

    /// Requests that end when there is nothing more.
    private(set) var noWaitCount = 0

    /// How many requests wait.
    var count: Int { self.order.count }
    /// Whether none waits.
    var isEmpty: Bool { self.order.isEmpty }
    /// The slot of the request that gets the next message.
    var head: Int? { self.order.first.map { Int($0) } }

    /// Messages wanted by all requests together, clamped.
    var wanted: UInt64 {
        var sum: UInt64 = 0
        for index in 0..<self.order.count {
            let remaining = UInt64(max(0, self.requests[Int(self.order[index])].remaining))
            let (total, overflow) = sum.addingReportingOverflow(remaining)
            sum = overflow ? .max : total
        }
        return sum
    }

    /// Adds a request behind the others.
    mutating func append(_ request: PullRequest) {
        if request.isNoWait { self.noWaitCount += 1 }
        let slot: Int32
        if let reused = self.free.popLast() {
            slot = reused
            self.requests[Int(slot)] = request
        } else {
            slot = Int32(self.requests.count)
            self.requests.append(request)
        }
        self.order.append(slot)
        self.earliestDeadline = min(self.earliestDeadline, request.deadline, request.heartbeatDeadline)
    }

    /// Moves the head behind the others.
    mutating func rotate() {
        guard self.order.count > 1, let slot = self.order.first else { return }
        self.order.removeFirst()
        self.order.append(slot)
    }

    /// Removes the head.
    mutating func removeHead() {
        guard let slot = self.order.first else { return }
        self.order.removeFirst()
        self.release(slot)
    }

    /// Looks at each request in order; removes those for which `isDone` says so.
    mutating func removeAll(where isDone: (inout PullRequest) -> Bool) {
        var earliest = Int64.max
        for _ in 0..<self.order.count {
            guard let slot = self.order.first else { return }
            self.order.removeFirst()
            if isDone(&self.requests[Int(slot)]) {
                self.release(slot)
            } else {
                self.order.append(slot)
                let request = self.requests[Int(slot)]
                earliest = min(earliest, request.deadline, request.heartbeatDeadline)
            }
        }
        self.earliestDeadline = earliest
    }

    private mutating func release(_ slot: Int32) {
        if self.requests[Int(slot)].isNoWait { self.noWaitCount -= 1 }
        self.requests[Int(slot)] = .none
        self.free.append(slot)
        if self.order.isEmpty { self.earliestDeadline = .max }
    }
}
