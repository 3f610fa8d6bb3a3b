"""The monitoring endpoints over HTTP, and metrics (core.md §5)."""

import asyncio
import json
import re
import time

import nats
import pytest

import server as servers
from monitoring import Monitored, populate, shape

# Keys that Weir does not have, or the reference does not, and why it does no harm.
ONLY_REFERENCE = {
    "/varz": {
        "git_commit",  # left out where it is not known
        "jetstream.config.sync_interval",  # `sync_always` in its place
        "jetstream.limits.default_max_consumers",
    },
    "/jsz": {"config.sync_interval", "limits.default_max_consumers"},
}
# What Weir has of the flags cannot be switched off; what every account may ask for is served, and neither exported nor
# imported.
ONLY_REFERENCE_PARTS = ("feature_flags", "account_detail.imports", "account_detail.exports")
ONLY_WEIR = {
    "/varz": {"jetstream.config.sync_always"},
    "/jsz": {
        "config.sync_always",
        "weir_storage",
        "account_details.stream_detail.config.metadata._weir.durability",
    },
    "/connz": {"connections.name_tag"},  # shown for clients that are gone, too
}


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
    "/connz?subs=0&auth=f&state=OPEN&offset=0&limit=5",
    "/connz?state=any&sort=idle",
    "/connz?state=closed&sort=stop",
    "/connz?state=closed&sort=reason&auth=true&subs=detail",
    "/connz?acc=NOPE",
    "/connz?acc=$G&auth=1",
    "/connz?user=nobody",
    "/connz?cid=999",
    "/connz?mqtt_client=x",
    "/connz?offset=99",
    "/connz?callback=f",
    "/subsz",
    "/subsz?subs=1",
    "/subsz?subs=1&test=foo.a",
    "/subsz?subs=1&acc=$G&limit=99&offset=0",
    "/subsz?acc=NOPE",
    "/subscriptionsz",
    "/routez",
    "/routez?subs=1",
    "/routez?subs=detail",
    "/leafz",
    "/leafz?subs=1&acc=$G",
    "/gatewayz",
    "/gatewayz?accs=1&gw_name=x&acc_name=y&subs=detail",
    "/accountz",
    "/accountz?acc=$G",
    "/accountz?acc=$SYS",
    "/accstatz",
    "/accstatz?unused=1",
    "/accstatz?acc=$G&acc=$SYS&unused=1",
    "/jsz",
    "/jsz?acc=$G",
    "/jsz?acc=NOPE&streams=1",
    "/jsz?accounts=1",
    "/jsz?accounts=1&offset=1",
    "/jsz?accounts=1&limit=0",
    "/jsz?streams=1",
    "/jsz?streams=1&config=1",
    "/jsz?consumers=1",
    "/jsz?consumers=1&config=1",
    "/jsz?consumers=1&direct-consumers=1",
    "/jsz?streams=1&leader-only=1",
    "/jsz?streams=1&stream-leader-only=1",
    "/jsz?raft=1",
    "/jsz?streams=1&consumers=1&raft=1",
    "/healthz",
    "/healthz?js-enabled=1",
    "/healthz?js-enabled-only=true",
    "/healthz?js-server-only=true",
    "/healthz?js-meta-only=true",
    "/healthz?details=true",
    "/healthz?account=$G",
    "/healthz?account=$G&stream=ORDERS",
    "/healthz?account=$G&stream=ORDERS&consumer=dur&details=1",
    "/ipqueuesz",
    "/ipqueuesz?queues=nope",
    "/ipqueuesz?all=1&queues=nope",
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
        missing = {key for key in missing if not key.startswith(ONLY_REFERENCE_PARTS)}
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
    "/healthz?account=$G&stream=S&consumer=NO",
    "/healthz?account=$G&stream=S&consumer=NO&details=1",
    "/healthz?details=maybe",
    "/healthz?js-enabled-only=maybe",
    "/healthz?js-server-only=maybe",
    "/healthz?js-meta-only=maybe",
    "/routez?subs=maybe",
    "/gatewayz?subs=maybe",
    "/leafz?subs=2",
    "/subsz?limit=many",
    "/subsz?offset=many",
    "/subsz?test=foo..bar",
    "/jsz?accounts=maybe",
    "/jsz?consumers=maybe",
    "/jsz?config=maybe",
    "/jsz?leader-only=maybe",
    "/jsz?stream-leader-only=maybe",
    "/jsz?direct-consumers=maybe",
    "/jsz?raft=maybe",
    "/jsz?offset=-x",
    "/raftz?acc=A&group=x",
    "/expvarz",
    "/debug",
    "/profilez",
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


