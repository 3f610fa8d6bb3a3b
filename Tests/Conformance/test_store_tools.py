"""`weir store …`: what an operator does with the files of a server that is stopped."""

import asyncio
import contextlib
import json
import os
import pathlib
import subprocess

import nats
import pytest
from nats.js.api import AckPolicy, ConsumerConfig

from server import REPOSITORY, Server, program

pytestmark = pytest.mark.weir

MESSAGES = 2000
SUBJECTS = 50


def weir(*arguments):
    """Runs the administration program beside the server program; returns exit code and output."""
    beside = pathlib.Path(program()).parent / "weir"
    tool = os.environ.get("WEIR_TOOL") or str(beside if beside.exists() else REPOSITORY / ".build/release/weir")
    done = subprocess.run(
        [tool, "store", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


async def fill(server):
    """Stores the messages and acknowledges the first ten."""
    client = await nats.connect(server.url(), allow_reconnect=False)
    stream = client.jetstream()
    await stream.add_stream(name="ORDERS", subjects=["orders.>"])
    for start in range(0, MESSAGES, 200):
        await asyncio.gather(
            *(stream.publish(f"orders.{n % SUBJECTS}", f"number {n}".encode()) for n in range(start, start + 200))
        )
    consumer = await stream.pull_subscribe("orders.>", "billing")
    for message in await consumer.fetch(10):
        await message.ack_sync()
    await client.close()


async def read(server):
    """Every stored message by its sequence, and the first one the consumer is given."""
    client = await nats.connect(server.url(), allow_reconnect=False)
    stream = client.jetstream()
    info = await stream.stream_info("ORDERS")
    subscription = await stream.pull_subscribe("orders.>", config=ConsumerConfig(ack_policy=AckPolicy.NONE))
    found = {}
    while len(found) < info.state.messages:
        for message in await subscription.fetch(min(500, info.state.messages - len(found)), timeout=60):
            found[message.metadata.sequence.stream] = (message.subject, message.data.decode())
    consumer = await stream.pull_subscribe_bind(durable="billing", stream="ORDERS")
    first = (await consumer.fetch(1, timeout=60))[0].metadata.sequence.stream
    await client.close()
    return found, first


@pytest.fixture
def server():
    """A server that is filled and stopped."""
    with Server() as own:
        asyncio.run(fill(own))
        assert own.terminate() == 0
        yield own


def segment(server):
    """The file with the messages."""
    return next((server.store / "weir" / "streams").glob("*/log/*.seg"))


def flip(path, offset):
    """Changes one byte."""
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x20]))


EXPECTED = {n + 1: (f"orders.{n % SUBJECTS}", f"number {n}") for n in range(MESSAGES)}


def test_damage_is_found_and_repaired_and_the_rest_is_served(server):
    """docs/guarantees.md, Damage."""
    code, text = weir("verify", server.store)
    assert (code, "No damage." in text) == (0, True), text
    content = segment(server).read_bytes()
    flip(segment(server), content.index(b"number 1234"))
    code, text = weir("verify", server.store)
    assert code == 1, text
    assert "message 1235 cannot be read" in text
    code, text = weir("repair", server.store)
    assert (code, "Nothing was changed" in text) == (1, True), text
    code, text = weir("repair", server.store, "--yes")
    assert (code, "No damage." in text) == (0, True), text
    server.start()
    found, first = asyncio.run(read(server))
    assert found == {number: message for number, message in EXPECTED.items() if number != 1235}
    assert first == 11
    assert server.terminate() == 0
    # The damaged bytes are kept.
    kept = [path.read_bytes() for path in (server.store / "weir" / "quarantine").rglob("*.seg.*")]
    assert any(b"1234" in part for part in kept)


def test_a_store_in_use_is_left_alone(server):
    """Every command says so and changes nothing."""
    server.start()
    for command in (["verify"], ["repair", "--yes"], ["rebuild-index"], ["inspect"]):
        code, text = weir(command[0], server.store, *command[1:])
        assert code == 2, text
        assert "in use" in text and "Stop the server" in text
    code, text = weir("backup", server.store, server.folder / "backup")
    assert code == 2, text
    assert weir("verify", server.folder / "nothing")[0] == 2
    found, _ = asyncio.run(read(server))
    assert found == EXPECTED


def test_an_index_is_made_anew(server):
    """Consumers are where they were."""
    code, text = weir("rebuild-index", server.store)
    assert code == 0, text
    assert f"ORDERS: {MESSAGES:,} messages on {SUBJECTS} subjects" in text
    code, text = weir("verify", server.store, "--json")
    assert code == 0, text
    report = json.loads(text)
    assert report["clean"] and report["streams"][0]["messages"] == MESSAGES
    server.start()
    found, first = asyncio.run(read(server))
    assert (found, first) == (EXPECTED, 11)


def test_a_backup_is_restored_whole_and_up_to_a_message(server):
    """The restored stores are served by servers of their own."""
    backup = server.folder / "backup"
    code, text = weir("backup", server.store, backup)
    assert code == 0, text
    code, text = weir("backup", server.store, backup)
    assert (code, "0 linked, 0 copied" in text) == (0, True), text
    code, text = weir("verify", backup)
    assert (code, "No damage." in text) == (0, True), text
    for limit in (None, 700):
        with contextlib.closing(Server()) as other:
            arguments = [] if limit is None else ["--stream", "ORDERS", "--to-seq", limit]
            target = other.folder / "restored"
            code, text = weir("restore", backup, target, *arguments)
            assert code == 0, text
            assert weir("verify", target)[0] == 0
            assert weir("restore", backup, target)[0] == 2, "a filled directory was written over"
            other.store = target
            other.start()
            found, first = asyncio.run(read(other))
            assert found == {number: message for number, message in EXPECTED.items() if number <= (limit or MESSAGES)}
            assert first == 11


def test_the_files_can_be_looked_at(server):
    """Tables with what was stored."""
    code, text = weir("inspect", server.store)
    assert code == 0 and "ORDERS" in text and "orders.>" in text
    code, text = weir("inspect", server.store, "--records", "--from-seq", 42, "--limit", 2)
    assert code == 0 and "orders.41" in text and "orders.43" not in text
    code, text = weir("inspect", server.store, "--table", "subjects", "--limit", 3)
    assert code == 0 and "orders.0: 40 messages" in text
