"""Requests and events of the system account (core.md §3.8, §3.9)."""

import asyncio
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
        return json.loads((await client.request(subject, body, timeout=2)).data)
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
