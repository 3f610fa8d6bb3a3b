import Glibc

/// Reads the clocks that a measurement uses.
enum MonotonicTime {
    /// The monotonic clock, in nanoseconds since a moment that means nothing.
    static func now() -> UInt64 {
        self.read(CLOCK_MONOTONIC)
    }

    /// The CPU time that all threads of this process have used, in nanoseconds.
    static func ownCPU() -> UInt64 {
        self.read(CLOCK_PROCESS_CPUTIME_ID)
    }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        // The call fills the local value and keeps no pointer; these clocks exist on every Linux.
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
