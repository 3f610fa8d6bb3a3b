import Logging
public import Subjects
import Synchronization

extension MappingOptions {
    /// The mapping, checked.
    ///
    /// - Throws: ``SubjectMappingError``, whose text is the one for the configuration's reader.
    public func makeMapping() throws(SubjectMappingError) -> SubjectMapping {
        let destinations = self.destinations.map {
            SubjectMapping.Destination($0.subject, weight: $0.weight, cluster: $0.cluster)
        }
        // There is no cluster yet.
        return try SubjectMapping(from: self.source, to: destinations)
    }
}

extension Broker {
    /// Replaces the mappings of `account`; from the next messages on they hold on every event loop.
    ///
    /// One that is wrong is reported and left out; ``MappingOptions/makeMapping()`` says beforehand.
    func setMappings(_ options: [MappingOptions], of account: Account) {
        var mappings: [SubjectMapping] = []
        for option in options {
            do {
                mappings.append(try option.makeMapping())
            } catch {
                self.logger.error("The mapping of \"\(option.source)\" is left out: \(error)")
            }
        }
        let isNeeded = account.mappings.withLock { current in
            defer { current = SubjectMappings(mappings, seed: self.hashSeed) }
            return !current.isEmpty || !mappings.isEmpty
        }
        if isNeeded { self.readMappings(of: account) }
    }

    /// Has every event loop take over what `account` says of its messages.
    func readMappings(of account: Account) {
        for shard in self.shards {
            shard.post(.call { shard in shard.view(of: account).readMappings() })
        }
    }
}
