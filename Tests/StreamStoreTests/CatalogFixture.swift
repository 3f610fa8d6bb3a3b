import Foundation
import SegmentLog
import Testing

@testable import StreamStore

/// A directory for one test, removed when this goes away, and what is done with a store in it.
final class CatalogFixture {
    let base: String
    /// Where the store is; not made yet.
    let path: String

    init() throws {
        self.base = NSTemporaryDirectory() + "weir-catalog-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: self.base, withIntermediateDirectories: true)
        self.path = self.base + "/store"
    }

    deinit { try? FileManager.default.removeItem(atPath: self.base) }

    static let random = [UInt8](0..<16)

    func directory() throws -> StoreDirectory {
        try StoreDirectory.open(self.path, randomBytes: Self.random)
    }

    /// Opens the store, has `body` use its catalog, and closes it.
    @discardableResult
    func withCatalog<Result>(_ body: (Catalog) throws -> Result) throws -> Result {
        let directory = try self.directory()
        defer { directory.close() }
        return try body(try Catalog.open(directory: directory))
    }

    /// Changes rows of the catalog behind its back.
    func edit(_ changes: [CatalogFiles.Change]) throws {
        try CatalogFiles(path: self.path + "/catalog").commit(changes)
    }

    /// The rows of a table.
    func rows(_ table: CatalogFiles.Table) throws -> [CatalogFiles.Row] {
        try CatalogFiles(path: self.path + "/catalog").load()?[table] ?? []
    }

    /// Turns a bit in the middle of a row's value.
    func damage(_ table: CatalogFiles.Table, key: [UInt8]) throws {
        var value = try #require(try self.rows(table).first { $0.key == key }).value
        value[value.count / 2] ^= 0x10
        try self.edit([.init(table: table, key: key, value: value)])
    }

    /// Turns a bit in the middle of a file.
    func damage(_ file: String) throws {
        let url = URL(fileURLWithPath: self.path + "/" + file)
        var bytes = [UInt8](try Data(contentsOf: url))
        bytes[bytes.count / 2] ^= 0x10
        try Data(bytes).write(to: url)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: self.path + "/" + name) }

    func write(_ text: String, to name: String) throws {
        let url = URL(fileURLWithPath: self.path + "/" + name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: url)
    }

    func names(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.path + "/" + name).sorted()
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self.path + "/" + name) }

    /// The bytes of a file.
    func contents(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: self.path + "/" + name)))
    }
}

extension [UInt8] {
    /// The bytes of a text.
    init(text: String) { self = Array(text.utf8) }
}
