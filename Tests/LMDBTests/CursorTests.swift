import LMDB
import Testing

@Suite("A cursor")
struct CursorTests {
    /// An environment with the keys 10, 20 … 50, each naming its tenth.
    private func make(_ directory: TemporaryDirectory) throws -> (environment: LMDBBox, database: Database) {
        let environment = LMDBBox(try Environment(path: directory.path))
        var write = try environment.value.write()
        let database = try write.database("numbers")
        for number in [10, 20, 30, 40, 50] as [UInt8] {
            try write.put([number].span.bytes, [number / 10].span.bytes, in: database, append: true)
        }
        try write.commit()
        return (environment, database)
    }

    @Test(
        "Seeks to the first key at or after, and back to the last at or before",
        arguments: [
            (key: 5, after: 10, before: nil), (key: 10, after: 10, before: 10),
            (key: 25, after: 30, before: 20), (key: 50, after: 50, before: 50),
            (key: 51, after: nil, before: 50),
        ] as [(key: UInt8, after: UInt8?, before: UInt8?)]
    )
    func seek(key: UInt8, after: UInt8?, before: UInt8?) throws {
        let directory = try TemporaryDirectory()
        let (environment, database) = try self.make(directory)
        let read = try environment.value.read()
        var cursor = try read.cursor(database)
        let found = try cursor.seek([key].span.bytes)
        #expect((found ? cursor.key.withUnsafeBytes { $0[0] } : nil) == after)
        let foundBack = try cursor.seekBack([key].span.bytes)
        #expect((foundBack ? cursor.key.withUnsafeBytes { $0[0] } : nil) == before)
    }

    @Test("Walks forward and back over all entries")
    func walk() throws {
        let directory = try TemporaryDirectory()
        let (environment, database) = try self.make(directory)
        let read = try environment.value.read()
        var cursor = try read.cursor(database)
        var values: [UInt8] = []
        while try cursor.next() { values.append(cursor.value.withUnsafeBytes { $0[0] }) }
        #expect(values == [1, 2, 3, 4, 5])
        values = []
        var more = try cursor.last()
        while more {
            values.append(cursor.value.withUnsafeBytes { $0[0] })
            more = try cursor.previous()
        }
        #expect(values == [5, 4, 3, 2, 1])
    }

    @Test("Deletes while walking, each entry once")
    func deleteWhileWalking() throws {
        let directory = try TemporaryDirectory()
        let (environment, database) = try self.make(directory)
        var write = try environment.value.write()
        try write.withCursor(database) { (cursor) throws(LMDBError) in
            var more = try cursor.first()
            while more {
                if cursor.key.withUnsafeBytes({ $0[0] }) != 30 { try cursor.delete() }
                more = try cursor.next()
            }
        }
        let count = try write.count(database)
        #expect(count == 1)
        try write.commit()
    }

    @Test("A renewed cursor sees what was committed since")
    func renewed() throws {
        let directory = try TemporaryDirectory()
        let (environment, database) = try self.make(directory)
        var read = try environment.value.read()
        var cursor = try read.cursor(database)
        var write = try environment.value.write()
        try write.put([60 as UInt8].span.bytes, [6 as UInt8].span.bytes, in: database)
        try write.commit()
        let early = try cursor.find([60 as UInt8].span.bytes)
        #expect(!early)
        try read.renew()
        try cursor.renew(read)
        let late = try cursor.find([60 as UInt8].span.bytes)
        #expect(late)
    }
}

/// Holds an environment where a tuple needs a copyable value.
final class LMDBBox {
    let value: Environment
    init(_ value: consuming Environment) { self.value = value }
}
