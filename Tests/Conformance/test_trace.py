"""What a trace of the operations shows: core 4.9. Lines are compared without what stands before the client's name."""

import re
import time

import pytest

from accounts import reload
from server import Server
from wire import Wire

HELLO = '{"verbose":true,"lang":"py","version":"1","name":"a b","headers":true,"no_responders":true,"pass":"s3cret"}'
HIDDEN = HELLO.replace("s3cret", "[REDACTED]")
LINE = re.compile(r'\[TRC\] (?P<place>127\.0\.0\.1:\d+ - cid:\d+)(?P<name>( - "[^"]*")*) - (?P<text>(<<-|->>|<->) .*)')


def traced(server, last):
    """The lines of the trace without place and name, once `last` is among them; and all names."""
    limit = time.monotonic() + 60
    while True:
        found = [LINE.search(line) for line in server.log_text().splitlines()]
        found = [match for match in found if match]
        texts = [match["text"] for match in found]
        if last in texts:
            return texts, {match["name"] for match in found}
        assert time.monotonic() < limit, server.log_text()
        time.sleep(0.01)


def converse(server):
    """A little of everything; each step waits for its answer, because answers may be traced when they leave."""
    wire = Wire(server)
    for sent, expected in [
        (f"CONNECT {HELLO}\n", "+OK\n"),
        ("SUB foo 1\n", "+OK\n"),
        ("sub  h.*   q  9\n", "+OK\n"),
        ("PUB foo rep 5\nhel\n\n", "+OK\nMSG foo 1 rep 5\nhel\n\n"),
        ("PUB foo 0\n\n", "+OK\nMSG foo 1 0\n\n"),
        (
            "HPUB h.x 18 23\nNATS/1.0\nA: b\n\nhello\n",
            "+OK\nHMSG h.x 9 18 23\nNATS/1.0\nA: b\n\nhello\n",
        ),
        ("SUB a..b 3\n", "-ERR 'Invalid Subject'\n"),
        ("UNSUB 9\n", "+OK\n"),
        ("NONSENSE\n", "-ERR 'Unknown Protocol Operation'\n"),
    ]:
        wire.send(sent)
        wire.expect(expected)
    wire.expect_end()
    wire.close()


BEFORE = [
    f"<<- [CONNECT {HIDDEN}]",
    "->> [OK]",
    "<<- [SUB foo 1]",
    "->> [OK]",
    "<<- [SUB h.*   q  9]",
    "->> [OK]",
]
AFTER = [
    "<<- [SUB a..b 3]",
    "->> [-ERR Invalid Subject]",
    "<<- [UNSUB 9]",
    "->> [OK]",
    "<-> [DELSUB 9]",
    "->> [-ERR Unknown Protocol Operation]",
    "<-> [DELSUB 1]",
]


def expected(foo, headers):
    """The lines of the conversation, with the two payloads as they are shown; None: not at all."""

    def message(way, payload):
        return [f'{way} MSG_PAYLOAD: ["{payload}"]'] if payload is not None else []

    return [
        *BEFORE,
        "<<- [PUB foo rep 5]",
        *message("<<-", foo),
        "->> [OK]",
        "->> [MSG foo 1 rep 5]",
        *message("->>", foo),
        "<<- [PUB foo 0]",
        "->> [OK]",
        "->> [MSG foo 1 0]",
        "<<- [HPUB h.x 18 23]",
        *message("<<-", headers),
        "->> [OK]",
        "->> [HMSG h.x 9 18 23]",
        *message("->>", headers),
        *AFTER,
    ]


