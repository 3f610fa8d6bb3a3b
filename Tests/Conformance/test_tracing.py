"""Reports on the way of a message through the server (core.md §1.14)."""

import base64
import gzip
import json

import pytest

from accounts import connect_line
from wire import Client

DENIED = "Not delivered because subscription denies this subject"
NO_ECHO = "Not delivered because of no echo"
PUBLISH = "Permissions Violation for Publish to"
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"


class Tracer(Client):
    """A client with a name, which gets the reports."""

    def __init__(self, server, name, user=None, **options):
        self.name = name
        super().__init__(server, connect=connect_line(user, user, name=name, **options))
        self.reports = self.subscribe("trace")
        self.flush()

    def trace(self, subject, data=b"x", reply=None, only=False, **headers):
        """Publishes a message and returns its report, or None."""
        said = {"Nats-Trace-Dest": "trace"}
        if only:
            said["Nats-Trace-Only"] = "true"
        said.update({name.replace("_", "-"): value for name, value in headers.items()})
        self.publish(subject, data, reply, said)
        self.flush()
        return self.report()

    def report(self, limit=None):
        """The next report, without the times."""
        message = self.next(self.reports, *([limit] if limit else []))
        return message and plain(message)


def plain(message):
    """A report without the times."""
    report = message.json()
    assert report["server"]["id"] and report["server"]["time"]
    times = [event.pop("ts") for event in report["events"]]
    assert times == sorted(times)
    return report


def arrival(client, subject, account="$G", **more):
    return {
        "type": "in", "kind": 0, "cid": client.info["client_id"], "name": client.name, "acc": account,
        "subj": subject, **more,
    }  # fmt: skip


def delivery(client, sub, **more):
    return {"type": "eg", "kind": 0, "cid": client.info["client_id"], "name": client.name, "sub": sub, **more}


def events(report):
    """The events, those of deliveries in an order that does not depend on the server."""
    first = [event for event in report["events"] if event["type"] != "eg"]
    rest = [event for event in report["events"] if event["type"] == "eg"]
    return first + sorted(rest, key=lambda event: ("queue" in event, event["cid"], event["sub"]))


@pytest.fixture
def tracer(server):
    return Tracer(server, "one")


def test_every_delivery_is_reported(server, tracer):
    """Core 69: plain subscriptions, one of each queue group, and who does not get it."""
    other = Tracer(server, "two", echo=False)
    tracer.subscribe("t.*")
    tracer.subscribe("t.a", "g")
    other.subscribe("t.>")
    other.flush()
    report = tracer.trace("t.a", b"hello")
    assert report["request"] == {"header": {"Nats-Trace-Dest": ["trace"]}, "msgsize": 41}
    expected = [arrival(tracer, "t.a"), delivery(tracer, "t.*"), delivery(other, "t.>")]
    assert events(report) == expected + [delivery(tracer, "t.a", queue="g")]
    assert other.report() == report
    report = other.trace("t.b")
    assert events(report) == [
        arrival(other, "t.b"),
        delivery(tracer, "t.*"),
        delivery(other, "t.>", error=NO_ECHO),
    ]


@pytest.mark.parametrize("value, delivered", [("1", 0), ("On", 0), ("TRUE", 0), ("yes", 1), ("0", 1), ("", 1)])
def test_a_report_alone_delivers_nothing(tracer, value, delivered):
    """Core 69."""
    sid = tracer.subscribe("t")
    tracer.unsubscribe(sid, 5)
    report = tracer.trace("t", Nats_Trace_Only=value)
    assert report["events"] == [arrival(tracer, "t"), delivery(tracer, "t")]
    assert len(tracer.messages[sid]) == delivered


def test_nobody_gets_a_message_that_nobody_wants(tracer):
    """Core §1.10: and whoever waits for an answer is told."""
    for only in [False, True]:
        assert tracer.trace("nobody", reply=f"{tracer.inbox}.1", only=only)["events"] == [arrival(tracer, "nobody")]
        assert tracer.next(tracer.answers).status == "503"


