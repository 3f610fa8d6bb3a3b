"""Accounts: worlds of their own, with limits of their own."""

import asyncio
import time

import nats

from accounts import client, expect_login, login, reload
from wire import LIMIT, error_of

ACCOUNTS = """
accounts {
  A { jetstream: {max_streams: 2, max_consumers: 1, max_file: 1000, max_mem: 500, disk_max_stream_bytes: 800},
      users: [ {user: a, password: a} ] }
  B { jetstream: enabled, users: [ {user: b, password: b} ] }
  C { users: [ {user: c, password: c} ] }
  $SYS { users: [ {user: s, password: s} ] }
}
authorization { users: [ {user: g, password: g} ] }
"""


def test_accounts_do_not_hear_of_each_other(configured):
    """Core §3.6."""
    server = configured(ACCOUNTS)
    a, b = login(server, "a"), login(server, "b")
    for wire, name in ((a, "A"), (b, "B")):
        expect_login(wire, name)
        wire.send("SUB x 1\nSUB x q 2\n")
        wire.expect_alive()
    a.send("UNSUB 2\nPUB x 1\na\n")
    a.expect("MSG x 1 1\na\n")
    b.send("UNSUB 2\nPUB x 1\nb\n")
    b.expect("MSG x 1 1\nb\n")
    a.expect_alive()
    b.expect_alive()


def test_nobody_responds_from_another_account(configured):
    """Core §1.10."""
    server = configured(ACCOUNTS)
    a, b = login(server, "a"), login(server, "b")
    b.send("SUB svc 1\n")
    expect_login(b)
    a.send("SUB in 1\nPUB svc in 0\n\n")
    a.expect("HMSG in 1 35 35\nNATS/1.0 503\nNats-Subject: svc\n\n\n")


def test_an_account_has_so_many_clients_subscriptions_and_bytes(configured):
    """Core 61, 62."""
    server = configured(
        "accounts { A { users: [ {user: a, password: a} ], limits { max_conn: 2, max_subs: 3, max_payload: 100 } } }"
    )
    first, second = login(server, "a"), login(server, "a")
    assert first.info["max_payload"] == 1048576
    for wire in (first, second):
        assert expect_login(wire, "A")["max_payload"] == 100
    third = login(server, "a")
    third.expect("-ERR 'maximum account active connections exceeded'\n")
    third.expect_end()
    for wire in (first, second):
        # The limit is one of each client.
        wire.send("SUB x 1\nSUB x 2\nSUB x 3\n")
        wire.expect_alive()
        wire.send("SUB x 4\n")
        wire.expect("-ERR 'maximum subscriptions exceeded'\n")
        wire.expect_alive()
    first.send("PUB y 100\n" + "x" * 100 + "\nPUB y 101\n")
    first.expect("-ERR 'Maximum Payload Violation'\n")
    first.expect_end()
    # The one that was sent away has left its place, perhaps a moment later.
    limit = time.monotonic() + LIMIT
    while True:
        fourth = login(server, "a")
        fourth.send("PING\n")
        if b"-ERR" not in (line := fourth.read_line()):
            break
        assert time.monotonic() < limit, line


def test_streams_of_two_accounts_may_have_the_same_name(configured):
    """Streams 24; and a restart finds each in its account."""
    server = configured(ACCOUNTS)
    for name in ("a", "b"):
        one = client(server, name)
        one.ok("STREAM.CREATE.S", {"name": "S", "subjects": ["s.>"]})
        for _ in range(1 if name == "a" else 2):
            assert "error" not in one.request("s.x", b"of " + name.encode()).json()
    server.restart()
    a, b = client(server, "a"), client(server, "b")
    assert a.ok("STREAM.INFO.S", {})["state"]["messages"] == 1
    assert b.ok("STREAM.INFO.S", {})["state"]["messages"] == 2
    a.ok("STREAM.DELETE.S", {})
    assert b.ok("STREAM.INFO.S", {})["state"]["messages"] == 2
    assert a.ok("STREAM.NAMES")["total"] == 0


def test_an_account_without_streams_is_told_so(configured):
    """Streams 2, 3, 18."""
    server = configured(ACCOUNTS)
    for name in ("c", "g"):
        one = client(server, name)
        for request, kind in (
            ("INFO", "account_info_response"),
            ("STREAM.NAMES", "stream_names_response"),
            ("STREAM.CREATE.S", "stream_create_response"),
            ("CONSUMER.NAMES.S", "consumer_names_response"),
        ):
            answer = one.api(request, {})
            assert answer["type"] == f"io.nats.jetstream.api.v1.{kind}"
            assert error_of(answer) == (503, 10039, "JetStream not enabled for account")
    system = client(server, "s")
    assert system.api("INFO", {})["type"].endswith("account_info_response")
    assert system.api("STREAM.NAMES", {})["type"].endswith("system_response")


