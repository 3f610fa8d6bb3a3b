import Broker
import StreamModel

/// Makes options of a configuration's values, and notes what is wrong with them.
///
/// Reading goes on after an error, so that all of them are told at once.
struct OptionsReader {
    /// What the broker is told.
    var options = ServerOptions()
    /// What the process around it is told.
    var process = ProcessOptions()
    /// Why the configuration cannot be used.
    private(set) var errors: [ConfigurationError] = []
    /// What should be written otherwise.
    private(set) var warnings: [ConfigurationError] = []
    /// What is there for compatibility and changes nothing in this server.
    private(set) var notices: [ConfigurationError] = []
    /// Where the store's directory was named.
    var storeDirectoryPosition: SourcePosition?
    /// Where a user, a token and users were given.
    var authorizationPosition: SourcePosition?
    var accountsPosition: SourcePosition?
    /// Names of users and nkeys met so far, in all accounts.
    var userNames: Set<String> = []
    /// Whether `system_account` named one.
    var namesSystemAccount = false

    /// Errors of one kind that are told at most.
    private static let errorsMax = 100

    init() {}

    // MARK: What is wrong

    mutating func fail(_ message: String, at position: SourcePosition?) {
        guard self.errors.count < Self.errorsMax else { return }
        self.errors.append(ConfigurationError(message, at: position))
    }

    mutating func warn(_ message: String, at position: SourcePosition?) {
        guard self.warnings.count < Self.errorsMax else { return }
        self.warnings.append(ConfigurationError(message, at: position))
    }

    /// Notes that an entry changes nothing in this server.
    mutating func noteWithoutEffect(_ entry: ConfigurationMap.Entry) {
        guard self.notices.count < Self.errorsMax else { return }
        self.notices.append(
            ConfigurationError("\"\(entry.key)\" has no effect in this server", at: entry.position)
        )
    }

    /// Notes that the feature an entry asks for is not built: better no server than one that ignores it.
    mutating func failAbsent(_ entry: ConfigurationMap.Entry) {
        self.fail("\"\(entry.key)\" is not supported by this server", at: entry.position)
    }

    /// Notes an unknown key, unless a variable stands for it.
    mutating func failUnknown(_ entry: ConfigurationMap.Entry) {
        if !entry.isVariable { self.fail("unknown field \"\(entry.key)\"", at: entry.position) }
    }

    private mutating func failType(_ value: ConfigurationValue, _ wanted: String, at position: SourcePosition)
    {
        self.fail("interface conversion: interface {} is \(value.kindName), not \(wanted)", at: position)
    }

    // MARK: Values

    mutating func bool(_ entry: ConfigurationMap.Entry) -> Bool? {
        if case .bool(let flag) = entry.value.kind { return flag }
        self.failType(entry.value, "bool", at: entry.position)
        return nil
    }

    mutating func integer(_ entry: ConfigurationMap.Entry) -> Int? {
        if case .integer(let number) = entry.value.kind { return Int(number) }
        self.failType(entry.value, "int64", at: entry.position)
        return nil
    }

    mutating func string(_ entry: ConfigurationMap.Entry) -> String? {
        self.string(entry.value, at: entry.position)
    }

    mutating func string(_ value: ConfigurationValue, at position: SourcePosition) -> String? {
        if case .string(let text) = value.kind { return text }
        self.failType(value, "string", at: position)
        return nil
    }

    mutating func map(_ entry: ConfigurationMap.Entry) -> ConfigurationMap? {
        if case .map(let map) = entry.value.kind { return map }
        self.failType(entry.value, "map", at: entry.position)
        return nil
    }

    /// An integer of at most 31 bits.
    mutating func smallInteger(_ entry: ConfigurationMap.Entry) -> Int? {
        guard let number = self.integer(entry) else { return nil }
        guard number <= Int(Int32.max) else {
            self.fail("\(entry.name) value is too big", at: entry.position)
            return nil
        }
        return number
    }