@pytest.mark.parametrize(
    "block",
    [
        b"NATS/1.0\r\nnats-trace-dest: trace\r\n\r\n",
        b"NATS/1.0\r\nNats-Trace-Dest: \r\n\r\n",
        b"NATS/1.0\r\nNats-Trace-Dest: trace disabled\r\n\r\n",
        b"NATS/1.0\r\nNats-Trace-Dest: tra..ce\r\n\r\n",
        b"NATS/1.0\r\nNats-Trace-Dest: >\r\n\r\n",
        b"NATS/1.0\r\nNats-Trace-Dest: trace",
        b"NATS/1.0 200\r\nNats-Trace-Dest: trace\r\n\r\n",
        b"NATS/1.0\r\nbroken\r\nNats-Trace-Dest: trace\r\n\r\n",
        b"NATS/1.0\r\nNats-Trace-Only: true\r\n\r\n",
        b"NATS/1.0\r\nNats-Trace-Dest: trace\r\nNats-Trace-Origin-Account: A\r\n\r\n",
        b"NATS/1.0\r\ntraceparent: " + PARENT.encode() + b"01\r\n\r\n",
        b"\r\n",
    ],
)
def test_other_headers_ask_for_nothing(tracer, block):
    """The message is delivered, and nobody reports."""
    tracer.subscribe(">")
    sid = tracer.subscribe("t")
    tracer.publish("t", b"x", headers=block)
    tracer.flush()
    assert tracer.next(sid).data == b"x"
    tracer.nothing(tracer.reports, 0.1)


def test_headers_are_repeated_in_the_report(tracer):
    """Values of one name together, without blanks, and those that are empty left out; a broken line ends them."""
    block = b"NATS/1.0\r\nNats-Trace-Dest:trace \r\nX: a\r\nE:\r\nX:  b\"\\\xff\r\ny: c:d\r\n broken\r\n\r\n"
    tracer.publish("t", b"", headers=block)
    header = tracer.report()["request"]["header"]
    assert header["X"][0] == "a" and header["X"][1].startswith('b"\\')
    header.pop("X")
    assert header == {"Nats-Trace-Dest": ["trace"], "y": ["c:d"]}


def uncompressed(data):
    """What a stream in the framing format of snappy holds."""
    assert data.startswith(b"\xff\x06\x00\x00sNaPpY")
    data, text = data[10:], b""
    while data:
        size = int.from_bytes(data[1:4], "little")
        chunk = data[8 : 4 + size]
        text += chunk if data[0] == 1 else unpacked(chunk)
        data = data[4 + size :]
    return text


def unpacked(block):
    """What a block of snappy holds."""
    place = next(index for index, byte in enumerate(block) if byte < 128) + 1
    text = bytearray()
    while place < len(block):
        tag = block[place]
        place += 1
        if tag & 3 == 0:
            count = (tag >> 2) + 1
            if count > 60:
                extra = count - 60
                count = int.from_bytes(block[place : place + extra], "little") + 1
                place += extra
            text += block[place : place + count]
            place += count
            continue
        if tag & 3 == 1:
            count, offset, place = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | block[place], place + 1
        else:
            count, offset, place = (tag >> 2) + 1, int.from_bytes(block[place : place + 2], "little"), place + 2
        if offset == 0:
            return None  # An extension of S2, which repeats an offset: not read here.
        for _ in range(count):
            text.append(text[-offset])
    return bytes(text)


@pytest.mark.parametrize(
    "accepted, encoding, unwrap",
    [
        ("gzip", "gzip", gzip.decompress),
        ("br, GZIP", "gzip", gzip.decompress),
        ("snappy", "snappy", uncompressed),
        ("gzip, s2", "snappy", uncompressed),
        ("deflate", "identity", bytes),
    ],
)
def test_a_report_is_wrapped_as_asked(tracer, accepted, encoding, unwrap):
    tracer.publish("t", b"x", headers={"Nats-Trace-Dest": "trace", "Accept-Encoding": accepted, "Big": "y" * 200_000})
    message = tracer.next(tracer.reports)
    assert message.value("Content-Encoding") == encoding
    if encoding == "snappy" and message.data[10] == 0:
        return  # The reference uses extensions of S2 that are not read here.
    assert len(json.loads(unwrap(message.data))["request"]["header"]["Big"][0]) == 200_000


