"""What `data/transcripts` cannot say of the client protocol: chance, pauses, signals. A line feed stands for CR LF."""

import collections
import re
import signal
import socket
import time

import pytest

from wire import FULL, LIMIT, PLAIN, Client, Wire


@pytest.fixture
def plain(wire):
    """A connection with `verbose` off and nothing else said."""
    return wire(PLAIN)


def test_the_server_speaks_first_and_says_what_it_can(wire):
    """Core 1."""
    connection = wire()
    assert connection.info_line.startswith(b"INFO {") and connection.info_line.endswith(b"} ")
    info = connection.info
    assert info["server_id"] and info["version"]
    assert (info["proto"], info["headers"], info["max_payload"]) == (1, True, 1048576)
    assert isinstance(info["client_id"], int) and info["client_ip"] == "127.0.0.1"
    assert info["jetstream"] is True


def test_operations_may_be_cut_anywhere(plain):
    """Core 14."""
    text = b"SUB foo 1\r\nPUB foo bar 4\r\na\r\nb\r\nPUB foo 0\r\n\r\nPING\r\n"
    for byte in text:
        plain.send(bytes([byte]))
    plain.expect("MSG foo 1 bar 4\na\nb\nMSG foo 1 0\n\nPONG\n")


@pytest.mark.parametrize("cut", [2, 4, 5, 6])
def test_a_pause_inside_an_operation_changes_nothing(plain, cut):
    """Core 14."""
    whole = b"PING\r\nPUB foo 5\r\nhello\r\n"
    first, second = whole[:cut], whole[cut:]
    plain.send("SUB foo 1\n")
    plain.expect_alive()
    plain.send(first)
    plain.expect("PONG\n" if cut == 6 else "")
    plain.receive(0.02)
    plain.send(second)
    plain.expect("MSG foo 1 5\nhello\n" if cut == 6 else "PONG\nMSG foo 1 5\nhello\n")


@pytest.mark.parametrize("missing", [1, 2, 3, 4, 7])
def test_a_message_is_delivered_only_once_it_is_complete(plain, missing):
    """Core 14."""
    plain.send("SUB foo 1\n")
    plain.expect_alive()
    whole = b"PUB foo 5\r\nhello\r\n"
    plain.send(whole[:-missing])
    plain.receive(0.05)
    assert bytes(plain.buffer) == b""
    plain.send(whole[-missing:])
    plain.expect("MSG foo 1 5\nhello\n")


def test_the_members_of_a_queue_group_share_its_messages(server, client):
    """Core 36: each of three members gets 20 % to 47 % of 300 messages."""
    members = [Client(server) for _ in range(3)]
    sids = [member.subscribe("work.*", "workers") for member in members]
    for member in members:
        member.flush()
    for number in range(300):
        client.publish(f"work.{number}")
    client.flush()
    counts = []
    for member, sid in zip(members, sids):
        member.flush()
        counts.append(len(member.messages[sid]))
        member.close()
    assert sum(counts) == 300
    assert all(60 <= count <= 141 for count in counts), counts


def test_messages_of_one_publisher_arrive_in_their_order(server, client):
    """Core 1.5."""
    other = Client(server)
    sid = other.subscribe("order.>")
    other.flush()
    for number in range(2000):
        client.publish(f"order.{number % 7}", str(number))
    client.flush()
    assert [int(message.data) for message in other.take(sid, 2000)] == list(range(2000))
    other.close()


def test_client_identifiers_are_never_given_twice(wire):
    """Core 1.1."""
    counts = collections.Counter(wire().info["client_id"] for _ in range(20))
    assert set(counts.values()) == {1}


def test_destinations_of_a_mapping_get_their_shares(configured):
    """Core 65."""
    shares = """
        w: [ {destination: w1, weight: 20%}, {destination: w2, weight: 50} ]
        los: [ {destination: los2, weight: 0}, {destination: los, weight: 50} ]
    """
    client = Client(configured(f"mappings {{ {shares} }}"))
    sid = client.subscribe(">")
    client.flush()
    for _ in range(2000):
        client.publish("w")
    for _ in range(1000):
        client.publish("los")
    client.flush()
    counts = collections.Counter(message.subject for message in client.messages[sid])
    assert set(counts) == {"w", "w1", "w2", "los"}
    assert 290 <= counts["w1"] <= 510 and 860 <= counts["w2"] <= 1140 and 470 <= counts["w"] <= 730, counts
    assert 400 <= counts["los"] <= 600, counts
    client.close()


def test_a_reader_that_is_too_slow_is_cut_off_and_its_publisher_is_not(configured):
    """Core 64."""
    server = configured("max_pending: 1100000")
    slow = Wire(server)
    slow.send(PLAIN + b"SUB big 1\r\n")
    slow.expect_alive()
    publisher = Wire(server)
    publisher.send(PLAIN)
    message = b"PUB big 16384\r\n" + b"x" * 16384 + b"\r\n"
    for _ in range(64):
        publisher.send(message * 20)
        publisher.expect_alive()
    limit = time.monotonic() + LIMIT
    while "Slow Consumer Detected: MaxPending of 1100000 Exceeded" not in server.log_text():
        assert time.monotonic() < limit, server.log_text()
        time.sleep(0.01)
    while slow.receive():
        pass
    assert b"-ERR" not in slow.buffer
    publisher.close()
    slow.close()


@pytest.mark.parametrize("last, word", [("FOO\n", b"-ERR 'Unknown Protocol Operation'\r\n"), ("PUB x\n", b"")])
def test_what_waits_for_a_client_is_sent_before_it_is_closed(server, last, word):
    """Core §1, terms: closing flushes what is already queued."""
    slow, publisher = Wire(server), Wire(server)
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    slow.send(PLAIN + b"SUB big 1\r\n")
    slow.expect_alive()
    publisher.send(PLAIN)
    message = b"PUB big 1000000\r\n" + b"x" * 1_000_000 + b"\r\n"
    publisher.send(message * 14)
    publisher.expect_alive()
    slow.send(last)
    time.sleep(0.5)
    while slow.receive():
        pass
    assert slow.buffer.count(b"MSG big 1 1000000\r\n") == 14
    assert bytes(slow.buffer[-60:]).endswith(b"x\r\n" + word)
    publisher.close()
    slow.close()


def test_in_lame_duck_mode_clients_are_told_and_closed(configured):
    """Core 73."""
    server = configured('lame_duck_duration: "30s", lame_duck_grace_period: "2s"')
    modern, old = Wire(server), Wire(server)
    modern.send(FULL + b"PING\r\n")
    modern.expect("PONG\n")
    assert modern.read_line().startswith(b"INFO {")
    old.send(PLAIN)
    old.expect_alive()
    server.process.send_signal(signal.SIGUSR2)
    line = modern.read_line()
    assert line.startswith(b"INFO {") and b'"ldm":true' in line and b"connect_urls" not in line
    with pytest.raises(OSError):
        server.connect()
    old.expect_alive()
    # Both go on until they are closed, without a word.
    modern.expect_end()
    old.expect_end()
    assert server.process.wait(timeout=LIMIT) == 0
    log = server.log_text()
    assert re.search("Entering lame duck mode.*Closing existing clients.*Initiating Shutdown", log, re.DOTALL), log


def test_in_lame_duck_mode_a_server_without_clients_ends_at_once(configured):
    """Core 1.12."""
    server = configured('lame_duck_duration: "600s", lame_duck_grace_period: "300s"')
    start = time.monotonic()
    server.process.send_signal(signal.SIGUSR2)
    assert server.process.wait(timeout=LIMIT) == 0
    assert time.monotonic() - start < LIMIT
