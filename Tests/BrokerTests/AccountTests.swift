import Synchronization
import Testing

@testable import Broker

@Suite("Account")
struct AccountTests {
    @Test(
        "The hash in acknowledgement subjects is made of the name's SHA-256",
        arguments: [
            // consumers.md §3.2 gives the first; the others were computed with another program's SHA-256.
            (name: "$G", hash: "szMpdrwD"),
            (name: "A", hash: "NUmM6cRx"),
            (name: "$SYS", hash: "ki1IfA3O"),
            (name: "Ünïcode", hash: "0sDkCHSl"),
        ]
    )
    func hash(name: String, hash: String) {
        #expect(Account(name: name, index: 0, seed: 1).acknowledgementHash == hash)
    }

    @Test("Limits hold for connections, and can be changed")
    func quota() {
        let quota = AccountQuota()
        #expect(quota.takeConnection())
        var options = AccountOptions(name: "A")
        options.maxConnections = 1
        options.maxSubscriptions = 2
        quota.set(options)
        #expect(!quota.takeConnection())
        quota.giveConnection()
        #expect(quota.takeConnection())
        #expect(quota.maxSubscriptions.load(ordering: .relaxed) == 2)
        for _ in 0..<5 { quota.takeSubscription() }
        quota.giveSubscriptions(3)
        #expect(quota.isOverConnections == false)
        options.maxConnections = 0
        quota.set(options)
        #expect(quota.isOverConnections)
        quota.set(nil)
        #expect(quota.takeConnection())
        #expect(quota.connections.load(ordering: .relaxed) == 2)
        #expect(quota.subscriptions.load(ordering: .relaxed) == 2)
    }

    @Test("An account is made once, and the system's is known by its name")
    func table() {
        let table = AccountTable(seed: 1, systemName: "S")
        #expect(table.all.map(\.name) == ["$G", "S"])
        #expect(table.account(named: "S")?.isSystem == true)
        #expect(table.account(named: "$G")?.isSystem == false)
        #expect(table.account(named: "A") == nil)
        let first = table.make(named: "A")
        #expect(first.isNew)
        let second = table.make(named: "A")
        #expect(!second.isNew)
        #expect(second.account === first.account)
        #expect(table.all.map(\.index) == [0, 1, 2])
        #expect(AccountTable(seed: 1, systemName: nil).all.count == 1)
    }
}
