"""Disk space: compressed streams, and room that is given back, seen from outside."""

import asyncio
import json
import time

import nats
import pytest
from nats.js.api import StorageType, StreamConfig

from server import Server
from wire import Client

MEGABYTE = 1 << 20
MESSAGES = 1200
# Full segments are looked for every few seconds, and written anew within a budget.
PATIENCE = 60.0
# What is told of is written ahead, and the newest two segments are not rewritten.
SEGMENT = 64 * MEGABYTE


@pytest.fixture
def server():
    """A server that this test may kill."""
    with Server() as own:
        yield own


def body(number):
    """A document of some 120 KB that compresses as documents do."""
    rows = [
        {"id": number * 1000 + row, "sensor": f"s-{(number * 7 + row * 13) % 997}", "value": (number * row) % 1009}
        for row in range(2500)
    ]
    return json.dumps(rows).encode()


def used(server):
    """Bytes on the disk of everything in the store but the reserve for a full disk, which stays the same."""
    total = 0
    for path in server.store.rglob("*"):
        try:
            if path.is_file() and path.name != "reserve":
                total += path.stat().st_blocks * 512
        except FileNotFoundError:
            pass  # Replaced at this moment.
    return total


def wait_until(condition, limit=PATIENCE):
    """Waits for what happens in the background; returns whether it did."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.25)
    return False


def fill(server, count, **config):
    """Makes a stream and stores so many documents in it; returns their bytes."""

    async def story():
        nc = await nats.connect(server.url(), allow_reconnect=False)
        try:
            js = nc.jetstream(publish_async_max_pending=16)
            await js.add_stream(StreamConfig(name="S", subjects=["s.>"], storage=StorageType.FILE, **config))
            total = 0
            for start in range(1, count + 1, 8):
                bodies = [body(number) for number in range(start, min(start + 8, count + 1))]
                acks = await asyncio.gather(*(js.publish(f"s.{start % 5}", data, timeout=60) for data in bodies))
                assert [ack.seq for ack in acks] == list(range(start, start + len(bodies)))
                total += sum(map(len, bodies))
            return total
        finally:
            await nc.close()

    return asyncio.run(asyncio.wait_for(story(), 120))


def read_back(server, numbers):
    """Reads messages by their sequences and compares them with what was stored."""

    async def story():
        nc = await nats.connect(server.url(), allow_reconnect=False)
        try:
            js = nc.jetstream()
            for number in numbers:
                message = await js.get_msg("S", number)
                assert message.data == body(number), number
        finally:
            await nc.close()

    asyncio.run(asyncio.wait_for(story(), 60))


def make(client, compression):
    """Creates a stream; returns its answer's configuration or error."""
    answer = client.api("STREAM.CREATE.C", {"name": "C", "subjects": ["c.>"], "compression": compression})
    return answer.get("config", {}).get("compression"), answer.get("error")


def test_info_shows_the_compression(server):
    """Streams 1.1: `s2` and `none` are stored as given, and may be changed to each other."""
    client = Client(server)
    assert make(client, "s2") == ("s2", None)
    assert client.ok("STREAM.INFO.C")["config"]["compression"] == "s2"
    config = client.ok("STREAM.INFO.C")["config"]
    config["compression"] = "none"
    assert client.ok("STREAM.UPDATE.C", config)["config"]["compression"] == "none"
    config["compression"] = "s2"
    assert client.ok("STREAM.UPDATE.C", config)["config"]["compression"] == "s2"
    client.close()
    server.restart()
    client = Client(server)
    assert client.ok("STREAM.INFO.C")["config"]["compression"] == "s2"
    client.close()


def test_an_unknown_compression_is_refused(server):
    """Streams 1.1."""
    client = Client(server)
    config, error = make(client, "zip")
    assert config is None and error["code"] == 400
    client.close()


@pytest.mark.weir
def test_a_compressed_stream_takes_less_room_and_reads_back(server):
    """Full segments are compressed in the background; nothing else changes, also not after kill -9."""
    total = fill(server, MESSAGES, compression="s2")
    assert total > 2 * SEGMENT
    full = total // SEGMENT * SEGMENT
    # The last segment is not full and stays as it is; the others shrink to half at least.
    assert wait_until(lambda: used(server) < total - full // 2), (used(server), total)
    sample = list(range(1, MESSAGES, 97)) + [MESSAGES]
    read_back(server, sample)
    server.restart()
    client = Client(server)
    state = client.state("S")
    assert (state["messages"], state["first_seq"], state["last_seq"]) == (MESSAGES, 1, MESSAGES)
    client.close()
    read_back(server, sample)
    assert used(server) < total - full // 2


@pytest.mark.weir
def test_room_of_deleted_messages_is_given_back(server):
    """Within a minute of quiet the store takes no more than 1.3 times its live bytes and two segments."""
    total = fill(server, 2 * MESSAGES)
    assert total > 4 * SEGMENT
    client = Client(server)
    # Every fourth stays, so that no segment is empty.
    for number in range(1, 2 * MESSAGES + 1):
        if number % 4:
            client.ok("STREAM.MSG.DELETE.S", {"seq": number, "no_erase": True})
    live = client.state("S")["bytes"]
    client.close()
    assert used(server) > 1.3 * live + 2 * SEGMENT
    assert wait_until(lambda: used(server) <= 1.3 * live + 2 * SEGMENT), (used(server), live)
    sample = list(range(4, 2 * MESSAGES + 1, 4 * 31))
    read_back(server, sample)
    server.restart()
    read_back(server, sample)
    client = Client(server)
    assert client.state("S")["messages"] == MESSAGES // 2
    client.close()


@pytest.mark.weir
def test_a_purge_gives_all_room_back(server):
    """Segments without a message go within seconds, with nothing else to do."""
    fill(server, MESSAGES)
    client = Client(server)
    client.ok("STREAM.PURGE.S")
    assert wait_until(lambda: used(server) <= SEGMENT + MEGABYTE, 15), used(server)
    client.close()
