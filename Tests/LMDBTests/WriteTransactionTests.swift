import LMDB
import Testing

@Suite("A write transaction")
struct WriteTransactionTests {
    @Test("Committed changes are seen by a read transaction begun later, and not by one begun before")
    func committed() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path)
        var write = try environment.write()
        let database = try write.database("words")
        try write.commit()

        var before = try environment.read()
        var second = try environment.write()
        try second.put("one".bytes.span.bytes, "eins".bytes.span.bytes, in: database)
        try second.commit()

        let missing = try before.find("one".bytes.span.bytes, in: database)
        #expect(!missing)
        var after = try environment.read()
        let isThere = try after.find("one".bytes.span.bytes, in: database)
        #expect(isThere)
        let value = after.value.withUnsafeBytes { Array($0) }
        #expect(value == "eins".bytes)

        try before.renew()
        let seen = try before.find("one".bytes.span.bytes, in: database)
        #expect(seen)
    }

    @Test("A transaction that goes out of scope changes nothing")
    func aborted() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path)
        var write = try environment.write()
        let database = try write.database("words")
        try write.commit()
        do {
            var dropped = try environment.write()
            try dropped.put("one".bytes.span.bytes, "eins".bytes.span.bytes, in: database)
        }
        let read = try environment.read()
        let count = try read.count(database)
        #expect(count == 0)
    }

    @Test("A deleted key is gone, and deleting it again says so")
    func deleted() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path)
        var write = try environment.write()
        let database = try write.database("words")
        try write.put("one".bytes.span.bytes, "eins".bytes.span.bytes, in: database)
        let first = try write.delete("one".bytes.span.bytes, in: database)
        let again = try write.delete("one".bytes.span.bytes, in: database)
        #expect(first)
        #expect(!again)
    }

    @Test("A key that is too long is refused under LMDB's own name for it")
    func longKey() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path)
        var write = try environment.write()
        let database = try write.database("words")
        var name = ""
        let key = [UInt8](repeating: 7, count: Environment.keyBytesMax + 1)
        do throws(LMDBError) {
            try write.put(key.span.bytes, key.span.bytes, in: database)
        } catch {
            name = error.name
        }
        #expect(name == "MDB_BAD_VALSIZE")
    }

    @Test("A full map is reported under its name, and a larger one takes the same change")
    func mapFull() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(
            path: directory.path,
            options: EnvironmentOptions(mapBytes: 1 << 16)
        )
        let value = [UInt8](repeating: 1, count: 1000)
        func fill() throws(LMDBError) {
            var write = try environment.write()
            let database = try write.database("numbers")
            for number in 0..<200 as Range<UInt8> {
                try write.put([number].span.bytes, value.span.bytes, in: database)
            }
            try write.commit()
        }
        var error: LMDBError?
        do throws(LMDBError) { try fill() } catch let failure { error = failure }
        #expect(error?.name == "MDB_MAP_FULL")
        #expect(error?.isMapFull == true)
        try environment.resizeMap(bytes: 1 << 22)
        try fill()
        #expect(environment.mapBytes == 1 << 22)
    }
}
