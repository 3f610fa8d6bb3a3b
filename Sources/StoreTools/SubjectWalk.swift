import StreamStore

/// Goes over the subjects of an index, each with its sequences.
struct SubjectWalk {
    /// What was read.
    enum Entry {
        /// A subject, and the sequences that the index lists for it, removed ones among them.
        case subject(IndexSubject, [UInt64])
        /// A row that makes no sense.
        case damaged
    }

    /// Contradictions between rows, as sentences.
    private(set) var problems: [String] = []
    /// Rows of postings read.
    private(set) var rows = 0

    private let subjects: IndexRows
    private let postings: IndexRows
    private let nextSubject: UInt64
    private static let problemsMax = 16

    init(_ index: IndexInspection) throws(StoreError) {
        self.subjects = try index.rows(.subjects)
        self.postings = try index.rows(.postings)
        self.nextSubject = index.checkpoint.nextSubject
    }

    /// The next subject; nil after the last.
    mutating func next() throws(StoreError) -> Entry? {
        guard let row = try self.subjects.next() else { return nil }
        guard case .subject(let subject) = row else { return .damaged }
        guard let id = subject.postings else {
            return .subject(subject, subject.count == 1 ? [subject.last] : [subject.first, subject.last])
        }
        if id >= self.nextSubject { self.add("subject \(subject.name) has a number that was not given out") }
        return .subject(subject, try self.sequences(id, of: subject))
    }

    private mutating func add(_ problem: String) {
        if self.problems.count < Self.problemsMax { self.problems.append(problem) }
    }

    private mutating func sequences(_ id: UInt64, of subject: IndexSubject) throws(StoreError) -> [UInt64] {
        var found: [UInt64] = []
        var ordinal: UInt64?
        guard try self.postings.seek(postings: id) else { return found }
        while let row = try self.postings.next() {
            guard case .postings(let owner, let start, let sequences) = row else {
                self.rows += 1
                self.add("a row of database postings is damaged")
                continue
            }
            if owner != id { break }
            self.rows += 1
            if let last = found.last, let first = sequences.first, first <= last {
                self.add("the postings of subject \(subject.name) are out of order")
            }
            if !subject.hasHoles, let ordinal, start != ordinal {
                self.add("the postings of subject \(subject.name) are counted wrong")
            }
            ordinal = start &+ UInt64(sequences.count)  // Safe: a wrong sum is one more that differs.
            found += sequences
        }
        return found
    }
}
