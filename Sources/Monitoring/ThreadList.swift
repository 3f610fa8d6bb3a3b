#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The threads of this process with what the system tells of each (core.md §5.4, `/stacksz`); where they are in the
/// program it does not tell.
struct ThreadList {
    /// A thread.
    struct Thread {
        /// Its id.
        var id: Int
        /// Its name.
        var name: String
        /// What it does: `R` runs, `S` waits, `D` waits for a disk (proc(5), `/proc/pid/stat`).
        var state: String
        /// Times it used a processor, in ticks of the system.
        var ticks: Int
    }

    /// The threads by their ids.
    let threads: [Thread]

    /// The threads as they are now; none if the system does not tell.
    init() { self.threads = Self.ids().sorted().compactMap { Self.thread($0) } }

    /// The text: a line for each.
    var text: String {
        self.threads
            .map { "thread \($0.id) [\($0.state)]: \($0.name), \($0.ticks) ticks\n" }
            .joined()
    }

    private static func ids() -> [Int] {
        guard let folder = unsafe opendir("/proc/self/task") else { return [] }
        defer { unsafe closedir(folder) }
        var ids: [Int] = []
        while let entry = unsafe readdir(folder) {
            // The system ends the name with a zero, within the field.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let id = Int(name) { ids.append(id) }
        }
        return ids
    }

    /// The thread of that id; nil if it has ended meanwhile.
    private static func thread(_ id: Int) -> Thread? {
        let text = Self.contents("/proc/self/task/\(id)/stat")
        // `id (name) state …`: a name may have brackets and spaces of its own.
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else {
            return nil
        }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 12 else { return nil }
        return Thread(
            id: id,
            name: String(text[text.index(after: open)..<close]),
            state: String(fields[0]),
            ticks: (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
        )
    }

    private static func contents(_ path: String) -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        // Reads at most what the array holds.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
