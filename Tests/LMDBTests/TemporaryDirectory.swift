import Foundation

/// A directory of its own, removed when this goes away.
final class TemporaryDirectory {
    let path: String

    init() throws {
        self.path = NSTemporaryDirectory() + "weir-lmdb-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }
}

extension String {
    /// The bytes of the text.
    var bytes: [UInt8] { Array(self.utf8) }
}
