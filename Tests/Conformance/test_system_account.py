"""Requests and events of the system account (core.md §3.8, §3.9)."""

import asyncio
import gzip
import json
import signal
import time

import nats
import pytest

import server as servers
from accounts import connect_line
from monitoring import shape
from wire import Wire

# Of what every message says of its server: what Weir has of them cannot be switched off.
ONLY_REFERENCE = "feature_flags"
# What else differs for a reason; see test_monitoring.py.
ONLY_WEIR_STATISTICS = {"statsz.jetstream.config.sync_always"}
ONLY_REFERENCE_STATISTICS = {
    "statsz.jetstream.config.sync_interval",
    "statsz.jetstream.limits.default_max_consumers",
}
# Told when they are known, which depends on how fast things go.
SOMETIMES = {"client.rtt"}


async def ask(client, subject, body=b""):
    """The answer, or None when nobody serves the subject."""
    try:
        return json.loads((await client.request(subject, body, timeout=60)).data)
    except nats.errors.NoRespondersError:
        return None


def test_every_account_may_ask_for_what_is_its_own(start):
    server = start(arguments=["-n", "shown"])

    async def run():
        client = await nats.connect(server.url(), name="asks")
        user = await ask(client, "$SYS.REQ.USER.INFO")
        assert user["server"]["name"] == "shown"
        assert user["data"] == {"user": "", "account": "$G", "account_name": "$G"}
        for subject in ("$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.CONNZ"):
            clients = await ask(client, subject)
            assert [one["name"] for one in clients["data"]["connections"]] == ["asks"]
        traffic = await ask(client, "$SYS.REQ.ACCOUNT.PING.STATZ")
        assert [one["acc"] for one in traffic["data"]["account_statz"]] == ["$G"]
        wrong = await ask(client, "$SYS.REQ.ACCOUNT.PING.STATZ", b"bad")
        assert wrong["error"] == {
            "code": 400,
            "description": "invalid character 'b' looking for beginning of value",
        }
        for subject in ("$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.SERVER.PING", "$SYS.REQ.ACCOUNT.$G.INFO"):
            assert await ask(client, subject) is None
        await client.close()

    asyncio.run(asyncio.wait_for(run(), 30))


CONFIGURATION = """
server_name: shown
authorization { timeout: 1 }
lame_duck_duration: "31s"
lame_duck_grace_period: "1s"
accounts {
  A { jetstream: enabled, users: [{user: a, password: pa}] }
  B { users: [{user: b, password: pb}], limits { max_connections: 1 } }
  $SYS { users: [{user: sys, password: ps}] }
}
"""


def begin(folder, program=None):
    """Starts a server with accounts."""
    file = folder / "server.conf"
    file.write_text(CONFIGURATION)
    return servers.Server(server_program=program, arguments=["-c", str(file), "-m=-1"]).start()


@pytest.fixture
def accounts(tmp_path):
    """A server with accounts."""
    one = begin(tmp_path)
    yield one
    one.close()


@pytest.fixture
def reference(tmp_path):
    """The reference beside it."""
    program = servers.reference_program()
    if not program:
        pytest.skip("there is no nats-server to compare with")
    one = begin(tmp_path, program)
    yield one
    one.close()


def connect(server, user, **options):
    return nats.connect(server.url(), user=user, password=f"p{user[0]}", name=f"n-{user}", **options)


