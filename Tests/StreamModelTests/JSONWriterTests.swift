import StreamModel
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    @Test("Members are written in the order of the calls, with commas where they belong")
    func order() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("b", 1)
        writer.key("a")
        writer.beginArray()
        writer.beginObject()
        writer.endObject()
        writer.bool(true)
        writer.null()
        writer.beginArray()
        writer.endArray()
        writer.integer(-1)
        writer.endArray()
        writer.field("c", ["x", "y"])
        writer.key("d")
        writer.beginObject()
        writer.key("e\"")
        writer.integer(UInt64.max)
        writer.endObject()
        writer.endObject()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"b":1,"a":[{},true,null,[],-1],"c":["x","y"],"d":{"e\"":18446744073709551615}}"#
        )
    }

    @Test("Members that say nothing are left out")
    func omitted() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.fieldIfSet("a", "")
        writer.fieldIfSet("b", 0)
        writer.fieldIfSet("c", false)
        writer.fieldIfSet("d", Nanoseconds.zero)
        writer.fieldIfSet("e", Timestamp?.none)
        writer.fieldIfSet("f", [String]())
        writer.fieldIfSet("g", [:])
        writer.fieldIfSet("h", ["b": "1", "B": "2", "a": "3"])
        writer.field("i", Timestamp?.none)
        writer.endObject()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"h":{"B":"2","a":"3","b":"1"},"i":"0001-01-01T00:00:00Z"}"#
        )
    }

    @Test("Whatever a string holds comes back from the reader")
    func escapes() throws {
        for text in ["", "plain", "\"\\\u{0}\u{1f}\n\r\t\u{7f}", "ä😀\u{2028}", "<&>"] {
            var writer = JSONWriter()
            writer.string(text)
            #expect(try JSONValue(text: writer.bytes) == .string(text))
        }
    }

    @Test(
        "Bytes are written in base64 with padding",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("\u{ff}\u{fe}", "w7/Dvg=="),
            ("NATS/1.0\r\nNats-Msg-Id: 1\r\n\r\n", "TkFUUy8xLjANCk5hdHMtTXNnLUlkOiAxDQoNCg=="),
        ]
    )
    func base64(text: String, encoded: String) {
        var writer = JSONWriter()
        writer.base64(bytes(text))
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"\(encoded)\"")
    }
}
