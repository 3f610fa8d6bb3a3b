/// The response to a request that succeeded; streams.md §2, consumers.md §1.
///
/// A failure is made by ``APIResponseType/failure(_:)``.
public enum APIResponse: Hashable, Sendable {
    /// INFO.
    case accountInfo(AccountInfo)
    /// STREAM.CREATE.
    case streamCreate(StreamInfo)
    /// STREAM.UPDATE.
    case streamUpdate(StreamInfo)
    /// STREAM.INFO, with the page of subjects that the state shows.
    case streamInfo(StreamInfo, Page)
    /// STREAM.NAMES, with the names of the page.
    case streamNames([String], Page)
    /// STREAM.LIST, with the infos of the page.
    case streamList([StreamInfo], Page)
    /// STREAM.DELETE.
    case streamDelete
    /// STREAM.PURGE, with the number of messages removed.
    case streamPurge(UInt64)
    /// STREAM.MSG.GET.
    case messageGet(StoredMessageView)
    /// STREAM.MSG.DELETE.
    case messageDelete
    /// ACCOUNT.PURGE.
    case accountPurge
    /// CONSUMER.CREATE.
    case consumerCreate(ConsumerInfo)
    /// CONSUMER.INFO.
    case consumerInfo(ConsumerInfo)
    /// CONSUMER.LIST, with the infos of the page.
    case consumerList([ConsumerInfo], Page)
    /// CONSUMER.NAMES, with the names of the page.
    case consumerNames([String], Page)
    /// CONSUMER.DELETE.
    case consumerDelete
    /// CONSUMER.PAUSE: until when (nil to resume), and how long that is.
    case consumerPause(until: Timestamp?, remaining: Nanoseconds)
    /// CONSUMER.RESET, with the sequence that comes next.
    case consumerReset(ConsumerInfo, StreamSequence)
    /// CONSUMER.UNPIN.
    case consumerUnpin

    /// The kind of the response.
    public var type: APIResponseType {
        switch self {
        case .accountInfo: .accountInfo
        case .streamCreate: .streamCreate
        case .streamUpdate: .streamUpdate
        case .streamInfo: .streamInfo
        case .streamNames: .streamNames
        case .streamList: .streamList
        case .streamDelete: .streamDelete
        case .streamPurge: .streamPurge
        case .messageGet: .messageGet
        case .messageDelete: .messageDelete
        case .accountPurge: .accountPurge
        case .consumerCreate: .consumerCreate
        case .consumerInfo: .consumerInfo
        case .consumerList: .consumerList
        case .consumerNames: .consumerNames
        case .consumerDelete: .consumerDelete
        case .consumerPause: .consumerPause
        case .consumerReset: .consumerReset
        case .consumerUnpin: .consumerUnpin
        }
    }

    /// The response as JSON.
    public func encoded() -> [UInt8] {
        var writer = self.type.opened()
        switch self {
        case .accountInfo(let info): info.writeMembers(to: &writer)
        case .streamCreate(let info):
            info.writeMembers(to: &writer, metadata: .response)
            writer.field("did_create", true)
        case .streamUpdate(let info): info.writeMembers(to: &writer, metadata: .response)
        case .streamInfo(let info, let page):
            page.writeMembers(to: &writer)
            info.writeMembers(to: &writer, metadata: .response)
        case .streamNames(let names, let page):
            page.writeMembers(to: &writer)
            if names.isEmpty {
                writer.key("streams")
                writer.null()  // streams.md §2.4: null, not [].
            } else {
                writer.field("streams", names)
            }
        case .streamList(let infos, let page):
            page.writeMembers(to: &writer)
            writer.key("streams")
            writer.beginArray()
            for info in infos {
                writer.beginObject()
                info.writeMembers(to: &writer, metadata: .stored)
                writer.endObject()
            }
            writer.endArray()
        case .streamDelete, .messageDelete, .consumerDelete: writer.field("success", true)
        case .streamPurge(let removed):
            writer.field("success", true)
            writer.field("purged", removed)
        case .accountPurge: writer.field("initiated", true)
        case .messageGet(let message):
            writer.key("message")
            message.write(to: &writer)
        case .consumerCreate, .consumerInfo, .consumerList, .consumerNames, .consumerPause, .consumerReset,
            .consumerUnpin:
            self.writeConsumerMembers(to: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    private func writeConsumerMembers(to writer: inout JSONWriter) {
        switch self {
        case .consumerCreate(let info), .consumerInfo(let info):
            info.writeMembers(to: &writer, metadata: .response)
        case .consumerList(let infos, let page):
            page.writeMembers(to: &writer)
            writer.key("consumers")
            writer.beginArray()
            for info in infos {
                writer.beginObject()
                info.writeMembers(to: &writer, metadata: .stored)
                writer.endObject()
            }
            writer.endArray()
        case .consumerNames(let names, let page):
            page.writeMembers(to: &writer)
            writer.field("consumers", names)
        case .consumerPause(let until, let remaining):
            writer.field("paused", remaining > .zero)
            writer.field("pause_until", until)
            if remaining > .zero { writer.field("pause_remaining", remaining) }
        case .consumerReset(let info, let sequence):
            info.writeMembers(to: &writer, metadata: .response)
            writer.field("reset_seq", sequence.rawValue)
        default: break
        }
    }
}
