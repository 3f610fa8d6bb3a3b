/// Errors of requests, accounts and resources.
///
/// One member for each entry of the catalogue (streams.md §1.9), in the order of the numbers.
extension APIError {
    /// 10003: Bad request.
    public static let badRequest = APIError(400, 10003, "bad request")

    /// 10015: Deliver subject not valid.
    public static let snapshotDeliverSubjectInvalid = APIError(400, 10015, "deliver subject not valid")

    /// 10025: Invalid JSON: `err`.
    public static func invalidJSON(_ reason: String) -> APIError {
        APIError(400, 10025, "invalid JSON: \(reason)")
    }

    /// 10026: Maximum consumers limit reached.
    public static let maximumConsumersLimit = APIError(400, 10026, "maximum consumers limit reached")

    /// 10027: Maximum number of streams reached.
    public static let maximumStreamsLimit = APIError(400, 10027, "maximum number of streams reached")

    /// 10028: Insufficient memory resources available.
    public static let memoryResourcesExceeded = APIError(
        500,
        10028,
        "insufficient memory resources available"
    )

    /// 10038: Expected an empty request payload.
    public static let notEmptyRequest = APIError(400, 10038, "expected an empty request payload")

    /// 10039: JetStream not enabled for account.
    public static let notEnabledForAccount = APIError(503, 10039, "JetStream not enabled for account")

    /// 10042: JetStream unable to subscribe to restore snapshot `subject`: `err`.
    public static func restoreSubscribeFailed(_ subject: String, _ reason: String) -> APIError {
        APIError(500, 10042, "JetStream unable to subscribe to restore snapshot \(subject): \(reason)")
    }

    /// 10047: Insufficient storage resources available.
    public static let storageResourcesExceeded = APIError(
        500,
        10047,
        "insufficient storage resources available"
    )

    /// 10072: JetStream unable to open temp storage for restore.
    public static let tempStorageFailed = APIError(
        500,
        10072,
        "JetStream unable to open temp storage for restore"
    )

    /// 10076: JetStream not enabled.
    public static let notEnabled = APIError(503, 10076, "JetStream not enabled")

    /// 10120: No JetStream default or applicable tiered limit present.
    public static let noLimits = APIError(
        400,
        10120,
        "no JetStream default or applicable tiered limit present"
    )

    /// 10133: Replicas count cannot be negative.
    public static let replicasCountCannotBeNegative = APIError(
        400,
        10133,
        "replicas count cannot be negative"
    )

    /// 10157: Pedantic mode: `err`.
    public static func pedantic(_ reason: String) -> APIError {
        APIError(400, 10157, "pedantic mode: \(reason)")
    }

    /// 10185: JetStream minimum api level required.
    public static let requiredAPILevel = APIError(412, 10185, "JetStream minimum api level required")
}
