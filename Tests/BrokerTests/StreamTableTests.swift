import StreamModel
import Testing

@testable import Broker

@Suite("Stream table")
struct StreamTableTests {
    private func entry(_ name: String, _ subjects: [String]) -> JetStreamAccount.Entry {
        JetStreamAccount.Entry(
            handle: makeHandle(name),
            catalogID: 1,
            created: .distantPast,
            configuration: StreamConfiguration(name: name, subjects: subjects)
        )
    }

    private func overlaps(_ table: inout StreamTable, _ name: String, _ subjects: [String]) -> Bool {
        table.hasOverlap(with: StreamConfiguration(name: name, subjects: subjects))
    }

    @Test("Subjects of two streams may not meet, those of one may be asked for again")
    func overlap() {
        var table = StreamTable(seed: 1)
        table["A"] = self.entry("A", ["a.*", "x.>"])
        #expect(self.overlaps(&table, "B", ["a.b"]))
        #expect(self.overlaps(&table, "B", ["b", "*.b"]))
        #expect(self.overlaps(&table, "B", [">"]))
        #expect(!self.overlaps(&table, "B", ["a.b.c", "b.*", "x"]))
        #expect(!self.overlaps(&table, "A", ["a.b", "x.y.z"]))
    }

    @Test("Subjects that a change gave up are free, new ones are taken")
    func change() {
        var table = StreamTable(seed: 1)
        table["A"] = self.entry("A", ["a"])
        table["A"]?.configuration.subjects = ["b"]
        #expect(!self.overlaps(&table, "B", ["a"]))
        #expect(self.overlaps(&table, "B", ["b"]))
        #expect(table.count == 1)
    }

    @Test("A removed stream leaves nothing behind")
    func removal() {
        var table = StreamTable(seed: 1)
        table["A"] = self.entry("A", ["a"])
        table["B"] = self.entry("B", ["b"])
        #expect(table.remove("A")?.handle.name == "A")
        #expect(table.remove("A") == nil)
        #expect(table["A"] == nil)
        #expect(!self.overlaps(&table, "C", ["a"]))
        #expect(self.overlaps(&table, "C", ["b"]))
        table["C"] = self.entry("C", ["a"])
        #expect(self.overlaps(&table, "B", ["a"]))
    }
}