def test_system_requests(accounts):
    async def run():
        system = await connect(accounts, "sys")
        client = await connect(accounts, "a")
        await client.subscribe("foo.x")
        await client.flush()
        identity = await ask(system, "$SYS.REQ.SERVER.PING.IDZ", b'{"server_name":"zzz"}')
        assert set(identity) == {"name", "host", "id"}
        own = identity["id"]
        for name in "VARZ SUBSZ CONNZ ROUTEZ GATEWAYZ LEAFZ ACCOUNTZ JSZ HEALTHZ IPQUEUESZ RAFTZ".split():
            for server in ("PING", own):
                answer = await ask(system, f"$SYS.REQ.SERVER.{server}.{name}")
                assert set(answer) == {"server", "data"}, name
                assert {"name", "host", "id", "ver", "jetstream", "flags", "seq", "time"} <= set(answer["server"])
        assert (await ask(system, "$SYS.REQ.SERVER.PING.HEALTHZ"))["data"] == {"status": "ok", "status_code": 200}
        statistics = (await ask(system, "$SYS.REQ.SERVER.PING"))["statsz"]
        keys = "start mem cores cpu connections total_connections active_accounts subscriptions sent received"
        assert set(keys.split()) <= set(statistics) and statistics["connections"] == 2
        assert await ask(system, "$SYS.REQ.SERVER.PING.NOPE") is None
        for filtered in (b'{"server_name":"zzz"}', b'{"tags":["x"]}', b'{"server_name":"how","exact_match":true}'):
            with pytest.raises(nats.errors.TimeoutError):
                await system.request("$SYS.REQ.SERVER.PING.VARZ", filtered, timeout=0.3)
        assert await ask(system, "$SYS.REQ.SERVER.PING.VARZ", b'{"server_name":"how"}')
        sort = await ask(system, "$SYS.REQ.SERVER.PING.CONNZ", b'{"sort":"bogus"}')
        assert sort["data"] is None and sort["error"]["code"] == 500
        own_clients = await ask(system, "$SYS.REQ.ACCOUNT.A.CONNZ", b'{"auth":true,"subscriptions":true}')
        shown = own_clients["data"]["connections"][0]
        assert (shown["authorized_user"], shown["account"], shown["name"]) == ("a", "A", "n-a")
        assert shown["subscriptions_list"] == ["foo.x"]
        assert "pa" not in json.dumps(own_clients).replace("pass", "").split('"')
        assert (await ask(system, "$SYS.REQ.ACCOUNT.A.INFO"))["data"]["client_connections"] == 1
        assert (await ask(system, "$SYS.REQ.ACCOUNT.A.JSZ"))["data"]["name"] == "A"
        assert (await ask(system, "$SYS.REQ.ACCOUNT.A.CONNS"))["conns"] == 1
        assert (await ask(system, "$SYS.REQ.ACCOUNT.NOPE.INFO"))["error"]["code"] == 500
        test = await ask(system, "$SYS.REQ.SERVER.PING.SUBSZ", b'{"subscriptions":true,"test":"foo.x"}')
        assert [one["account"] for one in test["data"]["subscriptions_list"]] == ["A"]
        with pytest.raises(nats.errors.TimeoutError):
            await system.request("$SYS.REQ.ACCOUNT.B.STATZ", b"", timeout=0.3)
        unused = b'{"accounts":["B"],"include_unused":true}'
        found = await ask(system, "$SYS.REQ.ACCOUNT.PING.STATZ", unused)
        assert [one["acc"] for one in found["data"]["account_statz"]] == ["B"]
        nobody = await ask(system, f"$SYS.REQ.SERVER.{own}.KICK", b'{"cid":99999}')
        assert nobody["error"] == {"code": 500, "description": "no such client or leafnode id"}
        await system.close()
        await client.close()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_events_tell_who_comes_and_goes(accounts):
    async def run():
        system = await connect(accounts, "sys")
        events = asyncio.Queue()

        async def take(message):
            await events.put((message.subject, json.loads(message.data)))

        for subject in (
            "$SYS.ACCOUNT.A.CONNECT",
            "$SYS.ACCOUNT.A.DISCONNECT",
            "$SYS.ACCOUNT.A.SERVER.CONNS",
            "$SYS.SERVER.*.CLIENT.AUTH.ERR",
            "$SYS.SERVER.*.STATSZ",
        ):
            await system.subscribe(subject, cb=take)
        await system.flush()
        client = await connect(accounts, "a")
        await client.publish("x", b"hello")
        await client.flush()
        await client.close()

        async def ignore(error):
            pass

        with pytest.raises(Exception, match="Authorization Violation"):
            await nats.connect(
                accounts.url(),
                user="a",
                password="secret",
                allow_reconnect=False,
                max_reconnect_attempts=0,
                error_cb=ignore,
            )
        wanted = {"client_connect", "client_disconnect", "account_connections", "CLIENT.AUTH.ERR", "STATSZ"}
        seen = {}
        while not wanted <= set(seen):
            subject, event = await asyncio.wait_for(events.get(), 15)
            name = event.get("type", "").split(".")[-1]
            if subject.endswith("CLIENT.AUTH.ERR"):
                name = "CLIENT.AUTH.ERR"
            seen["STATSZ" if subject.endswith("STATSZ") else name] = event
        assert seen["client_connect"]["client"]["user"] == "a"
        gone = seen["client_disconnect"]
        assert (gone["sent"], gone["received"]) == ({"msgs": 1, "bytes": 5}, {"msgs": 0, "bytes": 0})
        assert gone["reason"] == "Client Closed"
        assert {"type", "id", "timestamp", "server", "client"} <= set(gone)
        assert seen["CLIENT.AUTH.ERR"]["reason"] == "Authentication Failure"
        assert "secret" not in json.dumps(seen["CLIENT.AUTH.ERR"])
        assert {"acc", "conns", "total_conns", "sent", "received"} <= set(seen["account_connections"])
        assert "statsz" in seen["STATSZ"]
        await system.close()

    asyncio.run(asyncio.wait_for(run(), 30))


