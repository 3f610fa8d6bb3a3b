import ArgumentParser
import Testing

@testable import ServerMain

@Suite("Arguments of the program")
struct ArgumentListTests {
    @Test(
        "A flag is understood in each of its forms",
        arguments: [
            ([], []), (["-p", "4333"], ["--port=4333"]), (["--port", "4333"], ["--port=4333"]),
            (["-p=-1"], ["--port=-1"]), (["-p", "-1"], ["--port=-1"]), (["--p=5"], ["--port=5"]),
            (["-port=5"], ["--port=5"]), (["-DV"], ["--debug_trace=true"]),
            (["-D", "-V"], ["--debug=true", "--trace=true"]), (["-DVV"], ["--debug_trace_verbose=true"]),
            (["-VV"], ["--trace_verbose=true"]), (["-js"], ["--jetstream=true"]),
            (["-js=false"], ["--jetstream=false"]), (["-T=0"], ["--logtime=false"]),
            (["-sd", "a b"], ["--store_dir=a b"]), (["--sd=a=b"], ["--store_dir=a=b"]),
            (["-sl", "stop=1"], ["--signal=stop=1"]), (["-ms", "8"], ["--https_port=8"]),
            (["-n", "-x"], ["--server_name=-x"]), (["--name="], []), (["-n", "a", "--name="], []),
            (["-P", "f", "-m", "1"], ["--pid=f", "--http_port=1"]),
            (["-t", "-c", "f"], ["--test=true", "--config=f"]),
        ] as [([String], [String])]
    )
    func flags(arguments: [String], flags: [String]) throws {
        let list = try ArgumentList(arguments)
        #expect(list.flags == flags)
        #expect(list.words.isEmpty)
        // What comes out is what the parser of flags takes.
        _ = try ServerFlags.parse(list.flags)
    }

    @Test("Flags end at the first word")
    func words() throws {
        let list = try ArgumentList(["-D", "foo", "-V"])
        #expect(list.flags == ["--debug=true"])
        #expect(list.words == ["foo", "-V"])
        #expect(try ArgumentList(["-D", "--", "-V"]).words == ["-V"])
        #expect(try ArgumentList(["-"]).words == ["-"])
    }

    @Test(
        "What is no flag is told",
        arguments: [
            (["-foo"], "flag provided but not defined: -foo"),
            (["--foo=1"], "flag provided but not defined: -foo"),
            (["-DD"], "flag provided but not defined: -DD"), (["-p"], "flag needs an argument: -p"),
            (["-p", "x"], "invalid value \"x\" for flag -p: parse error"),
            (
                ["-p", "99999999999999999999"],
                "invalid value \"99999999999999999999\" for flag -p: parse error"
            ),
            (["-D=x"], "invalid boolean value \"x\" for -D: parse error"),
            (["---p"], "bad flag syntax: ---p"),
            (["-=1"], "bad flag syntax: -=1"),
        ]
    )
    func failures(arguments: [String], text: String) {
        let failure = #expect(throws: ArgumentList.Failure.self) { try ArgumentList(arguments) }
        #expect(failure?.text == text)
    }

    @Test("The last of equal flags counts")
    func repeated() throws {
        #expect(try ServerFlags.parse(ArgumentList(["-p", "1", "--port=2"]).flags).port == 2)
    }

    @Test(
        "Under the name of the reference the program calls itself so",
        arguments: [
            ("/usr/bin/nats-server", "nats-server"), ("weir-server", "weir-server"), ("", "weir-server"),
            ("./nats-server-2", "weir-server"),
        ]
    )
    func name(path: String, name: String) {
        #expect(ProgramName(path: path).text == name)
    }
}
