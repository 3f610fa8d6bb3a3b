/// Reads one token of a transform's destination: a text, `$N`, or `{{function(arguments)}}` (core.md §1.13).
struct TransformFunctionParser {
    /// A function, and how its name may be written: letters in a pair may be of either case.
    private enum Name: CaseIterable {
        case wildcard, partition, split, splitFromLeft, splitFromRight, sliceFromLeft, sliceFromRight, left,
            right, random

        /// The words of the name, each of which may begin with a capital.
        var words: [String] {
            switch self {
            case .wildcard: ["wildcard"]
            case .partition: ["partition"]
            case .split: ["split"]
            case .splitFromLeft: ["split", "from", "left"]
            case .splitFromRight: ["split", "from", "right"]
            case .sliceFromLeft: ["slice", "from", "left"]
            case .sliceFromRight: ["slice", "from", "right"]
            case .left: ["left"]
            case .right: ["right"]
            case .random: ["random"]
            }
        }

        init?(_ text: Substring) {
            let found = Self.allCases.first { name in
                var rest = text[...]
                for word in name.words {
                    guard let first = rest.first, first.isASCII,
                        first.lowercased() + rest.dropFirst().prefix(word.count - 1) == word
                    else { return false }
                    rest = rest.dropFirst(word.count)
                }
                return rest.isEmpty
            }
            guard let found else { return nil }
            self = found
        }
    }

    /// The token as written.
    private let token: String
    /// Where the wildcards of the source stand among its tokens.
    private let wildcards: [Int]

    /// What `token` makes of a subject of which the tokens `wildcards` are variable.
    static func parse(
        _ token: String,
        wildcards: [Int]
    ) throws(SubjectTransformError) -> TransformFunction {
        let parser = Self(token: token, wildcards: wildcards)
        if token.hasPrefix("$"), let index = Self.number(token.dropFirst()) {
            return .token(try parser.place(index))
        }
        if token.hasPrefix("{{"), token.hasSuffix("}}"), token.utf8.count > 4 { return try parser.function() }
        if token.isEmpty || token.utf8.contains(where: Self.isBlank) { throw .invalidDestination }
        return .literal(Array(token.utf8))
    }

    private func function() throws(SubjectTransformError) -> TransformFunction {
        let call = Self.trim(self.token.dropFirst(2).dropLast(2))
        guard call.hasSuffix(")"), let open = call.firstIndex(of: "("),
            let name = Name(Self.trim(call[..<open]))
        else { throw .unknownFunction(self.token) }
        let inside = call[call.index(after: open)...].dropLast().drop { $0.isWhitespace }
        // The blanks behind a comma are no part of an argument; those before one are.
        let arguments = inside.split(separator: ",", omittingEmptySubsequences: false)
            .enumerated().map { $0.offset == 0 ? $0.element : $0.element.drop { $0.isWhitespace } }
        switch name {
        case .wildcard:
            if inside.isEmpty { throw .notEnoughArguments(self.token) }
            if arguments.count > 1 { throw .tooManyArguments(self.token) }
            return .token(try self.place(try self.number(arguments[0])))
        case .partition:
            let count = UInt32(bitPattern: try self.number32(arguments[0]))
            var tokens: [Int] = []
            for argument in arguments.dropFirst() {
                let index = try self.number(argument)
                // Without wildcards there is nothing to choose from: the whole subject counts.
                if !self.wildcards.isEmpty { tokens.append(try self.place(index)) }
            }
            return .partition(count: count, tokens: tokens)
        case .random:
            if arguments.count > 1 { throw .notEnoughArguments(self.token) }
            return .random(count: UInt32(max(0, try self.number32(arguments[0]))))
        case .split, .splitFromLeft, .splitFromRight, .sliceFromLeft, .sliceFromRight, .left, .right:
            if arguments.count < 2 { throw .notEnoughArguments(self.token) }
            if arguments.count > 2 { throw .tooManyArguments(self.token) }
            return try self.function(name, of: try self.number(arguments[0]), by: arguments[1])
        }
    }

    /// A function of one token and a second argument.
    private func function(
        _ name: Name,
        of index: Int,
        by argument: Substring
    ) throws(SubjectTransformError) -> TransformFunction {
        if name == .split {
            if argument.contains(" ") { throw .invalidArgument(self.token) }
            return .split(try self.place(index), separator: Array(argument.utf8))
        }
        let bytes = Int(try self.number32(argument))
        let token = try self.place(index)
        return switch name {
        case .splitFromLeft: .splitFromLeft(token, bytes: bytes)
        case .splitFromRight: .splitFromRight(token, bytes: bytes)
        case .sliceFromLeft: .sliceFromLeft(token, bytes: bytes)
        case .sliceFromRight: .sliceFromRight(token, bytes: bytes)
        case .left: .left(token, bytes: bytes)
        default: .right(token, bytes: bytes)
        }
    }

    /// The token that the wildcard `index`, from 1, stands for; the first one for anything below 1.
    private func place(_ index: Int) throws(SubjectTransformError) -> Int {
        if self.wildcards.isEmpty { throw .indexOutOfRange(self.token, index: nil) }
        if index > self.wildcards.count { throw .indexOutOfRange(self.token, index: index) }
        return index < 1 ? 0 : self.wildcards[index - 1]
    }

    private func number(_ text: Substring) throws(SubjectTransformError) -> Int {
        guard let number = Self.number(Self.trim(text)) else { throw .invalidArgument(self.token) }
        return number
    }

    private func number32(_ text: Substring) throws(SubjectTransformError) -> Int32 {
        guard let number = Int32(exactly: try self.number(text)) else { throw .invalidArgument(self.token) }
        return number
    }

    /// A decimal number with or without a sign.
    private static func number(_ text: Substring) -> Int? { Int(text) }

    private static func trim(_ text: Substring) -> Substring {
        var text = text.drop { $0.isWhitespace }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0c || byte == 0x0d
    }
}