class Watch:
    """What is told in the system account, as it comes."""

    def __init__(self, client):
        self.client = client
        self.events = asyncio.Queue()

    async def on(self, *subjects):
        """Listens on subjects; returns once the server knows."""

        async def take(message):
            await self.events.put((message.subject, json.loads(message.data)))

        for subject in subjects:
            await self.client.subscribe(subject, cb=take)
        await self.client.flush()

    async def next(self, ending):
        """The next event on a subject with that ending; others that come before it are dropped."""
        while True:
            subject, event = await asyncio.wait_for(self.events.get(), 15)
            if subject.endswith(ending):
                return subject, event


def keys(event):
    """The shape of an event without what differs for a reason."""
    found = {key: kind for key, kind in shape(event).items() if ONLY_REFERENCE not in key}
    return {key: kind for key, kind in found.items() if key not in SOMETIMES}


@pytest.mark.parametrize("sent, name", [(signal.SIGTERM, "SHUTDOWN"), (signal.SIGUSR2, "LAMEDUCK")])
def test_the_end_of_a_server_is_told_by_who_it_is(accounts, sent, name):
    async def run():
        async def ignore(error):
            pass

        system = await connect(accounts, "sys", allow_reconnect=False, error_cb=ignore)
        identity = await ask(system, "$SYS.REQ.SERVER.PING.IDZ")
        watch = Watch(system)
        await watch.on("$SYS.SERVER.*.SHUTDOWN", "$SYS.SERVER.*.LAMEDUCK")
        accounts.process.send_signal(sent)
        subject, event = await watch.next(name)
        await system.close()
        return identity, subject, event

    identity, subject, event = asyncio.run(asyncio.wait_for(run(), 30))
    assert subject == f"$SYS.SERVER.{identity['id']}.{name}"
    # The server itself, and not an envelope around nothing.
    assert {key: event[key] for key in identity} == identity
    kinds = {"name": "str", "host": "str", "id": "str", "ver": "str", "time": "str"}
    kinds |= {"jetstream": "bool", "flags": "number", "seq": "number"}
    assert keys(event) == kinds


def refused(server, first, pause=0.0):
    """A client that sends that, and waits until it is sent away or, after the pause, goes."""
    wire = Wire(server)
    wire.send(first)
    if pause:
        time.sleep(pause)
    else:
        while wire.receive():
            pass
    wire.close()


