import Foundation
import LMDB
import Testing

@Suite("An environment")
struct EnvironmentTests {
    private func fill(_ path: String) throws {
        let environment = try Environment(path: path)
        var write = try environment.write()
        let database = try write.database("numbers")
        for number in 0..<100 as Range<UInt8> {
            try write.put(
                [number].span.bytes,
                [UInt8](repeating: number, count: 500).span.bytes,
                in: database
            )
        }
        try write.commit()
    }

    private func openError(_ path: String) -> EnvironmentOpenError? {
        do throws(EnvironmentOpenError) {
            _ = try Environment(path: path)
            return nil
        } catch {
            return error
        }
    }

    @Test("Opens again what it wrote")
    func reopened() throws {
        let directory = try TemporaryDirectory()
        try self.fill(directory.path)
        let environment = try Environment(path: directory.path)
        var read = try environment.read()
        let database = try #require(try read.database("numbers"))
        let isThere = try read.find([99 as UInt8].span.bytes, in: database)
        #expect(isThere)
        let absent = try read.database("letters")
        #expect(absent == nil)
    }

    @Test("A file cut at any page is refused, not a bus error")
    func truncated() throws {
        let directory = try TemporaryDirectory()
        try self.fill(directory.path)
        let file = directory.path + "/data.mdb"
        let bytes = try #require(FileManager.default.contents(atPath: file))
        var cut = bytes.count - 4096
        while cut > 0 {
            try bytes.prefix(cut).write(to: URL(fileURLWithPath: file))
            #expect(self.openError(directory.path) != nil, "cut at \(cut)")
            cut -= 4096
        }
        try bytes.write(to: URL(fileURLWithPath: file))
        #expect(self.openError(directory.path) == nil)
    }

    @Test("A file that is not LMDB's is refused")
    func foreign() throws {
        let directory = try TemporaryDirectory()
        let bytes = Data(repeating: 0x41, count: 40960)
        try bytes.write(to: URL(fileURLWithPath: directory.path + "/data.mdb"))
        #expect(self.openError(directory.path) == .damaged(path: directory.path + "/data.mdb"))
    }

    @Test("A directory that is missing is the kernel's error")
    func missing() throws {
        #expect(
            self.openError("/nonexistent/weir")
                == .failed(LMDBError(call: "open", code: ENOENT))
        )
    }

    @Test("Its files are closed when another program is started")
    func closeOnExec() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path)
        var flags: [Int32] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)
            if let link, link.hasPrefix(directory.path), let number = Int32(name) {
                flags.append(fcntl(number, F_GETFD) & FD_CLOEXEC)
            }
        }
        #expect(flags.count >= 2)
        #expect(flags.allSatisfy { $0 == FD_CLOEXEC })
        #expect(environment.path == directory.path)
    }

    @Test("Opening it twice in one process is refused, and opening it again after it is gone is not")
    func twice() throws {
        let directory = try TemporaryDirectory()
        do {
            let environment = try Environment(path: directory.path)
            #expect(self.openError(directory.path) == .isOpen(path: directory.path))
            #expect(environment.path == directory.path)
        }
        #expect(self.openError(directory.path) == nil)
    }
}
