/// Errors of mirrors and sources.
///
/// One member for each entry of the catalogue (streams.md §1.9), in the order of the numbers.
extension APIError {
    /// 10021: Stream external api prefix `prefix` must not overlap with `subject`.
    public static func streamExternalAPIOverlap(_ prefix: String, _ subject: String) -> APIError {
        APIError(400, 10021, "stream external api prefix \(prefix) must not overlap with \(subject)")
    }

    /// 10022: Stream external delivery prefix `prefix` overlaps with stream subject `subject`.
    public static func streamExternalDeliverPrefixOverlaps(_ prefix: String, _ subject: String) -> APIError {
        APIError(
            400,
            10022,
            "stream external delivery prefix \(prefix) overlaps with stream subject \(subject)"
        )
    }

    /// 10024: Stream external delivery prefix `prefix` must not contain wildcards.
    public static func streamInvalidExternalDeliverPrefix(_ prefix: String) -> APIError {
        APIError(400, 10024, "stream external delivery prefix \(prefix) must not contain wildcards")
    }

    /// 10029: The reason as given.
    public static func mirrorConsumerSetupFailed(_ reason: String) -> APIError {
        APIError(500, 10029, reason)
    }

    /// 10030: Stream mirror must have max message size >= source.
    public static let mirrorMaxMessageSizeTooBig = APIError(
        400,
        10030,
        "stream mirror must have max message size >= source"
    )

    /// 10031: Stream mirrors can not also contain other sources.
    public static let mirrorWithSources = APIError(
        400,
        10031,
        "stream mirrors can not also contain other sources"
    )

    /// 10032: Stream mirrors can not have both start seq and start time configured.
    public static let mirrorWithStartSequenceAndTime = APIError(
        400,
        10032,
        "stream mirrors can not have both start seq and start time configured"
    )

    /// 10033: Stream mirrors can not contain filtered subjects.
    public static let mirrorWithSubjectFilters = APIError(
        400,
        10033,
        "stream mirrors can not contain filtered subjects"
    )

    /// 10034: Stream mirrors can not contain subjects.
    public static let mirrorWithSubjects = APIError(400, 10034, "stream mirrors can not contain subjects")

    /// 10045: The reason as given.
    public static func sourceConsumerSetupFailed(_ reason: String) -> APIError {
        APIError(500, 10045, reason)
    }

    /// 10046: Stream source must have max message size >= target.
    public static let sourceMaxMessageSizeTooBig = APIError(
        400,
        10046,
        "stream source must have max message size >= target"
    )

    /// 10140: Duplicate source configuration detected.
    public static let sourceDuplicateDetected = APIError(
        400,
        10140,
        "duplicate source configuration detected"
    )

    /// 10141: Sourced stream name is invalid.
    public static let sourceInvalidStreamName = APIError(400, 10141, "sourced stream name is invalid")

    /// 10142: Mirrored stream name is invalid.
    public static let mirrorInvalidStreamName = APIError(400, 10142, "mirrored stream name is invalid")

    /// 10143: Stream mirrors can not have first sequence configured.
    public static let mirrorWithFirstSequence = APIError(
        400,
        10143,
        "stream mirrors can not have first sequence configured"
    )

    /// 10144: Source with multiple subject transforms cannot also have a single subject filter.
    public static let sourceMultipleFiltersNotAllowed = APIError(
        400,
        10144,
        "source with multiple subject transforms cannot also have a single subject filter"
    )

    /// 10145: Source transform source: `err`.
    public static func sourceInvalidSubjectFilter(_ reason: String) -> APIError {
        APIError(400, 10145, "source transform source: \(reason)")
    }

    /// 10146: Source transform: `err`.
    public static func sourceInvalidTransformDestination(_ reason: String) -> APIError {
        APIError(400, 10146, "source transform: \(reason)")
    }

    /// 10147: Source filters can not overlap.
    public static let sourceOverlappingSubjectFilters = APIError(400, 10147, "source filters can not overlap")

    /// 10150: Mirror with multiple subject transforms cannot also have a single subject filter.
    public static let mirrorMultipleFiltersNotAllowed = APIError(
        400,
        10150,
        "mirror with multiple subject transforms cannot also have a single subject filter"
    )

    /// 10151: Mirror transform source: `err`.
    public static func mirrorInvalidSubjectFilter(_ reason: String) -> APIError {
        APIError(400, 10151, "mirror transform source: \(reason)")
    }

    /// 10152: Mirror subject filters can not overlap.
    public static let mirrorOverlappingSubjectFilters = APIError(
        400,
        10152,
        "mirror subject filters can not overlap"
    )

    /// 10154: Mirror transform: `err`.
    public static func mirrorInvalidTransformDestination(_ reason: String) -> APIError {
        APIError(400, 10154, "mirror transform: \(reason)")
    }

    /// 10173: Stream mirrors can not also calculate counters.
    public static let mirrorWithCounters = APIError(
        400,
        10173,
        "stream mirrors can not also calculate counters"
    )

    /// 10186: Stream mirrors can not also schedule messages.
    public static let mirrorWithMessageSchedules = APIError(
        400,
        10186,
        "stream mirrors can not also schedule messages"
    )

    /// 10187: Stream source can not also schedule messages.
    public static let sourceWithMessageSchedules = APIError(
        400,
        10187,
        "stream source can not also schedule messages"
    )

    /// 10198: Stream mirrors can not also use atomic publishing.
    public static let mirrorWithAtomicPublish = APIError(
        400,
        10198,
        "stream mirrors can not also use atomic publishing"
    )

    /// 10209: Stream mirrors can not also use batch publishing.
    public static let mirrorWithBatchPublish = APIError(
        400,
        10209,
        "stream mirrors can not also use batch publishing"
    )

    /// 10213: Stream mirror consumer config is invalid.
    public static let mirrorDurableConsumerInvalid = APIError(
        400,
        10213,
        "stream mirror consumer config is invalid"
    )

    /// 10214: Stream mirror consumer requires flow control ack policy.
    public static let mirrorConsumerRequiresAckFlowControl = APIError(
        400,
        10214,
        "stream mirror consumer requires flow control ack policy"
    )

    /// 10215: Stream source consumer config is invalid.
    public static let sourceDurableConsumerInvalid = APIError(
        400,
        10215,
        "stream source consumer config is invalid"
    )

    /// 10216: Duplicate stream source consumer detected.
    public static let sourceDurableConsumerDuplicateDetected = APIError(
        400,
        10216,
        "duplicate stream source consumer detected"
    )

    /// 10217: Stream source consumer requires flow control ack policy.
    public static let sourceConsumerRequiresAckFlowControl = APIError(
        400,
        10217,
        "stream source consumer requires flow control ack policy"
    )
}