def test_a_stream_reports_what_it_does(server, client):
    """It stores, finds a duplicate or refuses; what it stores does not ask for a report again."""
    client.ok("STREAM.CREATE.S", {"name": "S", "subjects": ["s.*"], "max_msgs": 2, "discard": "new"})
    tracer = Tracer(server, "one")

    def step(**headers):
        report = tracer.trace("s.a", reply=f"{tracer.inbox}.1", **headers)
        assert report["events"][0] == arrival(tracer, "s.a")
        return report["events"][1:]

    stored = [{"type": "js", "stream": "S", "subject": "s.a"}]
    assert step(Nats_Trace_Only="1") == stored
    tracer.nothing(tracer.answers, 0.1)
    assert step(Nats_Msg_Id="i") == stored
    assert tracer.next(tracer.answers).json()["seq"] == 1
    assert step(Nats_Msg_Id="i") == [{"type": "js", "stream": "S", "error": "msgid is duplicate"}]
    assert tracer.next(tracer.answers).json()["duplicate"]
    refused = [{"type": "js", "stream": "S", "error": "expected stream does not match"}]
    for only in [False, True]:
        assert step(Nats_Expected_Stream="T", Nats_Trace_Only=str(only)) == refused
        assert tracer.next(tracer.answers).json()["error"]["err_code"] == 10060
    assert step() == stored
    assert step() == [{"type": "js", "stream": "S", "subject": "s.a", "error": "maximum messages exceeded"}]
    assert client.ok("STREAM.INFO.S")["state"]["messages"] == 2
    found = client.ok("STREAM.MSG.GET.S", {"seq": 1})["message"]["hdrs"]
    assert base64.b64decode(found) == b"NATS/1.0\r\nNats-Trace-Dest: trace disabled\r\nNats-Msg-Id: i\r\n\r\n"


def test_messages_of_one_client_stay_in_order_where_some_are_traced(server, client):
    client.ok("STREAM.CREATE.S", {"name": "S", "subjects": ["s.*"]})
    tracer = Tracer(server, "one")
    for number in range(200):
        traced = {"Nats-Trace-Dest": "trace"} if number % 3 == 0 else None
        tracer.publish("s.a", str(number), headers=traced)
    tracer.flush()
    assert len(tracer.take(tracer.reports, 67)) == 67
    found = [client.ok("STREAM.MSG.GET.S", {"seq": sequence})["message"]["data"] for sequence in range(1, 201)]
    assert [int(base64.b64decode(data)) for data in found] == list(range(200))


def test_requests_to_the_server_are_reported(server, client):
    """A request is made, or, where the report is all that is wanted, not."""
    client.ok("STREAM.CREATE.S", {"name": "S", "subjects": ["s.*"]})
    tracer = Tracer(server, "one")
    subject = "$JS.API.STREAM.DELETE.S"
    report = tracer.trace(subject, b"", f"{tracer.inbox}.1", only=True)
    service = {"type": "si", "acc": "$SYS", "from": subject, "to": subject}
    assert report["events"] == [arrival(tracer, subject), service]
    assert tracer.next(tracer.answers).status == "503"
    client.ok("STREAM.INFO.S")
    assert tracer.trace(subject, b"", f"{tracer.inbox}.1")["events"] == [arrival(tracer, subject), service]
    assert tracer.next(tracer.answers).json()["success"]


CONFIGURATION = """
accounts {
  A {
    msg_trace: account.trace
    mappings: { "m.*": "n.$1", "none": [ {destination: none, weight: 0} ] }
    users: [
      {user: a, password: a}
      {user: p, password: p, permissions: {publish: {deny: [trace, secret]}, subscribe: {deny: foo.x}}}
      {user: r, password: r, permissions: {publish: trace}}
    ]
  }
  B { msg_trace: {dest: account.trace, sampling: "50%"}, users: [ {user: b, password: b} ] }
}
"""


def test_a_mapping_is_reported(configured):
    tracer = Tracer(configured(CONFIGURATION), "a", "a")
    tracer.subscribe("n.*")
    mapped = [arrival(tracer, "m.1", "A"), {"type": "sm", "to": "n.1"}, delivery(tracer, "n.*")]
    assert tracer.trace("m.1")["events"] == mapped
    assert tracer.trace("none")["events"] == [arrival(tracer, "none", "A"), {"type": "sm", "to": ""}]


