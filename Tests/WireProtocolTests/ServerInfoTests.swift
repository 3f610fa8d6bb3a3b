import NIOCore
import Subjects
import Testing
import WireProtocol

@Suite("INFO")
struct ServerInfoTests {
    private static func info() -> ServerInfo {
        var info = ServerInfo(
            serverID: "NID",
            serverName: "one",
            version: "2.15.1",
            toolchain: "swift6.3",
            host: "0.0.0.0",
            port: 4222,
            maxPayload: 1_048_576
        )
        info.apiLevel = 5
        return info
    }

    private static func text(_ info: ServerInfo, _ connection: ServerInfo.Connection) -> String {
        var buffer = ByteBuffer()
        info.encoded().write(connection, into: &buffer)
        return String(buffer: buffer)
    }

    @Test("The first INFO has what every server says, and a blank before its end")
    func first() {
        let text = Self.text(Self.info(), ServerInfo.Connection(clientID: 6, clientIP: "127.0.0.1"))
        #expect(
            text == """
                INFO {"server_id":"NID","server_name":"one","version":"2.15.1","proto":1,"go":"swift6.3",\
                "host":"0.0.0.0","port":4222,"headers":true,"api_lvl":5,"max_payload":1048576,"client_id":6,\
                "client_ip":"127.0.0.1"} \r\n
                """
        )
    }

    @Test("Everything that may be said is said when it is set")
    func everything() {
        var info = Self.info()
        info.gitCommit = "abc"
        info.headers = false
        info.authRequired = true
        info.tlsRequired = true
        info.tlsVerify = true
        info.tlsAvailable = true
        info.jetStream = true
        info.cluster = "C"
        info.domain = "D"
        info.connectURLs = ["a:1", "b:2"]
        info.lameDuckMode = true
        info.xkey = "XK"
        var connection = ServerInfo.Connection(clientID: 18_446_744_073_709_551_615, nonce: "n0nce")
        connection.remoteAccount = "$G"
        connection.isSystemAccount = true
        #expect(
            Self.text(info, connection) == """
                INFO {"server_id":"NID","server_name":"one","version":"2.15.1","proto":1,"git_commit":"abc",\
                "go":"swift6.3","host":"0.0.0.0","port":4222,"headers":false,"tls_required":true,\
                "tls_verify":true,"tls_available":true,"jetstream":true,"cluster":"C","domain":"D",\
                "connect_urls":["a:1","b:2"],"ldm":true,"api_lvl":5,"xkey":"XK","auth_required":true,\
                "max_payload":1048576,"client_id":18446744073709551615,"nonce":"n0nce","connect_info":true,"remote_account":"$G",\
                "acc_is_sys":true} \r\n
                """
        )
    }

    @Test("A connection may have other rules than the server")
    func ownRules() {
        var connection = ServerInfo.Connection(clientID: 1)
        connection.authRequired = true
        connection.maxPayload = 100
        let text = Self.text(Self.info(), connection)
        #expect(text.contains(#","auth_required":true,"max_payload":100,"client_id":1"#))
        connection.authRequired = false
        var info = Self.info()
        info.authRequired = true
        #expect(!Self.text(info, connection).contains("auth_required"))
    }

    @Test("Names are escaped, so that the parser takes the line back")
    func escaped() {
        var info = Self.info()
        info.serverName = "a\"b\\c\n\u{1f}ä"
        let text = Self.text(info, ServerInfo.Connection(clientID: 1))
        #expect(text.contains("\"server_name\":\"a\\\"b\\\\c\\u000a\\u001fä\""))
        #expect(ParserFeed.log(of: Array(text.utf8)).first?.hasPrefix("INFO {") == true)
    }
}
