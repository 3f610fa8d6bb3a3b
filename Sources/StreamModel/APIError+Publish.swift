/// Errors of publishing, batches, counters and schedules.
///
/// One member for each entry of the catalogue (streams.md §1.9), in the order of the numbers.
extension APIError {
    /// 10002: Resource limits exceeded for account.
    public static let accountResourcesExceeded = APIError(400, 10002, "resource limits exceeded for account")

    /// 10023: Insufficient resources.
    public static let insufficientResources = APIError(503, 10023, "insufficient resources")

    /// 10054: Message size exceeds maximum allowed.
    public static let streamMessageExceedsMaximum = APIError(
        400,
        10054,
        "message size exceeds maximum allowed"
    )

    /// 10060: Expected stream does not match.
    public static let streamNotMatch = APIError(400, 10060, "expected stream does not match")

    /// 10063: Expected stream sequence does not match.
    public static let streamSequenceNotMatch = APIError(503, 10063, "expected stream sequence does not match")

    /// 10070: Wrong last msg ID: `id`.
    public static func wrongLastMessageID(_ id: String) -> APIError {
        APIError(400, 10070, "wrong last msg ID: \(id)")
    }

    /// 10071: Wrong last sequence: `seq`.
    public static func wrongLastSequence(_ sequence: UInt64) -> APIError {
        APIError(400, 10071, "wrong last sequence: \(sequence)")
    }

    /// 10077: The reason as given.
    public static func streamStoreFailed(_ reason: String) -> APIError {
        APIError(503, 10077, reason)
    }

    /// 10097: Header size exceeds maximum allowed of 64k.
    public static let streamHeaderExceedsMaximum = APIError(
        400,
        10097,
        "header size exceeds maximum allowed of 64k"
    )

    /// 10111: The reason as given.
    public static func streamRollupFailed(_ reason: String) -> APIError {
        APIError(500, 10111, reason)
    }

    /// 10164: Wrong last sequence.
    public static let wrongLastSequenceInBatch = APIError(400, 10164, "wrong last sequence")

    /// 10165: Invalid per-message TTL.
    public static let messageTTLInvalid = APIError(400, 10165, "invalid per-message TTL")

    /// 10166: Per-message TTL is disabled.
    public static let messageTTLDisabled = APIError(400, 10166, "per-message TTL is disabled")

    /// 10167: Too many requests.
    public static let streamTooManyRequests = APIError(429, 10167, "too many requests")

    /// 10168: Message counters is disabled.
    public static let messageCounterDisabled = APIError(400, 10168, "message counters is disabled")

    /// 10169: Message counter increment is missing.
    public static let messageIncrementMissing = APIError(400, 10169, "message counter increment is missing")

    /// 10170: Message counter has payload.
    public static let messageIncrementPayload = APIError(400, 10170, "message counter has payload")

    /// 10171: Message counter increment is invalid.
    public static let messageIncrementInvalid = APIError(400, 10171, "message counter increment is invalid")

    /// 10172: Message counter is broken.
    public static let messageCounterBroken = APIError(400, 10172, "message counter is broken")

    /// 10174: Atomic publish is disabled.
    public static let atomicPublishDisabled = APIError(400, 10174, "atomic publish is disabled")

    /// 10175: Atomic publish sequence is missing.
    public static let atomicPublishMissingSequence = APIError(
        400,
        10175,
        "atomic publish sequence is missing"
    )

    /// 10176: Atomic publish batch is incomplete.
    public static let atomicPublishIncompleteBatch = APIError(
        400,
        10176,
        "atomic publish batch is incomplete"
    )

    /// 10177: Atomic publish unsupported header used: `header`.
    public static func atomicPublishUnsupportedHeader(_ header: String) -> APIError {
        APIError(400, 10177, "atomic publish unsupported header used: \(header)")
    }

    /// 10179: Atomic publish batch ID is invalid.
    public static let atomicPublishInvalidBatchID = APIError(400, 10179, "atomic publish batch ID is invalid")

    /// 10188: Message schedules is disabled.
    public static let messageSchedulesDisabled = APIError(400, 10188, "message schedules is disabled")

    /// 10189: Message schedules pattern is invalid.
    public static let messageSchedulesPatternInvalid = APIError(
        400,
        10189,
        "message schedules pattern is invalid"
    )

    /// 10190: Message schedules target is invalid.
    public static let messageSchedulesTargetInvalid = APIError(
        400,
        10190,
        "message schedules target is invalid"
    )

    /// 10191: Message schedules invalid per-message TTL.
    public static let messageSchedulesTTLInvalid = APIError(
        400,
        10191,
        "message schedules invalid per-message TTL"
    )

    /// 10192: Message schedules invalid rollup.
    public static let messageSchedulesRollupInvalid = APIError(400, 10192, "message schedules invalid rollup")

    /// 10193: Missing sequence for expected last sequence per subject.
    public static let streamExpectedLastSequencePerSubjectInvalid = APIError(
        400,
        10193,
        "missing sequence for expected last sequence per subject"
    )

    /// 10199: Atomic publish batch is too large: `size`.
    public static func atomicPublishTooLargeBatch(_ size: Int) -> APIError {
        APIError(400, 10199, "atomic publish batch is too large: \(size)")
    }

    /// 10200: Atomic publish batch commit is invalid.
    public static let atomicPublishInvalidBatchCommit = APIError(
        400,
        10200,
        "atomic publish batch commit is invalid"
    )

    /// 10201: Atomic publish batch contains duplicate message id.
    public static let atomicPublishContainsDuplicateMessage = APIError(
        400,
        10201,
        "atomic publish batch contains duplicate message id"
    )

    /// 10203: Message schedules source is invalid.
    public static let messageSchedulesSourceInvalid = APIError(
        400,
        10203,
        "message schedules source is invalid"
    )

    /// 10205: Batch publish is disabled.
    public static let batchPublishDisabled = APIError(400, 10205, "batch publish is disabled")

    /// 10206: Batch publish pattern is invalid.
    public static let batchPublishInvalidPattern = APIError(400, 10206, "batch publish pattern is invalid")

    /// 10207: Batch publish ID is invalid.
    public static let batchPublishInvalidBatchID = APIError(400, 10207, "batch publish ID is invalid")

    /// 10208: Batch publish ID unknown.
    public static let batchPublishUnknownBatchID = APIError(400, 10208, "batch publish ID unknown")

    /// 10210: Atomic publish too many inflight.
    public static let atomicPublishTooManyInflight = APIError(429, 10210, "atomic publish too many inflight")

    /// 10211: Batch publish too many inflight.
    public static let batchPublishTooManyInflight = APIError(429, 10211, "batch publish too many inflight")

    /// 10212: Message schedules invalid scheduler.
    public static let messageSchedulesSchedulerInvalid = APIError(
        400,
        10212,
        "message schedules invalid scheduler"
    )

    /// 10223: Message schedules time zone is invalid.
    public static let messageSchedulesTimeZoneInvalid = APIError(
        400,
        10223,
        "message schedules time zone is invalid"
    )

    /// 10227: Message stream source header is not allowed.
    public static let messageSourceHeaderNotAllowed = APIError(
        400,
        10227,
        "message stream source header is not allowed"
    )
}
