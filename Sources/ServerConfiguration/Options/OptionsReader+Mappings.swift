import Broker
import Subjects

extension OptionsReader {
    /// Reads where messages of some subjects go instead (core.md §1.13).
    mutating func mappings(_ entry: ConfigurationMap.Entry) -> [MappingOptions] {
        guard let map = self.map(entry) else { return [] }
        var mappings: [MappingOptions] = []
        for member in map.entries {
            guard Self.isSubject(member.key) else {
                self.fail("Subject \"\(member.key)\" is not a valid subject", at: member.position)
                continue
            }
            var destinations: [MappingOptions.Destination] = []
            switch member.value.kind {
            case .string(let subject):
                destinations.append(MappingOptions.Destination(subject: subject))
            case .map(let body):
                if let destination = self.destination(body, at: member.position) {
                    destinations.append(destination)
                }
            case .array(let elements):
                for element in elements {
                    guard case .map(let body) = element.kind else {
                        self.fail("Expected an entry for the mapping destination", at: element.position)
                        continue
                    }
                    if let destination = self.destination(body, at: element.position) {
                        destinations.append(destination)
                    }
                }
            default:
                self.fail("Expected an entry for the mapping destination", at: member.position)
                continue
            }
            self.check(destinations, of: member)
            mappings.append(MappingOptions(source: member.key, destinations: destinations))
        }
        return mappings
    }

    private mutating func destination(
        _ map: ConfigurationMap,
        at position: SourcePosition
    ) -> MappingOptions.Destination? {
        var destination = MappingOptions.Destination(subject: "")
        for member in map.entries {
            switch member.name {
            case "dest", "destination":
                if let subject = self.string(member) { destination.subject = subject }
            case "weight":
                guard let weight = self.weight(member) else { break }
                destination.weight = weight
            case "cluster":
                if let cluster = self.string(member) { destination.cluster = cluster.isEmpty ? nil : cluster }
            default:
                if !member.isVariable {
                    self.fail("Unknown field \"\(member.key)\" for mapping destination", at: member.position)
                }
            }
        }
        guard !destination.subject.isEmpty else {
            self.fail("Expected a destination for the mapping", at: position)
            return nil
        }
        return destination
    }

    /// A share: `50`, `50%`, `"50%"`.
    private mutating func weight(_ entry: ConfigurationMap.Entry) -> Int? {
        let text: String
        switch entry.value.kind {
        case .integer(let number): text = String(number)
        case .string(let string): text = string.hasSuffix("%") ? String(string.dropLast()) : string
        default:
            self.fail("Unknown entry type for weight of mapping destination", at: entry.position)
            return nil
        }
        guard let weight = Int(text) else {
            self.fail("Invalid weight \"\(text)\" for mapping destination", at: entry.position)
            return nil
        }
        guard (0...100).contains(weight) else {
            self.fail("Invalid weight \(weight) for mapping destination", at: entry.position)
            return nil
        }
        return weight
    }

    /// Checks the destinations of one subject together.
    private mutating func check(
        _ destinations: [MappingOptions.Destination],
        of entry: ConfigurationMap.Entry
    ) {
        do throws(SubjectMappingError) {
            _ = try SubjectMapping(
                from: entry.key,
                to: destinations.map { .init($0.subject, weight: $0.weight, cluster: $0.cluster) }
            )
        } catch {
            var target = ""
            if case .string(let subject) = entry.value.kind { target = " to \"\(subject)\"" }
            self.fail("Error adding mapping for \"\(entry.key)\"\(target) : \(error)", at: entry.position)
        }
    }
}
