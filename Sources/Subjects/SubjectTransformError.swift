/// Why a subject cannot be transformed as asked; the texts are those of core.md §1.13.
public enum SubjectTransformError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The source is no subject, the destination has a `*`, or only one of both ends in `>`.
    case invalidSubject
    /// A token of the destination is empty or has a blank.
    case invalidDestination
    /// A function that is not known; the token it stands in.
    case unknownFunction(String)
    /// A wildcard of the source is named that it does not have; nil where it has none at all.
    case indexOutOfRange(String, index: Int?)
    /// A function lacks an argument.
    case notEnoughArguments(String)
    /// A function has an argument it has no use for.
    case tooManyArguments(String)
    /// An argument is no number, or no separator.
    case invalidArgument(String)

    /// What is wrong, as the reference says it.
    public var description: String {
        let problem: String
        switch self {
        case .invalidSubject: return "invalid subject"
        case .invalidDestination: problem = "invalid transform"
        case .unknownFunction(let token): problem = "unknown function in \(token)"
        case .indexOutOfRange(let token, let index):
            problem = "wildcard index out of range in \(token)" + (index.map { ": [\($0)]" } ?? "")
        case .notEnoughArguments(let token):
            problem = "not enough arguments passed to the function in \(token)"
        case .tooManyArguments(let token): problem = "too many arguments passed to the function in \(token)"
        case .invalidArgument(let token):
            problem = "function argument is invalid or in the wrong format in \(token)"
        }
        return "invalid mapping destination: \(problem)"
    }
}
