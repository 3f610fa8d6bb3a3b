"""The monitoring endpoints over HTTP, metrics, and requests and events of the system account (core.md §3.8, §3.9, §5)."""

import asyncio
import json
import re
import time
import urllib.error
import urllib.request

import nats
import nats.js.api as api
import pytest

import server as servers

# Keys that Weir does not have, or the reference does not, and why it does no harm.
ONLY_REFERENCE = {
    "/varz": {
        "git_commit",  # left out where it is not known
        "feature_flags",  # what Weir has of them cannot be switched off
        "jetstream.config.sync_interval",  # `sync_always` in its place
        "jetstream.limits.default_max_consumers",
    },
    "/jsz": {"config.sync_interval", "limits.default_max_consumers"},
    "/accountz?acc=$G": {"account_detail.imports"},  # what every account may ask for is served, not imported
}
ONLY_WEIR = {
    "/varz": {"jetstream.config.sync_always"},
    "/jsz": {
        "config.sync_always",
        "weir_storage",
        "account_details.stream_detail.config.metadata._weir.durability",
    },
    "/connz": {"connections.name_tag"},  # shown for clients that are gone, too
}


class Monitored:
    """A server with its monitoring endpoints."""

    def __init__(self, server):
        self.server = server
        limit = time.monotonic() + servers.START_LIMIT
        while not (found := re.search(r"Starting http monitor on \S*:(\d+)", server.log_text())):
            assert time.monotonic() < limit, server.log_text()
            time.sleep(0.005)
        self.address = f"http://127.0.0.1:{found.group(1)}"

    def get(self, path):
        """Status, type and body."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as response:
                return response.status, response.headers["Content-Type"], response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read().decode()

    def json(self, path):
        """The body of a good answer."""
        status, kind, body = self.get(path)
        assert (status, kind) == (200, "application/json"), (path, status, body)
        return json.loads(body)


async def populate(url):
    """Makes streams, a consumer, subscriptions, a client that stays and one that goes; returns the one that stays."""
    client = await nats.connect(url, name="stays <&>")
    gone = await nats.connect(url, name="goes")
    await gone.publish("x", b"12")
    await gone.flush()
    await gone.close()

    async def ignore(message):
        pass

    await client.subscribe("foo.*", cb=ignore)
    await client.subscribe("bar", "q", cb=ignore)
    limited = await client.subscribe("limited", cb=ignore)
    await limited.unsubscribe(5)
    js = client.jetstream()
    await js.add_stream(name="ORDERS", subjects=["orders.>"], description="d")
    await js.add_stream(name="SMALL", subjects=["small.>"], storage=api.StorageType.MEMORY, max_msgs=10)
    for number in range(5):
        await js.publish(f"orders.{number}", b"hello")
    await js.publish("small.a", b"x")
    explicit = api.ConsumerConfig(durable_name="dur", ack_policy=api.AckPolicy.EXPLICIT)
    await js.add_consumer("ORDERS", explicit)
    pull = await js.pull_subscribe_bind("dur", "ORDERS")
    messages = await pull.fetch(2)
    await messages[0].ack_sync()
    await client.publish("foo.a", b"12345")
    await client.flush()
    return client


def shape(value, path=""):
    """The keys of a JSON text with the types of their values: those of all elements of an array together."""
    if isinstance(value, dict):
        found = {path.lstrip("."): "object"} if path else {}
        for key, member in value.items():
            found.update(shape(member, f"{path}.{key}"))
        return found
    if isinstance(value, list):
        found = {path.lstrip("."): "array"}
        for element in value:
            inner = shape(element, path)
            inner.pop(path.lstrip("."), None) if isinstance(element, (dict, list)) else None
            found.update({key: kind for key, kind in inner.items() if key != path.lstrip(".")})
        return found
    kind = "bool" if isinstance(value, bool) else "number" if isinstance(value, (int, float)) else type(value).__name__
    return {path.lstrip("."): kind}


@pytest.fixture
def monitored(start):
    """A server of the test's own with monitoring."""
    return Monitored(start(arguments=["-m=-1", "-n", "shown"]))


