import StreamModel
import Subjects

/// The streams of one account by name, and by the subjects they capture.
struct StreamTable {
    private var entries: [String: JetStreamAccount.Entry] = [:]
    /// Subjects, each with the number of its stream.
    private var subjects: SubjectTrie
    private var numbers: [String: UInt32] = [:]
    private var nextNumber: UInt32 = 0
    private var found: [UInt32] = []

    /// An empty table; `seed` keeps clients from choosing subjects that collide.
    init(seed: UInt64) { self.subjects = SubjectTrie(seed: seed) }

    var count: Int { self.entries.count }
    var values: Dictionary<String, JetStreamAccount.Entry>.Values { self.entries.values }

    /// The stream of that name.
    ///
    /// Setting it brings the subjects up to date.
    subscript(name: String) -> JetStreamAccount.Entry? {
        get { self.entries[name] }
        set {
            if let known = self.entries[name], let number = self.numbers[name] {
                for subject in known.configuration.subjects {
                    let bytes = Array(subject.utf8)
                    unsafe self.subjects.remove(bytes.span.bytes, value: number)
                }
            }
            self.entries[name] = newValue
            guard let newValue else {
                self.numbers[name] = nil
                return
            }
            let number = self.numbers[name] ?? self.nextNumber
            if number == self.nextNumber { self.nextNumber += 1 }
            self.numbers[name] = number
            for subject in newValue.configuration.subjects {
                let bytes = Array(subject.utf8)
                unsafe self.subjects.insert(bytes.span.bytes, value: number)
            }
        }
    }

    /// Removes the stream of that name and returns it.
    mutating func remove(_ name: String) -> JetStreamAccount.Entry? {
        guard let entry = self.entries[name] else { return nil }
        self[name] = nil
        return entry
    }

    /// Whether some subject could be captured by a stream with that configuration and by another one.
    mutating func hasOverlap(with configuration: StreamConfiguration) -> Bool {
        let own = self.numbers[configuration.name]
        for subject in configuration.subjects {
            self.found.removeAll(keepingCapacity: true)
            let bytes = Array(subject.utf8)
            unsafe self.subjects.collectOverlaps(with: bytes.span.bytes, into: &self.found)
            if self.found.contains(where: { $0 != own }) { return true }
        }
        return false
    }
}
