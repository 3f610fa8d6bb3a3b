/// Errors of how consumers deliver: push, pull, work queues and priorities.
///
/// One member for each entry of the catalogue (streams.md §1.9), in the order of the numbers.
extension APIError {
    /// 10079: Consumer deliver subject has wildcards.
    public static let consumerDeliverToWildcards = APIError(
        400,
        10079,
        "consumer deliver subject has wildcards"
    )

    /// 10080: Consumer in push mode can not set max waiting.
    public static let consumerPushMaxWaiting = APIError(
        400,
        10080,
        "consumer in push mode can not set max waiting"
    )

    /// 10081: Consumer deliver subject forms a cycle.
    public static let consumerDeliverCycle = APIError(400, 10081, "consumer deliver subject forms a cycle")

    /// 10082: Consumer requires ack policy for max ack pending.
    public static let consumerMaxPendingAckPolicyRequired = APIError(
        400,
        10082,
        "consumer requires ack policy for max ack pending"
    )

    /// 10083: Consumer idle heartbeat needs to be >= 100ms.
    public static let consumerSmallHeartbeat = APIError(
        400,
        10083,
        "consumer idle heartbeat needs to be >= 100ms"
    )

    /// 10084: Consumer in pull mode requires explicit ack policy on workqueue stream.
    public static let consumerPullRequiresAck = APIError(
        400,
        10084,
        "consumer in pull mode requires explicit ack policy on workqueue stream"
    )

    /// 10085: Consumer in pull mode requires a durable name.
    public static let consumerPullNotDurable = APIError(
        400,
        10085,
        "consumer in pull mode requires a durable name"
    )

    /// 10086: Consumer in pull mode can not have rate limit set.
    public static let consumerPullWithRateLimit = APIError(
        400,
        10086,
        "consumer in pull mode can not have rate limit set"
    )

    /// 10087: Consumer max waiting needs to be positive.
    public static let consumerMaxWaitingNegative = APIError(
        400,
        10087,
        "consumer max waiting needs to be positive"
    )

    /// 10088: Consumer idle heartbeat requires a push based consumer.
    public static let consumerHeartbeatRequiresPush = APIError(
        400,
        10088,
        "consumer idle heartbeat requires a push based consumer"
    )

    /// 10089: Consumer flow control requires a push based consumer.
    public static let consumerFlowControlRequiresPush = APIError(
        400,
        10089,
        "consumer flow control requires a push based consumer"
    )

    /// 10090: Consumer direct requires a push based consumer.
    public static let consumerDirectRequiresPush = APIError(
        400,
        10090,
        "consumer direct requires a push based consumer"
    )

    /// 10091: Consumer direct requires an ephemeral consumer.
    public static let consumerDirectRequiresEphemeral = APIError(
        400,
        10091,
        "consumer direct requires an ephemeral consumer"
    )

    /// 10092: Consumer direct on a mapped consumer.
    public static let consumerOnMapped = APIError(400, 10092, "consumer direct on a mapped consumer")

    /// 10098: Workqueue stream requires explicit ack.
    public static let consumerWorkQueueRequiresExplicitAck = APIError(
        400,
        10098,
        "workqueue stream requires explicit ack"
    )

    /// 10099: Multiple non-filtered consumers not allowed on workqueue stream.
    public static let consumerWorkQueueMultipleUnfiltered = APIError(
        400,
        10099,
        "multiple non-filtered consumers not allowed on workqueue stream"
    )

    /// 10100: Filtered consumer not unique on workqueue stream.
    public static let consumerWorkQueueNotUnique = APIError(
        400,
        10100,
        "filtered consumer not unique on workqueue stream"
    )

    /// 10101: Consumer must be deliver all on workqueue stream.
    public static let consumerWorkQueueNotDeliverAll = APIError(
        400,
        10101,
        "consumer must be deliver all on workqueue stream"
    )

