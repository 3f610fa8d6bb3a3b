import Testing

@testable import LoadGenerator

@Suite("Stream API")
struct StreamAPITests {
    @Test("A number is found after its field")
    func number() {
        let json = #"{"config":{"max_msgs":-1},"state":{"messages": 12,"first_seq":1,"last_seq":13}}"#
        #expect(StreamAPI.number(after: #""messages":"#, in: json) == 12)
        #expect(StreamAPI.number(after: #""last_seq":"#, in: json) == 13)
        #expect(StreamAPI.number(after: #""max_msgs":"#, in: json) == nil)
        #expect(StreamAPI.number(after: #""absent":"#, in: json) == nil)
    }
}
