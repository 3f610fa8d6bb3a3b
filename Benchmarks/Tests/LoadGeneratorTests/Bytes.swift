@testable import LoadGenerator

/// What the tests ask of spans, for arrays: `#expect` takes no span.
extension [UInt8] {
    func frame(at offset: Int = 0) throws(LoadError) -> Frame? {
        try Frame.first(in: self.span.bytes, at: offset)
    }

    func text(_ start: Int, _ end: Int) -> String {
        self.span.bytes.text(start, end)
    }

    func lineFeed() -> Int? {
        self.span.bytes.lineFeed(from: 0)
    }

    func matches(_ other: [UInt8], at offset: Int) -> Bool {
        self.span.bytes.matches(other, at: offset)
    }

    func decimal(at offset: inout Int) -> UInt64? {
        self.span.bytes.decimal(at: &offset, end: self.count)
    }
}
