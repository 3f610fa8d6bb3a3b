#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The memory that the program itself and its libraries take.
enum ProgramPages {
    /// Gives back the pages that were mapped so far, but for those that were written to.
    ///
    /// A start touches most of the program once, the descriptions of all its types among it; a server that runs needs
    /// little of that. What is needed again is mapped again, from the same file.
    static func giveBack() {
        #if os(Linux)
        guard case .success(let bytes) = SystemFiles.contents(of: "/proc/self/smaps") else { return }
        for place in Self.unwritten(in: String(decoding: bytes, as: UTF8.self)) {
            guard let start = unsafe UnsafeMutableRawPointer(bitPattern: place.lowerBound) else { continue }
            // Private, and the same as in the file: whoever reads it next finds the same bytes. Without success
            // nothing changes.
            _ = unsafe madvise(start, Int(place.upperBound - place.lowerBound), MADV_DONTNEED)
        }
        #endif
    }

    /// Where files are mapped that nobody can write to there, and nobody has; `text` is what the system says of all
    /// mappings, in the form of proc_pid_smaps(5).
    static func unwritten(in text: String) -> [Range<UInt>] {
        var found: [Range<UInt>] = []
        var candidate: Range<UInt>?
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard let first = fields.first else { continue }
            if let range = Self.range(first) {
                let isCode =
                    fields.count >= 6 && ["r-xp", "r--p"].contains(fields[1]) && fields[5].hasPrefix("/")
                candidate = isCode ? range : nil
            } else if first == "Anonymous:", let range = candidate {
                if fields.count >= 2, fields[1] == "0" { found.append(range) }
                candidate = nil
            }
        }
        return found
    }

    /// `7f00-7f10`, in hexadecimal digits.
    private static func range(_ text: Substring) -> Range<UInt>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let start = UInt(ends[0], radix: 16), let end = UInt(ends[1], radix: 16),
            start < end
        else { return nil }
        return start..<end
    }
}
