import SegmentLog
import StreamStore
import Subjects

/// Says of which subjects an index lists other messages than the log has, and which messages these are.
///
/// Looks at some of the buckets that the digests disagree on, which are a small part of all messages.
struct SubjectDisagreement {
    /// What was found, as sentences.
    private(set) var problems: [String] = []

    private static let bucketsMax = 2
    private static let problemsMax = 8
    private static let sequencesMax = 4

    init(
        _ comparison: IndexComparison,
        log: any StorageDirectory,
        stream: StreamUUID,
        keys: StorageKeys?
    ) throws(StoreError) {
        let buckets = Set(comparison.differing.sorted().prefix(Self.bucketsMax))
        if buckets.isEmpty { return }
        var expected: [[UInt8]: Set<UInt64>] = [:]
        let last = comparison.index.checkpoint.last
        try StoreError.reading { () throws(SegmentError) in
            _ = try MessageLog.verify(log, stream: stream, keys: keys) { header, body in
                guard header.sequence <= last, !header.flags.contains(.erased), !header.isLocked,
                    comparison.stored.contains(header.sequence)
                else { return }
                let subject = body.extracting(first: header.subjectLength)
                guard buckets.contains(MessageDigest.bucket(of: comparison.hash.hash(subject))) else {
                    return
                }
                expected[subject.array(), default: []].insert(header.sequence)
            }
        }
        var walk = try SubjectWalk(comparison.index)
        while let entry = try walk.next() {
            guard case .subject(let subject, let sequences) = entry else { continue }
            let hash = unsafe comparison.hash.hash(subject.text.span.bytes)
            guard buckets.contains(MessageDigest.bucket(of: hash)) else { continue }
            let listed = Set(
                sequences.filter { comparison.stored.contains($0) && !comparison.lost.contains($0) }
            )
            self.compare(subject.text, listed, expected.removeValue(forKey: subject.text) ?? [])
        }
        for (subject, sequences) in expected.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            self.compare(subject, [], sequences)
        }
    }

    private mutating func compare(_ subject: [UInt8], _ listed: Set<UInt64>, _ expected: Set<UInt64>) {
        guard listed != expected, self.problems.count < Self.problemsMax else { return }
        let name = PrintableText.of(subject)
        let missing = expected.subtracting(listed)
        let surplus = listed.subtracting(expected)
        if !missing.isEmpty {
            self.problems.append("subject \(name) lacks \(Self.text(missing)) in the index")
        }
        if !surplus.isEmpty {
            self.problems.append("subject \(name) has \(Self.text(surplus)) in the index alone")
        }
    }

    private static func text(_ sequences: Set<UInt64>) -> String {
        let first = sequences.sorted().prefix(self.sequencesMax).map { String($0) }
        let rest = sequences.count > first.count ? " and \(sequences.count - first.count) more" : ""
        return "\(sequences.count == 1 ? "message" : "messages") \(first.joined(separator: ", "))\(rest)"
    }
}
