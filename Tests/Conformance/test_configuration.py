"""Configuration files: their grammar, what `-t` says of them, what they change, and what a reload changes."""

import json
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from server import Server, is_weir, program
from wire import Client, Wire

NAME = pathlib.Path(program()).name


def write(folder, text, name="c.conf"):
    """Writes a configuration file; returns its path."""
    path = folder / name
    path.write_text(text)
    return path


def check(folder, text, environment=None):
    """What `-t` says of a configuration: the exit code, and the text without the program's name."""
    write(folder, text)
    run = subprocess.run(
        [program(), "-t", "-c", "c.conf"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={"PATH": "/usr/bin", **(environment or {})},
    )
    assert run.stdout == ""
    return run.returncode, run.stderr.removeprefix(f"{NAME}: ").strip()


VALID = [
    # text, the beginning of its digest as nats-server shows it
    ('{"port":4333}\n', "5942f6739f157289"),
    ("port: 4333", "5942f6739f157289"),
    ("port 4333 # comment\n// comment", "5942f6739f157289"),
    ("port: 1\nport: 4333\n", "5942f6739f157289"),
    ("port: 4333 }\n", "5942f6739f157289"),
    ("include inc.conf\n", "5942f6739f157289"),
    ("INCLUDE 'inc.conf'\n", "5942f6739f157289"),
    ("PORT: 4333\n", "6ccbb9dafa9b7a53"),
    ("port: 4222; host: x\n", "4e31f80dd34c230e"),
    ("a=3\nport=$a\n", "2c19b7ed356499de"),
    ("port=$A1\n", "3dc51421e0776eda"),
    ("server_tags: [a\nb]\n", "e09a48bacda8a055"),
    ("authorization { token: $2a$11$abc }\n", "59d5f399848d88db"),
    ("authorization { include user.conf }\n", "1e615487e1e30dfa"),
    ("debug: yes\n", "eca738dbc8155b8e"),
    ("max_control_line: 4kb\n", "e0b92113a7901a53"),
    ('ping_interval: "2m"\n', "e69614af2eb8cbec"),
    ("server_name: foo#bar\n", None),
    ("server_name: 1abc\n", "e619a3571f0e4bf6"),
    ("listen: 127.0.0.1:4222\n", "bfa037b94ac39993"),
    ("server_name: '<&>'\n", "99d1b7fdecc47439"),
    ("no_auth_user: zz\n", "22e7309de2db7669"),
]


@pytest.mark.parametrize("text,digest", VALID)
def test_a_valid_file_is_told_with_its_digest(tmp_path, text, digest):
    """Core 77, 79, 4.1."""
    write(tmp_path, "port: 4333\n", "inc.conf")
    write(tmp_path, "user: a\npassword: b\n", "user.conf")
    code, said = check(tmp_path, text, {"A1": "4555"})
    assert code == 0, said
    assert re.fullmatch(r"configuration file c\.conf is valid \(sha256:[0-9a-f]{64}\)", said)
    if digest:
        assert f"sha256:{digest}" in said


INVALID = [
    ("", "c.conf: config has no values or is empty"),
    ("# only\n", "config has no values or is empty"),
    ("x: 1\n", 'unknown field "x"'),
    ("x: 1\ny: 2\n", 'unknown field "y"'),
    ("port: abc\n", "is string, not int64"),
    ("debug: 1\n", "is int64, not bool"),
    ("ping_interval: 10\n", "ping_interval should be converted to a duration"),
    ("ping_interval: 2m\n", "ping_interval should be converted to a duration"),
    ("write_deadline: 10\n", "write_deadline should be converted to a duration"),
    ("authorization{ user: a, password: b }\n", "Expected a top-level value to end"),
    ("port: 4222 host: x\n", "Expected a top-level value to end"),
    ("port:\n 4222\n", "Expected value but found new line"),
    ("server_tags: [a,,b]\n", "Unexpected array value terminator"),
    ("server_tags: [a b]\n", "Expected an array value terminator"),
    ("max_payload: 1.5MB\n", "Expected a top-level value to end"),
    ("max_payload: 1KX\n", "is string, not int64"),
    ("max_payload: 99999999999999999999\n", "integer '99999999999999999999' is out of the range"),
    ("max_payload: 3GB\n", "max_payload value is too big"),
    ('server_name: "a\\q"\n', "Invalid escape character 'q'"),
    ('server_name: "x', "Unexpected EOF"),
    ("port=$a\na=3\n", "variable reference for 'a' on line 1 can not be found"),
    ("port: $LOOP\n", "variable reference cycle for 'LOOP'"),
    ("include missing.conf\n", "error parsing include file 'missing.conf', open missing.conf: no such file"),
    ('server_name: "a b"\n', "server name cannot contain spaces"),
    ('listen: "x:y"\n', 'could not parse port "y"'),
    ('lame_duck_duration: "3s"\n', "invalid lame_duck_duration of 3s, minimum is 30 seconds"),
    ("max_sub_tokens: 256\n", "max_sub_tokens value is too big"),
    ("jetstream: maybe\n", "Expected 'enabled' or 'disabled' for string value, got 'maybe'"),
    ("jetstream { cipher: foo, key: x }\n", 'Unknown cipher type: "foo"'),
    ("jetstream { sync_interval: 10 }\n", "sync_interval should be converted to a duration"),
    ("store_dir: x\njetstream { store_dir: y }\n", "Duplicate 'store_dir' configuration"),
    ("authorization { user: a, password: b, token: c}\n", "Cannot have a user/pass and token"),
    (
        "authorization { user: a, password: b, users: [{user: x, password: y}]}\n",
        "Can not have a single user/pass and a users array",
    ),
    ("authorization { token: b, users: [{user: x, password: y}]}\n", "Can not have a token and a users array"),
    (
        "authorization {user: a, password: b}\naccounts { A { users [{user: x, password: y}]}}\n",
        "Can not have a single user/pass and accounts",
    ),
    ("authorization { users: [{user: a, password: b}, {user: a, password: b}]}\n", 'Duplicate user "a" detected'),
    ("authorization { users: [{nkey: UDEADBEEF}] }\n", "Not a valid public nkey for a user"),
    ("authorization { users: [{user: a, clients: [bogus]}] }\n", 'invalid connection types ["BOGUS"]'),
    (
        'authorization { users: [{user: a, permissions: {publish: "a..b"}}] }\n',
        'subject "a..b" is not a valid subject',
    ),
    ('accounts { "$G" {} }\n', '"$G" is a Reserved Account'),
    ("accounts { A { limits { foo: 1 } } }\n", 'Unknown field "foo" parsing account limits'),
    ("mappings { a.*: b.$2 }\n", "wildcard index out of range in $2: [2]"),
    ("cluster { foo: 1 }\n", 'unknown field "foo"'),
    ("leafnodes { foo: 1 }\n", 'unknown field "foo"'),
    ("mqtt { foo: 1 }\n", 'unknown field "foo"'),
]


@pytest.mark.parametrize("text,message", INVALID)
def test_a_file_with_an_error_or_a_warning_is_not_valid(tmp_path, text, message):
    """Core 77, 78, 79, 4.1."""
    code, said = check(tmp_path, text, {"LOOP": "$LOOP"})
    assert code == 1
    assert message in said


@pytest.mark.weir
@pytest.mark.parametrize(
    "text",
    ["tls {}", "cluster { port: 6222 }", "leafnodes { port: 7422 }", "websocket { port: 1 }", "mqtt { port: 1 }",
     "gateway { name: x }", "resolver: MEMORY", "https_port: 8443", "syslog: true",
     "accounts { A { exports: [{stream: s}] } }", "authorization { auth_callout { issuer: x } }"],
)
def test_a_feature_that_is_not_built_is_refused_by_name(tmp_path, text):
    """A file that asks for something is not obeyed in part."""
    code, said = check(tmp_path, text)
    assert code == 1
    assert re.search(r'c\.conf:1:\d+: "\w+" is not supported by this server', said)


@pytest.mark.weir
def test_a_file_that_includes_itself_is_refused(tmp_path):
    """The reference does not survive it."""
    code, said = check(tmp_path, "include c.conf")
    assert code == 1
    assert "it includes itself" in said


START_PROBLEMS = [
    ("max_payload: 2097152\nmax_pending: 1048576", "max_payload (2097152) cannot be higher than max_pending (1048576)"),
    ("no_auth_user: zz", 'no_auth_user: "zz" present, but users/nkeys are not defined'),
    (
        "no_auth_user: zz\nauthorization {users: [{user: a, password: b}]}",
        'no_auth_user: "zz" not present as user or nkey in authorization block or account configuration',
    ),
    (
        'lame_duck_grace_period: "30s"\nlame_duck_duration: "30s"',
        "lame duck grace period (30s) should be strictly lower than lame duck duration (30s)",
    ),
]


@pytest.mark.parametrize("text,message", START_PROBLEMS)
def test_values_that_do_not_go_together_are_found_at_the_start(tmp_path, text, message):
    """Core 4.5: not by -t."""
    assert check(tmp_path, text)[0] == 0
    run = subprocess.run(
        [program(), "-c", "c.conf", "-p", "-1"], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert run.returncode == 1
    assert run.stderr.strip() == f"{NAME}: {message}"


class Configured:
    """A server with a configuration file that can be written again."""

    def __init__(self, folder, text, arguments=()):
        self.path = write(folder, text)
        self.server = Server(arguments=["-c", str(self.path), *arguments]).start()

    def wait_for(self, text, start=0):
        """Waits for a line of the log; returns the log from `start` on."""
        limit = time.monotonic() + 60
        while text not in (log := self.server.log_text()[start:]):
            assert time.monotonic() < limit, f"{text!r} is not in the log:\n{log}"
            assert self.server.is_running(), log
            time.sleep(0.01)
        return log

    def reload(self, text, done="Reloaded server configuration"):
        """Writes the file again and has it read; returns what was logged meanwhile."""
        self.path.write_text(text)
        start = len(self.server.log_text())
        self.server.process.send_signal(signal.SIGHUP)
        log = self.wait_for(done, start)
        assert 'Trapped "hangup" signal' in log
        return log


@pytest.fixture
def configured(tmp_path):
    """Starts a server with a configuration: `configured("max_payload: 1000")`."""
    started = []

    def start(text, arguments=()):
        started.append(Configured(tmp_path, text, arguments))
        return started[-1]

    yield start
    for one in started:
        one.server.close()


def info_of(server):
    """The first INFO of a server."""
    with server.connect() as connection:
        return json.loads(connection.makefile().readline().removeprefix("INFO "))


def test_a_file_sets_what_clients_see(configured):
    """Core 4.2."""
    one = configured("max_payload: 1000\nserver_name: conf\nmax_control_line: 512\nmax_connections: 7\n")
    info = info_of(one.server)
    assert info["max_payload"] == 1000
    assert info["server_name"] == "conf"
    wire = Wire(one.server)
    wire.send("CONNECT {\"verbose\":false}\nPUB a 1001\n")
    wire.expect("-ERR 'Maximum Payload Violation'\n")
    wire.close()
    assert "Using configuration file: " in one.server.log_text()


def test_the_command_line_counts_for_more_than_the_file(configured):
    """Core 4.7."""
    one = configured("server_name: file\nport: 1\nhost: 192.0.2.1\n", ["--name", "flag"])
    assert info_of(one.server)["server_name"] == "flag"


def test_a_warning_does_not_keep_the_server_from_starting(configured):
    """Core 4.1."""
    one = configured("ping_interval: 10\n")
    assert "ping_interval should be converted to a duration" in one.server.log_text()


def test_no_connections_are_allowed(configured):
    """Core 4.5."""
    one = configured("max_connections: 0\n")
    with one.server.connect() as connection:
        text = connection.makefile("rb").read()
    assert text.startswith(b"INFO ")
    assert text.endswith(b"-ERR 'maximum connections exceeded'\r\n")


def test_a_file_asks_for_users(configured):
    """Core 51."""
    one = configured("authorization { user: joe, password: s3cret }\n")
    assert info_of(one.server)["auth_required"]
    wire = Wire(one.server)
    wire.send('CONNECT {"verbose":false,"user":"joe","pass":"s3cret"}\nPING\n')
    wire.expect("PONG\n")
    wire.close()
    wire = Wire(one.server)
    wire.send('CONNECT {"verbose":false,"user":"joe","pass":"wrong"}\nPING\n')
    wire.expect("-ERR 'Authorization Violation'\n")
    wire.expect_end()
    wire.close()
    assert "Plaintext passwords detected, use nkeys or bcrypt" in one.server.log_text()


# Reload.


def test_a_reload_applies_what_can_change_and_tells_it(configured):
    """Core 4.6."""
    one = configured("max_payload: 1000\n")
    wire = Wire(one.server)
    wire.send('CONNECT {"verbose":false,"protocol":0}\nPING\n')
    wire.expect("PONG\n")
    log = one.reload('max_payload: 2000\nping_interval: "1m"\nmax_connections: 100\ndebug: true\nserver_tags: [a]\n')
    for line in ("max_payload = 2000", "ping_interval = 1m0s", "max_connections = 100", "debug = true", "tags"):
        assert f"Reloaded: {line}" in log
    assert re.search(r"Reloaded server configuration \(sha256:[0-9a-f]{64}\)", log)
    # At once, and for clients that were there before, without a word to them.
    wire.send("PUB a 1500\n" + "x" * 1500 + "\nPING\n")
    wire.expect("PONG\n")
    wire.send("PUB a 2001\n")
    wire.expect("-ERR 'Maximum Payload Violation'\n")
    wire.close()
    assert info_of(one.server)["max_payload"] == 2000


@pytest.mark.parametrize(
    "text,message",
    [
        ("max_pending: 2MB\n", "config reload not supported for MaxPending: old=67108864, new=2097152"),
        ("server_name: other\n", "config reload not supported for ServerName: old=, new=other"),
        ("max_subscriptions: 3\n", "config reload not supported for MaxSubs: old=0, new=3"),
        ('lame_duck_duration: "40s"\n', "config reload not supported for LameDuckDuration: old=2m0s, new=40s"),
        ("http_base_path: x\n", "config reload not supported for HTTPBasePath: old=, new=x"),
        ("foo: 1\n", 'unknown field "foo"'),
        ("max_payload: [\n", "Parse error on line"),
        ("max_payload: 2000\nmax_pending: 1000\n", "max_payload (2000) cannot be higher than max_pending (1000)"),
    ],
)
def test_a_reload_that_cannot_be_done_changes_nothing(configured, text, message):
    """Core 75, 4.6."""
    one = configured("max_payload: 1000\n")
    log = one.reload(text, "Failed to reload server configuration: ")
    log = one.wait_for(message)
    assert "[ERR] Failed to reload server configuration: " in log
    assert info_of(one.server)["max_payload"] == 1000


def test_a_reload_without_a_file_changes_nothing(start):
    """Core 4.6."""
    server = start()
    server.process.send_signal(signal.SIGHUP)
    limit = time.monotonic() + 60
    while "Failed to reload server configuration" not in server.log_text():
        assert time.monotonic() < limit
        time.sleep(0.01)
    assert server.is_running()


def test_the_command_line_still_counts_for_more_after_a_reload(configured):
    """Core 4.6."""
    one = configured("max_payload: 1000\n", ["--client_advertise", "flag:1"])
    one.reload('max_payload: 2000\nclient_advertise: "file:2"\nhost: "192.0.2.1"\n')
    assert info_of(one.server)["host"] == "flag"


def test_a_reload_takes_subscriptions_away_that_are_not_allowed_any_more(configured):
    """Core 75."""
    form = "authorization {{ users: [{{user: a, password: b, permissions: {{subscribe: {0}}}}}] }}\n"
    one = configured(form.format("[x, y]"))
    wire = Wire(one.server)
    wire.send('CONNECT {"verbose":false,"user":"a","pass":"b"}\nSUB x 1\nSUB y 2\nPING\n')
    wire.expect("PONG\n")
    one.reload(form.format("[x]"))
    wire.expect("-ERR 'Permissions Violation for Subscription to \"y\" (sid \"2\")'\n")
    wire.send("PUB y 0\n\nPUB x 0\n\nPING\n")
    wire.expect("MSG x 1 0\n\nPONG\n")
    wire.close()


def test_a_reload_closes_a_user_that_is_gone(configured):
    """Core 75."""
    one = configured("authorization { users: [{user: a, password: b}, {user: c, password: d}] }\n")
    wire = Wire(one.server)
    wire.send('CONNECT {"verbose":false,"user":"a","pass":"b"}\nPING\n')
    wire.expect("PONG\n")
    one.reload("authorization { users: [{user: c, password: d}] }\n")
    wire.expect_end()
    wire.close()


def test_a_reload_closes_surplus_clients(configured):
    """Core 4.6."""
    one = configured("max_connections: 10\n")
    wires = [Wire(one.server) for _ in range(3)]
    for wire in wires:
        wire.send('CONNECT {"verbose":false}\nPING\n')
        wire.expect("PONG\n")
    one.reload("max_connections: 1\n")
    closed = 0
    for wire in wires:
        wire.send("PING\n")
        try:
            wire.expect("PONG\n")
        except AssertionError:
            closed += 1
    assert closed == 2


# The log.


@pytest.fixture
def logging():
    """Starts a server that logs to a file: `logging("-D")`."""
    started = []

    def start(*arguments):
        server = Server()
        started.append(server)
        server.arguments = ["-l", str(server.log), *arguments]
        return server.start()

    yield start
    for server in started:
        server.close()


def wait_for_log(server, text):
    """Waits for a line in the log."""
    limit = time.monotonic() + 60
    while text not in server.log_text():
        assert time.monotonic() < limit, f"{text!r} is not in the log:\n{server.log_text()}"
        time.sleep(0.01)


def test_the_log_file_is_opened_again(logging):
    """Core 76."""
    server = logging()
    old = server.log.with_name("old.log")
    server.log.rename(old)
    server.process.send_signal(signal.SIGUSR1)
    wait_for_log(server, "File log re-opened")
    assert 'Trapped "user defined signal 1" signal' in old.read_text()
    assert "Server is ready" in old.read_text()
    assert server.terminate() == 0
    assert "Server Exiting.." in server.log_text()


def test_a_log_file_is_put_aside_when_it_has_grown(logging):
    """Core 4.2."""
    server = logging("--log_size_limit", "4000", "-DV")
    wire = Wire(server)
    for _ in range(200):
        wire.send("PING\n")
    # All of them were read before the connection ends.
    wire.expect("PONG\n" * 200)
    wire.close()
    backups = re.compile(r"log\.\d{4}(\.\d\d){5}\.\d{9}")
    limit = time.monotonic() + 60
    while not [file for file in server.folder.iterdir() if backups.fullmatch(file.name)]:
        assert time.monotonic() < limit, list(server.folder.iterdir())
        time.sleep(0.01)
    assert server.log.stat().st_size <= 8000


def test_so_many_log_files_are_kept(tmp_path):
    """Core 4.2: the one that is written to is one of them."""
    log = tmp_path / "a.log"
    path = write(tmp_path, f'log_file: "{log}"\nlog_size_limit: 2000\nlog_max_num: 3\ntrace: true\n')
    server = Server(arguments=["-c", str(path)])
    server.start(wait=False)
    try:
        limit = time.monotonic() + 60
        while not log.exists() or "Server is ready" not in "".join(
            file.read_text() for file in tmp_path.glob("a.log*")
        ):
            assert time.monotonic() < limit
            time.sleep(0.01)
        text = "".join(file.read_text() for file in sorted(tmp_path.glob("a.log*")))
        server.port = int(re.search(r"Listening for client connections on \S*:(\d+)", text).group(1))
        wire = Wire(server)
        for _ in range(300):
            wire.send("PING\n")
        wire.expect("PONG\n" * 300)
        limit = time.monotonic() + 60
        while len(list(tmp_path.glob("a.log.*"))) != 2:
            assert time.monotonic() < limit, list(tmp_path.iterdir())
            time.sleep(0.01)
        wire.close()
    finally:
        server.close()


LINE = r"\[{pid}\] {time}\[(INF|WRN|ERR|DBG|TRC)\] .*"


@pytest.mark.parametrize(
    "flags,form",
    [
        ([], r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6} "),
        (["-T=false"], ""),
        (["--logtime_utc"], r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6} "),
    ],
)
def test_a_line_of_the_log_has_its_form(start, flags, form):
    """Core 4.9: without colours, because nobody looks."""
    server = start(arguments=flags)
    assert server.terminate() == 0
    lines = server.log_text().splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(LINE.format(pid=server.process.pid, time=form), line), line


def test_the_log_is_switched_by_a_reload(configured):
    """Core 4.6."""
    one = configured("debug: false\n")
    assert "[DBG]" not in one.server.log_text()
    one.reload("debug: true\ntrace: true\nlogtime: false\n")
    wire = Wire(one.server)
    wire.send('CONNECT {"verbose":false}\nSUB foo 1\n')
    wire.expect_alive()
    wire.close()
    log = one.wait_for("<<- [SUB foo 1]")
    assert f"[{one.server.process.pid}] [TRC] " in log
    one.reload("debug: false\n")
    start = len(one.server.log_text())
    wire = Wire(one.server)
    wire.send('CONNECT {"verbose":false}\nSUB bar 1\n')
    wire.expect_alive()
    wire.close()
    assert "[TRC]" not in one.server.log_text()[start:]


def test_the_log_goes_to_another_file_after_a_reload(configured, tmp_path):
    """Core 4.6."""
    one = configured("debug: false\n")
    other = tmp_path / "other.log"
    one.path.write_text(f'log_file: "{other}"\n')
    one.server.process.send_signal(signal.SIGHUP)
    limit = time.monotonic() + 60
    while not other.exists() or "Reloaded server configuration" not in other.read_text():
        assert time.monotonic() < limit
        time.sleep(0.01)


# What else asks for a reload.


def test_the_system_account_may_ask_for_a_reload(configured):
    """Core 3.9."""
    form = "max_payload: {0}\naccounts {{ $SYS {{ users: [{{user: admin, password: s}}] }} }}\n"
    one = configured(form.format(1000))
    identity = info_of(one.server)["server_id"]
    wire = Wire(one.server)
    wire.send('CONNECT {"verbose":false,"user":"admin","pass":"s"}\nSUB answers 1\nPING\n')
    wire.expect("PONG\n")
    one.path.write_text(form.format(2000))
    start = len(one.server.log_text())
    wire.send(f"PUB $SYS.REQ.SERVER.{identity}.RELOAD answers 0\n\n")
    log = one.wait_for("Reloaded server configuration", start)
    assert "Reloaded: max_payload = 2000" in log
    wire.close()


def test_monitoring_is_where_the_file_says(configured):
    """Core 5.1."""
    one = configured('http: "127.0.0.1:-1"\nhttp_base_path: "/deep"\nserver_tags: [A, b]\n')
    log = one.wait_for("Starting http monitor on 127.0.0.1:")
    port = int(re.search(r"Starting http monitor on 127\.0\.0\.1:(\d+)", log).group(1))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/deep/varz", timeout=60) as answer:
        values = json.load(answer)
    assert values["tags"] == ["a", "b"]
    assert values["config_digest"].startswith("sha256:")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/varz", timeout=60)


def test_all_streams_and_consumers_have_the_servers_limits(configured):
    """Streams 8.1: what is not said is lowered to them, what is said must not be over them; a reload changes them."""
    text = 'jetstream { limits { duplicate_window: "%s", max_ack_pending: %d, max_request_batch: 10 } }\n'
    one = configured(text % ("10s", 50))
    client = Client(one.server)
    assert client.ok("STREAM.CREATE.S", {"name": "S", "subjects": ["s"]})["config"]["duplicate_window"] == 10 * 10**9
    text_of = "duplicates window can not be larger then server limit of 10s"
    window = {"name": "T", "subjects": ["t"], "duplicate_window": 11 * 10**9}
    assert client.error("STREAM.CREATE.T", window)[1:] == (10052, text_of)

    def create(name, **config):
        config = {"durable_name": name, "ack_policy": "explicit", **config}
        return f"CONSUMER.CREATE.S.{name}", {"stream_name": "S", "config": config}

    config = client.ok(*create("a"))["config"]
    assert config["max_ack_pending"] == 50
    assert config["max_batch"] == 10
    assert client.error(*create("b", max_ack_pending=51))[1] == 10121
    message = "consumer max request batch exceeds server limit of 10"
    assert client.error(*create("b", max_batch=11)) == (400, 10125, message)
    one.reload(text % ("10s", 60))
    assert client.ok(*create("b", max_ack_pending=51))["config"]["max_ack_pending"] == 51
    client.close()


def test_unknown_fields_of_requests_may_be_passed_over(configured):
    """Streams 1.4: with `strict: false` the rest of the request counts."""
    one = configured("jetstream { strict: false }\n")
    client = Client(one.server)
    assert "bogus" not in client.ok("STREAM.CREATE.S", {"name": "S", "subjects": ["s"], "bogus": 1})["config"]
    assert client.error("STREAM.CREATE.T", {"name": "T", "max_msgs": "x"})[1] == 10025
    client.close()


def test_another_ping_interval_holds_for_clients_that_are_there(configured):
    """Core 4.6: they need not wait for the end of the old one."""
    one = configured('ping_interval: "1h"\n')
    wire = Wire(one.server)
    wire.send('CONNECT {"verbose":false}\nPING\n')
    wire.expect("PONG\n")
    # The first comes early, to learn the round trip time.
    wire.expect("PING\n")
    wire.send("PONG\n")
    one.reload('ping_interval: "200ms"\nping_max: 2\n')
    if not is_weir():
        return wire.close()  # nats-server has set its timer, and keeps to that.
    wire.expect("PING\nPING\n-ERR 'Stale Connection'\n")
    wire.expect_end()
    wire.close()


@pytest.mark.parametrize("value", ["default", "close", "retry"])
def test_what_becomes_of_slow_writes_can_be_chosen(configured, value):
    """Core 4.2."""
    one = configured(f"write_timeout: {value}\n")
    assert one.server.process.poll() is None


def test_a_thousand_connections_at_once_are_served(configured):
    """What test suites and a restart of many clients need, with the default limit of the rate."""
    one = configured("port: 4222\n")
    wires = [one.server.connect() for _ in range(1000)]
    for wire in wires:
        assert wire.recv(5) == b"INFO "
        wire.close()


@pytest.mark.weir
def test_a_host_connects_as_fast_as_it_may(configured):
    """Ten seconds' worth at once; the others are told, and may come later."""
    one = configured("connection_rate_limit: 2\n")
    wires = [Wire(one.server) for _ in range(40)]
    served = 0
    for wire in wires:
        wire.send('CONNECT {"verbose":false}\nPING\n')
        line = wire.read_line()
        if line == b"PONG":
            served += 1
        else:
            assert line == b"-ERR 'maximum connection rate exceeded'"
            wire.expect_end()
        wire.close()
    assert 19 <= served <= 30
    assert "maximum connection rate exceeded: 2 per second of one host; refused 1, the last from 127.0.0.1" in (
        one.server.log_text()
    )
    one.reload("connection_rate_limit: 0\n")
    wire = Wire(one.server)
    wire.send('CONNECT {"verbose":false}\nPING\n')
    wire.expect("PONG\n")
    wire.close()


V2 = b"\r\n\r\n\x00\r\nQUIT\n"
SOURCE = bytes([1, 2, 3, 4, 5, 6, 7, 8]) + (1111).to_bytes(2, "big") + (4222).to_bytes(2, "big")


@pytest.mark.parametrize(
    "header,address",
    [
        (b"", "127.0.0.1"),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1111 4222\r\n", "1.2.3.4"),
        (b"PROXY TCP6 2001:db8::5 ::1 1111 4222\r\n", "2001:db8::5"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (b"PROXY TCP4 x 5.6.7.8 1111 4222\r\n", None),
        (V2 + b"\x21\x11\x00\x0c" + SOURCE, "1.2.3.4"),
        (V2 + b"\x20\x00\x00\x00", "127.0.0.1"),
        (V2 + b"\x21\x12\x00\x0c" + SOURCE, None),
    ],
)
def test_a_proxy_says_where_a_client_comes_from(configured, header, address):
    """Core 2.1: before its first byte; then INFO has that address."""
    one = configured("proxy_protocol: true\nprotected_mode: false\n" if is_weir() else "proxy_protocol: true\n")
    wire = Wire(one.server)
    assert "client_ip" not in wire.info
    # In two parts, as the network may bring it.
    wire.send(header[:9])
    time.sleep(0.01)
    wire.send(header[9:] + b'CONNECT {"verbose":false,"protocol":1}\r\nPING\r\n')
    if address is None:
        wire.expect_end()
    else:
        wire.expect("PONG\n")
        assert json.loads(wire.read_line()[5:])["client_ip"] == address
    wire.close()


@pytest.mark.weir
def test_protected_mode_looks_behind_a_proxy(configured):
    """A proxy on this machine does not let strangers in."""
    one = configured("proxy_protocol: true\n")
    wire = Wire(one.server)
    wire.send(b"PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\nPING\r\n")
    assert b"protected mode" in wire.read_line().lower()
    wire.expect_end()
    wire.close()