def test_an_account_stores_no_more_than_it_may(configured):
    """Streams 71, 82."""
    one = client(configured(ACCOUNTS), "a")
    limits = one.ok("INFO", {})["limits"]
    assert limits == {
        "max_memory": 500,
        "max_storage": 1000,
        "max_streams": 2,
        "max_consumers": 1,
        "max_ack_pending": -1,
        "memory_max_stream_bytes": -1,
        "storage_max_stream_bytes": 800,
        "max_bytes_required": False,
    }

    def refused(number, name="X", **more):
        answer = one.api(f"STREAM.CREATE.{name}", {"name": name, "subjects": [f"{name}.>"], **more})
        assert error_of(answer)[1] == number

    refused(10122, max_bytes=900)
    refused(10026, max_consumers=2)
    one.ok("STREAM.CREATE.R", {"name": "R", "subjects": ["r.>"], "max_bytes": 700})
    refused(10047, max_bytes=301)
    refused(10028, max_bytes=501, storage="memory")
    one.ok("STREAM.CREATE.S", {"name": "S", "subjects": ["s.>"]})
    refused(10027)
    consumer = {"stream_name": "S", "config": {"name": "c1", "ack_policy": "none"}}
    one.ok("CONSUMER.CREATE.S.c1", consumer)
    consumer["config"]["name"] = "c2"
    assert error_of(one.api("CONSUMER.CREATE.S.c2", consumer))[1] == 10026
    body = b"x" * 400
    assert one.request("s.a", body).json()["seq"] == 1
    assert one.request("r.a", body).json()["seq"] == 1
    assert one.request("s.a", body).json()["error"] == {
        "code": 400,
        "err_code": 10002,
        "description": "resource limits exceeded for account",
    }
    assert one.request("s.a", b"small").json()["seq"] == 2
    one.ok("STREAM.PURGE.R", {})
    assert one.request("s.a", body).json()["seq"] == 3


def test_acknowledgements_name_the_account_by_its_hash(configured):
    """Consumers 119, §3.2: the hash of B is made like that of $G."""
    one = client(configured(ACCOUNTS), "b")
    one.ok("STREAM.CREATE.S", {"name": "S", "subjects": ["s"]})
    one.request("s", b"x")
    one.ok("CONSUMER.CREATE.S.c", {"stream_name": "S", "config": {"durable_name": "c", "ack_policy": "explicit"}})
    sid = one.subscribe("in")
    one.publish("$JS.API.CONSUMER.MSG.NEXT.S.c", b"", reply="in")
    parts = one.next(sid).reply.split(".")
    wrong = ".".join(["$JS.ACK._.szMpdrwD", *parts[2:], "x"])
    assert one.request(wrong, b"+ACK").status.startswith("503")
    right = ".".join(["$JS.ACK._", HASH_OF_B, *parts[2:], "x"])
    one.request(right, b"+ACK")
    assert one.ok("CONSUMER.INFO.S.c", {})["num_ack_pending"] == 0


HASH_OF_B = "b2oh2L6w"


def test_an_account_may_get_streams_and_other_limits_later(configured):
    """Core 75, §4.6."""
    text = "accounts { A { users: [ {user: a, password: a} ], limits { max_payload: %d } } }"
    server = configured(text % 100)
    wire = login(server, "a")
    expect_login(wire, "A")
    reload(server, text % 10)
    wire.send("PUB y 11\n")
    wire.expect("-ERR 'Maximum Payload Violation'\n")
    wire.expect_end()


def test_a_library_uses_the_streams_of_its_account(configured):
    """nats-py, two users at once."""
    server = configured(ACCOUNTS)

    async def talk():
        for name in ("a", "b"):
            connection = await nats.connect(server.url(), user=name, password=name, allow_reconnect=False)
            streams = connection.jetstream()
            await streams.add_stream(name="L", subjects=["l.*"])
            assert (await streams.publish("l.x", name.encode())).seq == 1
            pull = await streams.pull_subscribe("l.x", durable="d")
            (message,) = await pull.fetch(1, timeout=60)
            assert message.data == name.encode()
            await message.ack_sync()
            await connection.close()

    asyncio.run(talk())


def test_streams_come_back_with_jetstream(configured):
    """Core 4.6: an account that loses JetStream in a reload keeps what it has stored."""
    text = (
        "jetstream {}\naccounts { A { jetstream: %s, users: [ {user: a, password: a} ] }, "
        "B { jetstream: enabled, users: [ {user: b, password: b} ] } }\n"
    )
    server = configured(text % "enabled")
    mine, other = client(server, "a"), client(server, "b")
    for one in (mine, other):
        one.create_stream("S", subjects=["s.>"])
        one.put("s.a", b"1")
        one.create_consumer("d")
    inbox = mine.pull({"batch": 5, "expires": 60 * 10**9})
    assert mine.next(inbox).data == b"1"
    reload(server, text % "disabled")
    assert error_of(mine.api("STREAM.INFO.S"))[:2] == (503, 10039)
    for subject in ("s.a", "$JS.API.CONSUMER.MSG.NEXT.S.d", "$JS.API.DIRECT.GET.S"):
        assert mine.request(subject).status == "503", subject
    # The others go on.
    other.put("s.a", b"2")
    assert other.stored("S") == (2, 1, 2)
    reload(server, text % "enabled")
    assert mine.stored("S") == (1, 1, 1)
    mine.put("s.b", b"2")
    [message] = mine.fetch(1)
    assert (message.subject, message.data) == ("s.b", b"2")
    assert mine.consumer("d")["num_ack_pending"] == 2
    for one in (mine, other):
        one.close()
