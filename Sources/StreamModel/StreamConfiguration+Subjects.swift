/// The rules for a stream's subjects (streams.md §3.4) and for what becomes of them (§3.3, rows 27 to 30).
extension StreamConfiguration {
    /// Subjects that only a stream without acknowledgements may capture, save for a subset of `exempt`: an
    /// answer to a request of the API would else be stored, acknowledged, and answer the request a second
    /// time.
    private static let reserved: [(subject: String, exempt: String, text: String)] = [
        ("$JS.>", "$JS.EVENT.>", "jetstream api"),
        ("$JSC.>", "$JS.EVENT.>", "jetstream api"),
        ("$NRG.>", "$JS.EVENT.>", "jetstream api"),
        ("$SYS.>", "$SYS.ACCOUNT.>", "system api"),
    ]

    /// Checks the subjects; a stream that copies nothing and has none captures its own name.
    mutating func correctSubjects() throws(APIError) {
        if self.subjects.isEmpty, !self.isCopy { self.subjects = [self.name] }
        for subject in self.subjects where !SubjectRelation.isValid(subject) {
            throw .streamInvalidConfiguration("invalid subject")
        }
        if let pair = SubjectRelation.overlappingPair(self.subjects) {
            throw .streamInvalidConfiguration("subject \"\(pair.0)\" overlaps with \"\(pair.1)\"")
        }
        if self.noAck { return }
        for subject in self.subjects {
            if subject == ">" {
                throw .streamInvalidConfiguration("capturing all subjects requires no-ack to be true")
            }
            for reserved in Self.reserved {
                guard SubjectRelation.overlap(subject, reserved.subject),
                    !SubjectRelation.isSubset(subject, of: reserved.exempt)
                else { continue }
                throw .streamInvalidConfiguration(
                    "subjects that overlap with \(reserved.text) require no-ack to be true"
                )
            }
        }
    }

    /// Checks `subject_transform` and `republish`.
    mutating func correctTransforms(pedantic: Bool) throws(APIError) {
        if let transform = self.subjectTransform {
            if let fault = transform.sourceFault { throw .streamTransformInvalidSource(fault) }
            if let fault = transform.destinationFault { throw .streamTransformInvalidDestination(fault) }
        }
        guard var republish = self.republish else { return }
        if republish.source.isEmpty {
            if pedantic { throw .pedantic("republish source can not be empty") }
            republish.source = ">"
            self.republish = republish
        }
        if self.overlaps(subjects: [republish.destination]) {
            throw .streamInvalidConfiguration(
                "stream configuration for republish destination forms a cycle"
            )
        }
        let transform = SubjectTransform(source: republish.source, destination: republish.destination)
        if transform.sourceFault != nil || transform.destinationFault != nil {
            throw .streamInvalidConfiguration(
                "stream configuration for republish with transform from '\(republish.source)'"
                    + " to '\(republish.destination)' not valid"
            )
        }
    }
}
