/// Divides a count into parts that differ by at most one.
enum Share {
    /// The part at `index` of `count` among `parts`.
    static func of(_ count: Int, _ index: Int, among parts: Int) -> Int {
        count / parts + (index < count % parts ? 1 : 0)
    }

    /// The range of 0..<`count` that the part at `index` covers.
    static func range(_ count: Int, _ index: Int, among parts: Int) -> Range<Int> {
        let start = index * (count / parts) + min(index, count % parts)
        return start..<start + self.of(count, index, among: parts)
    }
}
