import Logging
import NIOCore
import Subjects
import WireProtocol

/// What a client sends and is sent, in the log (core.md §4.9).
extension ClientSession {
    /// Logs an operation at `place` of `bytes` as it came, without secrets.
    func trace(_ operation: ClientOperation, in bytes: RawSpan, at place: Range<Int>) {
        var end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: place.lowerBound, to: place.upperBound)
        if end > place.lowerBound, bytes.byte(end - 1) == UInt8(ascii: "\r") { end -= 1 }
        var verb = place.lowerBound
        while verb < end, !Self.isBlank(bytes.byte(verb)) { verb += 1 }
        var rest = verb
        while rest < end, Self.isBlank(bytes.byte(rest)) { rest += 1 }
        var text = QuotedText.show(bytes.extracting(place.lowerBound..<verb)).uppercased()
        if case .connect(let json) = operation {
            text += " " + ConnectOptions.text(of: bytes.extracting(json))
        } else if rest < end {
            text += " " + QuotedText.show(bytes.extracting(rest..<end))
        }
        self.trace("<<- [\(text)]")
        guard case .publish(let publish) = operation else { return }
        let message = self.broker.current.tracing.text(
            headers: bytes.extracting(publish.headers),
            payload: bytes.extracting(publish.body)
        )
        if let message { self.trace("<<- \(message)") }
    }

    /// Logs what is handed to the socket; INFO is left out.
    func traceSent(_ buffer: ByteBuffer) {
        let bytes = buffer.readableBytesSpan
        let options = self.broker.current.tracing
        var offset = 0
        while let frame = SentFrame(in: bytes, from: offset) {
            offset = frame.end
            var text = QuotedText.show(bytes.extracting(frame.line))
            if text.hasPrefix("INFO ") { continue }
            if text == "+OK" { text = "OK" }
            // The quotes belong to the protocol.
            if text.hasPrefix("-ERR '"), text.hasSuffix("'") { text = "-ERR " + text.dropFirst(6).dropLast() }
            self.trace("->> [\(text)]")
            let headers = frame.message.prefix(frame.headerLength)
            let message = options.text(
                headers: bytes.extracting(headers),
                payload: bytes.extracting(headers.upperBound..<frame.message.upperBound)
            )
            if let message { self.trace("->> \(message)") }
        }
    }

    /// Logs the end of a subscription.
    func traceEnd(of sid: [UInt8]) {
        self.trace("<-> [DELSUB \(unsafe QuotedText.show(sid.span.bytes))]")
    }

    private func trace(_ text: String) { self.broker.logger.trace("\(self.logName) - \(text)") }

    /// How the client is called in the log: where it comes from, and once that is known, what and who it is.
    var logName: String {
        let place = "\(Self.text(of: self.activity.value.address)) - cid:\(self.connection.id)"
        guard let user = self.login.user else { return place }
        var name = place
        let said = self.options
        let version = said.version.isEmpty ? "" : "v\(said.version)"
        let program = [version, said.lang, said.name].filter { !$0.isEmpty }.joined(separator: ":")
        if !program.isEmpty { name += " - \(Self.quote(program))" }
        if !user.isImplicit {
            let kind = user.options.credential == .nkey ? "nkey" : "user"
            name += " - \(Self.quote("\(user.account.name)/\(kind):\(user.name)"))"
        } else if !said.authToken.isEmpty {
            name += " - \(Self.quote("\(user.account.name)/token"))"
        }
        return name
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    private static func text(of address: SocketAddress?) -> String {
        guard let address, let host = address.ipAddress else { return "" }
        let port = address.port ?? 0
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// A client's text as it may be shown in the log: quoted, and not too long.
    static func quote(_ text: String) -> String {
        let bytes = Array(text.utf8.prefix(256))
        return unsafe QuotedText.quote(bytes.span.bytes)
    }
}
