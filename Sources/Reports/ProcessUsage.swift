import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Measures what this process uses of memory and processors.
final class ProcessUsage: Sendable {
    /// One measurement.
    struct Reading {
        /// Bytes of memory that are resident; 0 if the system does not tell.
        var residentBytes = 0
        /// Bytes of memory that were asked for and can be written to; 0 if the system does not tell.
        var dataBytes = 0
        /// Percent of one core since the measurement before, or since the first; may exceed 100.
        var processorPercent = 0
    }

    private struct Sample {
        var wall: Int64
        var processor: Int64
        var percent = 0
    }

    private let last: Mutex<Sample>
    /// The shortest time over which the use of processors is measured.
    private static let intervalMin: Int64 = 1_000_000_000

    init() {
        self.last = Mutex(
            Sample(wall: Self.time(CLOCK_MONOTONIC), processor: Self.time(CLOCK_PROCESS_CPUTIME_ID))
        )
    }

    /// Measures.
    func reading() -> Reading {
        let wall = Self.time(CLOCK_MONOTONIC)
        let processor = Self.time(CLOCK_PROCESS_CPUTIME_ID)
        let percent = self.last.withLock { last in
            let elapsed = wall - last.wall
            if elapsed >= Self.intervalMin {
                last = Sample(
                    wall: wall,
                    processor: processor,
                    percent: Int(max(0, processor - last.processor) * 100 / elapsed)
                )
            }
            return last.percent
        }
        let bytes = Self.bytes()
        return Reading(residentBytes: bytes.resident, dataBytes: bytes.data, processorPercent: percent)
    }

    private static func time(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// proc(5), `/proc/pid/statm`: sizes in pages, the second one is what is resident, the sixth what is data and stacks.
    private static func bytes() -> (resident: Int, data: Int) {
        let file = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return (0, 0) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        // Reads at most what the array holds.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
        let pages = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            .split { $0 == " " || $0 == "\n" }
            .map { Int($0) ?? 0 }
        guard pages.count > 5 else { return (0, 0) }
        let size = sysconf(Int32(_SC_PAGESIZE))
        return (pages[1] * size, pages[5] * size)
    }
}
