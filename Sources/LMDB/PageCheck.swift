internal import CLMDB
internal import Glibc

/// Walks the trees of an environment that nobody has open, page by page, with every number checked.
///
/// LMDB 0.9 has no checksums and trusts its pages: a number in one that points outside the file ends the process at
/// the first read, and cannot be caught. After this check LMDB can read the file, whatever happened to it. What is
/// in the values is not looked at.
///
/// A page begins with 16 bytes, all numbers little-endian:
///
///     0      8     10      12      14      16
///     | page | pad | flags | lower | upper | offsets of nodes (2 each) … | … nodes |
///
///     node of a leaf:   | data length (4) | flags (2) | key length (2) | key | data, or the page it begins on |
///     node of a branch: | page (6)                    | key length (2) | key |
public struct PageCheck: ~Copyable {
    /// Pages that belong to a tree.
    public private(set) var pages: UInt64 = 0
    /// What is wrong, the first thing found; nil if nothing is.
    public private(set) var problem: String?

    private let descriptor: CInt
    private let pageBytes: Int
    private let pageCount: UInt64
    /// Bit n: page n belongs to a tree.
    private var seen: [UInt64]

    /// The deepest tree, as in LMDB.
    private static let depthMax = 32
    private static let noPage = UInt64.max

    /// Checks the file in the directory `path`.
    ///
    /// - Throws: ``EnvironmentOpenError`` if its first two pages make no sense or it is too short, else what a system
    ///   call says.
    public static func run(path: String) throws(EnvironmentOpenError) -> PageCheck {
        let file = path + "/data.mdb"
        try MetaPages.check(path: file)
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw .failed(LMDBError(call: "open", code: errno)) }
        guard let meta = Meta(descriptor) else {
            close(descriptor)
            throw .damaged(path: file)
        }
        var check = PageCheck(descriptor, meta)
        check.walk(meta)
        return check
    }

    private init(_ descriptor: CInt, _ meta: Meta) {
        self.descriptor = descriptor
        self.pageBytes = meta.pageBytes
        self.pageCount = meta.lastPage + 1
        self.seen = [UInt64](repeating: 0, count: Int(self.pageCount >> 6) + 1)
        self.seen[0] = 3  // The two meta pages.
    }

    deinit { close(self.descriptor) }

    /// What one of the two first pages says.
    private struct Meta {
        var pageBytes: Int
        var lastPage: UInt64
        var free: Tree
        var main: Tree

        /// Reads the newer of the two; nil if none can be read.
        init?(_ descriptor: CInt) {
            var words = [UInt64](repeating: 0, count: 19)
            var newest: [UInt64]?
            var offset = 0
            for _ in 0..<2 {
                let count = unsafe words.withUnsafeMutableBytes {
                    unsafe pread(descriptor, $0.baseAddress, 152, offset)
                }
                if count != 152 { return nil }
                if newest.map({ $0[18] < words[18] }) ?? true { newest = words }
                offset = Int(words[5] & 0xffff_ffff)
            }
            guard let newest else { return nil }
            self.pageBytes = Int(newest[5] & 0xffff_ffff)
            self.lastPage = newest[17]
            self.free = Tree(newest, at: 5)
            self.main = Tree(newest, at: 11)
            // `MetaPages.check` has compared these with the file's length.
            guard 256...65_536 ~= self.pageBytes, self.lastPage < 1 << 44 else { return nil }
        }
    }

    /// The description of one tree: six words.
    private struct Tree {
        var flags: UInt16
        var depth: UInt16
        var pages: UInt64
        var entries: UInt64
        var root: UInt64

        init(_ words: [UInt64], at index: Int) {
            self.flags = UInt16(truncatingIfNeeded: words[index] >> 32)
            self.depth = UInt16(truncatingIfNeeded: words[index] >> 48)
            // Wraps only for numbers that no file has, and is compared with a count.
            self.pages = words[index + 1] &+ words[index + 2] &+ words[index + 3]
            self.entries = words[index + 4]
            self.root = words[index + 5]
        }
    }

    /// What a walk has counted in one tree.
    private struct Walk {
        var name: String
        var isMain = false
        var isFree = false
        var depth: Int
        var pages: UInt64 = 0
        var entries: UInt64 = 0
        var lastKey: [UInt8]?
        var trees: [(name: [UInt8], tree: Tree)] = []
        var freed: [UInt64] = []
    }

    private mutating func fail(_ text: String) { if self.problem == nil { self.problem = text } }

    private mutating func walk(_ meta: Meta) {
        var main = Walk(name: "the list of databases", isMain: true, depth: Int(meta.main.depth))
        self.walk(meta.main, &main)
        for entry in main.trees where self.problem == nil {
            let name = "database \(String(decoding: entry.name, as: UTF8.self))"
            var walk = Walk(name: name, depth: Int(entry.tree.depth))
            self.walk(entry.tree, &walk)
        }
        if self.problem != nil { return }
        var free = Walk(name: "the list of free pages", isFree: true, depth: Int(meta.free.depth))
        self.walk(meta.free, &free)
        for page in free.freed where page < 2 || page >= self.pageCount || self.isSeen(page) {
            self.fail("page \(page) is in use and in the list of free pages")
        }
    }

    private mutating func walk(_ tree: Tree, _ walk: inout Walk) {
        if tree.root == Self.noPage {
            if tree.entries != 0 {
                self.fail("\(walk.name) has no pages and should have \(tree.entries) rows")
            }
            return
        }
        // Duplicate keys and fixed lengths are not used here, and their pages look different.
        if tree.flags & ~0x08 != 0 { return self.fail("\(walk.name) is of a kind that is not used") }
        guard 1...Self.depthMax ~= walk.depth else {
            return self.fail("\(walk.name) has a depth of \(walk.depth)")
        }
        self.visit(tree.root, level: 1, &walk)
        if self.problem != nil { return }
        if walk.entries != tree.entries {
            self.fail("\(walk.name) has \(walk.entries) rows and should have \(tree.entries)")
        }
        if walk.pages != tree.pages {
            self.fail("\(walk.name) has \(walk.pages) pages and should have \(tree.pages)")
        }
    }

    private func isSeen(_ page: UInt64) -> Bool {
        self.seen[Int(page >> 6)] & (1 << (page & 63)) != 0
    }

    /// Notes that `count` pages from `page` on belong to a tree; false if that cannot be.
    private mutating func take(_ page: UInt64, count: UInt64, _ walk: inout Walk) -> Bool {
        guard page >= 2, page < self.pageCount, count <= self.pageCount - page else {
            self.fail("\(walk.name) names page \(page), which the file does not have")
            return false
        }
        for number in page..<page + count {
            if self.isSeen(number) {
                self.fail("page \(number) is used twice")
                return false
            }
            self.seen[Int(number >> 6)] |= 1 << (number & 63)
        }
        walk.pages += count
        self.pages += count
        return true
    }

    /// The bytes of a page; nil if they cannot be read.
    private mutating func read(_ page: UInt64, bytes: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: bytes)
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe pread(self.descriptor, $0.baseAddress, bytes, Int(page) * self.pageBytes)
        }
        if count == bytes { return buffer }
        self.fail("page \(page) could not be read")
        return nil
    }

    private mutating func visit(_ page: UInt64, level: Int, _ walk: inout Walk) {
        guard self.take(page, count: 1, &walk), let bytes = self.read(page, bytes: self.pageBytes) else {
            return
        }
        let number = bytes.number(at: 0, count: 8)
        let flags = bytes.number(at: 10, count: 2)
        let lower = Int(bytes.number(at: 12, count: 2))
        let upper = Int(bytes.number(at: 14, count: 2))
        let isLeaf = level == walk.depth
        guard number == page, flags == (isLeaf ? 2 : 1), lower >= 16, lower % 2 == 0, lower <= upper,
            upper <= self.pageBytes
        else { return self.fail("page \(page) of \(walk.name) is damaged") }
        let count = (lower - 16) / 2
        // An inner page names at least two others.
        if !isLeaf, count < 2 { return self.fail("page \(page) of \(walk.name) is damaged") }
        for index in 0..<count where self.problem == nil {
            let node = Int(bytes.number(at: 16 + 2 * index, count: 2))
            guard node >= upper, node % 2 == 0, node + 8 <= self.pageBytes else {
                return self.fail("page \(page) of \(walk.name) is damaged")
            }
            let keyBytes = Int(bytes.number(at: node + 6, count: 2))
            guard node + 8 + keyBytes <= self.pageBytes else {
                return self.fail("page \(page) of \(walk.name) is damaged")
            }
            if isLeaf {
                self.visitLeaf(bytes, node, keyBytes, page, &walk)
            } else {
                self.visit(bytes.number(at: node, count: 6), level: level + 1, &walk)
            }
        }
    }

    private mutating func visitLeaf(
        _ bytes: [UInt8],
        _ node: Int,
        _ keyBytes: Int,
        _ page: UInt64,
        _ walk: inout Walk
    ) {
        let key = Array(bytes[node + 8..<node + 8 + keyBytes])
        guard (1...Environment.keyBytesMax).contains(keyBytes), self.follows(key, walk) else {
            return self.fail("page \(page) of \(walk.name) has keys out of order")
        }
        walk.lastKey = key
        walk.entries += 1
        let dataBytes = Int(bytes.number(at: node, count: 4))
        let flags = bytes.number(at: node + 4, count: 2)
        let start = node + 8 + keyBytes
        let isTree = walk.isMain
        guard flags == (isTree ? 2 : flags & 1), start + (flags & 1 == 1 ? 8 : dataBytes) <= self.pageBytes
        else { return self.fail("page \(page) of \(walk.name) is damaged") }
        if isTree {
            guard dataBytes == 48 else { return self.fail("page \(page) of \(walk.name) is damaged") }
            let words = (0..<6).map { bytes.number(at: start + 8 * $0, count: 8) }
            walk.trees.append((key, Tree(words, at: 0)))
        } else if flags & 1 == 1 {
            self.visitOverflow(bytes.number(at: start, count: 8), dataBytes, &walk)
        } else if walk.isFree {
            self.noteFree(Array(bytes[start..<start + dataBytes]), &walk)
        }
    }

    /// Looks at a value that has pages of its own.
    private mutating func visitOverflow(_ page: UInt64, _ dataBytes: Int, _ walk: inout Walk) {
        let count = UInt64((16 + dataBytes - 1) / self.pageBytes + 1)
        guard self.take(page, count: count, &walk),
            let bytes = self.read(page, bytes: walk.isFree ? 16 + dataBytes : 16)
        else { return }
        let isSame =
            bytes.number(at: 0, count: 8) == page && bytes.number(at: 10, count: 2) == 4
            && bytes.number(at: 12, count: 4) == count
        if !isSame { return self.fail("page \(page) of \(walk.name) is damaged") }
        if walk.isFree { self.noteFree(Array(bytes[16...]), &walk) }
    }

    /// Reads one list of free pages: how many, and their numbers.
    private mutating func noteFree(_ value: [UInt8], _ walk: inout Walk) {
        guard value.count >= 8, value.number(at: 0, count: 8) <= UInt64(value.count / 8 - 1) else {
            return self.fail("a row of \(walk.name) is damaged")
        }
        for index in 0..<Int(value.number(at: 0, count: 8)) {
            walk.freed.append(value.number(at: 8 + 8 * index, count: 8))
        }
    }

    /// Whether `key` comes after the last one.
    private func follows(_ key: [UInt8], _ walk: Walk) -> Bool {
        guard let last = walk.lastKey else { return true }
        if walk.isFree {
            return key.count == 8 && last.count == 8
                && last.number(at: 0, count: 8) < key.number(at: 0, count: 8)
        }
        return last.lexicographicallyPrecedes(key)
    }
}

extension [UInt8] {
    /// The little-endian number in `count` bytes (2, 4, 6 or 8) at `offset`.
    ///
    /// Traps out of bounds.
    fileprivate func number(at offset: Int, count: Int) -> UInt64 {
        precondition(offset >= 0 && offset + count <= self.count)
        // In bounds, by the line above.
        return unsafe self.withUnsafeBytes { bytes in
            func load<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: Word.Type) -> UInt64 {
                UInt64(Word(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Word.self)))
            }
            switch count {
            case 8: return load(offset, UInt64.self)
            case 6: return load(offset, UInt32.self) | load(offset + 4, UInt16.self) << 32
            case 4: return load(offset, UInt32.self)
            default: return load(offset, UInt16.self)
            }
        }
    }
}
