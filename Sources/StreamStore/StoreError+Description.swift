internal import Glibc
internal import SegmentLog

extension StoreError: CustomStringConvertible {
    /// What happened and where, as a sentence without its full stop.
    public var description: String {
        switch self {
        case .system(let call, let path, let errno):
            "\(call) failed on \(path): \(Self.text(of: errno))"
        case .index(let call, let code):
            "\(call) failed: \(code)"
        case .foreign(let path, let reason):
            "\(path) cannot be used: \(reason)"
        case .locked(let path, let hasKey):
            hasKey ? "\(path) is encrypted with another key" : "\(path) is encrypted, and there is no key"
        case .noSpace(let path):
            "there is no space left on the disk for \(path)"
        case .inUse(let path):
            "the store \(path) is in use by another server; two servers cannot share one store"
        }
    }

    private static func text(of errno: CInt) -> String {
        // The kernel's reasons are constant texts of the C library.
        guard let text = unsafe strerror(errno) else { return "errno \(errno)" }
        return unsafe String(cString: text)
    }
}

extension StoreError {
    /// Calls `body` and gives its error as one of the store.
    static func converting<Result>(
        _ body: () throws(SegmentError) -> Result
    ) throws(StoreError) -> Result {
        do throws(SegmentError) {
            return try body()
        } catch {
            throw StoreError(error)
        }
    }
}
