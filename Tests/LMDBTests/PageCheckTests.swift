import Foundation
import TestSupport
import Testing

@testable import LMDB

@Suite("Checking pages")
struct PageCheckTests {
    /// An environment of several databases, with long values, free pages and inner pages.
    private func fill(_ path: String) throws {
        let environment = try Environment(path: path, options: EnvironmentOptions(mapBytes: 1 << 26))
        var random = SeededGenerator(seed: 41)
        for round in 0..<3 {
            var transaction = try environment.write()
            for name in ["one", "two", "three"] {
                let database = try transaction.database(name)
                for number in 0..<600 {
                    let key = Array("key \(number) of \(name)".utf8)
                    let length = number % 100 == 0 ? 9_000 : Int.random(in: 1...90, using: &random)
                    let value = random.bytes(length)
                    try transaction.put(key.span.bytes, value.span.bytes, in: database)
                    if round > 0, number % 3 == 0 { try transaction.delete(key.span.bytes, in: database) }
                }
            }
            try transaction.commit()
        }
    }

    /// Reads every row; how many there are.
    private func count(_ path: String) throws -> Int {
        let environment = try Environment(readingOnly: path)
        let transaction = try environment.read()
        var count = 0
        for name in ["one", "two", "three"] {
            guard let database = try transaction.database(name) else { continue }
            var cursor = try transaction.cursor(database)
            while try cursor.next() {
                count += cursor.key.byteCount > 0 && cursor.value.byteCount > 0 ? 1 : 0
            }
        }
        return count
    }

    @Test("A file as LMDB leaves it is sound, and reading it changes no byte and makes no file")
    func sound() throws {
        let directory = try TemporaryDirectory()
        try self.fill(directory.path)
        try FileManager.default.removeItem(atPath: directory.path + "/lock.mdb")
        let file = URL(fileURLWithPath: directory.path + "/data.mdb")
        let before = try Data(contentsOf: file)
        let problem = try PageCheck.run(path: directory.path).problem
        #expect(problem == nil)
        #expect(try self.count(directory.path) == 1_200)
        #expect(try Data(contentsOf: file) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["data.mdb"])
    }

    @Test("What passes the check can be read, whatever bytes were changed")
    func damaged() throws {
        let directory = try TemporaryDirectory()
        try self.fill(directory.path)
        let file = URL(fileURLWithPath: directory.path + "/data.mdb")
        let good = try Data(contentsOf: file)
        var random = SeededGenerator(seed: 42)
        var refused = 0
        for _ in 0..<300 {
            var bytes = good
            // The heads of pages, where it hurts most, as often as any other place.
            let page = Int.random(in: 0..<bytes.count / 4_096, using: &random) * 4_096
            let offset =
                Bool.random(using: &random)
                ? page + Int.random(in: 0..<64, using: &random)
                : Int.random(in: 0..<bytes.count, using: &random)
            bytes[offset] = UInt8.random(in: 0...255, using: &random)
            try bytes.write(to: file)
            do {
                if try PageCheck.run(path: directory.path).problem != nil {
                    refused += 1
                } else {
                    _ = try self.count(directory.path)
                }
            } catch is EnvironmentOpenError {
                refused += 1
            }
        }
        #expect(refused > 15)
    }
}