    /// 10105: Consumer already exists and is still active.
    public static let consumerExistingActive = APIError(
        400,
        10105,
        "consumer already exists and is still active"
    )

    /// 10108: Consumer with flow control also needs heartbeats.
    public static let consumerWithFlowControlNeedsHeartbeats = APIError(
        400,
        10108,
        "consumer with flow control also needs heartbeats"
    )

    /// 10112: Invalid push consumer deliver subject.
    public static let consumerInvalidDeliverSubject = APIError(
        400,
        10112,
        "invalid push consumer deliver subject"
    )

    /// 10114: Consumer max request batch needs to be > 0.
    public static let consumerMaxRequestBatchNegative = APIError(
        400,
        10114,
        "consumer max request batch needs to be > 0"
    )

    /// 10115: Consumer max request expires needs to be >= 1ms.
    public static let consumerMaxRequestExpiresTooSmall = APIError(
        400,
        10115,
        "consumer max request expires needs to be >= 1ms"
    )

    /// 10125: Consumer max request batch exceeds server limit of `limit`.
    public static func consumerMaxRequestBatchExceeded(_ limit: Int) -> APIError {
        APIError(400, 10125, "consumer max request batch exceeds server limit of \(limit)")
    }

    /// 10159: Setting PriorityPolicy requires at least one PriorityGroup to be set.
    public static let consumerPriorityPolicyWithoutGroup = APIError(
        400,
        10159,
        "Setting PriorityPolicy requires at least one PriorityGroup to be set"
    )

    /// 10160: Provided priority group does not exist for this consumer.
    public static let consumerInvalidPriorityGroup = APIError(
        400,
        10160,
        "Provided priority group does not exist for this consumer"
    )

    /// 10161: Group name cannot be an empty string.
    public static let consumerEmptyGroupName = APIError(400, 10161, "Group name cannot be an empty string")

    /// 10162: Valid priority group name must match A-Z, a-z, 0-9, -_/=)+ and may not exceed 16 characters.
    public static let consumerInvalidGroupName = APIError(
        400,
        10162,
        "Valid priority group name must match A-Z, a-z, 0-9, -_/=)+ and may not exceed 16 characters"
    )

    /// 10178: Priority groups can not be used with push consumers.
    public static let consumerPushWithPriorityGroup = APIError(
        400,
        10178,
        "priority groups can not be used with push consumers"
    )

    /// 10196: Consumer can not have priority groups when policy is none.
    public static let consumerPriorityGroupWithPolicyNone = APIError(
        400,
        10196,
        "consumer can not have priority groups when policy is none"
    )

    /// 10197: PinnedTTL cannot be set when PriorityPolicy is none.
    public static let consumerPinnedTTLWithPriorityPolicyNone = APIError(
        400,
        10197,
        "PinnedTTL cannot be set when PriorityPolicy is none"
    )

    /// 10218: Flow control ack policy requires a push based consumer.
    public static let consumerAckFlowControlRequiresPush = APIError(
        400,
        10218,
        "flow control ack policy requires a push based consumer"
    )

    /// 10219: Flow control ack policy requires flow control.
    public static let consumerAckFlowControlRequiresFlowControl = APIError(
        400,
        10219,
        "flow control ack policy requires flow control"
    )

    /// 10220: Flow control ack policy requires max ack pending.
    public static let consumerAckFlowControlRequiresMaxAckPending = APIError(
        400,
        10220,
        "flow control ack policy requires max ack pending"
    )

    /// 10221: Flow control ack policy requires unset ack wait.
    public static let consumerAckFlowControlRequiresNoAckWait = APIError(
        400,
        10221,
        "flow control ack policy requires unset ack wait"
    )

    /// 10222: Flow control ack policy requires unset max deliver.
    public static let consumerAckFlowControlRequiresNoMaxDeliver = APIError(
        400,
        10222,
        "flow control ack policy requires unset max deliver"
    )
}