@pytest.fixture
def reference():
    """The reference beside it."""
    program = servers.reference_program()
    if not program:
        pytest.skip("there is no nats-server to compare with")
    one = servers.Server(server_program=program, arguments=["-m=-1", "-n", "shown"]).start()
    yield Monitored(one)
    one.close()


PATHS = [
    "/varz",
    "/connz",
    "/connz?subs=1",
    "/connz?subs=detail&auth=1&state=all",
    "/connz?acc=NOPE",
    "/connz?cid=999",
    "/subsz",
    "/subsz?subs=1&test=foo.a",
    "/subscriptionsz",
    "/routez",
    "/leafz",
    "/gatewayz",
    "/accountz",
    "/accountz?acc=$G",
    "/accstatz",
    "/accstatz?unused=1",
    "/jsz",
    "/jsz?accounts=1",
    "/jsz?consumers=1&config=1",
    "/jsz?streams=1&leader-only=1",
    "/jsz?raft=1",
    "/healthz",
    "/ipqueuesz",
]


def test_reports_have_the_keys_and_types_of_the_reference(monitored, reference):
    async def compare():
        clients = [await populate(one.server.url()) for one in (monitored, reference)]
        try:
            return {path: [shape(one.json(path)) for one in (monitored, reference)] for path in PATHS}
        finally:
            for client in clients:
                await client.close()

    for path, (own, other) in asyncio.run(compare()).items():
        name = path.split("?")[0]
        missing = {key for key in other if key not in own}
        missing -= ONLY_REFERENCE.get(path, set()) | ONLY_REFERENCE.get(name, set())
        missing = {key for key in missing if not any(key.startswith(f"{part}.") for part in ("feature_flags", "account_detail.imports"))}
        assert not missing, (path, missing)
        added = {key for key in own if key not in other} - ONLY_WEIR.get(name, set())
        added = {key for key in added if not key.startswith("weir_storage.")}
        assert not added, (path, added)
        differing = {key: (own[key], other[key]) for key in own if key in other and own[key] != other[key]}
        # No client of another account is there to be shown: null on both, or an array on both.
        assert not differing, (path, differing)


ERRORS = [
    "/connz?subs=xx",
    "/connz?auth=q",
    "/connz?limit=x",
    "/connz?limit=99999999999999999999",
    "/connz?offset=1.5",
    "/connz?cid=x",
    "/connz?cid=-1",
    "/connz?state=zzz",
    "/connz?sort=bogus",
    "/connz?sort=stop",
    "/connz?sort=reason&state=all",
    "/subsz?test=foo.*",
    "/subsz?subs=detail",
    "/leafz?subs=detail",
    "/gatewayz?accs=zz",
    "/accountz?acc=NOPE",
    "/accstatz?unused=zz",
    "/jsz?limit=x",
    "/jsz?streams=x",
    "/ipqueuesz?all=z",
    "/raftz",
    "/nope",
    "/varz/",
    "/healthz?js-enabled=xx",
    "/healthz?stream=x",
    "/healthz?consumer=x",
    "/healthz?stream=x&details=1",
    "/healthz?account=NO",
    "/healthz?account=$G&stream=NO",
    "/healthz?account=$G&stream=NO&details=1",
]


def test_errors_are_those_of_the_reference(monitored, reference):
    async def make_stream():
        # An account is known to the health report once it has something.
        for one in (monitored, reference):
            client = await nats.connect(one.server.url())
            await client.jetstream().add_stream(name="S", subjects=["s"])
            await client.close()

    asyncio.run(make_stream())
    for path in ERRORS:
        assert monitored.get(path) == reference.get(path), path


def test_healthz_is_one_line_and_other_reports_are_indented(monitored):
    assert monitored.get("/healthz") == (200, "application/json", '{"status":"ok"}')
    assert monitored.get("/routez")[2].startswith('{\n  "server_id": "N')


def test_a_stop_is_no_error(monitored):
    monitored.get("/healthz")
    assert monitored.server.terminate() == 0
    assert "[ERR]" not in monitored.server.log_text()


