/// Errors of streams and their configurations.
///
/// One member for each entry of the catalogue (streams.md §1.9), in the order of the numbers.
extension APIError {
    /// 10037: No message found.
    public static let noMessageFound = APIError(404, 10037, "no message found")

    /// 10043: Sequence `seq` not found.
    public static func sequenceNotFound(_ sequence: UInt64) -> APIError {
        APIError(400, 10043, "sequence \(sequence) not found")
    }

    /// 10049: The reason as given.
    public static func streamCreate(_ reason: String) -> APIError {
        APIError(500, 10049, reason)
    }

    /// 10050: The reason as given.
    public static func streamDelete(_ reason: String) -> APIError {
        APIError(500, 10050, reason)
    }

    /// 10051: The reason as given.
    public static func streamGeneral(_ reason: String) -> APIError {
        APIError(500, 10051, reason)
    }

    /// 10052: The reason as given.
    public static func streamInvalidConfiguration(_ reason: String) -> APIError {
        APIError(500, 10052, reason)
    }

    /// 10053: The reason as given.
    public static func streamLimits(_ reason: String) -> APIError {
        APIError(500, 10053, reason)
    }

    /// 10055: Stream mirror configuration can not be updated.
    public static let streamMirrorNotUpdatable = APIError(
        400,
        10055,
        "stream mirror configuration can not be updated"
    )

    /// 10056: Stream name in subject does not match request.
    public static let streamMismatch = APIError(400, 10056, "stream name in subject does not match request")

    /// 10057: The reason as given.
    public static func streamMessageDeleteFailed(_ reason: String) -> APIError {
        APIError(500, 10057, reason)
    }

    /// 10058: Stream name already in use with a different configuration.
    public static let streamNameExist = APIError(
        400,
        10058,
        "stream name already in use with a different configuration"
    )

    /// 10059: Stream not found.
    public static let streamNotFound = APIError(404, 10059, "stream not found")

    /// 10061: Replicas configuration can not be updated.
    public static let streamReplicasNotUpdatable = APIError(
        400,
        10061,
        "Replicas configuration can not be updated"
    )

    /// 10062: Restore failed: `err`.
    public static func streamRestore(_ reason: String) -> APIError {
        APIError(500, 10062, "restore failed: \(reason)")
    }

    /// 10064: Snapshot failed: `err`.
    public static func streamSnapshot(_ reason: String) -> APIError {
        APIError(500, 10064, "snapshot failed: \(reason)")
    }

    /// 10065: Subjects overlap with an existing stream.
    public static let streamSubjectOverlap = APIError(400, 10065, "subjects overlap with an existing stream")

    /// 10066: The reason as given.
    public static func streamTemplateCreate(_ reason: String) -> APIError {
        APIError(500, 10066, reason)
    }

    /// 10067: The reason as given.
    public static func streamTemplateDelete(_ reason: String) -> APIError {
        APIError(500, 10067, reason)
    }

    /// 10068: Template not found.
    public static let streamTemplateNotFound = APIError(404, 10068, "template not found")

    /// 10069: The reason as given.
    public static func streamUpdate(_ reason: String) -> APIError {
        APIError(500, 10069, reason)
    }

    /// 10073: Template name in subject does not match request.
    public static let templateNameNotMatchSubject = APIError(
        400,
        10073,
        "template name in subject does not match request"
    )

    /// 10074: Replicas > 1 not supported in non-clustered mode.
    public static let streamReplicasNotSupported = APIError(
        500,
        10074,
        "replicas > 1 not supported in non-clustered mode"
    )

    /// 10096: Stream not valid.
    public static let streamInvalid = APIError(500, 10096, "stream not valid")

    /// 10109: Invalid operation on sealed stream.
    public static let streamSealed = APIError(400, 10109, "invalid operation on sealed stream")

    /// 10110: The reason as given.
    public static func streamPurgeFailed(_ reason: String) -> APIError {
        APIError(500, 10110, reason)
    }

    /// 10113: Account requires a stream config to have max bytes set.
    public static let streamMaxBytesRequired = APIError(
        400,
        10113,
        "account requires a stream config to have max bytes set"
    )

    /// 10117: Subject details would exceed maximum allowed.
    public static let streamInfoMaxSubjects = APIError(
        500,
        10117,
        "subject details would exceed maximum allowed"
    )

    /// 10118: Stream is offline.
    public static let streamOffline = APIError(500, 10118, "stream is offline")

    /// 10122: Stream max bytes exceeds account limit max stream bytes.
    public static let streamMaxStreamBytesExceeded = APIError(
        400,
        10122,
        "stream max bytes exceeds account limit max stream bytes"
    )

    /// 10128: Stream name can not contain path separators.
    public static let streamNameContainsPathSeparators = APIError(
        400,
        10128,
        "Stream name can not contain path separators"
    )

    /// 10130: Stream name already in use, cannot restore.
    public static let streamNameExistRestoreFailed = APIError(
        400,
        10130,
        "stream name already in use, cannot restore"
    )

    /// 10155: Stream transform source: `err`.
    public static func streamTransformInvalidSource(_ reason: String) -> APIError {
        APIError(400, 10155, "stream transform source: \(reason)")
    }

    /// 10156: Stream transform: `err`.
    public static func streamTransformInvalidDestination(_ reason: String) -> APIError {
        APIError(400, 10156, "stream transform: \(reason)")
    }

    /// 10194: Stream is offline: `err`.
    public static func streamOfflineReason(_ reason: String) -> APIError {
        APIError(500, 10194, "stream is offline: \(reason)")
    }
}
