import StreamModel

/// What of a stream's configuration every publish asks for, in a form that is copied at once.
struct PublishRules {
    /// Whether nothing is stored any more.
    let isSealed: Bool
    /// Whether publishers get answers.
    let answers: Bool
    /// Whether messages are refused when the stream is full.
    let discardsNew: Bool
    /// The most bytes of headers and payload; negative for no limit.
    let messageBytesMax: Int
    /// How long ids are remembered, in nanoseconds.
    let duplicateWindow: Int64

    init(_ configuration: StreamConfiguration) {
        self.isSealed = configuration.sealed
        self.answers = !configuration.noAck
        self.discardsNew = configuration.discard == .new
        self.messageBytesMax = Int(configuration.maxMessageSize)
        self.duplicateWindow = configuration.duplicateWindow.rawValue
    }
}
