/// What the subject of a create request says; consumers.md §1.1.
public struct ConsumerCreateSubject: Hashable, Sendable {
    /// Which of the subjects it is.
    public enum Form: Hashable, Sendable {
        /// `CONSUMER.CREATE.<stream>`: for an ephemeral consumer.
        case legacyEphemeral
        /// `CONSUMER.DURABLE.CREATE.<stream>.<consumer>`.
        case legacyDurable
        /// `CONSUMER.CREATE.<stream>.<consumer>` and `CONSUMER.CREATE.<stream>.<consumer>.<filter…>`.
        case named
    }

    /// Which of the subjects it is.
    public var form: Form
    /// The stream.
    public var stream: String
    /// The consumer; empty in the legacy form for ephemerals.
    public var consumer: String
    /// The filter; empty if the subject has none.
    public var filter: String

    /// Makes the value.
    public init(form: Form, stream: String, consumer: String = "", filter: String = "") {
        self.form = form
        self.stream = stream
        self.consumer = consumer
        self.filter = filter
    }
}

extension ConsumerCreateRequest {
    /// The request as the subject means it: checks A3 to A11 of consumers.md §1.3, in its order.
    ///
    /// The name of the subject, where it has one, replaces that of the configuration.
    ///
    /// - Throws: the error of the first check that fails.
    public func checked(for subject: ConsumerCreateSubject) throws(APIError) -> ConsumerCreateRequest {
        if self.streamName != subject.stream { throw .streamMismatch }
        let durable = self.configuration.durableName
        let isEphemeral = subject.form == .legacyEphemeral
        let name = isEphemeral ? self.configuration.name : subject.consumer
        if AssetName.hasPathSeparator(name) { throw .consumerNameContainsPathSeparators }
        switch subject.form {
        case .legacyDurable:
            if durable.isEmpty { throw .consumerDurableNameNotSet }
            if durable != subject.consumer { throw .consumerDurableNameNotMatchSubject }
        case .named:
            if !durable.isEmpty, durable != subject.consumer { throw .consumerDurableNameNotMatchSubject }
        case .legacyEphemeral:
            if !durable.isEmpty { throw .consumerEphemeralWithDurableName }
        }
        if !subject.filter.isEmpty {
            if !self.configuration.filterSubjects.isEmpty { throw .consumerMultipleFiltersNotAllowed }
            if self.configuration.filterSubject != subject.filter {
                throw .consumerCreateFilterSubjectMismatch
            }
        }
        if self.configuration.replicas > 1 { throw .streamReplicasNotSupported }
        var request = self
        if !isEphemeral { request.configuration.name = subject.consumer }
        return request
    }
}
