import Subjects

/// Writes the pieces of one frame, one behind the other, into memory that was reserved for all of them.
///
/// Safe to use: each write checks that there is room. Only making one is not: the memory has to stay.
@safe
struct FrameWriter {
    private let start: UnsafeMutableRawPointer
    private let capacity: Int
    private(set) var count = 0

    /// A writer at `start`, where `memory` begins.
    @unsafe
    init(_ memory: UnsafeMutableRawBufferPointer, start: UnsafeMutableRawPointer) {
        unsafe self.start = start
        self.capacity = memory.count
    }

    /// Writes one byte.
    @inline(__always)
    mutating func write(_ byte: UInt8) {
        precondition(self.count < self.capacity)
        unsafe self.start.storeBytes(of: byte, toByteOffset: self.count, as: UInt8.self)
        self.count += 1
    }

    /// Writes `length` bytes, the lowest of `word` first.
    ///
    /// There must be room for 8.
    @inline(__always)
    mutating func write(_ word: UInt64, length: Int) {
        precondition(self.capacity - self.count >= 8 && length <= 8)
        unsafe self.start.storeBytes(of: word.littleEndian, toByteOffset: self.count, as: UInt64.self)
        self.count += length
    }

    /// Copies `bytes`.
    @inline(__always)
    mutating func write(_ bytes: RawSpan) {
        let length = bytes.byteCount
        precondition(self.capacity - self.count >= length)
        let target = unsafe self.start + self.count
        if length <= 16 {
            // Most subjects and all ids are this short: two moves that may overlap, rather than a call.
            if length >= 8 {
                unsafe target.storeBytes(of: bytes.word(0).littleEndian, as: UInt64.self)
                let last = length - 8
                unsafe target.storeBytes(
                    of: bytes.word(last).littleEndian,
                    toByteOffset: last,
                    as: UInt64.self
                )
            } else {
                for index in 0..<length {
                    unsafe target.storeBytes(of: bytes.byte(index), toByteOffset: index, as: UInt8.self)
                }
            }
        } else {
            // The room was checked; the source is a span, and another piece of memory.
            unsafe bytes.withUnsafeBytes { source in
                if let base = source.baseAddress { unsafe target.copyMemory(from: base, byteCount: length) }
            }
        }
        self.count += length
    }

    /// Writes a number that is not negative, in decimal.
    @inline(__always)
    mutating func write(decimal number: Int) {
        let length = Self.digitCount(number)
        precondition(number >= 0 && self.capacity - self.count >= length)
        var rest = number
        var place = self.count + length
        repeat {
            place -= 1
            unsafe self.start.storeBytes(of: UInt8(0x30 + rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        } while rest > 0
        self.count += length
    }

    /// How many decimal digits a number that is not negative has.
    static func digitCount(_ number: Int) -> Int {
        var count = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}
