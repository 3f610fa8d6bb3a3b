import Subjects

/// One event loop's memory of the routes of one account: bounded, and valid for one generation of the interest.
///
/// A subject gets a place when it is asked for the second time in a row of misses; until then its route is
/// resolved into one reused object, so that subjects used once cost no allocation and push nothing out.
///
/// Where the last token of a subject decides nothing (no subscription names one there), all subjects with the same
/// beginning share a place: the replies to one client's inbox, `_INBOX.id.*`, are found without being resolved.
///
/// A value inside its ``AccountView``: one look-up is then one access of a class's property, however much it reads.
struct RouteCache {
    /// What of a subject its place is known by.
    private enum Extent: UInt8 {
        /// All of it.
        case whole
        /// All but the last token.
        case parent
        /// The first four tokens of an acknowledgement's nine.
        case consumer
    }

    private struct Place {
        var hash: UInt64 = 0
        var generation: UInt64 = 0
        var key: [UInt8] = []
        var extent = Extent.whole
        var route: Route?
    }

    private static let placeCount = 4096
    private static let acknowledgement = Array("$JS.ACK.".utf8)
    private static let specificOnly = [
        Array("$JS.API.DIRECT.GET.".utf8), Array("$JS.API.CONSUMER.MSG.NEXT.".utf8),
    ]

    private let interest: Interest
    private let shard: Int
    private let hash: SubjectHash
    private var places: [Place] = []
    private var seen: [UInt32] = []
    private var matches: [Subscription] = []
    private let once = Route(generation: nil)

    init(interest: Interest, shard: Int, seed: UInt64) {
        self.interest = interest
        self.shard = shard
        self.hash = SubjectHash(seed: seed)
    }

    /// The route of the literal `subject`, valid until the next call.
    mutating func route(_ subject: RawSpan) -> Route {
        if self.places.isEmpty {
            self.places = Array(repeating: Place(), count: Self.placeCount)
            self.seen = Array(repeating: 0, count: Self.placeCount)
        }
        let generation = self.interest.generation
        let consumer = Self.consumerLength(subject)
        if consumer > 0 {
            let key = subject.extracting(0..<consumer)
            let hash = self.hash.hash(key)
            if let route = self.find(key, hash: hash, extent: .consumer, generation: generation) {
                return route
            }
            return self.resolve(subject, consumer: key, hash: hash)
        }
        let parent = Self.parentLength(subject)
        let parentHash = self.hash.hash(subject, from: 0, to: parent)
        if parent < subject.byteCount,
            let route = self.find(
                subject.extracting(0..<parent),
                hash: parentHash,
                extent: .parent,
                generation: generation
            )
        {
            return route
        }
        let hash = self.hash.join(parentHash, self.hash.hash(subject, from: parent, to: subject.byteCount))
        if let route = self.find(subject, hash: hash, extent: .whole, generation: generation) { return route }
        return self.resolve(subject, hash: hash, parent: parent, parentHash: parentHash)
    }

    /// The routes that are remembered and hold still.
    var remembered: [Route] {
        let generation = self.interest.generation
        return self.places.compactMap { $0.generation == generation ? $0.route : nil }
    }

    @inline(__always)
    private func find(_ key: RawSpan, hash: UInt64, extent: Extent, generation: UInt64) -> Route? {
        let index = Self.index(hash)
        guard self.places[index].hash == hash, self.places[index].generation == generation,
            self.places[index].extent == extent, key.equals(self.places[index].key)
        else { return nil }
        return self.places[index].route
    }

    private static func index(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash & UInt64(Self.placeCount - 1))
    }

    /// Resolves an acknowledgement; `key` is what its consumer is known by.
    private mutating func resolve(_ subject: RawSpan, consumer key: RawSpan, hash: UInt64) -> Route {
        let found = self.match(subject)
        // While a client listens to acknowledgements each may have a route of its own.
        return found.sharesAcknowledgements
            ? self.remember(
                key,
                extent: .consumer,
                hash: hash,
                subject: subject,
                generation: found.generation
            )
            : self.resolve(subject, into: self.once)
    }

    private mutating func resolve(_ subject: RawSpan, hash: UInt64, parent: Int, parentHash: UInt64) -> Route
    {
        let found = self.match(subject)
        if found.isLastTokenFree, parent < subject.byteCount {
            return self.remember(
                subject.extracting(0..<parent),
                extent: .parent,
                hash: parentHash,
                subject: subject,
                generation: found.generation
            )
        }
        return self.remember(
            subject,
            extent: .whole,
            hash: hash,
            subject: subject,
            generation: found.generation
        )
    }

    private mutating func match(_ subject: RawSpan) -> Interest.Match {
        self.matches.removeAll(keepingCapacity: true)
        return self.interest.match(subject, into: &self.matches)
    }

    /// Makes a route of the matches, and gives it a place if the key was seen before.
    private mutating func remember(
        _ key: RawSpan,
        extent: Extent,
        hash: UInt64,
        subject: RawSpan,
        generation: UInt64
    ) -> Route {
        let index = Self.index(hash)
        let mark = UInt32(truncatingIfNeeded: hash >> 32) | 1
        let isKnown = self.seen[index] == mark
        self.seen[index] = mark
        let route = self.resolve(subject, into: isKnown ? Route(generation: generation) : self.once)
        if isKnown {
            self.places[index] = Place(
                hash: hash,
                generation: generation,
                key: key.array(),
                extent: extent,
                route: route
            )
        }
        return route
    }

    private mutating func resolve(_ subject: RawSpan, into route: Route) -> Route {
        route.resolve(self.matches, shard: self.shard)
        if !route.fan.value.services.isEmpty, Self.isSpecificOnly(subject) {
            route.keepSpecificServicesOnly()
        }
        self.matches.removeAll(keepingCapacity: true)
        return route
    }

    /// The length of all but the last token of `subject`; all of it where there is no last token.
    private static func parentLength(_ subject: RawSpan) -> Int {
        let count = subject.byteCount
        guard count > 0, subject.byte(count - 1) != Subject.dot else { return count }
        return subject.endOfLast(Subject.dot)
    }

    /// How much of an acknowledgement's subject decides its route: the first four of nine tokens.
    ///
    /// 0 for all other subjects.
    private static func consumerLength(_ subject: RawSpan) -> Int {
        guard subject.byteCount > 20, subject.byte(0) == UInt8(ascii: "$"),
            subject.starts(with: self.acknowledgement)
        else {
            return 0
        }
        var dots = 0
        var prefix = 0
        var tokenStart = 0
        for index in 0..<subject.byteCount where subject.byte(index) == UInt8(ascii: ".") {
            // An empty token: such a subject matches nothing, whatever matches its neighbours.
            if index == tokenStart || index + 1 == subject.byteCount { return 0 }
            tokenStart = index + 1
            dots += 1
            if dots == 4 { prefix = index + 1 }
        }
        return dots == 8 ? prefix : 0
    }

    private static func isSpecificOnly(_ subject: RawSpan) -> Bool {
        self.specificOnly.contains { subject.starts(with: $0) }
    }
}
