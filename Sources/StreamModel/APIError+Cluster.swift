/// Errors of clusters and replicas.
///
/// One member for each entry of the catalogue (streams.md §1.9), in the order of the numbers.
extension APIError {
    /// 10004: Incomplete results.
    public static let clusterIncomplete = APIError(503, 10004, "incomplete results")

    /// 10005: The reason as given.
    public static func clusterNoPeers(_ reason: String) -> APIError {
        APIError(400, 10005, reason)
    }

    /// 10006: JetStream not in clustered mode.
    public static let clusterNotActive = APIError(500, 10006, "JetStream not in clustered mode")

    /// 10007: JetStream cluster not assigned to this server.
    public static let clusterNotAssigned = APIError(
        500,
        10007,
        "JetStream cluster not assigned to this server"
    )

    /// 10008: JetStream system temporarily unavailable.
    public static let clusterNotAvail = APIError(503, 10008, "JetStream system temporarily unavailable")

    /// 10009: JetStream cluster can not handle request.
    public static let clusterNotLeader = APIError(500, 10009, "JetStream cluster can not handle request")

    /// 10010: JetStream clustering support required.
    public static let clusterRequired = APIError(503, 10010, "JetStream clustering support required")

    /// 10011: Tags placement not supported for operation.
    public static let clusterTags = APIError(400, 10011, "tags placement not supported for operation")

    /// 10035: Account not found.
    public static let noAccount = APIError(503, 10035, "account not found")

    /// 10036: Not currently supported in clustered mode.
    public static let clusterUnSupportFeature = APIError(
        503,
        10036,
        "not currently supported in clustered mode"
    )

    /// 10040: Peer not a member.
    public static let clusterPeerNotMember = APIError(400, 10040, "peer not a member")

    /// 10041: The reason as given.
    public static func raftGeneral(_ reason: String) -> APIError {
        APIError(500, 10041, reason)
    }

    /// 10044: Server is not a member of the cluster.
    public static let clusterServerNotMember = APIError(400, 10044, "server is not a member of the cluster")

    /// 10048: The reason as given.
    public static func streamAssignment(_ reason: String) -> APIError {
        APIError(500, 10048, reason)
    }

    /// 10075: Peer remap failed.
    public static let peerRemap = APIError(503, 10075, "peer remap failed")

    /// 10123: Can not move and scale a stream in a single update.
    public static let streamMoveAndScale = APIError(
        400,
        10123,
        "can not move and scale a stream in a single update"
    )

    /// 10124: Stream move already in progress.
    public static let streamMoveInProgress = APIError(400, 10124, "stream move already in progress")

    /// 10126: Consumer config replica count exceeds parent stream.
    public static let consumerReplicasExceedStream = APIError(
        400,
        10126,
        "consumer config replica count exceeds parent stream"
    )

    /// 10129: Stream reconfiguration not in progress.
    public static let streamReconfigureNotInProgress = APIError(
        400,
        10129,
        "stream reconfiguration not in progress"
    )

    /// 10134: Consumer config replicas must match interest retention stream's replicas.
    public static let consumerReplicasShouldMatchStream = APIError(
        400,
        10134,
        "consumer config replicas must match interest retention stream's replicas"
    )

    /// 10158: Duplicate message id is in process.
    public static let streamDuplicateMessageConflict = APIError(
        409,
        10158,
        "duplicate message id is in process"
    )

    /// 10163: Expected last sequence per subject temporarily unavailable.
    public static let streamExpectedLastSequencePerSubjectNotReady = APIError(
        503,
        10163,
        "expected last sequence per subject temporarily unavailable"
    )

    /// 10180: Min last sequence.
    public static let streamMinLastSequence = APIError(412, 10180, "min last sequence")

    /// 10202: Cluster member change is in progress.
    public static let clusterServerMemberChangeInflight = APIError(
        400,
        10202,
        "cluster member change is in progress"
    )

    /// 10224: JetStream system rescue not applied: `err`.
    public static func clusterRescue(_ reason: String) -> APIError {
        APIError(400, 10224, "JetStream system rescue not applied: \(reason)")
    }

    /// 10226: Stream reconfiguration already in progress.
    public static let streamReconfigureInProgress = APIError(
        400,
        10226,
        "stream reconfiguration already in progress"
    )
}
