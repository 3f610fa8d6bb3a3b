import StreamModel
import Testing

@Suite("Publish acknowledgements")
struct PubAckFormatTests {
    private static func text(_ append: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        append(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("Each outcome has the original's bytes")
    func forms() {
        let format = PubAckFormat(stream: "ORDERS")
        #expect(
            Self.text { format.appendStored(StreamSequence(3), to: &$0) } == #"{"stream":"ORDERS","seq":3}"#
        )
        #expect(
            Self.text { format.appendDuplicate(StreamSequence(2), to: &$0) }
                == #"{"stream":"ORDERS","seq":2,"duplicate": true}"#
        )
        #expect(
            Self.text { format.appendError(.wrongLastSequence(2), to: &$0) }
                == #"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 2"},"#
                + #""stream":"ORDERS","seq":0}"#
        )
        #expect(
            Self.text { format.appendCounted(StreamSequence(4), total: "-12", to: &$0) }
                == #"{"stream":"ORDERS","seq":4,"val":"-12"}"#
        )
        #expect(
            Self.text { format.appendBatch(StreamSequence(9), id: "b\"1", count: 3, to: &$0) }
                == #"{"stream":"ORDERS","seq":9,"batch":"b\"1","count":3}"#
        )
    }

    @Test("The domain stands between stream and sequence, and names are escaped")
    func domain() {
        let format = PubAckFormat(stream: "a\"b", domain: "hub")
        #expect(
            Self.text { format.appendStored(StreamSequence(35), to: &$0) }
                == #"{"stream":"a\"b","domain":"hub","seq":35}"#
        )
        #expect(
            Self.text { format.appendError(.streamSealed, to: &$0) }.hasSuffix(#","domain":"hub","seq":0}"#)
        )
    }

    @Test(
        "Every sequence is written in decimal",
        arguments: [0, 9, 10, 99, 100, 12_345, UInt64.max - 1, UInt64.max]
    )
    func digits(sequence: UInt64) throws {
        let text = Self.text { PubAckFormat(stream: "S").appendStored(StreamSequence(sequence), to: &$0) }
        #expect(text == "{\"stream\":\"S\",\"seq\":\(sequence)}")
    }

    @Test("An acknowledgement goes behind what is there")
    func appends() {
        var bytes = bytes("x")
        PubAckFormat(stream: "S").appendStored(StreamSequence(1), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == #"x{"stream":"S","seq":1}"#)
    }
}
