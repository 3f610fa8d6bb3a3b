import TestSupport
import Testing

@testable import ServerMain

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("The log file")
struct LogFileTests {
    /// The text of a file.
    private func text(_ path: String) -> String {
        guard case .success(let bytes) = SystemFiles.contents(of: path) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names in a directory, sorted.
    private func names(_ directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    @Test("A file is put aside before it is too large, and so many are kept")
    func rotation() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.log"
        // Not one of ours, though it looks like it.
        #expect(SystemFiles.put("x", at: "\(path).old") == nil)
        let file = LogFile()
        #expect(file.use(path, sizeLimit: 10, filesMax: 3) == nil)
        for number in 0..<6 { file.append(Array("line \(number)\n".utf8)) }
        let names = self.names(directory.path)
        #expect(names.count == 4)
        #expect(names.contains("a.log.old"))
        #expect(self.text(path) == "line 5\n")
        let backups = names.filter { $0 != "a.log" && $0 != "a.log.old" }
        #expect(backups.map { self.text("\(directory.path)/\($0)") } == ["line 3\n", "line 4\n"])
        #expect(backups.allSatisfy { LogTime.isFileSuffix($0.dropFirst("a.log.".count)) })
    }

    @Test("A line longer than the limit is written all the same")
    func longLine() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.log"
        let file = LogFile()
        #expect(file.use(path, sizeLimit: 4, filesMax: 0) == nil)
        file.append(Array("longer\n".utf8))
        #expect(self.text(path) == "longer\n")
    }

    @Test("What is there already stays, and after the file was put aside a new one is begun")
    func reopen() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.log"
        #expect(SystemFiles.put("before\n", at: path) == nil)
        let file = LogFile()
        #expect(file.use(path, sizeLimit: 0, filesMax: 0) == nil)
        file.append(Array("one\n".utf8))
        #expect(rename(path, path + ".1") == 0)
        file.append(Array("two\n".utf8))
        #expect(file.reopen() == nil)
        file.append(Array("three\n".utf8))
        #expect(self.text(path + ".1") == "before\none\ntwo\n")
        #expect(self.text(path) == "three\n")
    }

    @Test("A file that cannot be opened is told, and the old one goes on")
    func failure() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.log"
        let file = LogFile()
        #expect(file.use(path, sizeLimit: 0, filesMax: 0) == nil)
        let bad = "\(directory.path)/none/a.log"
        #expect(file.use(bad, sizeLimit: 0, filesMax: 0) == "open \(bad): no such file or directory")
        file.append(Array("one\n".utf8))
        #expect(self.text(path) == "one\n")
    }
}
