"""Random bytes at the port: the server lives on, and others do not notice."""

import os
import random
import socket
import time

from wire import FULL, PLAIN, Client

SECONDS = float(os.environ.get("FUZZ_SECONDS") or 8)

# Pieces that get past the first bytes of the parser more often than chance would.
PIECES = [
    PLAIN,
    FULL,
    b"PING\r\n",
    b"PONG\r\n",
    b"+OK\r\n",
    b"SUB ",
    b"PUB ",
    b"HPUB ",
    b"UNSUB ",
    b"CONNECT {",
    b'"verbose":',
    b"foo.bar ",
    b"s.a ",
    b"_INBOX.x ",
    b"$JS.API.STREAM.CREATE.S ",
    b"$JS.API.STREAM.INFO.S ",
    b"$JS.API.CONSUMER.CREATE.S.d ",
    b"$JS.API.CONSUMER.MSG.NEXT.S.d ",
    b"$JS.API.DIRECT.GET.S ",
    b"$JS.ACK.S.d.1.1.1.1.0 ",
    b"1 ",
    b"12 ",
    b"999999999 ",
    b"-1 ",
    b"NATS/1.0\r\n",
    b"Nats-Msg-Id: x\r\n",
    b'{"name":"S","subjects":["s.>"]}',
    b'{"batch":1',
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b" ",
    b"\t",
    b"> ",
    b"* ",
    b"\x00",
    b"\xff\xfe",
]

JSON = [b"{}", b"[", b'{"seq":', b'{"config":{}}', b'"', b"{" * 200, b"[" * 5000, b'{"a":' * 1000, b"1e999", b"\xff"]

API = [
    "INFO",
    "STREAM.CREATE.S",
    "STREAM.UPDATE.S",
    "STREAM.INFO.S",
    "STREAM.NAMES",
    "STREAM.PURGE.S",
    "STREAM.MSG.GET.S",
    "STREAM.MSG.DELETE.S",
    "CONSUMER.CREATE.S",
    "CONSUMER.CREATE.S.d",
    "CONSUMER.CREATE.S.d.s.a",
    "CONSUMER.DURABLE.CREATE.S.d",
    "CONSUMER.INFO.S.d",
    "CONSUMER.MSG.NEXT.S.d",
    "DIRECT.GET.S",
]


def random_bytes(choices):
    """Bytes that look a little like the protocol."""
    kind = choices.random()
    if kind < 0.2:
        return choices.randbytes(choices.randrange(1, 4000))
    pieces = [choices.choice(PIECES) for _ in range(choices.randrange(1, 60))]
    if kind < 0.6:
        pieces.insert(0, choices.choice([PLAIN, FULL]))
    data = bytearray(b"".join(pieces))
    for _ in range(choices.randrange(4)):
        data[choices.randrange(len(data))] = choices.randrange(256)
    return bytes(data)


def random_request(choices):
    """A well-formed publish to the API or into the stream, with a payload that is not."""
    subject = choices.choice(["s.a", "$JS.ACK.S.d.1.1.1.1.0"] + [f"$JS.API.{name}" for name in API])
    payload = b"".join(choices.choice(JSON) for _ in range(choices.randrange(4)))
    if choices.random() < 0.5:
        return f"PUB {subject} {choices.choice(['', 'r.r '])}{len(payload)}\r\n".encode() + payload + b"\r\n"
    block = choices.randbytes(choices.randrange(40)) if choices.random() < 0.5 else b"NATS/1.0\r\nNats-TTL: x\r\n\r\n"
    sizes = f"{len(block)} {len(block) + len(payload)}"
    return f"HPUB {subject} r.r {sizes}\r\n".encode() + block + payload + b"\r\n"


def test_random_bytes_disturb_nobody(start):
    """Core 1.2: whatever comes in, the server answers, complains or closes, and goes on."""
    seed = int(os.environ.get("FUZZ_SEED") or random.randrange(10**6))
    print(f"FUZZ_SEED={seed}")
    choices = random.Random(seed)
    server = start()
    witness = Client(server)
    witness.create_stream("KEPT", ["kept.>"])
    heard = witness.subscribe("heard")
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        rounds += 1
        connection = socket.create_connection((server.address, server.port), timeout=60)
        try:
            if choices.random() < 0.5:
                connection.sendall(random_bytes(choices))
            else:
                requests = b"".join(random_request(choices) for _ in range(choices.randrange(1, 20)))
                connection.sendall(FULL + requests + b"PING\r\n")
            if choices.random() < 0.3:
                connection.settimeout(0.02)
                connection.recv(65536)
        except OSError:
            pass  # The server may close it at any time.
        connection.close()
        if rounds % 20 == 0:
            assert server.is_running(), server.log_text()
            witness.publish("heard", str(rounds))
            assert witness.next(heard).data == str(rounds).encode()
            assert witness.put("kept.a", str(rounds))["seq"] == rounds // 20
    assert rounds > 20
    assert witness.stored("KEPT") == (rounds // 20, 1, rounds // 20)
    assert not witness.errors
    witness.close()
    assert server.terminate() == 0


def test_many_connections_that_say_nothing_disturb_nobody(start):
    """Core 1.12."""
    server = start()
    silent = [server.connect() for _ in range(200)]
    client = Client(server)
    client.create_stream()
    assert client.put("s.a")["seq"] == 1
    for connection in silent:
        connection.close()
    client.flush()
    client.close()


def test_a_reader_that_does_not_read_disturbs_nobody(start):
    """Core 64, with the default limits: the slow one is cut off, or it gets everything; the publisher is answered."""
    server = start()
    slow = server.connect()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(PLAIN + b"SUB flood 1\r\nPING\r\n")
    client = Client(server)
    fast = client.subscribe("quick")
    payload = b"x" * 65536
    for number in range(1600):
        client.publish("flood", payload)
        if number % 100 == 0:
            client.publish("quick", str(number))
    client.flush()
    assert [int(message.data) for message in client.take(fast, 16)] == list(range(0, 1600, 100))
    assert server.is_running()
    slow.close()
    client.close()
