import Subjects
import Testing

@Suite("Subject filter")
struct SubjectFilterTests {
    @Test("A filter without patterns takes everything, with patterns what one of them matches")
    func matches() throws {
        let orders = Array("orders.eu".utf8)
        let bills = Array("bills.eu".utf8)
        let other = Array("other".utf8)
        #expect(SubjectFilter.all.isAll)
        #expect(SubjectFilter.all.matches(other.span.bytes) == true)
        let filter = SubjectFilter([
            try #require(SubjectPattern("orders.>")), try #require(SubjectPattern("bills.*")),
        ])
        #expect(!filter.isAll)
        #expect(filter.matches(orders.span.bytes) == true)
        #expect(filter.matches(bills.span.bytes) == true)
        #expect(filter.matches(other.span.bytes) == false)
    }
}
