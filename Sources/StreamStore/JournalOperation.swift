internal import SegmentLog
internal import StreamModel
internal import Subjects

/// What a journal entry stands for; numbers are varints, the kind is the entry's own.
///
///     1 remove    | sequence | erase |
///     2 purge     | below, optional | keep | count of patterns | pattern, counted …
///     3 skip      | sequence |
///     4 front     | the first sequence that stays |
///     5 limits    | messages, bytes, messages per subject: each optional |
///     6 progress  | consumer | bytes of its own …
///     8 expired   | count | first sequence | distance of the next - 1 … |
///
/// Applied to the same store in the same order they have the same outcome: nothing is read from a clock. A limit
/// that drops old messages needs no entry: appends alone decide it.
enum JournalOperation {
    /// One message was removed; or, with `erase`, it was removed already and may not have been overwritten.
    case remove(UInt64, erase: Bool)
    /// Messages were purged.
    case purge(SubjectFilter, below: UInt64?, keep: UInt64)
    /// Sequences up to this one were skipped.
    case skip(UInt64)
    /// Everything before this sequence expired.
    case front(UInt64)
    /// Other limits are in force.
    case limits(StoreLimits)
    /// A consumer went on; its entry is the bytes in that range.
    case progress(ConsumerID, Range<Int>)
    /// The time to live of these messages has ended; ascending.
    case expired([UInt64])

    /// The longest entry a consumer may write, in bytes.
    static let progressBytesMax = Journal.entryBytesMax - 10

    /// The entry's kind.
    var kind: UInt8 {
        switch self {
        case .remove: 1
        case .purge: 2
        case .skip: 3
        case .front: 4
        case .limits: 5
        case .progress: 6
        case .expired: 8
        }
    }

    /// Adds the entry's bytes; a consumer's own follow.
    func encode(into bytes: inout [UInt8]) {
        switch self {
        case .remove(let sequence, let erase):
            bytes.appendVarint(sequence)
            bytes.append(erase ? 1 : 0)
        case .purge(let filter, let below, let keep):
            bytes.appendOptional(below)
            bytes.appendVarint(keep)
            bytes.appendVarint(UInt64(filter.patterns.count))
            for pattern in filter.patterns { unsafe bytes.appendCounted(pattern.bytes.span.bytes) }
        case .skip(let sequence), .front(let sequence):
            bytes.appendVarint(sequence)
        case .limits(let limits):
            limits.encode(into: &bytes)
        case .expired(let sequences):
            bytes.appendVarint(UInt64(sequences.count))
            var next: UInt64 = 0
            for sequence in sequences {
                bytes.appendVarint(sequence - next)
                next = sequence + 1
            }
        case .progress(let consumer, _):
            bytes.appendVarint(consumer.rawValue)
        }
    }

    /// Reads an entry; nil if it is of a kind or a form that this program does not know.
    init?(kind: UInt8, _ bytes: RawSpan) {
        var reader = FieldReader()
        switch kind {
        case 1: self = .remove(reader.varint(bytes), erase: reader.byte(bytes) == 1)
        case 2:
            let below = reader.optional(bytes)
            let keep = reader.varint(bytes)
            let count = reader.varint(bytes)
            var patterns: [SubjectPattern] = []
            for _ in 0..<count {
                guard let pattern = SubjectPattern(reader.counted(bytes)), !reader.failed else { return nil }
                patterns.append(pattern)
            }
            self = .purge(SubjectFilter(patterns), below: below, keep: keep)
        case 3: self = .skip(reader.varint(bytes))
        case 4: self = .front(reader.varint(bytes))
        case 5: self = .limits(StoreLimits(bytes, &reader))
        case 6:
            let consumer = ConsumerID(rawValue: reader.varint(bytes))
            let range = reader.range(bytes, count: UInt64(bytes.byteCount - reader.offset))
            self = .progress(consumer, range)
        case 8: self = .expired(Self.sequences(bytes, &reader))
        default: return nil
        }
        guard reader.isComplete(bytes) else { return nil }
    }

    private static func sequences(_ bytes: RawSpan, _ reader: inout FieldReader) -> [UInt64] {
        var sequences: [UInt64] = []
        let count = reader.varint(bytes)
        var next: UInt64 = 0
        for _ in 0..<count {
            let (sequence, overflow) = next.addingReportingOverflow(reader.varint(bytes))
            if reader.failed || overflow || sequence == .max { break }
            sequences.append(sequence)
            next = sequence + 1
        }
        return sequences
    }
}
