import StreamModel
import Subjects

/// The permissions of one connection's user, and what the connection remembers of them.
///
/// Confined to the loop of the connection. A connection whose user may do everything has none.
final class ClientRights {
    /// What a check of a publish says.
    enum Answer {
        /// The rules allow it, and will again.
        case allowed
        /// The rules do not, but it answers a message; one answer is used up.
        case granted
        /// It is refused.
        case refused
    }

    private struct Place {
        var hash: UInt64 = 0
        var subject: [UInt8] = []
        var isAllowed = false
    }

    /// Publish checks that are remembered.
    private static let placeCount = 128
    /// The longest subject that is remembered, in bytes.
    private static let subjectBytesMax = 256

    private let permissions: Permissions
    private let grants: ResponseGrants?
    private let hash: SubjectHash
    // Copies share what they hold, and have the marks of a search for themselves.
    private var allow: SubjectTrie?
    private var deny: SubjectTrie?
    private var places: [Place] = []

    init(_ permissions: Permissions, seed: UInt64) {
        self.permissions = permissions
        self.grants = permissions.responses.map { ResponseGrants($0) }
        self.hash = SubjectHash(seed: seed)
        self.allow = permissions.publishing?.allow
        self.deny = permissions.publishing?.deny
    }

    /// Whether a message may be published to the literal `subject`.
    func publish(to subject: RawSpan, clock: () -> Timestamp) -> Answer {
        if self.isAllowed(subject) { return .allowed }
        if let grants = self.grants, grants.take(subject, at: clock()) { return .granted }
        return .refused
    }

    private func isAllowed(_ subject: RawSpan) -> Bool {
        if self.permissions.publishing == nil { return true }
        if subject.byteCount > Self.subjectBytesMax { return self.check(subject) }
        if self.places.isEmpty { self.places = Array(repeating: Place(), count: Self.placeCount) }
        let hash = self.hash.hash(subject)
        let index = Int(truncatingIfNeeded: hash & UInt64(Self.placeCount - 1))
        if self.places[index].hash == hash, subject.equals(self.places[index].subject) {
            return self.places[index].isAllowed
        }
        let isAllowed = self.check(subject)
        self.places[index] = Place(hash: hash, subject: subject.array(), isAllowed: isAllowed)
        return isAllowed
    }

    private func check(_ subject: RawSpan) -> Bool {
        if self.allow?.hasMatch(subject) == false { return false }
        return self.deny?.hasMatch(subject) != true
    }

    /// Whether a subscription may be made; `queue` is empty for a plain one.
    func maySubscribe(to pattern: RawSpan, queue: RawSpan) -> Bool {
        self.permissions.maySubscribe(to: pattern, queue: queue)
    }

    /// What is looked at before messages go to a subscription; nil if nothing is.
    func makeGuard(of pattern: RawSpan, queue: RawSpan) -> DeliveryGuard? {
        DeliveryGuard(
            exceptions: self.permissions.exceptions(of: pattern, queue: queue),
            rules: self.permissions.isWide(pattern, queue: queue)
                ? (self.permissions, queue.array()) : nil,
            grants: self.grants
        )
    }
}