    /// A text, or a list of texts.
    mutating func strings(_ entry: ConfigurationMap.Entry, _ what: String) -> [String]? {
        switch entry.value.kind {
        case .string(let text):
            return [text]
        case .array(let elements):
            var texts: [String] = []
            for element in elements {
                guard case .string(let text) = element.kind else {
                    self.fail(
                        "error parsing \(what): unsupported type \(element.kindName) where string is expected",
                        at: element.position
                    )
                    return nil
                }
                texts.append(text)
            }
            return texts
        default:
            self.fail("error parsing \(what): unsupported type \(entry.value.kindName)", at: entry.position)
            return nil
        }
    }

    // MARK: Times

    /// The nanoseconds that a text such as `1h30m` says; nil if it says none.
    static func nanoseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        return unsafe Nanoseconds(text: bytes.span.bytes)?.rawValue
    }

    /// A time in quotes, in nanoseconds.
    mutating func duration(_ entry: ConfigurationMap.Entry) -> Int64? {
        guard let text = self.string(entry) else { return nil }
        guard let time = Self.nanoseconds(text) else {
            self.fail("error parsing \(entry.name): time: invalid duration \"\(text)\"", at: entry.position)
            return nil
        }
        return self.bounded(time, entry)
    }

    /// A time in quotes, or, with a warning, a number of seconds; in nanoseconds.
    mutating func durationOrSeconds(_ entry: ConfigurationMap.Entry) -> Int64? {
        guard case .integer(let seconds) = entry.value.kind else { return self.duration(entry) }
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard let time = self.bounded(overflow ? .max : product, entry) else { return nil }
        self.warn(
            "invalid use of field \"\(entry.name)\": \(entry.name) should be converted to a duration",
            at: entry.position
        )
        return time
    }

    /// A time of a century at most, so that one added to the time of day is still a time.
    private mutating func bounded(_ time: Int64, _ entry: ConfigurationMap.Entry) -> Int64? {
        guard time.magnitude <= 100 * 365 * 86_400 * 1_000_000_000 else {
            self.fail("\(entry.name) value is too big", at: entry.position)
            return nil
        }
        return time
    }

    /// A number of seconds, or a time in quotes; in nanoseconds.
    mutating func seconds(_ entry: ConfigurationMap.Entry, _ context: String) -> Int64? {
        let seconds: Double
        switch entry.value.kind {
        case .integer(let number): seconds = Double(number)
        case .float(let number): seconds = number
        case .string(let text):
            guard let time = Self.nanoseconds(text) else {
                self.fail(
                    "error parsing \(context), '\(entry.name)' time: invalid duration \"\(text)\"",
                    at: entry.position
                )
                return nil
            }
            seconds = Double(time) / 1e9
        default:
            self.failType(entry.value, "float64", at: entry.position)
            return nil
        }
        guard seconds.magnitude < 1e9 else {
            self.fail("\(entry.name) value is too big", at: entry.position)
            return nil
        }
        if seconds > 60 {
            self.warn(
                """
                invalid use of field "\(entry.name)": \(entry.name) of \(seconds) seconds is high, consider \
                keeping it under 60 seconds. possibly caused by unquoted duration; use '1m' instead of 1m
                """,
                at: entry.position
            )
        }
        return Int64((seconds * 1e9).rounded())
    }

    // MARK: Addresses

    /// A port, or an address with one: `4222`, `"127.0.0.1:4222"`, `":4222"`, `"[::1]:4222"`.
    mutating func address(_ entry: ConfigurationMap.Entry) -> (host: String?, port: Int)? {
        switch entry.value.kind {
        case .integer(let port):
            guard let port = Int(exactly: port) else { return nil }
            return (nil, port)
        case .string(let text):
            guard let colon = text.lastIndex(of: ":"),
                case let host = text[..<colon],
                host.hasPrefix("[") == host.hasSuffix("]"),
                host.hasPrefix("[") || !host.contains(":")
            else {
                self.fail("could not parse address string \"\(text)\"", at: entry.position)
                return nil
            }
            let portText = text[text.index(after: colon)...]
            guard let port = Int(portText) else {
                self.fail("could not parse port \"\(portText)\"", at: entry.position)
                return nil
            }
            return (host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : String(host), port)
        default:
            self.fail("expected port or host:port, got \(entry.value.kindName)", at: entry.position)
            return nil
        }
    }
}
