import Broker
import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import Synchronization

/// Answers requests for the endpoints; any method is served, as core.md §5.1 has it.
final class MonitoringResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    private let reports: ServerReports
    /// What stands before each path: empty, or a slash and more, without one at the end.
    private let basePath: String
    private let hasListened = Atomic<Bool>(false)

    init(reports: ServerReports, basePath: String) {
        self.reports = reports
        self.basePath = basePath
    }

    /// Notes that a port is listened on.
    func didListen() { self.hasListened.store(true, ordering: .relaxed) }

    /// Whether a port was ever listened on.
    var isListening: Bool { self.hasListened.load(ordering: .relaxed) }

    func respond(to request: Request, context: Context) async throws -> Response {
        let response = await self.response(to: request)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func response(to request: Request) async -> Response {
        guard let path = self.pathBehindBase(request.uri.path), let endpoint = Endpoint(path: path) else {
            return Self.text(.notFound, "404 page not found\n")
        }
        self.reports.didServe(endpoint.path)
        let parameters = request.uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
        switch endpoint {
        case .index:
            return Self.response(.ok, "text/html; charset=utf-8", Array(Endpoint.indexPage.utf8))
        case .threads: return Self.text(.ok, ThreadList().text)
        case .metrics:
            let options = MetricOptions(parameters)
            return Self.response(
                .ok,
                "text/plain; version=0.0.4; charset=utf-8",
                await self.reports.metrics(options)
            )
        case .report(let kind):
            do throws(ReportError) {
                let report = try await self.reports.report(kind, ReportParameters(query: parameters))
                // Probes get one line.
                return Self.json(.init(code: report.status), kind == .health ? report.json : report.indented)
            } catch {
                return Self.text(.init(code: error.status), error.text)
            }
        }
    }

    /// What of a path is behind the base path; nil if that is not before it.
    private func pathBehindBase(_ path: String) -> String? {
        if self.basePath.isEmpty { return path }
        guard path.hasPrefix(self.basePath) else { return nil }
        let rest = path.dropFirst(self.basePath.count)
        return rest.isEmpty || rest.hasPrefix("/") ? String(rest) : nil
    }

    private static func json(_ status: HTTPResponse.Status, _ json: [UInt8]) -> Response {
        var response = Self.response(status, "application/json", json)
        response.headers[.accessControlAllowOrigin] = "*"
        return response
    }

    private static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Self.response(status, "text/plain; charset=utf-8", Array(text.utf8))
    }

    private static func response(_ status: HTTPResponse.Status, _ type: String, _ body: [UInt8]) -> Response {
        Response(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}
