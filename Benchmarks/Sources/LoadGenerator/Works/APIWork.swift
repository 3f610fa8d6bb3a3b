/// `load api`: one request to `$JS.API`; prints the answer's JSON and fails when it is an error.
enum APIWork {
    static func run(_ arguments: some Collection<String>) throws(LoadError) -> String {
        let options = try Options(arguments, known: ["port", "subject", "body"])
        let api = StreamAPI(try Connection(port: options.port()))
        return try api.request(options.text("subject"), options.text("body", default: ""))
    }
}
