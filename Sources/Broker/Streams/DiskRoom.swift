import Logging
import NIOCore
import StreamStore
import Synchronization

/// What the server does when the disk is full: it gives up its reserve, refuses messages, and looks for room until
/// the reserve is there again.
final class DiskRoom: Sendable {
    /// How often a full disk is looked at.
    private static let lookInterval = TimeAmount.milliseconds(500)

    private let reserve: DiskReserve
    private let disk: DiskQueue
    private let logger: Logger
    private let full = Atomic<Bool>(false)

    init(reserve: DiskReserve, disk: DiskQueue, logger: Logger) {
        self.reserve = reserve
        self.disk = disk
        self.logger = logger
    }

    /// Whether the disk is full: no messages are taken.
    var isFull: Bool { self.full.load(ordering: .relaxed) }

    /// Sets the reserve aside when the server starts.
    ///
    /// Blocks.
    func open(loop: any EventLoop) {
        if !self.reserve.fill() { self.noteFull(on: loop) }
    }

    /// A write found no room; calls `then`, on the disk's thread, with whether there may be some now.
    func makeRoom(loop: any EventLoop, _ then: @escaping @Sendable (Bool) -> Void) {
        self.disk.performOnCatalog {
            let released = self.reserve.release()
            self.noteFull(on: loop)
            then(released)
        }
    }

    private func noteFull(on loop: any EventLoop) {
        if self.full.exchange(true, ordering: .relaxed) { return }
        self.logger.error(
            "The disk is full: messages are refused until \(2 * self.reserve.bytes >> 20) MiB are free"
        )
        self.look(on: loop)
    }

    private func look(on loop: any EventLoop) {
        loop.scheduleTask(in: Self.lookInterval) {
            self.disk.performOnCatalog {
                guard self.reserve.fill() else { return self.look(on: loop) }
                self.full.store(false, ordering: .relaxed)
                self.logger.notice("There is room on the disk again: messages are taken")
            }
        }
    }
}
