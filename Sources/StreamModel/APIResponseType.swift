/// The kinds of responses, named as in their `type` member; streams.md §1.5.
public enum APIResponseType: String, CaseIterable, Sendable {
    /// INFO.
    case accountInfo = "account_info_response"
    /// STREAM.CREATE, and the last answer of STREAM.RESTORE.
    case streamCreate = "stream_create_response"
    /// STREAM.UPDATE.
    case streamUpdate = "stream_update_response"
    /// STREAM.INFO.
    case streamInfo = "stream_info_response"
    /// STREAM.NAMES.
    case streamNames = "stream_names_response"
    /// STREAM.LIST.
    case streamList = "stream_list_response"
    /// STREAM.DELETE.
    case streamDelete = "stream_delete_response"
    /// STREAM.PURGE.
    case streamPurge = "stream_purge_response"
    /// STREAM.MSG.GET.
    case messageGet = "stream_msg_get_response"
    /// STREAM.MSG.DELETE.
    case messageDelete = "stream_msg_delete_response"
    /// STREAM.SNAPSHOT.
    case streamSnapshot = "stream_snapshot_response"
    /// STREAM.RESTORE, the first answer.
    case streamRestore = "stream_restore_response"
    /// STREAM.LEADER.STEPDOWN.
    case streamLeaderStepdown = "stream_leader_stepdown_response"
    /// STREAM.PEER.REMOVE.
    case streamRemovePeer = "stream_remove_peer_response"
    /// STREAM.PEER.EVACUATE.
    case streamEvacuatePeer = "stream_evacuate_peer_response"
    /// STREAM.CANCEL_MOVE.
    case streamCancelMove = "stream_cancel_move_response"
    /// META.LEADER.STEPDOWN.
    case metaLeaderStepdown = "meta_leader_stepdown_response"
    /// SERVER.REMOVE.
    case metaServerRemove = "meta_server_remove_response"
    /// META.RESCUE.
    case metaRescue = "meta_rescue_response"
    /// ACCOUNT.PURGE.
    case accountPurge = "account_purge_response"
    /// CONSUMER.CREATE and CONSUMER.DURABLE.CREATE.
    case consumerCreate = "consumer_create_response"
    /// CONSUMER.INFO.
    case consumerInfo = "consumer_info_response"
    /// CONSUMER.LIST.
    case consumerList = "consumer_list_response"
    /// CONSUMER.NAMES.
    case consumerNames = "consumer_names_response"
    /// CONSUMER.DELETE.
    case consumerDelete = "consumer_delete_response"
    /// CONSUMER.PAUSE.
    case consumerPause = "consumer_pause_response"
    /// CONSUMER.RESET.
    case consumerReset = "consumer_reset_response"
    /// CONSUMER.UNPIN.
    case consumerUnpin = "consumer_unpin_response"
    /// CONSUMER.LEADER.STEPDOWN.
    case consumerLeaderStepdown = "consumer_leader_stepdown_response"
    /// A request of the system account that is not for it.
    case system = "system_response"
    /// A request that was dropped because there are too many.
    case systemOverloaded = "system_overloaded"

    /// The value of the member `type`.
    public var name: String { "io.nats.jetstream.api.v1." + self.rawValue }

    /// The response that says why a request failed, with the members that every response of the kind has.
    public func failure(_ error: APIError) -> [UInt8] {
        var writer = self.opened()
        writer.key("error")
        error.write(to: &writer)
        switch self {
        case .streamInfo: Page.none.writeMembers(to: &writer)
        case .streamNames:
            Page.none.writeMembers(to: &writer)
            writer.key("streams")
            writer.null()
        case .streamList: Self.writeEmptyPage("streams", to: &writer)
        case .consumerList, .consumerNames: Self.writeEmptyPage("consumers", to: &writer)
        case .streamPurge: writer.field("purged", 0)
        case .streamRestore: writer.field("deliver_subject", "")
        case .consumerPause:
            writer.field("paused", false)
            writer.field("pause_until", Timestamp?.none)
        case .consumerReset: writer.field("reset_seq", 0)
        case .accountPurge: writer.field("initiated", false)
        default: break
        }
        writer.endObject()
        return writer.bytes
    }

    /// A writer in which the object is open and the type written.
    func opened() -> JSONWriter {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("type", self.name)
        return writer
    }

    private static func writeEmptyPage(_ list: StaticString, to writer: inout JSONWriter) {
        Page.none.writeMembers(to: &writer)
        writer.field(list, [String]())
    }
}
