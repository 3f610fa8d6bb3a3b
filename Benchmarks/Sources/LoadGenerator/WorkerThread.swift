import Glibc

/// A thread that runs one body.
final class WorkerThread {
    /// What the two threads share.
    ///
    /// Unchecked: the creator does not touch it between the start of the thread and `join`, and what the
    /// body has captured is used by the thread alone in that time.
    private final class Work: @unchecked Sendable {
        let body: () throws(LoadError) -> Void
        var failure: LoadError?

        init(_ body: @escaping () throws(LoadError) -> Void) {
            self.body = body
        }
    }

    private let work: Work
    private var thread = pthread_t()

    /// Starts the thread.
    ///
    /// The caller keeps its hands off whatever `body` uses until ``join()``.
    init(_ body: @escaping () throws(LoadError) -> Void) throws(LoadError) {
        self.work = Work(body)
        let argument = unsafe Unmanaged.passRetained(self.work).toOpaque()
        // The thread takes over the reference that was retained for it.
        let error = unsafe pthread_create(
            &self.thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                do throws(LoadError) {
                    try work.body()
                } catch {
                    work.failure = error
                }
                return nil
            },
            argument
        )
        if error != 0 { throw .system(call: "pthread_create", errno: error) }
    }

    /// Waits for the end of the thread and throws what its body threw.
    func join() throws(LoadError) {
        // The thread was created by `init` and is joined once.
        pthread_join(self.thread, nil)
        if let failure = self.work.failure { throw failure }
    }
}
