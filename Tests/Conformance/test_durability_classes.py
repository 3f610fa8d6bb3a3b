"""What an acknowledgement means: `sync_interval`, `persist_mode`, and what INFO says of it."""

import pytest

from server import Server
from wire import Client

MESSAGES = 500


def durability(client, name="S"):
    return client.ok(f"STREAM.INFO.{name}")["config"]["metadata"].get("_weir.durability")


def test_acknowledged_messages_of_an_async_stream_survive_the_process(start):
    """Written to the kernel before the acknowledgement, so only the machine's end can lose them."""
    server = start()
    client = Client(server)
    assert client.create_stream(persist_mode="async")["config"]["persist_mode"] == "async"
    for number in range(MESSAGES):
        assert client.put("s.x", b"%d" % number)["seq"] == number + 1
    server.restart()
    client = Client(server)
    info = client.ok("STREAM.INFO.S")
    assert info["config"]["persist_mode"] == "async"
    if "_weir.durability" in info["config"]["metadata"]:  # The reference writes behind.
        assert info["state"]["messages"] == MESSAGES


@pytest.mark.parametrize(
    "config, refusal",
    [
        ({"storage": "memory"}, "async persist mode is only supported on file storage"),
        ({"allow_atomic": True}, "async persist mode is not supported with atomic batch publish"),
    ],
)
def test_async_needs_a_file_stream_without_batches(client, config, refusal):
    answer = client.error("STREAM.CREATE.S", {"name": "S", "persist_mode": "async", **config})
    assert answer == (500, 10052, refusal)


def test_the_persist_mode_stays_as_it_is(client):
    client.create_stream(persist_mode="async")
    answer = client.error("STREAM.UPDATE.S", {"name": "S", "subjects": ["s.>"], "persist_mode": "default"})
    assert answer[:2] == (500, 10052)
    assert "can not change persist mode" in answer[2]


@pytest.mark.weir
def test_info_tells_what_an_acknowledgement_means(client):
    client.create_stream("A", subjects=["a"])
    client.create_stream("B", subjects=["b"], persist_mode="async")
    client.create_stream("C", subjects=["c"], storage="memory")
    assert [durability(client, name) for name in "ABC"] == ["sync", "interval", "memory"]
    # It is the server's own, and can't be set.
    client.ok("STREAM.UPDATE.A", {"name": "A", "subjects": ["a"], "metadata": {"_weir.durability": "memory"}})
    assert durability(client, "A") == "sync"


@pytest.mark.weir
def test_a_sync_interval_holds_for_all_streams(start):
    server = start(arguments=["--sync_interval", "50ms"])
    client = Client(server)
    client.create_stream()
    assert durability(client) == "interval"
    assert client.put("s.x", b"x")["seq"] == 1


@pytest.mark.weir
@pytest.mark.parametrize("text", ["never", "-1s", "0s", "5"])
def test_a_sync_interval_that_is_no_time_is_refused(text):
    server = Server(arguments=["--sync_interval", text])
    with pytest.raises(Exception):
        server.start()
    server.close()