def test_the_index_links_to_every_endpoint(monitored):
    status, kind, body = monitored.get("/")
    assert status == 200 and kind.startswith("text/html")
    for name in ("varz", "connz", "jsz", "subsz", "routez", "leafz", "gatewayz", "accountz", "accstatz", "healthz"):
        assert f"./{name}" in body


@pytest.mark.parametrize("order", ["start", "subs", "msgs_from", "bytes_from", "bytes_to", "last", "idle", "uptime"])
def test_clients_are_sorted_as_on_the_reference(monitored, reference, order):
    async def names(one):
        clients = []
        for number in range(3):
            client = await nats.connect(one.server.url(), name=f"c{number}")
            for _ in range(number):
                await client.subscribe(f"t.{number}")
                await client.publish(f"t.{number}", b"12345" * number)
            await client.flush()
            clients.append(client)
            await asyncio.sleep(0.02)  # on the reference clients have to differ in their times
        found = [one["name"] for one in one.json(f"/connz?sort={order}")["connections"]]
        for client in clients:
            await client.close()
        return found

    assert asyncio.run(names(monitored)) == asyncio.run(names(reference))


def test_who_is_sent_something_is_not_idle(monitored):
    def last():
        return [one["last_activity"] for one in monitored.json("/connz?sort=cid")["connections"]][0]

    async def run():
        async def ignore(message):
            pass

        listener = await nats.connect(monitored.server.url())
        await listener.subscribe("here", cb=ignore)
        await listener.flush()
        publisher = await nats.connect(monitored.server.url())
        before = last()
        await publisher.publish("here", b"x")
        await publisher.flush()
        after = last()
        await listener.close()
        await publisher.close()
        return before, after

    before, after = asyncio.run(run())
    assert before < after


def test_pages_of_clients(monitored):
    async def pages():
        clients = [await nats.connect(monitored.server.url(), name=f"c{number}") for number in range(5)]
        first = monitored.json("/connz?limit=2")
        second = monitored.json("/connz?limit=2&offset=2")
        last = monitored.json("/connz?limit=2&offset=4")
        for client in clients:
            await client.close()
        return first, second, last

    first, second, last = asyncio.run(pages())
    assert [(page["num_connections"], page["total"]) for page in (first, second, last)] == [(2, 5), (2, 5), (1, 5)]
    ids = [one["cid"] for page in (first, second, last) for one in page["connections"]]
    assert ids == sorted(ids) and len(set(ids)) == 5


@pytest.mark.parametrize(
    "sent, reason",
    [
        (b"FOO\r\n", "Protocol Violation"),
        (b"PUB a b c d\r\n", "Protocol Violation"),
        (b"PUB foo 1048577\r\n", "Maximum Message Payload Exceeded"),
        (b"SUB " + b"x" * 4200 + b" 1\r\n", "Maximum Control Line Exceeded"),
        (b'CONNECT {"verbose":false,"protocol":2}\r\n', "Bad Client Protocol Version"),
        (b'CONNECT {"verbose":false,"no_responders":true}\r\n', "No Responders Requires Headers"),
        (b'CONNECT {"verbose":false,"account":"x"}\r\n', "Authentication Failure"),
        (None, "Client Closed"),
    ],
)
def test_clients_that_are_gone_say_why(monitored, sent, reason):
    with monitored.server.connect() as connection:
        connection.recv(4096)
        connection.sendall(b'CONNECT {"verbose":false}\r\nPING\r\n')
        seen = b""
        while b"PONG" not in seen:
            seen += connection.recv(4096)
        if sent:
            connection.sendall(sent)
            while connection.recv(4096):
                pass
    limit = time.monotonic() + 5
    while time.monotonic() < limit:
        closed = monitored.json("/connz?state=closed")["connections"]
        if closed:
            break
        time.sleep(0.01)
    assert [one["reason"] for one in closed] == [reason]
    assert closed[0]["stop"] >= closed[0]["start"]


# MARK: Metrics


