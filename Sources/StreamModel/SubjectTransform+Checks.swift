extension SubjectTransform {
    /// Why ``source`` is not a subject, or nil.
    var sourceFault: String? {
        self.source.isEmpty || SubjectRelation.isValid(self.source) ? nil : "invalid subject \(self.source)"
    }

    /// Why ``destination`` cannot be made from ``source``, or nil.
    var destinationFault: String? {
        if self.destination.isEmpty { return nil }
        guard SubjectRelation.isValid(Self.withoutFunctions(self.destination)) else {
            return "invalid subject"
        }
        let sources = (self.source.isEmpty ? ">" : self.source).split(separator: ".")
        let destinations = Self.tokens(self.destination)
        // What a `>` matched can go nowhere but to a `>`, and nothing else can fill one.
        if (sources.last == ">") != (destinations.last == ">") { return "invalid subject" }
        let wildcards = sources.count { $0 == "*" }
        for token in destinations {
            if token == "*" { return "invalid subject" }
            if let fault = Self.fault(of: token, wildcards: wildcards) {
                return "invalid mapping destination: \(fault)"
            }
        }
        return nil
    }

    /// Why a token of the destination is wrong for a source of that many wildcards, or nil.
    private static func fault(of token: String, wildcards: Int) -> String? {
        if token.hasPrefix("$"), let index = Int(token.dropFirst()) {
            return index > wildcards ? "wildcard index out of range in \(token): [\(index)]" : nil
        }
        guard token.hasPrefix("{{"), token.hasSuffix("}}"), token.utf8.count > 4 else { return nil }
        let call = token.dropFirst(2).dropLast(2).drop { $0 == " " }
        guard let open = call.firstIndex(of: "("), let close = call.lastIndex(of: ")"), open < close,
            let shape = Shape(call[..<open].lowercased())
        else { return "unknown function in \(token)" }
        let text = call[call.index(after: open)..<close]
        let arguments = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { argument in argument.drop { $0 == " " } }
        if text.isEmpty || arguments.count < shape.argumentsMin {
            return "not enough arguments passed to the function in \(token)"
        }
        if arguments.count > shape.argumentsMax {
            return "too many arguments passed to the function in \(token)"
        }
        for (position, argument) in arguments.enumerated() {
            // The second argument of split is the separator itself.
            if shape.hasSeparator, position == 1 { continue }
            guard let number = Int32(argument), number >= 0 else {
                return "function argument is invalid or in the wrong format in \(token)"
            }
            guard shape.indexes.contains(position) else { continue }
            if number < 1 || number > wildcards {
                return "wildcard index out of range in \(token): [\(number)]"
            }
        }
        return nil
    }

    /// The tokens of a destination; a point between `{{` and `}}` does not separate.
    private static func tokens(_ destination: String) -> [String] {
        var tokens: [String] = []
        var token = ""
        var isInFunction = false
        for character in destination {
            if character == ".", !isInFunction {
                tokens.append(token)
                token = ""
                continue
            }
            token.append(character)
            if token.hasSuffix("{{") { isInFunction = true }
            if token.hasSuffix("}}") { isInFunction = false }
        }
        tokens.append(token)
        return tokens
    }

    /// The destination with a plain token where it has a function, whose arguments may hold blanks and
    /// points.
    private static func withoutFunctions(_ destination: String) -> String {
        Self.tokens(destination)
            .map { $0.hasPrefix("{{") && $0.hasSuffix("}}") && $0.utf8.count > 4 ? "f" : $0 }
            .joined(separator: ".")
    }

    /// What a function of the destination language takes.
    private struct Shape {
        var argumentsMin: Int
        var argumentsMax: Int
        /// The positions of arguments that name a wildcard of the source.
        var indexes: Range<Int>
        var hasSeparator = false

        init?(_ name: String) {
            switch name {
            case "wildcard": (self.argumentsMin, self.argumentsMax, self.indexes) = (1, 1, 0..<1)
            case "partition": (self.argumentsMin, self.argumentsMax, self.indexes) = (1, .max, 1..<Int.max)
            case "split":
                (self.argumentsMin, self.argumentsMax, self.indexes) = (2, 2, 0..<1)
                self.hasSeparator = true
            case "splitfromleft", "splitfromright", "slicefromleft", "slicefromright", "left", "right":
                (self.argumentsMin, self.argumentsMax, self.indexes) = (2, 2, 0..<1)
            case "random": (self.argumentsMin, self.argumentsMax, self.indexes) = (1, 1, 0..<0)
            default: return nil
            }
        }
    }
}
