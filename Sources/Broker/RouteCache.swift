import Subjects

/// One event loop's memory of the routes of one account: bounded, and valid for one generation of the interest.
///
/// A subject gets a place when it is asked for the second time in a row of misses; until then its route is
/// resolved into one reused object, so that subjects used once (reply inboxes) cost no allocation and push
/// nothing out.
///
/// A value inside its ``AccountView``: one look-up is then one access of a class's property, however much it reads.
struct RouteCache {
    private struct Place {
        var hash: UInt64 = 0
        var generation: UInt64 = 0
        var key: [UInt8] = []
        var isPrefix = false
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
    private let once = Route()

    init(interest: Interest, shard: Int, seed: UInt64) {
        self.interest = interest
        self.shard = shard
        self.hash = SubjectHash(seed: seed)
    }

    /// The route of the literal `subject`, valid until the next call.
    mutating func route(_ subject: RawSpan) -> Route {
        let key = subject.extracting(0..<Self.keyLength(subject))
        let hash = self.hash.hash(key)
        if self.places.isEmpty {
            self.places = Array(repeating: Place(), count: Self.placeCount)
            self.seen = Array(repeating: 0, count: Self.placeCount)
        }
        let index = Int(truncatingIfNeeded: hash & UInt64(Self.placeCount - 1))
        let generation = self.interest.generation
        if self.places[index].hash == hash, self.places[index].generation == generation,
            self.places[index].isPrefix == (key.byteCount < subject.byteCount),
            let route = self.places[index].route, key.equals(self.places[index].key)
        {
            return route
        }
        return self.resolve(subject, key: key, hash: hash, index: index)
    }

    private mutating func resolve(_ subject: RawSpan, key: RawSpan, hash: UInt64, index: Int) -> Route {
        self.matches.removeAll(keepingCapacity: true)
        let found = self.interest.match(subject, into: &self.matches)
        let mark = UInt32(truncatingIfNeeded: hash >> 32) | 1
        let isShared = key.byteCount == subject.byteCount || found.sharesAcknowledgements
        let isKnown = self.seen[index] == mark && isShared
        self.seen[index] = mark
        let route = isKnown ? Route() : self.once
        route.resolve(self.matches, shard: self.shard)
        if !route.services.isEmpty, Self.isSpecificOnly(subject) { route.keepSpecificServicesOnly() }
        self.matches.removeAll(keepingCapacity: true)
        if isKnown {
            self.places[index] = Place(
                hash: hash,
                generation: found.generation,
                key: key.array(),
                isPrefix: key.byteCount < subject.byteCount,
                route: route
            )
        }
        return route
    }

    /// How much of the subject decides its route: of `$JS.ACK.<stream>.<consumer>.…` with nine tokens the first
    /// four, otherwise all of it.
    private static func keyLength(_ subject: RawSpan) -> Int {
        guard subject.byteCount > 20, subject.byte(0) == UInt8(ascii: "$"),
            subject.starts(with: self.acknowledgement)
        else {
            return subject.byteCount
        }
        var dots = 0
        var prefix = subject.byteCount
        var tokenStart = 0
        for index in 0..<subject.byteCount where subject.byte(index) == UInt8(ascii: ".") {
            // An empty token: such a subject matches nothing, whatever matches its neighbours.
            if index == tokenStart || index + 1 == subject.byteCount { return subject.byteCount }
            tokenStart = index + 1
            dots += 1
            if dots == 4 { prefix = index + 1 }
        }
        return dots == 8 ? prefix : subject.byteCount
    }

    private static func isSpecificOnly(_ subject: RawSpan) -> Bool {
        self.specificOnly.contains { subject.starts(with: $0) }
    }
}