@pytest.mark.weir
def test_metrics_can_be_parsed_and_have_the_names_of_the_exporter(monitored):
    parser = pytest.importorskip("prometheus_client.parser")

    async def scrape():
        client = await populate(monitored.server.url())
        texts = [monitored.get(f"/metrics{query}") for query in ("", "?connections=1", "?streams=0&consumers=0&accounts=0")]
        await client.close()
        return texts

    full, detailed, few = asyncio.run(scrape())
    assert full[:2] == (200, "text/plain; version=0.0.4; charset=utf-8")
    families = {family.name: family for family in parser.text_string_to_metric_families(full[2])}
    samples = {}
    for family in families.values():
        for sample in family.samples:
            samples.setdefault(sample.name, []).append(sample)
    for name in (
        "gnatsd_varz_connections",
        "gnatsd_varz_in_msgs",
        "gnatsd_varz_mem",
        "gnatsd_varz_server_name",
        "gnatsd_varz_start",
        "gnatsd_varz_http_req_stats_metrics",
        "gnatsd_varz_jetstream_stats_storage",
        "gnatsd_connz_num_connections",
        "gnatsd_connz_in_msgs_total",
        "gnatsd_accstatz_current_connections",
        "gnatsd_healthz_status",
        "jetstream_server_total_streams",
        "jetstream_stream_total_messages",
        "jetstream_consumer_num_pending",
        "weir_fsync_duration_seconds_bucket",
        "weir_commit_batch_messages_sum",
        "weir_checkpoint_duration_seconds_count",
        "weir_recovery_duration_seconds",
        "weir_corrupt_records_total",
        "weir_lmdb_pages",
        "weir_lmdb_oldest_reader_age_transactions",
        "weir_consumer_lag_messages",
        "weir_consumer_lag_seconds",
    ):
        # A parser may add or drop the ending of counters.
        assert name in samples or name.removesuffix("_total") in samples, name
    assert samples["jetstream_server_total_streams"][0].value == 2
    orders = [one for one in samples["jetstream_stream_total_messages"] if one.labels["stream_name"] == "ORDERS"]
    assert orders[0].value == 5
    lag = samples["weir_consumer_lag_messages"][0]
    assert (lag.labels["consumer_name"], lag.labels["stream_name"], lag.value) == ("dur", "ORDERS", 4)
    assert 0 < samples["weir_consumer_lag_seconds"][0].value < 60
    buckets = [one.value for one in samples["weir_fsync_duration_seconds_bucket"]]
    assert buckets == sorted(buckets) and buckets[-1] > 0
    names = {
        sample.labels.get("name")
        for family in parser.text_string_to_metric_families(detailed[2])
        for sample in family.samples
    }
    assert "stays <&>" in names
    assert "jetstream_stream" not in few[2] and "jetstream_consumer" not in few[2] and "accstatz" not in few[2]


@pytest.mark.weir
def test_labels_of_metrics_are_escaped(monitored):
    parser = pytest.importorskip("prometheus_client.parser")

    async def scrape():
        client = await nats.connect(monitored.server.url(), name='a"b\\c\nd')
        text = monitored.get("/metrics?connections=1")[2]
        await client.close()
        return text

    names = {
        sample.labels.get("name")
        for family in parser.text_string_to_metric_families(asyncio.run(scrape()))
        for sample in family.samples
    }
    assert 'a"b\\c\nd' in names


# MARK: The system account


async def ask(client, subject, body=b""):
    """The answer, or None when nobody serves the subject."""
    try:
        return json.loads((await client.request(subject, body, timeout=2)).data)
    except nats.errors.NoRespondersError:
        return None


def test_every_account_may_ask_for_what_is_its_own(monitored):
    async def run():
        client = await nats.connect(monitored.server.url(), name="asks")
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
accounts {
  A { jetstream: enabled, users: [{user: a, password: pa}] }
  B { users: [{user: b, password: pb}] }
  $SYS { users: [{user: sys, password: ps}] }
}
"""


@pytest.fixture
def accounts(tmp_path):
    """A server with accounts."""
    file = tmp_path / "server.conf"
    file.write_text(CONFIGURATION)
    one = servers.Server(arguments=["-c", str(file), "-m=-1"])
    try:
        one.start()
    except RuntimeError as error:
        one.close()
        if servers.is_weir() and "ended with 64" in str(error):
            pytest.skip("this server reads no configuration files yet")
        raise
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
