"""kill -9 and what must be there afterwards: everything that was acknowledged, and nothing that was not sent."""

import os
import random
import shutil
import socket
import threading
import time

import pytest

from server import Server
from wire import FULL, Client

SECOND = 10**9
MILLISECOND = 10**6

ROUNDS = 20
MESSAGES_A_ROUND = 5000

# The reference writes a consumer's deliveries behind, within 100 ms; no request tells when it has.
WRITTEN_BEHIND = 0.3


@pytest.fixture
def server():
    """A server that this test may kill."""
    with Server() as own:
        yield own


@pytest.fixture
def client(server):
    """A client of the server's first life."""
    one = Client(server)
    yield one
    one.close()


def again(server):
    """kill -9 and a new start; returns a client of the new life."""
    server.restart()
    return Client(server)


# Messages


def publish_until_killed(server, numbers, kill_after):
    """Publishes messages as fast as the server reads them and kills it after `kill_after` acknowledgements.

    Returns the sequence of every acknowledged message by its number. An acknowledgement counts when it reached this
    side, also when that was after the kill.
    """
    connection = server.connect()
    connection.sendall(FULL + b"SUB acks.* 1\r\nPING\r\n")
    received = b""
    while b"PONG\r\n" not in received:
        received += connection.recv(65536)
    messages = b"".join(
        b"PUB crash.%d acks.%d %d\r\n%d\r\n" % (number % 50, number, len(str(number)), number) for number in numbers
    )

    def send():
        try:
            connection.sendall(messages)
        except OSError:
            pass  # The server is gone, as intended.

    sender = threading.Thread(target=send)
    sender.start()
    received = bytearray()
    count = 0
    while True:
        try:
            part = connection.recv(1 << 16)
        except OSError:
            break
        if not part:
            break
        received += part
        count += part.count(b'"seq":')
        if count >= kill_after:
            server.kill()
    sender.join()
    connection.close()
    acked = {}
    # MSG acks.<number> 1 <size> CR LF {"stream":"CRASH","seq":<sequence>} CR LF; the last one may be cut off.
    for operation in bytes(received).split(b"MSG acks.")[1:]:
        head, found, tail = operation.partition(b'"seq":')
        if found and tail.endswith(b"}\r\n"):
            acked[int(head.split(b" ")[0])] = int(tail[:-3])
    return acked


def read_all(server, stream, count):
    """Every stored message of a stream, as (sequence, subject, payload), through a consumer of its own."""
    client = Client(server)
    config = {"ack_policy": "none", "inactive_threshold": 60 * SECOND}
    name = client.ok(f"CONSUMER.CREATE.{stream}", {"stream_name": stream, "config": config})["name"]
    sid = client.pull({"batch": count, "expires": 60 * SECOND}, name, stream)
    found = [(message.sequence, message.subject, message.data) for message in client.take(sid, count, 60)]
    client.close()
    return found


