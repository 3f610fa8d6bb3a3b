public import StreamModel

/// A consumer as its stream knows it: the engine, and what the API shows of it.
public final class StreamConsumer {
    /// Its deliveries and acknowledgements.
    public let consumer: Consumer
    /// Its name.
    public let name: String
    /// When it was first created.
    public let created: Timestamp
    /// Its configuration, normalised.
    public internal(set) var configuration: ConsumerConfiguration

    /// Whether it is on the list of those that may deliver in this cycle.
    var isReady = false
    /// Whether it is on the list of those whose requests wait for messages.
    var isWaiting = false

    /// Whether it is on the list of those in which something may have happened.
    var isEventful = false

    init(consumer: Consumer, name: String, created: Timestamp, configuration: ConsumerConfiguration) {
        self.consumer = consumer
        self.name = name
        self.created = created
        self.configuration = configuration
    }
}