def test_reports_go_where_the_publisher_may_publish(configured):
    """Otherwise nothing is done but to say so."""
    server = configured(CONFIGURATION)
    tracer, other = Tracer(server, "p", "p"), Tracer(server, "a", "a")
    sid = tracer.subscribe("foo.*")
    other.flush()
    tracer.publish("foo.y", b"x", headers={"Nats-Trace-Dest": "trace"})
    tracer.publish("foo.y", b"x", headers={"Nats-Trace-Dest": "_GR_.x"})
    tracer.flush()
    assert tracer.errors == [f"'{PUBLISH} \"trace\"'", f"'{PUBLISH} \"_GR_.x\"'"]
    tracer.nothing(sid, 0.1)
    # What the subscription must not get, another client may publish.
    denied = delivery(tracer, "foo.*", error=DENIED)
    assert other.trace("foo.x")["events"] == [arrival(other, "foo.x", "A"), denied]


def test_a_refused_message_is_reported(configured):
    server = configured(CONFIGURATION)
    tracer, other = Tracer(server, "r", "r"), Tracer(server, "a", "a")
    for only in [False, True]:
        tracer.publish("secret", b"x", headers={"Nats-Trace-Dest": "trace", "Nats-Trace-Only": str(only)})
        error = f'{PUBLISH} "secret"'
        assert other.report()["events"] == [arrival(tracer, "secret", "A", error=error)]
    tracer.publish("trace", b"x", "$JS.ACK.x", headers={"Nats-Trace-Dest": "trace"})
    error = 'Permissions Violation for Publish with Reply of "$JS.ACK.x"'
    assert other.report()["events"] == [arrival(tracer, "trace", "A", error=error)]


@pytest.mark.parametrize(
    "value, traced",
    [
        (PARENT + "01", True), (PARENT + "03", True), (PARENT + "00", False), (PARENT + "02", False),
        (PARENT + "zz", False), (PARENT + "1", False), (PARENT + "01-x", False), ("a-b-c-01", True),
    ],
)  # fmt: skip
def test_an_account_traces_what_belongs_to_a_sampled_trace(configured, value, traced):
    """Whatever the case of the header; the message is delivered in any case."""
    tracer = Tracer(configured(CONFIGURATION), "a", "a")
    reports, sid = tracer.subscribe("account.trace"), tracer.subscribe("foo")
    for name in ["traceparent", "TraceParent"]:
        tracer.publish("foo", b"x", headers={name: value, "Nats-Trace-Only": "1"})
        tracer.flush()
        assert tracer.next(sid).data == b"x"
        if traced:
            report = plain(tracer.next(reports))
            assert report["events"] == [arrival(tracer, "foo", "A"), delivery(tracer, "foo")]
    tracer.nothing(reports, 0.1)
    report = tracer.trace("foo", traceparent=value)
    assert report["events"] == [arrival(tracer, "foo", "A"), delivery(tracer, "foo")]


def test_an_account_may_trace_some_messages_only(configured):
    client = Client(configured(CONFIGURATION), connect=connect_line("b", "b"))
    reports = client.subscribe("account.trace")
    for _ in range(400):
        client.publish("foo", b"x", headers={"traceparent": PARENT + "01"})
    client.flush()
    assert 100 < len(client.take(reports, 400, 0.5)) < 300


@pytest.mark.parametrize(
    "text",
    [
        '"a.*"', '""', '"x."', "5", "[]", "{dest: x, sampling: 101}", "{dest: x, sampling: 0}",
        "{dest: x, foo: 1}", '{dest: x, sampling: "a"}', "{dest: x, sampling: 1.5}", "{dest: 5}",
    ],
)  # fmt: skip
def test_a_wrong_destination_is_refused(start, tmp_path, text):
    path = tmp_path / "server.conf"
    path.write_text("accounts { A { users: [ {user: a, password: a} ], msg_trace: %s } }" % text)
    with pytest.raises(RuntimeError, match="server.conf:1:"):
        start(arguments=["-c", str(path)])
