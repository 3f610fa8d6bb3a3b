/// The requests of one connection that wait for their answers.
struct Flight {
    /// What the line of each answer begins with.
    private let prefix: [UInt8]
    private let uniqueReplies: Bool
    private let window: Int
    private let quota: Int
    /// When the request in this place was sent; 0 when the place is free.
    private var times: [UInt64]
    private var sent = 0
    /// How many requests wait.
    private(set) var count = 0

    /// - Parameters:
    ///   - inbox: where the answers come; with `uniqueReplies` to a further token, the request's number.
    ///   - window: how many requests may wait.
    ///   - quota: how many requests there will be.
    init(inbox: String, uniqueReplies: Bool, window: Int, quota: Int) {
        self.prefix = Array("MSG \(inbox)\(uniqueReplies ? "." : " ")".utf8)
        self.uniqueReplies = uniqueReplies
        self.window = window
        self.quota = quota
        var places = 1
        while places < window * 4 { places *= 2 }
        self.times = Array(repeating: 0, count: places)
    }

    /// Takes as many requests into flight as the window and the quota allow, and says how many.
    mutating func start(now: UInt64) -> Int {
        let wanted = min(self.window - self.count, self.quota - self.sent)
        var started = 0
        while started < wanted {
            let place = (self.sent + started) & (self.times.count - 1)
            // A place is taken again only when the answer of the one before is there.
            if self.times[place] != 0 { break }
            self.times[place] = now
            started += 1
        }
        self.sent += started
        self.count += started
        return started
    }

    /// Takes the request that `frame` answers out of flight, and says when it was sent.
    mutating func finish(_ bytes: RawSpan, _ frame: Frame) throws(LoadError) -> UInt64 {
        guard bytes.matches(self.prefix, at: frame.start) else {
            throw .wrong("an answer for nobody: \(bytes.text(frame.start, frame.lineEnd))")
        }
        // With one inbox for all, answers come in the order of the requests.
        var number = self.sent - self.count
        if self.uniqueReplies {
            let start = frame.start + self.prefix.count
            var offset = start
            let value = bytes.decimal(at: &offset, end: frame.lineEnd)
            guard let value, offset - start == MessageTemplate.digits, Int(value) < self.sent else {
                throw .wrong("an answer for nobody: \(bytes.text(frame.start, frame.lineEnd))")
            }
            number = Int(value)
        }
        let place = number & (self.times.count - 1)
        let time = self.times[place]
        guard self.count > 0, time != 0 else {
            throw .wrong("an answer too many: \(bytes.text(frame.start, frame.lineEnd))")
        }
        self.times[place] = 0
        self.count -= 1
        return time
    }
}
