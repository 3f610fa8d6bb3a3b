/// Errors of consumers.
///
/// One member for each entry of the catalogue (streams.md §1.9), in the order of the numbers.
extension APIError {
    /// 10012: The reason as given.
    public static func consumerCreate(_ reason: String) -> APIError {
        APIError(500, 10012, reason)
    }

    /// 10013: Consumer name already in use.
    public static let consumerNameExist = APIError(400, 10013, "consumer name already in use")

    /// 10014: Consumer not found.
    public static let consumerNotFound = APIError(404, 10014, "consumer not found")

    /// 10016: Consumer expected to be durable but no durable name set in subject.
    public static let consumerDurableNameNotInSubject = APIError(
        400,
        10016,
        "consumer expected to be durable but no durable name set in subject"
    )

    /// 10017: Consumer name in subject does not match durable name in request.
    public static let consumerDurableNameNotMatchSubject = APIError(
        400,
        10017,
        "consumer name in subject does not match durable name in request"
    )

    /// 10018: Consumer expected to be durable but a durable name was not set.
    public static let consumerDurableNameNotSet = APIError(
        400,
        10018,
        "consumer expected to be durable but a durable name was not set"
    )

    /// 10019: Consumer expected to be ephemeral but detected a durable name set in subject.
    public static let consumerEphemeralWithDurableInSubject = APIError(
        400,
        10019,
        "consumer expected to be ephemeral but detected a durable name set in subject"
    )

    /// 10020: Consumer expected to be ephemeral but a durable name was set in request.
    public static let consumerEphemeralWithDurableName = APIError(
        400,
        10020,
        "consumer expected to be ephemeral but a durable name was set in request"
    )

    /// 10078: Consumer config required.
    public static let consumerConfigRequired = APIError(400, 10078, "consumer config required")

    /// 10093: Consumer filter subject is not a valid subset of the interest subjects.
    public static let consumerFilterNotSubset = APIError(
        400,
        10093,
        "consumer filter subject is not a valid subset of the interest subjects"
    )

    /// 10094: The reason as given.
    public static func consumerInvalidPolicy(_ reason: String) -> APIError {
        APIError(400, 10094, reason)
    }

    /// 10095: Failed to parse consumer sampling configuration: `err`.
    public static func consumerInvalidSampling(_ reason: String) -> APIError {
        APIError(400, 10095, "failed to parse consumer sampling configuration: \(reason)")
    }

    /// 10102: Consumer name is too long, maximum allowed is `max`.
    public static func consumerNameTooLong(_ max: Int) -> APIError {
        APIError(400, 10102, "consumer name is too long, maximum allowed is \(max)")
    }

    /// 10103: Durable name can not contain '.', '*', '>'.
    public static let consumerBadDurableName = APIError(
        400,
        10103,
        "durable name can not contain '.', '*', '>'"
    )

    /// 10104: Error creating store for consumer: `err`.
    public static func consumerStoreFailed(_ reason: String) -> APIError {
        APIError(500, 10104, "error creating store for consumer: \(reason)")
    }

    /// 10106: Consumer replacement durable config not the same.
    public static let consumerReplacementWithDifferentName = APIError(
        400,
        10106,
        "consumer replacement durable config not the same"
    )

    /// 10107: Consumer description is too long, maximum allowed is `max`.
    public static func consumerDescriptionTooLong(_ max: Int) -> APIError {
        APIError(400, 10107, "consumer description is too long, maximum allowed is \(max)")
    }

    /// 10116: Max deliver is required to be > length of backoff values.
    public static let consumerMaxDeliverBackoff = APIError(
        400,
        10116,
        "max deliver is required to be > length of backoff values"
    )

    /// 10119: Consumer is offline.
    public static let consumerOffline = APIError(500, 10119, "consumer is offline")

    /// 10121: Consumer max ack pending exceeds system limit of `limit`.
    public static func consumerMaxPendingAckExcess(_ limit: Int) -> APIError {
        APIError(400, 10121, "consumer max ack pending exceeds system limit of \(limit)")
    }

    /// 10127: Consumer name can not contain path separators.
    public static let consumerNameContainsPathSeparators = APIError(
        400,
        10127,
        "Consumer name can not contain path separators"
    )

    /// 10131: Consumer create request did not match filtered subject from create subject.
    public static let consumerCreateFilterSubjectMismatch = APIError(
        400,
        10131,
        "Consumer create request did not match filtered subject from create subject"
    )

    /// 10132: Consumer Durable and Name have to be equal if both are provided.
    public static let consumerCreateDurableAndNameMismatch = APIError(
        400,
        10132,
        "Consumer Durable and Name have to be equal if both are provided"
    )

    /// 10135: Consumer metadata exceeds maximum size of `limit`.
    public static func consumerMetadataLength(_ limit: String) -> APIError {
        APIError(400, 10135, "consumer metadata exceeds maximum size of \(limit)")
    }

    /// 10136: Consumer cannot have both FilterSubject and FilterSubjects specified.
    public static let consumerDuplicateFilterSubjects = APIError(
        400,
        10136,
        "consumer cannot have both FilterSubject and FilterSubjects specified"
    )

    /// 10137: Consumer with multiple subject filters cannot use subject based API.
    public static let consumerMultipleFiltersNotAllowed = APIError(
        400,
        10137,
        "consumer with multiple subject filters cannot use subject based API"
    )

    /// 10138: Consumer subject filters cannot overlap.
    public static let consumerOverlappingSubjectFilters = APIError(
        400,
        10138,
        "consumer subject filters cannot overlap"
    )

    /// 10139: Consumer filter in FilterSubjects cannot be empty.
    public static let consumerEmptyFilter = APIError(
        400,
        10139,
        "consumer filter in FilterSubjects cannot be empty"
    )

    /// 10148: Consumer already exists.
    public static let consumerAlreadyExists = APIError(400, 10148, "consumer already exists")

    /// 10149: Consumer does not exist.
    public static let consumerDoesNotExist = APIError(400, 10149, "consumer does not exist")

    /// 10153: Consumer inactive threshold exceeds system limit of `limit`.
    public static func consumerInactiveThresholdExcess(_ limit: String) -> APIError {
        APIError(400, 10153, "consumer inactive threshold exceeds system limit of \(limit)")
    }

    /// 10181: Consumer ack policy invalid.
    public static let consumerAckPolicyInvalid = APIError(400, 10181, "consumer ack policy invalid")

    /// 10182: Consumer replay policy invalid.
    public static let consumerReplayPolicyInvalid = APIError(400, 10182, "consumer replay policy invalid")

    /// 10183: Consumer ack wait needs to be positive.
    public static let consumerAckWaitNegative = APIError(400, 10183, "consumer ack wait needs to be positive")

    /// 10184: Consumer backoff needs to be positive.
    public static let consumerBackOffNegative = APIError(400, 10184, "consumer backoff needs to be positive")

    /// 10195: Consumer is offline: `err`.
    public static func consumerOfflineReason(_ reason: String) -> APIError {
        APIError(500, 10195, "consumer is offline: \(reason)")
    }

    /// 10204: Invalid reset: `err`.
    public static func consumerInvalidReset(_ reason: String) -> APIError {
        APIError(400, 10204, "invalid reset: \(reason)")
    }

    /// 10225: Consumer's stream identity does not match: `msg`.
    public static func consumerStreamIdentityMismatch(_ identity: String) -> APIError {
        APIError(400, 10225, "consumer's stream identity does not match: \(identity)")
    }
}