REFUSED = [
    ("a wrong password", connect_line("a", "no"), "Authentication Failure", ("$G", "a"), True),
    ("a user who is not there", connect_line("nobody", "no"), "Authentication Failure", ("$G", "nobody"), True),
    ("no CONNECT at first", b"PING\r\n", "Authentication Failure", ("$G", None), True),
    ("no word in time", b"", "Authentication Timeout", ("$G", None), False),
    ("one client too many", connect_line("b", "pb"), "Maximum Account Connections Exceeded", ("B", "b"), False),
]


@pytest.mark.parametrize("first, reason, who, is_error", [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_who_is_sent_away_is_told_of(accounts, first, reason, who, is_error):
    async def run():
        system = await connect(accounts, "sys")
        taken = await connect(accounts, "b")
        watch = Watch(system)
        await watch.on("$SYS.SERVER.*.CLIENT.AUTH.ERR", "$SYS.ACCOUNT.*.CONNECT", "$SYS.ACCOUNT.*.DISCONNECT")
        await asyncio.to_thread(refused, accounts, first)
        events = [await asyncio.wait_for(watch.events.get(), 15)]
        if is_error:
            events.append(await asyncio.wait_for(watch.events.get(), 15))
        await taken.close()
        # Nothing else came: the next one to go is the other client.
        _, last = await asyncio.wait_for(watch.events.get(), 15)
        assert last["client"]["name"] == "n-b"
        await system.close()
        return events

    events = asyncio.run(asyncio.wait_for(run(), 30))
    assert events[-1][0] == f"$SYS.ACCOUNT.{who[0]}.DISCONNECT"
    if is_error:
        assert events[0][0].endswith(".CLIENT.AUTH.ERR")
    for _, event in events:
        assert event["type"] == "io.nats.server.advisory.v1.client_disconnect"
        assert (event["reason"], event["client"]["acc"], event["client"].get("user")) == (reason, *who)
        assert '"no"' not in json.dumps(event)


def test_events_have_the_keys_and_types_of_the_reference(accounts, reference):
    async def told(server):
        system = await connect(server, "sys")
        watch = Watch(system)
        await watch.on(
            "$SYS.ACCOUNT.A.CONNECT",
            "$SYS.ACCOUNT.A.DISCONNECT",
            "$SYS.ACCOUNT.A.SERVER.CONNS",
            "$SYS.SERVER.ACCOUNT.A.CONNS",
            "$SYS.SERVER.*.CLIENT.AUTH.ERR",
            "$SYS.SERVER.*.STATSZ",
        )
        client = await connect(server, "a")
        await client.publish("x", b"hello")
        await client.flush()
        await client.close()
        await asyncio.to_thread(refused, server, connect_line("a", "no"))
        wanted = {"CONNECT", "DISCONNECT", "SERVER.CONNS", "ACCOUNT.A.CONNS", "AUTH.ERR", "STATSZ"}
        seen = {}
        while len(seen) < len(wanted):
            subject, event = await asyncio.wait_for(watch.events.get(), 15)
            seen[next(one for one in wanted if subject.endswith(f".{one}"))] = keys(event)
        await system.close()
        return seen

    async def both():
        return [await told(one) for one in (accounts, reference)]

    own, other = asyncio.run(asyncio.wait_for(both(), 60))
    for name in other:
        differing = {key for key, kind in own[name].items() if other[name].get(key) != kind}
        missing = set(other[name]) - set(own[name])
        assert differing - ONLY_WEIR_STATISTICS == set(), name
        assert missing - ONLY_REFERENCE_STATISTICS == set(), name


# MARK: Every request, beside the reference

# Requests with their bodies; `ID` stands for the server's id.
REQUESTS = [
    *[(f"SERVER.{server}.{name}", "") for server in ("PING", "ID") for name in (
        "IDZ STATSZ VARZ SUBSZ CONNZ ROUTEZ GATEWAYZ LEAFZ ACCOUNTZ JSZ HEALTHZ RAFTZ PROFILEZ KICK LDM RELOAD NOPE"
    ).split() if (server, name) != ("ID", "RELOAD")],
    ("SERVER.PING", ""),
    ("SERVER.PING.VARZ", "bad"),
    ("SERVER.PING.VARZ", "null"),
    ("SERVER.PING.CONNZ", '{"subscriptions":true,"auth":true}'),
    ("SERVER.PING.CONNZ", '{"subscriptions_detail":true,"auth":true,"state":2}'),
    ("SERVER.PING.CONNZ", '{"sort":"bogus"}'),
    ("SERVER.PING.CONNZ", '{"sort":"stop"}'),
    ("SERVER.PING.CONNZ", '{"cid":99}'),
    ("SERVER.PING.CONNZ", '{"acc":"A"}'),
    ("SERVER.PING.CONNZ", '{"user":"a","auth":true}'),
    ("SERVER.PING.CONNZ", '{"acc":"A","filter_subject":"foo.>"}'),
    ("SERVER.PING.CONNZ", '{"acc":"A","filter_subject":"bar"}'),
    ("SERVER.PING.CONNZ", '{"mqtt_client":"x"}'),
    ("SERVER.PING.CONNZ", '{"limit":1,"offset":1}'),
    ("SERVER.PING.SUBSZ", '{"subscriptions":true,"test":"foo.x"}'),
    ("SERVER.PING.SUBSZ", '{"subscriptions":true,"account":"A","test":"foo.x"}'),
    ("SERVER.PING.SUBSZ", '{"test":"foo.*"}'),
    ("SERVER.PING.ROUTEZ", '{"subscriptions":true}'),
    ("SERVER.PING.GATEWAYZ", '{"accounts":true,"name":"x"}'),
    ("SERVER.PING.LEAFZ", '{"subscriptions":true,"account":"A"}'),
    ("SERVER.PING.ACCOUNTZ", '{"account":"B"}'),
    ("SERVER.PING.ACCOUNTZ", '{"account":"NOPE"}'),
    ("SERVER.PING.JSZ", '{"accounts":true,"streams":true,"consumer":true,"config":true}'),
    ("SERVER.PING.JSZ", '{"account":"A","streams":true,"leader_only":true,"raft":true}'),
    ("SERVER.PING.HEALTHZ", '{"account":"A","stream":"NOPE"}'),
    ("SERVER.PING.HEALTHZ", '{"stream":"NOPE"}'),
    ("SERVER.PING.HEALTHZ", '{"js-enabled-only":true}'),
    ("SERVER.PING.HEALTHZ", '{"js-server-only":true,"details":true}'),
    ("SERVER.PING.PROFILEZ", '{"name":"nope"}'),
    ("SERVER.PING.PROFILEZ", "bad"),
    *[(f"SERVER.ID.{name}", body) for name in ("KICK", "LDM") for body in ('{"cid":99}', "{}", "bad", '{"cid":"x"}')],
    *[(f"ACCOUNT.{account}.{name}", "") for account in ("A", "NOPE") for name in (
        "SUBSZ CONNZ LEAFZ JSZ INFO STATZ CONNS NOPE CLAIMS.LOOKUP"
    ).split()],
    ("ACCOUNT.A.CONNZ", '{"subscriptions":true,"auth":true}'),
    ("ACCOUNT.A.JSZ", '{"streams":true,"consumer":true,"config":true}'),
    ("ACCOUNT.PING.STATZ", ""),
    ("ACCOUNT.PING.STATZ", '{"accounts":["B"],"include_unused":true}'),
    ("ACCOUNT.NSUBS", ""),
    ("ACCOUNT.NSUBS", '{"acc":"A","subject":"foo.x"}'),
    ("ACCOUNT.NSUBS", '{"acc":"NOPE","subject":"foo.x"}'),
    ("USER.INFO", ""),
    ("USER.AUTH", ""),
    ("CLAIMS.LIST", ""),
]

# What is not the same in answers, and why it does no harm.
DIFFERING_REPORTS = {
    "data.git_commit",  # left out where it is not known
    "data.imports",  # what every account may ask for is served, not imported
    "data.account_detail.imports",
    "data.jetstream.config.sync_interval",  # `sync_always` in its place
    "data.jetstream.config.sync_always",
    "data.jetstream.limits.default_max_consumers",
    "data.config.sync_interval",
    "data.config.sync_always",
    "data.limits.default_max_consumers",
    "data.weir_storage",
    "data.account_details.stream_detail.config.metadata._weir",
    "data.stream_detail.config.metadata._weir",
    "data.connections.name_tag",  # shown for clients that are gone, too
    "statsz.jetstream.config.sync_interval",
    "statsz.jetstream.config.sync_always",
    "statsz.jetstream.limits.default_max_consumers",
}


async def outcome(client, subject, body):
    """What comes of a request: the shape of the answer, its error, a number, silence, or nobody there."""
    try:
        data = (await client.request(f"$SYS.REQ.{subject}", body.encode(), timeout=2)).data
    except nats.errors.NoRespondersError:
        return "nobody"
    except nats.errors.TimeoutError:
        return "silence"
    answer = json.loads(data)
    if not isinstance(answer, dict):
        return answer
    found = keys(answer) | {"error": answer.get("error")}
    return {key: kind for key, kind in found.items() if not any(key.startswith(one) for one in DIFFERING_REPORTS)}


def test_every_request_is_answered_as_by_the_reference(accounts, reference):
    async def ask_all(server):
        system = await connect(server, "sys")
        client = await connect(server, "a")
        await client.subscribe("foo.x")
        await client.subscribe("foo.*", "q")
        js = client.jetstream()
        await js.add_stream(name="ORDERS", subjects=["orders"])
        await js.publish("orders", b"1")
        await js.pull_subscribe("orders", durable="dur")
        await client.flush()
        own = (await ask(system, "$SYS.REQ.SERVER.PING.IDZ"))["id"]
        found = []
        for subject, body in REQUESTS:
            found.append(await outcome(system, subject.replace(".ID.", f".{own}."), body))
        await client.close()
        await system.close()
        return found

    async def both():
        return await asyncio.gather(ask_all(accounts), ask_all(reference))

    own, other = asyncio.run(asyncio.wait_for(both(), 120))
    differing = [
        (*request, {key: (one.get(key), two.get(key)) for key in {*one, *two} if one.get(key) != two.get(key)})
        if isinstance(one, dict) and isinstance(two, dict)
        else (*request, one, two)
        for request, one, two in zip(REQUESTS, own, other)
        if one != two
    ]
    assert not differing, "\n".join(str(one) for one in differing)


def test_the_number_of_subscribers_can_be_asked_for(accounts):
    async def run():
        system = await connect(accounts, "sys")
        await system.subscribe("foo.*")
        await system.subscribe("foo.x", "q")
        await system.flush()
        bodies = ("foo.x", "foo.x q", "foo.x other", "bar", "")
        found = [int((await system.request("$SYS.DEBUG.SUBSCRIBERS", body.encode())).data) for body in bodies]
        await system.close()
        return found

    assert asyncio.run(asyncio.wait_for(run(), 30)) == [2, 1, 0, 0, 0]


def test_the_process_tells_of_its_memory(accounts):
    async def run():
        system = await connect(accounts, "sys")
        answer = await ask(system, "$SYS.REQ.SERVER.PING.EXPVARZ")
        await system.close()
        return answer["data"]

    data = asyncio.run(asyncio.wait_for(run(), 30))
    assert set(data) == {"cmdline", "memstats"}
    assert all(data["memstats"][name] > 0 for name in ("Alloc", "Sys", "HeapAlloc", "HeapSys", "HeapInuse"))


# MARK: Compressed answers


def crc32c(data):
    """CRC-32C, bit by bit."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def snappy_block(data):
    """What a block of Snappy stands for."""
    count = shift = place = 0
    while True:
        count |= (data[place] & 0x7F) << shift
        shift += 7
        place += 1
        if data[place - 1] < 0x80:
            break
    result = bytearray()
    while place < len(data):
        tag = data[place]
        place += 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                size = length - 59
                length = int.from_bytes(data[place : place + size], "little")
                place += size
            result += data[place : place + length + 1]
            place += length + 1
            continue
        if tag & 3 == 1:
            length, distance = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[place]
            place += 1
        else:
            size = 2 if tag & 3 == 2 else 4
            length, distance = (tag >> 2) + 1, int.from_bytes(data[place : place + size], "little")
            place += size
        for _ in range(length):
            result.append(result[-distance])
    assert len(result) == count
    return bytes(result)


def snappy(data):
    """What frames of Snappy stand for."""
    assert data[:10] == b"\xff\x06\x00\x00sNaPpY"
    place, result = 10, b""
    while place < len(data):
        size = int.from_bytes(data[place + 1 : place + 4], "little")
        chunk = data[place + 8 : place + 4 + size]
        part = snappy_block(chunk) if data[place] == 0 else chunk
        checksum = crc32c(part)
        masked = ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
        assert int.from_bytes(data[place + 4 : place + 8], "little") == masked
        result += part
        place += 4 + size
    return result


@pytest.mark.parametrize(
    "wanted, told, decode",
    [
        ("gzip", "gzip", gzip.decompress),
        ("GZIP", "gzip", gzip.decompress),
        ("snappy", "snappy", snappy),
        ("gzip, snappy", "snappy", snappy),
        ("deflate", "identity", bytes),
        (None, None, bytes),
    ],
)
def test_reports_are_compressed_when_asked_for(accounts, wanted, told, decode):
    headers = {"Accept-Encoding": wanted} if wanted else None

    async def run():
        system = await connect(accounts, "sys")
        others = [await connect(accounts, "a") for _ in range(40)]
        messages = []
        for subject, body in (
            ("SERVER.PING.VARZ", b""),
            ("SERVER.PING.CONNZ", b""),
            ("SERVER.PING.SUBSZ", b'{"subscriptions":true}'),
            ("ACCOUNT.A.INFO", b""),
            ("SERVER.PING.VARZ", b"bad"),
            ("SERVER.PING.IDZ", b""),
            ("SERVER.PING", b""),
            ("USER.INFO", b""),
        ):
            messages.append(await system.request(f"$SYS.REQ.{subject}", body, timeout=60, headers=headers))
        for one in (*others, system):
            await one.close()
        return messages

    messages = asyncio.run(asyncio.wait_for(run(), 60))
    for message in messages[:4]:
        assert (message.headers or {}).get("Content-Encoding") == told
        assert "data" in json.loads(decode(message.data))
    if told in ("gzip", "snappy"):
        clients = messages[1].data
        assert len(clients) < len(decode(clients)) / 3
    # Short answers and errors are as they are.
    for message in messages[4:]:
        assert not message.headers
        json.loads(message.data)


# MARK: ACCOUNT.PURGE


def test_the_system_account_removes_all_streams_of_an_account(accounts):
    async def run():
        system = await connect(accounts, "sys")
        client = await connect(accounts, "a")
        js = client.jetstream()
        for number in range(5):
            await js.add_stream(name=f"S{number}", subjects=[f"s.{number}"])
            await js.publish(f"s.{number}", b"x")
        with pytest.raises(nats.errors.TimeoutError):
            await client.request("$JS.API.ACCOUNT.PURGE.A", b"", timeout=0.4)
        assert len(await js.streams_info()) == 5
        nobody = await ask(system, "$JS.API.ACCOUNT.PURGE.NOPE")
        answer = await ask(system, "$JS.API.ACCOUNT.PURGE.A")
        assert answer == nobody == {"type": "io.nats.jetstream.api.v1.account_purge_response", "initiated": True}
        limit = time.monotonic() + 60
        while await js.streams_info():
            assert time.monotonic() < limit
            await asyncio.sleep(0.02)
        # There is room for new ones under the old names.
        await js.add_stream(name="S1", subjects=["s.>"])
        assert (await js.publish("s.new", b"x")).seq == 1
        await client.close()
        await system.close()

    asyncio.run(asyncio.wait_for(run(), 60))
