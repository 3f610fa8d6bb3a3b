import Testing

@testable import Broker

@Suite("Unique identifiers")
struct UniqueIDTests {
    @Test("An identifier has the length asked for, in letters and digits", arguments: [0, 1, 8, 22])
    func form(length: Int) {
        let text = UniqueID.make(length: length)
        #expect(text.count == length)
        #expect(text.utf8.count == length)
        #expect(text.allSatisfy { $0.isLetter || $0.isNumber })
    }

    @Test("A thousand identifiers are all different")
    func different() {
        #expect(Set((0..<1000).map { _ in UniqueID.make(length: 22) }).count == 1000)
    }
}
