import Broker
import Testing
import Weir

@Suite("Services of the server")
struct ServiceTests {
    @Test("A service gets what clients of its account publish, and its answer goes back")
    func request() async throws {
        try await RunningServer.withStore { directory in
            let server = RunningServer.make(RunningServer.options(storeDirectory: directory))
            let broker = server.broker
            let account = broker.globalAccount
            let system = try #require(broker.systemAccount)
            broker.serve("echo.*", in: account) { request in
                #expect(request.account === account)
                #expect(request.clientID != nil)
                broker.publish(
                    in: account,
                    subject: request.reply,
                    payload: request.subject + request.payload
                )
            }
            broker.serve("other", in: system) { _ in Issue.record("another account's service was asked") }
            broker.serveEverywhere("every") { request in
                broker.publish(
                    in: request.account,
                    subject: request.reply,
                    payload: Array(request.account.name.utf8)
                )
            }
            #expect(account.hasInterest(in: "echo.x"))
            #expect(account.hasInterest(in: "every"))
            #expect(!system.hasInterest(in: "every"))
            #expect(!account.hasInterest(in: "other"))
            let port = try await server.start()
            let client = try TestClient(port: port)
            #expect(try client.request("echo.1", "!").text == "echo.1!")
            #expect(try client.request("every").text == "$G")
            #expect(try client.request("other").headers.isEmpty == false, "nobody responds")
            try client.finish()
            await server.shutDown()
        }
    }

    @Test("A pattern that is none is not served")
    func badPattern() async throws {
        try await RunningServer.withStore { directory in
            let server = RunningServer.make(RunningServer.options(storeDirectory: directory))
            let before = server.broker.globalAccount.subscriptions
            server.broker.serve("a..b", in: server.broker.globalAccount) { _ in }
            #expect(server.broker.globalAccount.subscriptions == before)
            await server.shutDown()
        }
    }
}