def test_nothing_acknowledged_is_lost_in_twenty_kills():
    """Streams 149: 100 000 messages, 20 times kill -9 in the middle."""
    seed = int(os.environ.get("CRASH_SEED", random.randrange(10**6)))
    print(f"CRASH_SEED={seed}")
    choices = random.Random(seed)
    acked = {}
    with Server() as server:
        client = Client(server)
        created = client.create_stream("CRASH", ["crash.*"])["created"]
        client.close()
        last = 0
        for round_number in range(ROUNDS):
            first = round_number * MESSAGES_A_ROUND
            numbers = range(first, first + MESSAGES_A_ROUND)
            kill_after = choices.randrange(1, MESSAGES_A_ROUND * 9 // 10)
            of_round = publish_until_killed(server, numbers, kill_after)
            assert len(of_round) >= kill_after
            server.start()
            client = Client(server)
            info = client.ok("STREAM.INFO.CRASH")
            state = info["state"]
            assert info["created"] == created
            # No sequence is missing, and none was acknowledged that does not exist.
            assert (state["first_seq"], state["messages"]) == (1, state["last_seq"])
            assert max(of_round.values()) <= state["last_seq"]
            assert min(of_round.values()) > last
            assert len(set(of_round.values())) == len(of_round)
            last = state["last_seq"]
            acked |= of_round
            client.close()
        stored = read_all(server, "CRASH", last)
    assert [sequence for sequence, _, _ in stored] == list(range(1, last + 1))
    for _, subject, data in stored:
        assert subject == f"crash.{int(data) % 50}"
    by_sequence = {sequence: int(data) for sequence, _, data in stored}
    lost = [number for number, sequence in acked.items() if by_sequence.get(sequence) != number]
    assert lost == []
    numbers = [int(data) for _, _, data in stored]
    assert numbers == sorted(numbers), "messages of one connection changed their order"
    assert len(acked) >= ROUNDS


def test_messages_and_ids_survive_a_kill(server, client):
    """Streams 149."""
    created = client.create_stream("S", ["s.>"], max_msgs_per_subject=3, description="kept")
    client.create_stream("M", ["m.>"], storage="memory")
    for number in range(1, 11):
        client.put(f"s.{number % 2}", f"m{number}", {"Nats-Msg-Id": f"id{number}", "Number": str(number)})
    client.put("m.a", "x")
    before = client.state(subjects_filter=">")
    messages = {seq: client.api("STREAM.MSG.GET.S", {"seq": seq}) for seq in range(1, 12)}
    client = again(server)
    info = client.ok("STREAM.INFO.S", {"subjects_filter": ">"})
    assert info["state"] == before
    assert (info["created"], info["config"]) == (created["created"], created["config"])
    assert {seq: client.api("STREAM.MSG.GET.S", {"seq": seq}) for seq in range(1, 12)} == messages
    duplicate = {"stream": "S", "seq": 10, "duplicate": True}
    assert client.put("s.0", "again", {"Nats-Msg-Id": "id10"}) == duplicate
    assert client.put("s.0", "next", {"Nats-Expected-Last-Msg-Id": "id10"})["seq"] == 11
    assert client.error("STREAM.INFO.M") == (404, 10059, "stream not found")
    client.close()


@pytest.mark.weir
def test_deletes_and_purges_survive_a_kill(server, client):
    """Streams 149, right after the answers: the reference brings back what was removed in its last moments."""
    client.create_stream()
    for number in range(1, 21):
        client.put(f"s.{number % 2}", f"m{number}", {"Nats-Msg-Id": f"id{number}"})
    client.ok("STREAM.PURGE.S", {"filter": "s.1", "keep": 2})
    client.ok("STREAM.MSG.DELETE.S", {"seq": 8})
    client.ok("STREAM.MSG.DELETE.S", {"seq": 20})
    before = client.state(deleted_details=True, subjects_filter=">")
    client = again(server)
    assert client.state(deleted_details=True, subjects_filter=">") == before
    for number in (1, 8, 20):
        duplicate = {"stream": "S", "seq": number, "duplicate": True}
        assert client.put("s.0", "again", {"Nats-Msg-Id": f"id{number}"}) == duplicate
    client.close()


def test_a_sequence_is_not_given_twice_after_deleting_the_newest(server, client):
    """Streams 150."""
    client.create_stream()
    client.fill(5)
    for sequence in (4, 5):
        client.ok("STREAM.MSG.DELETE.S", {"seq": sequence})
    client = again(server)
    assert client.stored() == (3, 1, 5)
    assert client.state(deleted_details=True)["deleted"] == [4, 5]
    assert client.put("s.a")["seq"] == 6
    client.close()


def test_a_sequence_is_not_given_twice_after_a_purge(server, client):
    """Streams 150."""
    client.create_stream()
    client.fill(5)
    client.ok("STREAM.PURGE.S")
    client = again(server)
    assert client.stored() == (0, 6, 5)
    assert client.put("s.a")["seq"] == 6
    client.close()
    client = again(server)
    assert client.stored() == (1, 6, 6)
    client.close()


def test_a_deleted_stream_stays_deleted_and_an_update_stays(server, client):
    """Streams 2.2, 2.6."""
    client.create_stream("A", ["a"])
    client.create_stream("B", ["b"])
    client.put("a")
    client.put("b")
    client.ok("STREAM.DELETE.A")
    client.ok("STREAM.UPDATE.B", {"name": "B", "subjects": ["b", "c"], "max_msgs": 9})
    client = again(server)
    assert client.ok("STREAM.NAMES")["streams"] == ["B"]
    config = client.ok("STREAM.INFO.B")["config"]
    assert (config["subjects"], config["max_msgs"]) == (["b", "c"], 9)
    client.close()


def test_large_messages_survive_a_kill(server, client):
    """Streams 149: payloads of every size up to the limit, and headers."""
    client.create_stream()
    sizes = [0, 1, 7, 8, 9, 4095, 4096, 65535, 65536, 1 << 20]
    for size in sizes:
        block = {"A": "h" * min(size, 1000)} if size % 2 else None
        client.put("s.a", bytes(index * 7 % 256 for index in range(size)), block)
    client = again(server)
    client.create_consumer()
    for size, message in zip(sizes, client.fetch(len(sizes))):
        assert message.data == bytes(index * 7 % 256 for index in range(size))
        assert message.headers == ([("A", "h" * min(size, 1000))] if size % 2 else [])
    client.close()


def test_limits_hold_after_a_kill(server, client):
    """Streams 3.6."""
    client.create_stream(max_msgs=3, max_msgs_per_subject=2)
    client.fill(4, "s.{}")
    client = again(server)
    client.fill(2, "s.x")
    assert client.stored() == (3, 4, 6)
    client.put("s.x")
    assert client.state(subjects_filter=">")["subjects"] == {"s.4": 1, "s.x": 2}
    client.close()


# Consumers


def progress(info):
    """What a consumer's info says about its progress; times of activity are not kept over a restart."""
    parts = {key: info[key] for key in ("created", "num_ack_pending", "num_redelivered", "num_pending")}
    for key in ("delivered", "ack_floor"):
        parts[key] = (info[key]["consumer_seq"], info[key]["stream_seq"])
    return parts


@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_a_consumers_progress_survives_the_servers_end(server, client, end):
    """Consumers 147, and the same with kill -9."""
    client.create_stream()
    client.fill(20)
    client.create_consumer("durable", ack_wait=60 * SECOND)
    client.create_consumer("memory", mem_storage=True)
    config = {"ack_policy": "explicit", "inactive_threshold": 600 * SECOND, "filter_subject": "s.a"}
    ephemeral = client.ok("CONSUMER.CREATE.S", {"stream_name": "S", "config": config})["name"]
    messages = client.fetch(10, "durable")
    for index in (0, 1, 2, 4, 6):
        client.ack(messages[index])
    client.ack(messages[3], "-NAK")
    assert client.fetch(1, "durable")[0].sequence == 4
    client.fetch(2, ephemeral)
    before = {name: progress(client.consumer(name)) for name in ("durable", ephemeral)}
    assert before["durable"]["ack_floor"] == (3, 3)
    assert (before["durable"]["num_ack_pending"], before["durable"]["num_redelivered"]) == (5, 1)
    if end == "kill":
        time.sleep(WRITTEN_BEHIND)
        server.kill()
    else:
        assert server.terminate() == 0
    server.start()
    client = Client(server)
    assert {name: progress(client.consumer(name)) for name in ("durable", ephemeral)} == before
    assert client.error("CONSUMER.INFO.S.memory")[1] == 10014
    message = client.fetch(1, "durable")[0]
    assert (message.sequence, message.consumer_sequence) == (11, 12)
    client.close()


def test_overdue_messages_come_again_after_a_restart(server, client):
    """Consumers 148."""
    client.create_stream()
    client.fill(4)
    client.create_consumer(ack_wait=SECOND)
    messages = client.fetch(3)
    client.ack(messages[1])
    time.sleep(WRITTEN_BEHIND)
    client = again(server)
    sid = client.pull({"batch": 3, "expires": 20 * SECOND})
    found = {message.sequence: message for message in client.take(sid, 3)}
    assert sorted(found) == [1, 3, 4]
    assert [found[sequence].delivery_count for sequence in (1, 3, 4)] == [2, 2, 1]
    assert sorted(message.consumer_sequence for message in found.values()) == [4, 5, 6]
    client.close()


@pytest.mark.weir
def test_a_confirmed_acknowledgement_survives_a_kill(server, client):
    """Consumers 149, right after the confirmation: the reference may have it in memory only."""
    client.create_stream()
    client.fill(3)
    client.create_consumer(ack_wait=SECOND)
    messages = client.fetch(3)
    time.sleep(WRITTEN_BEHIND)
    client.ack(messages[0])
    server.kill()
    server.start()
    client = Client(server)
    assert client.consumer()["ack_floor"]["stream_seq"] == 1
    found = sorted(message.sequence for message in client.fetch(2))
    assert found == [2, 3]
    client.close()


@pytest.mark.weir
def test_every_confirmed_acknowledgement_survives_a_kill(server, client):
    """Weir's promise: a confirmed acknowledgement is on disk, also under load, where the reference may forget some."""
    client.create_stream()
    client.fill(400)
    client.create_consumer(ack_wait=60 * SECOND)
    messages = client.fetch(400)
    confirmed = []
    for number, message in enumerate(messages):
        client.publish(message.reply, "", f"{client.inbox}.a{number}")
    for number, message in enumerate(messages[:300]):
        assert client.answer(f"{client.inbox}.a{number}") is not None
        confirmed.append(message.sequence)
    server.kill()
    server.start()
    client = Client(server)
    assert client.consumer()["ack_floor"]["stream_seq"] >= confirmed[-1]
    client.close()


def test_a_work_queue_does_not_give_out_settled_work_after_a_kill(server, client):
    """Streams 110 over a kill."""
    client.create_stream(retention="workqueue")
    client.fill(10)
    client.create_consumer(ack_wait=SECOND)
    for message in client.fetch(4):
        client.ack(message)
    time.sleep(WRITTEN_BEHIND)
    client = again(server)
    assert client.stored() == (6, 5, 10)
    assert sorted(message.sequence for message in client.fetch(6)) == [5, 6, 7, 8, 9, 10]
    client.close()


def test_a_clients_library_finds_the_server_again(server):
    """A nats-py connection outlives a kill of the server, and its subscription still works."""
    import asyncio

    import nats

    async def story():
        reconnected = asyncio.Event()

        async def on_reconnect():
            reconnected.set()

        connection = await nats.connect(
            server.url(), reconnect_time_wait=0.05, max_reconnect_attempts=-1, reconnected_cb=on_reconnect
        )
        js = connection.jetstream()
        await js.add_stream(name="S", subjects=["s.>"])
        subscription = await js.pull_subscribe("s.>", durable="d")
        await js.publish("s.a", b"before")
        await asyncio.to_thread(server.restart)
        await asyncio.wait_for(reconnected.wait(), 10)
        await js.publish("s.a", b"after")
        messages = await subscription.fetch(2, timeout=60)
        assert [message.data for message in messages] == [b"before", b"after"]
        await connection.close()

    asyncio.run(asyncio.wait_for(story(), 30))


# The files


def every_answer(client):
    """What the API says about everything stored, without the times at which it says it."""
    answers = {}
    for info in client.ok("STREAM.LIST")["streams"]:
        name = info["config"]["name"]
        stream = client.ok(f"STREAM.INFO.{name}", {"deleted_details": True, "subjects_filter": ">"})
        answers[name] = {key: stream[key] for key in ("config", "created", "state")}
        for consumer in client.ok(f"CONSUMER.LIST.{name}")["consumers"]:
            answers[name, consumer["name"]] = progress(consumer) | {"config": consumer["config"]}
        for sequence in range(stream["state"]["last_seq"] + 2):
            answers[name, sequence] = client.api(f"STREAM.MSG.GET.{name}", {"seq": sequence})
        for subject in stream["state"].get("subjects", {}):
            answers[name, "last", subject] = client.api(f"STREAM.MSG.GET.{name}", {"last_by_subj": subject})
    return answers


@pytest.mark.weir
@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_the_index_can_be_removed(server, client, end):
    """Weir's promise: the log is the truth. Without its index a stopped server starts again with the same answers."""
    client.create_stream("A", ["a.>"], max_msgs_per_subject=10)
    client.create_stream("B", ["b.>"], max_msgs=50)
    client.create_stream("W", ["w.>"], retention="workqueue")
    for number in range(200):
        client.put(f"a.{number % 7}.{number % 3}", f"a{number}", {"Nats-Msg-Id": f"a{number}"})
        client.put(f"b.{number}", f"b{number}")
        client.put("w.a", f"w{number}")
    for sequence in (190, 195, 200):
        client.ok("STREAM.MSG.DELETE.A", {"seq": sequence})
    client.ok("STREAM.PURGE.B", {"seq": 170})
    client.create_consumer("d", "A", ack_wait=60 * SECOND)
    client.create_consumer("last", "A", deliver_policy="last_per_subject", filter_subject="a.*.1")
    client.create_consumer("w", "W", ack_wait=60 * SECOND)
    messages = client.fetch(30, "d", "A")
    for message in messages[:10] + messages[15:20]:
        client.ack(message)
    client.ack(messages[12], "-NAK")
    client.fetch(1, "d", "A")
    client.fetch(2, "last", "A")
    for message in client.fetch(20, "w", "W")[5:]:
        client.ack(message)
    before = every_answer(client)
    if end == "kill":
        server.kill()
    else:
        assert server.terminate() == 0
    indexes = list(server.store.glob("**/streams/*/index"))
    assert len(indexes) == 3, "where are the indexes?"
    for index in indexes:
        shutil.rmtree(index)
    server.start()
    client = Client(server)
    assert every_answer(client) == before
    assert client.put("a.0.0", "again", {"Nats-Msg-Id": "a199"})["duplicate"] is True
    assert client.put("a.0.0", "new", {"Nats-Msg-Id": "a200"})["seq"] == 201
    client.close()


@pytest.mark.weir
def test_a_store_is_used_by_one_server_at_a_time(server):
    """Weir's promise: the second server on the same store refuses to start, and the first is not disturbed."""
    second = Server()
    second.store = server.store
    try:
        with pytest.raises(RuntimeError, match="the server ended with"):
            second.start()
        assert second.process.returncode not in (0, None)
    finally:
        second.close()
    client = Client(server)
    client.create_stream()
    assert client.put("s.a")["seq"] == 1
    client.close()


def test_an_unfinished_client_does_not_hinder_the_end(server):
    """Core 74: SIGTERM with open connections, one of them in the middle of a message."""
    half = socket.create_connection((server.address, server.port))
    half.sendall(b"PUB foo 100\r\nhalf")
    idle = Client(server)
    assert server.terminate() == 0
    while idle.wire.receive():
        pass
    assert b"-ERR" not in idle.wire.buffer
    half.close()
    idle.close()
