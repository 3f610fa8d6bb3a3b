/// How a subject becomes another one: what stands in each token of it (core.md §1.13).
///
///     orders.*.*  becomes  new.{{wildcard(2)}}.{{partition(10,1)}}
///
/// Made once, from texts of a configuration or a request; applying it looks at bytes alone, and needs no memory but
/// the output's.
public struct SubjectTransform: Hashable, Sendable, CustomStringConvertible {
    /// What the subjects look like that are transformed.
    public let source: SubjectPattern
    /// What becomes of them, as written.
    public let destination: String
    private let functions: [TransformFunction]

    /// A transform of the subjects that match `source`.
    ///
    /// - Throws: ``SubjectTransformError``, whose text says what is wrong with which token.
    public init(from source: String, to destination: String) throws(SubjectTransformError) {
        let bytes = Array(source.utf8)
        guard unsafe Subject.isValidInConfiguration(bytes.span.bytes), let pattern = SubjectPattern(bytes)
        else { throw .invalidSubject }
        let tokens = Self.tokens(of: source)
        let wildcards = tokens.indices.filter { tokens[$0] == "*" }
        let words = Self.tokens(of: destination)
        var functions: [TransformFunction] = []
        for (index, word) in words.enumerated() {
            if word == "*" { throw .invalidSubject }
            if word == ">" {
                guard index == words.count - 1, tokens.last == ">" else { throw .invalidSubject }
                functions.append(.tail(from: tokens.count - 1))
            } else {
                functions.append(try TransformFunctionParser.parse(word, wildcards: wildcards))
            }
        }
        if tokens.last == ">", words.last != ">" { throw .invalidSubject }
        self.source = pattern
        self.destination = destination
        self.functions = functions
    }

    /// The tokens of a subject as text; a dot is one whatever character follows it.
    private static func tokens(of subject: String) -> [String] {
        subject.utf8.split(separator: Subject.dot, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the same subject becomes different ones.
    public var isRandom: Bool {
        self.functions.contains { if case .random = $0 { true } else { false } }
    }

    /// Source and destination.
    public var description: String { "\(self.source) to \(self.destination)" }

    /// Appends what becomes of `subject`, which matches ``source``, to `output`.
    ///
    /// `random` is any number; `{{random(n)}}` comes from it.
    public func apply(to subject: RawSpan, random: UInt64, into output: inout [UInt8]) {
        for index in self.functions.indices {
            if index > 0 { output.append(Subject.dot) }
            self.functions[index].append(of: subject, random: random, to: &output)
        }
    }
}
