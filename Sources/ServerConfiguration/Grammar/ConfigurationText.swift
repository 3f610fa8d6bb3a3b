/// The bytes of one file while it is read, and how far.
struct ConfigurationText {
    /// The file's name, for messages.
    let file: String
    private let bytes: [UInt8]
    /// The byte to read next.
    private(set) var index = 0
    private(set) var line = 1
    private var lineStart = 0

    init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    /// Where the next byte stands.
    var position: SourcePosition {
        SourcePosition(file: self.file, line: self.line, column: self.index - self.lineStart + 1)
    }

    /// The next byte; nil at the end.
    var next: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

    /// The byte `offset` places after the next one; nil past the end.
    func peek(_ offset: Int) -> UInt8? {
        self.index + offset < self.bytes.count ? self.bytes[self.index + offset] : nil
    }

    /// Goes on by one byte.
    mutating func advance() {
        guard self.index < self.bytes.count else { return }
        let byte = self.bytes[self.index]
        self.index += 1
        if byte == UInt8(ascii: "\n") {
            self.line += 1
            self.lineStart = self.index
        }
    }

    /// The bytes from `start` to the next one.
    func bytes(from start: Int) -> ArraySlice<UInt8> { self.bytes[start..<self.index] }

    /// Skips blanks and tabs.
    mutating func skipBlanks() {
        while let byte = self.next, byte.isBlank { self.advance() }
    }

    /// Skips spaces of every kind, the ends of lines among them.
    mutating func skipSpaces() {
        while true {
            let length = self.spaceLength
            if length == 0 { return }
            for _ in 0..<length { self.advance() }
        }
    }

    /// Skips to the end of the line.
    mutating func skipLine() {
        while let byte = self.next, !byte.isLineEnd { self.advance() }
    }

    /// Bytes of the space that comes next; 0 if something else does.
    ///
    /// What Unicode calls white space is as good as a blank between items.
    var spaceLength: Int {
        guard let first = self.next else { return 0 }
        switch first {
        case 0x20, 0x09...0x0D:
            return 1
        case 0xC2:
            return self.peek(1) == 0x85 || self.peek(1) == 0xA0 ? 2 : 0
        case 0xE1:
            return self.peek(1) == 0x9A && self.peek(2) == 0x80 ? 3 : 0
        case 0xE2:
            guard let second = self.peek(1), let third = self.peek(2) else { return 0 }
            if second == 0x80 {
                return (0x80...0x8A).contains(third) || [0xA8, 0xA9, 0xAF].contains(third) ? 3 : 0
            }
            return second == 0x81 && third == 0x9F ? 3 : 0
        case 0xE3:
            return self.peek(1) == 0x80 && self.peek(2) == 0x80 ? 3 : 0
        default:
            return 0
        }
    }

    /// The next character, for messages.
    var nextCharacter: String {
        guard let first = self.next else { return "end of file" }
        if first == UInt8(ascii: "\n") { return "new line" }
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        let end = min(self.index + length, self.bytes.count)
        return "'\(String(decoding: self.bytes[self.index..<end], as: UTF8.self))'"
    }
}

extension UInt8 {
    /// Whether it is a blank or a tab.
    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
    /// Whether it ends a line.
    var isLineEnd: Bool { self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") }
    /// Whether it is a decimal digit.
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    /// Whether it ends a value that is not in quotes.
    var endsBareValue: Bool {
        switch self {
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "'"):
            true
        default: self.isBlank || self.isLineEnd
        }
    }
}