def test_pages_for_whoever_writes_servers(monitored, reference):
    for one in (monitored, reference):
        status, kind, body = one.get("/debug/vars")
        assert status == 200 and kind.startswith("application/json")
        variables = json.loads(body)
        assert set(variables) == {"cmdline", "memstats"}
        names = {"Alloc", "Sys", "HeapAlloc", "HeapSys", "HeapInuse", "NumGC", "PauseTotalNs"}
        assert names <= set(variables["memstats"])
        status, _, body = one.get("/stacksz")
        assert status == 200 and body


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


def test_routes_that_are_remembered_are_counted(monitored):
    async def ignore(message):
        pass

    async def run():
        listeners = [await nats.connect(monitored.server.url()) for _ in range(3)]
        for one in listeners:
            await one.subscribe("wide", cb=ignore)
            await one.flush()
        for _ in range(20):
            await listeners[0].publish("wide", b"x")
        await listeners[0].flush()
        found = monitored.json("/subsz"), monitored.json("/accountz?acc=$G")["account_detail"]["sublist_stats"]
        for one in listeners:
            await one.close()
        return found

    for found in asyncio.run(run()):
        assert found["num_cache"] >= 1
        assert found["max_fanout"] == 3
        assert 0 < found["avg_fanout"] <= 3
        assert 0 < found["num_matches"]
        assert 0 <= found["cache_hit_rate"] <= 1


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
    limit = time.monotonic() + 60
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


def exported(value, name, key=""):
    """The names that the exporter for NATS makes of a report (core.md §5.6)."""
    if isinstance(value, dict):
        parts = {key: re.sub("_+", "_", f"{name}_{re.sub('[^0-9A-Za-z]', '_', key)}") for key in value}
        return {found for key in value for found in exported(value[key], parts[key], key)}
    texts = ("server_id", "server_name", "version", "domain", "leader", "name", "start", "config_load_time")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {name} if is_number or (isinstance(value, str) and key in texts) else set()


# What the exporter asks the other endpoints for, and calls it.
COLLECTED = {
    "gnatsd_connz": "num_connections total offset limit pending_bytes subscriptions in_bytes out_bytes in_msgs out_msgs",
    "gnatsd_accstatz": "current_connections total_connections subscriptions leaf_nodes sent_messages sent_bytes"
    " received_messages received_bytes slow_consumers",
    "gnatsd_healthz": "status",
    "jetstream_server": "jetstream_disabled total_streams total_consumers total_messages total_message_bytes"
    " max_memory max_storage",
    "jetstream_account": "max_memory max_storage storage_used memory_used",
    "jetstream_stream": "total_messages limit_messages total_bytes limit_bytes first_seq last_seq consumer_count"
    " subject_count",
    "jetstream_consumer": "delivered_consumer_seq delivered_stream_seq last_delivery_seconds last_ack_seconds"
    " num_ack_pending num_redelivered num_waiting num_pending ack_floor_stream_seq ack_floor_consumer_seq",
}
# Numbers of /varz that Weir does not tell: a sync has no interval where each message is synced, and consumers of a
# stream no limit that the configuration sets.
NOT_EXPORTED = {"gnatsd_varz_jetstream_config_sync_interval", "gnatsd_varz_jetstream_limits_default_max_consumers"}


@pytest.mark.weir
def test_metrics_have_every_name_that_the_exporter_makes_of_the_reference(monitored, reference):
    async def scrape():
        clients = [await populate(one.server.url()) for one in (monitored, reference)]
        monitored.get("/varz")
        reference.get("/varz")
        text = monitored.get("/metrics")[2]
        report = reference.json("/varz")
        for client in clients:
            await client.close()
        return text, report

    text, report = asyncio.run(scrape())
    names = {re.match(r"\w+", line)[0] for line in text.splitlines() if not line.startswith("#")}
    wanted = exported(report, "gnatsd_varz") - NOT_EXPORTED
    wanted |= {f"{prefix}_{name}" for prefix, all in COLLECTED.items() for name in all.split()}
    assert wanted - names == set()


# The fields that nats-top reads (core.md §5.5).
TOP_SERVER = "cpu mem connections in_msgs out_msgs in_bytes out_bytes slow_consumers uptime version server_id server_name"
TOP_CLIENT = (
    "cid ip port name subscriptions subscriptions_list pending_bytes in_msgs out_msgs in_bytes out_bytes lang version"
    " uptime last_activity"
)


@pytest.mark.parametrize("order", ["cid", "subs", "pending", "msgs_to", "msgs_from", "bytes_to", "bytes_from", "last"])
def test_what_nats_top_reads_is_there(monitored, order):
    async def read():
        client = await populate(monitored.server.url())
        found = monitored.json("/varz"), monitored.json(f"/connz?limit=1024&sort={order}&subs=1")
        await client.close()
        return found

    server, clients = asyncio.run(read())
    assert set(TOP_SERVER.split()) <= set(server)
    for client in clients["connections"]:
        assert set(TOP_CLIENT.split()) <= set(client)


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
