/// A request of DIRECT.GET that is fit to be answered; streams.md §2.10.
public struct DirectGetRequest: Hashable, Sendable {
    /// What is asked for; in the subject form ``MessageGetRequest/lastBySubject``.
    public let get: MessageGetRequest

    /// Why a direct get is refused: the status line of the answer without `NATS/1.0 `.
    public enum Refusal: String, Error, Sendable {
        /// Nothing is asked for.
        case empty = "408 Empty Request"
        /// The body is not JSON.
        case malformed = "408 Malformed Request"
        /// Fields that exclude each other.
        case bad = "408 Bad Request"
        /// The header asks for a level that is not spoken.
        case requiredAPILevel = "412 Required Api Level"
        /// There is no such message.
        case notFound = "404 Message Not Found"
        /// No subject matches.
        case noResults = "404 No Results"
        /// More subjects match than one answer may name.
        case tooMany = "413 Too Many Results"
        /// So many requests wait to be answered that no other one may.
        case tooManyRequests = "429 Too Many Requests"
    }

    /// The most subjects that `multi_last` may match.
    public static let subjectsMax = 1024

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - body: the payload; unknown members are ignored.
    ///   - subject: what follows the stream's name in the request's subject; empty for nothing.
    public init(_ body: RawSpan, subject: String) throws(Refusal) {
        if body.byteCount == 0, subject.isEmpty { throw .empty }
        var get = MessageGetRequest()
        do throws(APIError) {
            try get.read(body, strict: false)
        } catch {
            throw .malformed
        }
        if !subject.isEmpty {
            var others = get
            others.noHeaders = false
            if others != MessageGetRequest() { throw .bad }
            get.lastBySubject = subject
            self.get = get
            return
        }
        if get.sequence == .zero, get.lastBySubject.isEmpty, get.nextBySubject.isEmpty, get.startTime == nil,
            get.multiLast.isEmpty
        {
            throw .empty
        }
        if get.isForbidden || (!get.lastBySubject.isEmpty && get.batch > 0) { throw .bad }
        if !get.multiLast.isEmpty, !get.lastBySubject.isEmpty || !get.nextBySubject.isEmpty { throw .bad }
        if get.upToSequence != .zero, get.upToTime != nil { throw .bad }
        self.get = get
    }
}
