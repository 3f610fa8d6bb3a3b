#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A moment, as it is written in log lines and in the names of log files that were put aside.
struct LogTime {
    private let fields: [Int]
    private let nanoseconds: Int

    /// The moment now, in local time or in UTC.
    static func now(inUTC: Bool = false) -> LogTime {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        var seconds = now.tv_sec
        // `tm` points at the name of the zone, which is not read here.
        var parts = unsafe tm()
        if inUTC {
            _ = unsafe gmtime_r(&seconds, &parts)
        } else {
            _ = unsafe localtime_r(&seconds, &parts)
        }
        let date = unsafe [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday]
        let time = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec]
        return LogTime(fields: (date + time).map(Int.init), nanoseconds: now.tv_nsec)
    }

    /// `YYYY/MM/DD HH:MM:SS.uuuuuu`.
    var text: String {
        let parts = self.fields.map { Self.digits($0, 2) }
        let date = parts[..<3].joined(separator: "/")
        let time = parts[3...].joined(separator: ":")
        return "\(date) \(time).\(Self.digits(self.nanoseconds / 1000, 6))"
    }

    /// `YYYY.MM.DD.HH.MM.SS.nnnnnnnnn`.
    var fileSuffix: String {
        self.fields.map { Self.digits($0, 2) }.joined(separator: ".") + "." + Self.digits(self.nanoseconds, 9)
    }

    /// Whether a text could be such an end of a name.
    static func isFileSuffix(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [4, 2, 2, 2, 2, 2, 9]
            && parts.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
    }

    private static func digits(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