@pytest.mark.parametrize(
    "arguments,configuration,foo,headers",
    [
        (["-V"], None, r"hel\r\n", r"NATS/1.0\r\nA: b\r\n\r\nhello"),
        (["-DV", "--max_traced_msg_len", "4"], None, "hel\\r...", "NATS..."),
        ([], "trace: true\nmax_traced_msg_len: 5\n", r"hel\r\n", "NATS/..."),
        ([], "trace_headers: true\n", None, r"NATS/1.0\r\nA: b"),
        ([], "trace_headers: true\nmax_traced_msg_len: 3\n", None, "NAT..."),
    ],
)
def test_a_trace_shows_what_comes_and_what_goes(arguments, configuration, foo, headers, tmp_path):
    if configuration:
        path = tmp_path / "c.conf"
        path.write_text(configuration)
        arguments = [*arguments, "-c", str(path)]
    with Server(arguments=arguments) as server:
        converse(server)
        texts, names = traced(server, "<-> [DELSUB 1]")
        log = server.log_text()
    # The end of a subscription may be told before or after the answer to UNSUB.
    order = lambda lines: [line for line in lines if not line.startswith("<->")]
    assert order(texts) == order(expected(foo, headers))
    assert sorted(texts) == sorted(expected(foo, headers))
    assert "s3cret" not in log
    assert {name for name in names if name} == {' - "v1:py:a b"'}


def test_a_trace_says_who_a_client_is(tmp_path):
    path = tmp_path / "c.conf"
    path.write_text("accounts { A { users: [{user: joe, password: pw}] } }\ntrace: true\n")
    with Server(arguments=["-c", str(path)]) as server:
        wire = Wire(server)
        wire.send('CONNECT {"verbose":false,"user":"joe","pass":"pw","name":"x\\n[ERR] y"}\nPING\n')
        wire.expect("PONG\n")
        wire.close()
        traced(server, "->> [PONG]")
        assert ' - "x\\n[ERR] y" - "A/user:joe" - ->> [PONG]' in server.log_text()


def test_a_verbose_trace_shows_what_the_server_says_itself(tmp_path):
    path = tmp_path / "c.conf"
    path.write_text("accounts { $SYS { users: [{user: s, password: s}] } }\n")

    def lines(*flags):
        with Server(arguments=["-c", str(path), *flags]) as server:
            wire = Wire(server)
            wire.send('CONNECT {"verbose":false,"user":"s","pass":"s"}\nSUB $SYS.ACCOUNT.*.CONNECT 1\nPING\n')
            wire.expect("PONG\n")
            other = Wire(server)
            other.send('CONNECT {"verbose":false,"user":"s","pass":"s"}\nPING\n')
            other.expect("PONG\n")
            assert wire.read_line().startswith(b"MSG $SYS.ACCOUNT.$SYS.CONNECT 1 ")
            wire.close()
            other.close()
            server.terminate()
            return [line for line in server.log_text().splitlines() if "[TRC] SYSTEM - <<- " in line]

    found = lines("-DVV")
    assert any("<<- [PUB $SYS.ACCOUNT.$SYS.CONNECT " in line for line in found)
    assert any('<<- MSG_PAYLOAD: ["{\\"type\\":\\"io.nats.server.advisory' in line for line in found)
    assert lines("-DV") == []


def test_a_trace_shows_what_one_client_sends_to_others(configured):
    """On whichever thread they are served; also once a reload has begun it."""
    server = configured("debug: true\n")
    readers = [Wire(server) for _ in range(4)]
    for reader in readers:
        reader.send('CONNECT {"verbose":false}\nSUB a 7\nPING\n')
        reader.expect("PONG\n")
    sender = Wire(server)
    sender.send('CONNECT {"verbose":false}\n')

    def send(count):
        for number in range(count):
            sender.send(f"PUB a 1\n{number}\n")
            for reader in readers:
                reader.expect(f"MSG a 7 1\n{number}\n")

    send(5)
    assert "->> [MSG" not in server.log_text()
    reload(server, "trace: true\n")
    send(5)
    sender.send("PING\n")
    sender.expect("PONG\n")
    assert server.log_text().count("->> [MSG a 7 1]") == 20
    for number in range(5):
        assert server.log_text().count(f'->> MSG_PAYLOAD: ["{number}"]') == 4
    for wire in [sender, *readers]:
        wire.close()
