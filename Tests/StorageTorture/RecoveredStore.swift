import NIOCore
import SegmentLog
import StreamModel
import StreamStore
import Subjects
import TestSupport

extension OpenedStore {
    /// Everything that can be asked of the store, in one text.
    var answers: String {
        let store = self.store
        var text = "\(store.state) \(store.durable)"
        var buffer = ByteBuffer()
        var next = store.next(from: .zero, matching: .all)
        while let sequence = next {
            buffer.clear()
            switch store.load(sequence, into: &buffer) {
            case .message(let message):
                let bytes = Array(buffer.readableBytesView)
                text += " \(sequence) \(message.timestamp.rawValue) \(bytes.hashValue)"
            case .absent: text += " \(sequence) absent"
            case .damaged: text += " \(sequence) damaged"
            }
            next = store.next(from: sequence.next, matching: .all)
        }
        for (consumer, progress) in self.consumers.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            text +=
                " consumer \(consumer.rawValue): \(String(describing: progress.snapshot)) \(progress.entries)"
        }
        return text
    }
}

extension FakeDisk {
    /// What of the files `before` is neither here nor in quarantine; nil if all of it is.
    ///
    /// A file may have lost its end if quarantine has that. Zeros may have become something: a header written anew. A
    /// segment that was being written anew, `.new`, is a copy.
    func missing(from before: [String: [UInt8]]) -> String? {
        let after = self.files
        let quarantined = after.filter { $0.key.hasPrefix("/quarantine/") }.map { $0.value[...] }
        for (path, old) in before where !path.hasSuffix(".new") {
            let new = after[path] ?? []
            if new == old { continue }
            if quarantined.contains(old[...]) { continue }
            let end = old[Swift.min(new.count, old.count)...].trimmed
            if !end.isEmpty, !quarantined.contains(where: { $0.trimmed.elementsEqual(end) }) {
                return "\(end.count) bytes of \(path) are gone"
            }
            for index in 0..<Swift.min(new.count, old.count) where old[index] != 0 && old[index] != new[index]
            {
                return "\(path) was changed at \(index)"
            }
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// Without the zeros at its end.
    fileprivate var trimmed: ArraySlice<UInt8> {
        guard let last = self.lastIndex(where: { $0 != 0 }) else { return [] }
        return self[self.startIndex...last]
    }
}

extension TemporaryDirectory {
    /// The bytes of LMDB's file in the directory `index`; nil if there is none.
    var index: [UInt8]? {
        guard let directory = try? self.directory.openDirectory("index"),
            let file = try? directory.openFile("data.mdb", for: .reading), let size = try? file.size()
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = bytes.withUnsafeMutableBytes { buffer -> Int in
            var span = MutableRawSpan(_unsafeBytes: buffer)
            return (try? file.read(into: &span, at: 0)) ?? 0
        }
        return Array(bytes.prefix(count))
    }

    /// Removes what is in this directory, and puts an index with these bytes there; nil: none.
    func replaceIndex(by bytes: [UInt8]?) throws {
        for name in try self.directory.list() {
            let child = try self.directory.openDirectory(name)
            for file in try child.list() { try child.removeFile(file) }
            if name != "index" { try self.directory.removeDirectory(name) }
        }
        guard let bytes else { return }
        let index = try self.directory.ensureDirectory("index")
        let file = try index.createFile("data.mdb")
        try file.write(bytes.span.bytes, at: 0)
        try file.close()
    }
}
