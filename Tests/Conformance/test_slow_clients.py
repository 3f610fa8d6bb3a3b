"""Clients that ask for more than they take at a time: what streams send them comes as fast as they read."""

import json
import pathlib
import socket
import time

import pytest

from wire import PLAIN, Client, Wire

SIZE = 65_536
COUNT = 3_200
# Twelve times what may wait for one client.
MAX_PENDING = 16 << 20
# What the server may need more than before while it sends, in bytes: far less than what is asked for.
ROOM = 96 << 20
HOUR = 3600 * 10**9


def memory(server):
    """The most memory that the server has had, and what it has now."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    values = dict(line.split(":", 1) for line in status.splitlines())
    return int(values["VmHWM"].split()[0]) << 10, int(values["VmRSS"].split()[0]) << 10


def forget_peak(server):
    """Lets the peak begin anew."""
    pathlib.Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")


@pytest.fixture
def full(configured):
    """A server with a stream of 200 MiB, whose messages begin with their numbers."""
    server = configured(f"max_pending: {MAX_PENDING}")
    client = Client(server)
    client.create_stream("S", ["s"], allow_direct=True)
    for start in range(1, COUNT + 1, 100):
        for number in range(start, start + 100):
            client.publish("s", b"%08d" % number + b"x" * (SIZE - 8))
        client.put("s", b"")  # every hundredth is empty, and answered
    client.create_consumer("d", ack_policy="none")
    client.close()
    return server


def read_slowly(server, subject, request):
    """Asks for everything, reads it with pauses, and returns the numbers of the messages and the last status line."""
    reader = Wire(server)
    reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    reader.send(PLAIN.replace(b"}", b',"headers":true}') + b"SUB in 1\r\n")
    reader.expect_alive()
    forget_peak(server)
    before = memory(server)[1]
    body = json.dumps(request)
    reader.send(f"PUB {subject} in {len(body)}\n{body}\n")
    time.sleep(1)
    numbers, status = [], None
    while len(numbers) < COUNT and status is None:
        fields = reader.read_line().split()
        if fields[0] == b"PING":
            reader.send("PONG\n")
            continue
        head = int(fields[-2]) if fields[0] == b"HMSG" else 0
        data = reader.read(int(fields[-1]) + 2)
        if head and data.startswith(b"NATS/1.0 "):
            status = data
        elif len(data) - head > 2:
            numbers.append(int(data[head : head + 8]))
            if len(numbers) % 400 == 0:
                time.sleep(0.2)
    assert memory(server)[0] - before < ROOM
    assert "Slow Consumer" not in server.log_text()
    reader.close()
    return numbers, status


@pytest.mark.weir
def test_one_request_may_ask_for_more_than_may_wait(full):
    """Weir's promise: a pull request is not a way to be cut off."""
    request = {"batch": 2 * COUNT, "expires": HOUR}
    numbers, _ = read_slowly(full, "$JS.API.CONSUMER.MSG.NEXT.S.d", request)
    assert numbers == list(range(1, COUNT + 1))


@pytest.mark.weir
def test_a_direct_get_may_ask_for_more_than_may_wait(full):
    """Weir's promise: nor is a batch of a direct get."""
    request = {"seq": 1, "batch": 2 * COUNT, "max_bytes": 1 << 40}
    numbers, _ = read_slowly(full, "$JS.API.DIRECT.GET.S", request)
    assert numbers == list(range(1, COUNT + 1))
