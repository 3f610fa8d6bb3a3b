import Broker
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Answers requests for the endpoints; any method is served, as core.md §5.1 has it.
final class MonitoringResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    private let broker: Broker
    private let port = Atomic<Int>(0)
    private let usage = ProcessUsage()
    /// How often each endpoint was asked; bounded, since other paths are not counted.
    private let requests = Mutex<[Endpoint: Int]>([:])

    init(broker: Broker) { self.broker = broker }

    /// Notes the port that is listened on, which an endpoint shows.
    func didListen(port: Int) { self.port.store(port, ordering: .relaxed) }

    /// Whether a port was ever listened on.
    var isListening: Bool { self.port.load(ordering: .relaxed) != 0 }

    func respond(to request: Request, context: Context) async throws -> Response {
        guard let endpoint = Endpoint(rawValue: request.uri.path) else {
            return Self.response(.notFound, "text/plain; charset=utf-8", Array("404 page not found\n".utf8))
        }
        let requests = self.requests.withLock { requests in
            requests[endpoint, default: 0] += 1
            return requests
        }
        let response: Response
        switch endpoint {
        case .index:
            response = Self.response(.ok, "text/html; charset=utf-8", Array(Endpoint.indexPage.utf8))
        case .general:
            let report = GeneralReport(
                server: await self.broker.snapshot(),
                monitoringPort: self.port.load(ordering: .relaxed),
                usage: self.usage.reading(),
                requests: requests
            )
            response = Self.response(.ok, report.json())
        case .jetStream:
            response = Self.response(.ok, JetStreamReport(server: await self.broker.snapshot()).json())
        case .health:
            let report = HealthReport(await self.broker.snapshot().streams)
            response = Self.response(report.isHealthy ? .ok : .serviceUnavailable, report.json())
        }
        return request.method == .head ? response.createHeadResponse() : response
    }

    private static func response(_ status: HTTPResponse.Status, _ json: [UInt8]) -> Response {
        var response = Self.response(status, "application/json", json)
        response.headers[.accessControlAllowOrigin] = "*"
        return response
    }

    private static func response(_ status: HTTPResponse.Status, _ type: String, _ body: [UInt8]) -> Response {
        Response(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}
