#if canImport(Glibc)
import Glibc
#endif

/// How the C library keeps memory that was freed.
enum HeapPolicy {
    /// Blocks from this size on are mapped, and go back to the system when they are freed: those of an index's
    /// environment are, the buffers of clients are not.
    private static let mappedBytes: CInt = 1 << 20
    /// Free memory at the end of the heap that is kept: with less, each burst of messages would ask for it anew.
    private static let keptBytes: CInt = 64 << 20

    /// `M_MMAP_THRESHOLD` and `M_TRIM_THRESHOLD` of malloc.h.
    private static let mmapThreshold: CInt = -3
    private static let trimThreshold: CInt = -1

    /// Keeps large blocks out of the heap.
    ///
    /// Left alone, the C library raises that size as soon as a large block is freed. An index that is opened and closed
    /// reserves megabytes of address space for a moment; in the heap these leave holes that nobody else fits into.
    static func apply() {
        #if canImport(Glibc)
        // Not in the module of the C library, hence by name; without success things stay as they were.
        guard let symbol = unsafe dlsym(nil, "mallopt") else { return }
        let mallopt = unsafe unsafeBitCast(symbol, to: (@convention(c) (CInt, CInt) -> CInt).self)
        _ = mallopt(self.mmapThreshold, self.mappedBytes)
        // Setting one turns off the adjustment of the other.
        _ = mallopt(self.trimThreshold, self.keptBytes)
        #endif
    }
}
