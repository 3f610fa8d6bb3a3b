import Broker
import StreamModel
import Synchronization

/// Tells in the system account what happens: clients that come and go, and every few seconds how the server does
/// (core.md §3.8).
///
/// Nothing is made for which nobody listens.
final class SystemEvents: Sendable {
    private let service: SystemService
    private let timers = Mutex<[Task<Void, Never>]>([])
    /// Accounts of which there is something new to tell, and whether somebody is telling it.
    private let changed = Mutex<(accounts: Set<String>, isTelling: Bool)>(([], false))

    /// How often statistics are told, the first time after a second.
    private static let statisticsInterval = Duration.seconds(10)
    /// How often it is told how many clients accounts have, also if nothing changes.
    private static let connectionsInterval = Duration.seconds(30)

    init(service: SystemService) { self.service = service }

    private var broker: Broker { self.service.broker }

    /// Begins to tell: called once, before the server listens.
    func start() {
        guard self.broker.systemAccount != nil else { return }
        self.broker.observeClients { event in
            switch event {
            case .connected(let client):
                self.tell(.connected(client))
                self.tellConnections(of: client.account)
            case .disconnected(let client):
                self.tell(.disconnected(client))
                self.tellConnections(of: client.account)
            case .refused(let client):
                if client.end?.reason == .authenticationFailure { self.tell(.refused(client)) }
                // Nobody was told that it came; the reference tells that it went all the same.
                self.tell(.disconnected(client))
            }
        }
        let statistics = Task {
            try? await Task.sleep(for: .seconds(1))
            while !Task.isCancelled {
                await self.tellStatistics()
                try? await Task.sleep(for: Self.statisticsInterval)
            }
        }
        let connections = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.connectionsInterval)
                if Task.isCancelled { break }
                for account in self.broker.allAccounts where account.connections > 0 {
                    self.tellConnections(of: account.name)
                }
            }
        }
        self.timers.withLock { $0 = [statistics, connections] }
    }

    /// Ends, and tells that the server stops.
    func shutDown() {
        self.timers.withLock { timers in
            for timer in timers { timer.cancel() }
            timers = []
        }
        self.tellOfServer("SHUTDOWN")
    }

    /// Tells that the server is about to stop.
    func tellLameDuck() { self.tellOfServer("LAMEDUCK") }

    /// Tells how the server does, if somebody listens.
    func tellStatistics() async {
        let subject = "$SYS.SERVER.\(self.broker.serverID).STATSZ"
        guard let system = self.broker.systemAccount, system.hasInterest(in: subject) else { return }
        self.broker.publish(
            in: system,
            subject: Array(subject.utf8),
            payload: await self.service.statistics()
        )
    }

    private func tellOfServer(_ what: String) {
        let subject = "$SYS.SERVER.\(self.broker.serverID).\(what)"
        guard let system = self.broker.systemAccount, system.hasInterest(in: subject) else { return }
        var writer = JSONWriter(capacity: 512)
        // What stands under `server` in every other event is all there is to say.
        self.service.nextEnvelope().writeObject(to: &writer)
        let payload = JSONLayout.compact(writer.bytes)
        self.broker.publish(in: system, subject: Array(subject.utf8), payload: payload)
    }

    private func tell(_ event: SystemEvent) {
        guard let system = self.broker.systemAccount else { return }
        let subjects = event.subjects(serverID: self.broker.serverID).filter { system.hasInterest(in: $0) }
        if subjects.isEmpty { return }
        let payload = event.json(from: self.service)
        for subject in subjects {
            self.broker.publish(in: system, subject: Array(subject.utf8), payload: payload)
        }
    }

    /// Tells how many clients an account has, once for all changes that come while it is being found out.
    private func tellConnections(of name: String) {
        guard let system = self.broker.systemAccount,
            system.hasInterest(in: "$SYS.ACCOUNT.\(name).SERVER.CONNS")
                || system.hasInterest(in: "$SYS.SERVER.ACCOUNT.\(name).CONNS")
        else { return }
        let begins = self.changed.withLock { changed in
            changed.accounts.insert(name)
            defer { changed.isTelling = true }
            return !changed.isTelling
        }
        if begins { Task { await self.tellChanges() } }
    }

    private func tellChanges() async {
        while true {
            let names = self.changed.withLock { changed in
                let names = changed.accounts
                changed.accounts = []
                if names.isEmpty { changed.isTelling = false }
                return names
            }
            if names.isEmpty { return }
            for account in await self.broker.accountSnapshots() where names.contains(account.name) {
                self.tell(.connections(account))
            }
        }
    }
}
