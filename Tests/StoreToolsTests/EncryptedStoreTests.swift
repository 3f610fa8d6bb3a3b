import Foundation
import StreamStore
import TestSupport
import Testing

@testable import StoreTools

@Suite("Tools on an encrypted store")
struct EncryptedStoreTests {
    private static let encryption = StoreEncryption(key: "a secret")

    private static func isLocked(_ error: any Error) -> Bool {
        if case .locked = error as? StoreError { return true }
        return false
    }

    @Test("Verified with the key it is as good as a plain one; without, by its checksums")
    func verify() throws {
        let fixture = try ToolFixture.filled(encryption: Self.encryption)
        let whole = try fixture.verify()
        #expect(whole.all == [])
        fixture.encryption = nil
        let bare = try fixture.verify()
        #expect(bare.damageCount == 0)
        #expect(bare.streams.map(\.records) == whole.streams.map(\.records))
        #expect(bare.streams.map(\.sequences) == whole.streams.map(\.sequences))
        #expect(bare.all.count == 1)
        #expect(bare.all.first?.text.contains("there is no key") == true)
        let log = try fixture.files("log", of: "ORDERS")
        try ToolFixture.flip("\(fixture.streamPath("ORDERS"))/log/\(log[0])", at: 1_000)
        #expect(try fixture.verify().damageCount == 1)
    }

    @Test("What needs the key says so, and nothing has changed")
    func rebuild() throws {
        let fixture = try ToolFixture.filled(encryption: Self.encryption)
        let before = try fixture.contents()
        #expect {
            try StoreTools.rebuildIndexes(of: fixture.path, stream: nil, now: ToolFixture.now) { _ in }
        } throws: {
            Self.isLocked($0)
        }
        #expect(try fixture.contents() == before)
        var messages: UInt64 = 0
        try StoreTools.rebuildIndexes(
            of: fixture.path,
            stream: nil,
            encryption: Self.encryption,
            now: ToolFixture.now
        ) { messages += $0.messages }
        #expect(messages > 900)
        #expect(try fixture.verify().all == [])
    }

    @Test("Records and the journal are shown with the key, and without as far as that goes")
    func inspect() throws {
        let fixture = try ToolFixture.filled(messages: 60, encryption: Self.encryption)
        for encryption in [nil, Self.encryption] {
            let store = try OfflineStore.open(fixture.path, for: .reading, encryption: encryption)
            defer { store.close() }
            for view in [StoreInspection.View.overview, .segments, .records, .journal] {
                let text = try StoreInspection(store, stream: nil, view: view, window: .init()).text
                if view == .records { #expect(text.contains("orders.3") == (encryption != nil)) }
                if view == .records { #expect(text.contains("locked") == (encryption == nil)) }
            }
        }
    }

    @Test("A backup is made and verified without the key; cutting what is restored needs it")
    func backup() throws {
        let fixture = try ToolFixture.filled(encryption: Self.encryption)
        let before = try fixture.messages("ORDERS")
        let other = try TemporaryDirectory()
        _ = try StoreBackup(of: fixture.path, to: other.path + "/backup", now: ToolFixture.now)
        #expect(try BackupVerification(other.path + "/backup").findings == [])
        _ = try StoreRestore(other.path + "/backup", to: other.path + "/all", now: ToolFixture.now)
        #expect(try fixture.messages("ORDERS", in: other.path + "/all/weir") == before)
        let limit = StoreRestore.Limit(stream: "ORDERS", sequence: 500)
        #expect {
            _ = try StoreRestore(
                other.path + "/backup",
                to: other.path + "/none",
                limit: limit,
                now: ToolFixture.now
            )
        } throws: {
            Self.isLocked($0)
        }
        _ = try StoreRestore(
            other.path + "/backup",
            to: other.path + "/part",
            limit: limit,
            encryption: Self.encryption,
            now: ToolFixture.now
        )
        let part = try fixture.messages("ORDERS", in: other.path + "/part/weir")
        #expect(part == before.filter { Int($0.split(separator: " ")[0]) ?? 0 <= 500 })
        #expect(try fixture.verify(other.path + "/part").all == [])
    }

    @Test("A damaged place is repaired without the key, and the rest is read with it")
    func repair() throws {
        let fixture = try ToolFixture.filled(encryption: Self.encryption)
        let log = try fixture.files("log", of: "ORDERS")
        try ToolFixture.flip("\(fixture.streamPath("ORDERS"))/log/\(log[0])", at: 1_000)
        let encryption = fixture.encryption
        fixture.encryption = nil
        _ = try StoreRepair(
            RepairPlan(fixture.verify()),
            at: fixture.path,
            randomBytes: [UInt8](repeating: 1, count: 16),
            now: ToolFixture.now
        )
        fixture.encryption = encryption
        let found = try fixture.messages("ORDERS")
        #expect(found.count > 900)
    }
}
