import TestSupport
import Testing

@testable import SegmentLog

@Suite("Log and model")
struct ModelTests {
    /// What the log must hold, in the plainest form.
    private struct Model {
        var messages: [(message: Message, position: LogPosition)] = []
        var erased: Set<UInt64> = []
        var last: UInt64 = 0

        var live: [Message] {
            self.messages.map(\.message).filter { !self.erased.contains($0.sequence) }
        }
    }

    @Test("Random operations leave the log as a list would have it", arguments: 1...6 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let disk = FakeDisk()
        let fixture = try LogFixture(disk.root)
        let options = LogOptions(segmentBytes: 2_000, preallocates: seed % 2 == 0)
        var log = try fixture.open(options).log
        var model = Model()
        var underWay: LogWrite?
        for step in 0..<600 {
            switch Int.random(in: 0..<20, using: &chance) {
            case 0..<9:
                model.last += UInt64.random(in: 1...3, using: &chance)
                let length = Int.random(in: 0..<50, using: &chance) == 0 ? 5_000 : step % 300
                let message = Message(model.last, payloadLength: length)
                model.messages.append((message, log.append(message)))
            case 9..<12:
                if underWay == nil { underWay = log.takeWrite(forSync: Bool.random(using: &chance)) }
            case 12..<14:
                guard let write = underWay else { break }
                try write.perform(sync: Bool.random(using: &chance))
                try log.finish(write)
                underWay = nil
            case 14:
                guard let victim = model.messages.randomElement(using: &chance) else { break }
                _ = log.erase(at: victim.position)
                model.erased.insert(victim.message.sequence)
            case 15:
                let bound = UInt64.random(in: 0...model.last, using: &chance)
                try log.dropSegments(before: bound)?.perform()
                let first = log.summaries.first?.firstSequence ?? 0
                model.messages.removeAll { $0.message.sequence < first }
            case 16:
                model.last += UInt64.random(in: 1...9, using: &chance)
                log.roll(to: model.last + 1)
            case 17:
                log.release()
            case 18:
                guard let any = model.messages.randomElement(using: &chance) else { break }
                let expected = model.erased.contains(any.message.sequence) ? nil : any.message
                #expect(log.message(at: any.position).0 == expected, "seed \(seed), step \(step)")
            default:
                if underWay != nil { break }
                try log.write()
                let from = model.messages.randomElement(using: &chance)
                let reopened = try fixture.open(
                    options,
                    from: from?.position,
                    after: from.map { $0.message.sequence - 1 } ?? 0
                )
                let start = from?.message.sequence ?? 0
                #expect(
                    reopened.messages == model.live.filter { start <= $0.sequence },
                    "seed \(seed), step \(step)"
                )
                #expect(reopened.report.isClean)
                log = reopened.log
                #expect(log.lastSequence == model.last, "seed \(seed), step \(step)")
            }
            #expect(log.marks.synced <= log.marks.written)
            if step % 25 == 0 { #expect(log.readAll() == model.live, "seed \(seed), step \(step)") }
        }
    }
}
