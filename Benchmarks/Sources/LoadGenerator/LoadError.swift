/// Why a run of load has no result.
enum LoadError: Error, Equatable {
    /// The command line cannot be understood.
    case usage(String)
    /// A system call failed. `errno` is the kernel's value, `call` its name (`"recv"`).
    case system(call: String, errno: CInt)
    /// The server closed the connection.
    case disconnected
    /// The server said no: an `-ERR`, an error reply or a status without a message.
    case refused(String)
    /// The server's answers do not add up: a count, a sequence or a frame that must not be.
    case wrong(String)
    /// Nothing happened for longer than a run may stand still.
    case stalled(String)
}

extension LoadError: CustomStringConvertible {
    var description: String {
        switch self {
        case .usage(let text): text
        case .system(let call, let errno): "\(call) failed with errno \(errno)"
        case .disconnected: "the server closed the connection"
        case .refused(let text): "the server refused: \(text)"
        case .wrong(let text): "wrong answer: \(text)"
        case .stalled(let text): "stalled: \(text)"
        }
    }
}
