"""Two clients of our own: one that sees bytes, and one that sees messages.

They are written against the protocol and not with a client library, because a library hides what these tests are about:
the exact bytes, and answers that no well-behaved client provokes.
"""

import collections
import itertools
import json
import socket
import time

# How long an answer may take, in seconds. It is there to end a hanging test, not to measure anything.
LIMIT = 60.0
# How long to wait for something that must not come, in seconds.
QUIET = 0.25

PLAIN = b'CONNECT {"verbose":false}\r\n'
FULL = (
    b'CONNECT {"verbose":false,"pedantic":false,"protocol":1,"headers":true,"no_responders":true,'
    b'"lang":"python","version":"1","name":"conformance"}\r\n'
)


class Wire:
    """One TCP connection on which the test decides every byte."""

    def __init__(self, server):
        self.socket = server.connect(timeout=LIMIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.info_line = self.read_line()
        self.info = json.loads(self.info_line[5:])

    def send(self, data):
        """Sends bytes, or text in which every line feed stands for CR LF."""
        self.socket.sendall(data if isinstance(data, bytes) else data.replace("\n", "\r\n").encode())

    def receive(self, limit=LIMIT):
        """Receives some bytes into the buffer. False at the end of the connection or after `limit` seconds."""
        self.socket.settimeout(max(limit, 0.001))
        try:
            part = self.socket.recv(1 << 20)
        except (TimeoutError, ConnectionResetError):
            return False
        self.buffer += part
        return bool(part)

    def read_line(self):
        """The next line, without its line end."""
        while (end := self.buffer.find(b"\r\n")) < 0:
            if not self.receive():
                raise AssertionError(f"no whole line came, but {bytes(self.buffer)!r}")
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 2]
        return line

    def read(self, size):
        """The next `size` bytes."""
        while len(self.buffer) < size:
            if not self.receive():
                raise AssertionError(f"{size} bytes expected, got {bytes(self.buffer)!r}")
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def expect(self, expected):
        """The next bytes are exactly these. A server may ask for a sign of life at any time; that is passed over."""
        if isinstance(expected, str):
            expected = expected.replace("\n", "\r\n").encode()
        while True:
            limit = time.monotonic() + LIMIT
            while len(self.buffer) < len(expected) and expected.startswith(bytes(self.buffer)):
                if not self.receive(limit - time.monotonic()):
                    break
            if self.buffer.startswith(b"PING\r\n") and not expected.startswith(b"PING"):
                del self.buffer[:6]
                continue
            assert bytes(self.buffer[: len(expected)]) == expected
            del self.buffer[: len(expected)]
            return

    def expect_end(self):
        """The server closes the connection and sends nothing before, but for asking for a sign of life."""
        while self.receive():
            pass
        assert bytes(self.buffer).replace(b"PING\r\n", b"") == b""
        self.socket.settimeout(LIMIT)
        try:
            assert self.socket.recv(1) == b"", "the connection is still open"
        except ConnectionResetError:
            pass

    def expect_alive(self):
        """Nothing more comes than the answer to a PING: the connection is open and quiet."""
        self.send("PING\n")
        self.expect("PONG\n")

    def expect_quiet(self, seconds=QUIET):
        """Nothing comes for a while."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self.receive(limit - time.monotonic())
        assert bytes(self.buffer).replace(b"PING\r\n", b"") == b""

    def finish(self):
        """Says that nothing more will be sent, waits until the server has closed, and closes."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(LIMIT)
            while self.socket.recv(1 << 20):
                pass
        except OSError:
            pass
        self.socket.close()

    def close(self):
        """Closes the connection."""
        self.socket.close()


class Message:
    """A message as it was delivered."""

    def __init__(self, subject, sid, reply, header, data):
        self.subject = subject
        self.sid = sid
        self.reply = reply
        self.header = header
        self.data = data

    @property
    def status(self):
        """What follows `NATS/1.0` in the first header line, such as `404 No Messages`; None without."""
        return self.header.split(b"\r\n")[0].decode()[9:] or None if self.header else None

    @property
    def headers(self):
        """The headers in their order, as (name, value)."""
        lines = self.header.decode().split("\r\n")[1:] if self.header else []
        return [tuple(part.strip() for part in line.split(":", 1)) for line in lines if line]

    def value(self, name):
        """The value of a header, or None."""
        return dict(self.headers).get(name)

    def json(self):
        """The payload as JSON."""
        return json.loads(self.data)

    # Of a delivered stream message: the parts of its acknowledgement subject.
    def token(self, index):
        """One token of the reply subject as a number."""
        return int(self.reply.split(".")[index])

    @property
    def delivery_count(self):
        """How often this message has been delivered, this time included."""
        return self.token(4)

    @property
    def sequence(self):
        """The message's sequence in the stream."""
        return self.token(5)

    @property
    def consumer_sequence(self):
        """The number of this delivery."""
        return self.token(6)

    @property
    def pending(self):
        """How many messages are still to be delivered."""
        return self.token(8)

    def __repr__(self):
        return f"Message({self.subject!r}, reply={self.reply!r}, header={self.header!r}, data={self.data!r})"


def header_block(headers):
    """The bytes of a header block. `headers` is a dictionary or a list of pairs."""
    pairs = headers.items() if isinstance(headers, dict) else headers
    return b"NATS/1.0\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in pairs) + b"\r\n"


class Client:
    """A client with headers and no-responders, as libraries have them, but one that hides nothing."""

    identifiers = itertools.count(1)

    def __init__(self, server, connect=FULL):
        self.server = server
        self.wire = Wire(server)
        self.info = self.wire.info
        self.sids = itertools.count(1)
        self.messages = collections.defaultdict(collections.deque)
        self.errors = []
        self.pongs = 0
        self.inbox = f"_INBOX.c{next(self.identifiers)}x{time.monotonic_ns() % 10**9}"
        self.requests = itertools.count(1)
        self.wire.send(connect)
        self.answers = self.subscribe(f"{self.inbox}.*")
        self.flush()

    # Reading

    def step(self, limit):
        """Reads one operation of the server. False when none came within `limit` seconds."""
        wire = self.wire
        end = time.monotonic() + limit
        while b"\r\n" not in wire.buffer:
            left = end - time.monotonic()
            if left <= 0 or not wire.receive(left):
                return False
        line = wire.read_line()
        verb, _, rest = line.partition(b" ")
        if verb in (b"MSG", b"HMSG"):
            fields = rest.decode().split()
            header_size = int(fields.pop(-2)) if verb == b"HMSG" else 0
            size = int(fields.pop())
            payload = wire.read(size)
            assert wire.read(2) == b"\r\n"
            reply = fields[2] if len(fields) > 2 else None
            message = Message(fields[0], fields[1], reply, payload[:header_size], payload[header_size:])
            self.messages[fields[1]].append(message)
        elif verb == b"PING":
            wire.send("PONG\n")
        elif verb == b"PONG":
            self.pongs += 1
        elif verb == b"-ERR":
            self.errors.append(rest.decode())
        else:
            assert verb in (b"INFO", b"+OK"), f"unknown operation {line!r}"
        return True

    def next(self, sid, limit=LIMIT):
        """The next message of a subscription, or None after `limit` seconds."""
        end = time.monotonic() + limit
        while not self.messages[sid]:
            left = end - time.monotonic()
            if left <= 0 or not self.step(left):
                return None
        return self.messages[sid].popleft()

    def take(self, sid, count, limit=LIMIT):
        """The next `count` messages of a subscription; fewer if they do not come."""
        end = time.monotonic() + limit
        found = []
        while len(found) < count:
            message = self.next(sid, max(end - time.monotonic(), 0.001))
            if message is None:
                break
            found.append(message)
        return found

    def nothing(self, sid, seconds=QUIET):
        """Asserts that no message comes for a while."""
        message = self.next(sid, seconds)
        assert message is None, f"nothing expected, got {message}"

    # Core operations

    def subscribe(self, subject, queue=None):
        """Subscribes and returns the subscription's identifier."""
        sid = str(next(self.sids))
        self.wire.send(f"SUB {subject} {queue + ' ' if queue else ''}{sid}\n")
        return sid

    def unsubscribe(self, sid, maximum=None):
        """Ends a subscription, at once or after a number of messages."""
        self.wire.send(f"UNSUB {sid}{'' if maximum is None else f' {maximum}'}\n")

    def publish(self, subject, data=b"", reply=None, headers=None):
        """Publishes a message. `headers`: a dictionary, a list of pairs, or a whole block as bytes."""
        data = data.encode() if isinstance(data, str) else data
        middle = f" {reply}" if reply else ""
        if headers is None:
            self.wire.send(f"PUB {subject}{middle} {len(data)}\r\n".encode() + data + b"\r\n")
        else:
            block = headers if isinstance(headers, bytes) else header_block(headers)
            start = f"HPUB {subject}{middle} {len(block)} {len(block) + len(data)}\r\n".encode()
            self.wire.send(start + block + data + b"\r\n")

    def flush(self):
        """Waits until the server has read everything sent so far."""
        awaited = self.pongs + 1
        self.wire.send("PING\n")
        while self.pongs < awaited:
            assert self.step(LIMIT), "no PONG came"

    def request(self, subject, data=b"", headers=None, limit=LIMIT):
        """Publishes with a reply subject and returns the answer, or None after `limit` seconds."""
        reply = f"{self.inbox}.{next(self.requests)}"
        self.publish(subject, data, reply, headers)
        return self.answer(reply, limit)

    def answer(self, reply, limit=LIMIT):
        """The answer that arrives on one reply subject below the inbox, or None after `limit` seconds."""
        end = time.monotonic() + limit
        answers = self.messages[self.answers]
        while True:
            for index, message in enumerate(answers):
                if message.subject == reply:
                    del answers[index]
                    return message
            left = end - time.monotonic()
            if left <= 0 or not self.step(left):
                return None

    # Streams and consumers

    def api(self, name, body=None, headers=None, limit=LIMIT):
        """Sends a request to `$JS.API.<name>` and returns the answer as JSON. `body`: an object, or text as it is."""
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        message = self.request(f"$JS.API.{name}", body or b"", headers, limit)
        assert message is not None, f"{name} was not answered"
        assert message.data, f"{name} was answered without JSON: {message}"
        return message.json()

    def ok(self, name, body=None, headers=None):
        """As `api`; the request has to succeed."""
        answer = self.api(name, body, headers)
        assert "error" not in answer, f"{name}: {answer['error']}"
        return answer

    def error(self, name, body=None, headers=None):
        """As `api`; the request has to fail. Returns code, error code and description."""
        answer = self.api(name, body, headers)
        assert "error" in answer, f"{name} succeeded: {answer}"
        return error_of(answer)

    def create_stream(self, name="S", subjects=("s.>",), **config):
        """Creates a stream and returns its info."""
        body = {"name": name, **config}
        if subjects:
            body["subjects"] = list(subjects)
        return self.ok(f"STREAM.CREATE.{name}", body)

    def state(self, name="S", **request):
        """The state of a stream."""
        return self.ok(f"STREAM.INFO.{name}", request or None)["state"]

    def stored(self, name="S"):
        """(number of messages, first sequence, last sequence) of a stream."""
        state = self.state(name)
        return state["messages"], state["first_seq"], state["last_seq"]

    def put(self, subject, data=b"", headers=None, limit=LIMIT):
        """Publishes to a stream and returns the acknowledgement as JSON."""
        message = self.request(subject, data, headers, limit)
        assert message is not None, f"the publish to {subject} was not answered"
        assert message.status is None, f"the publish to {subject} was answered with {message.status}"
        return message.json()

    def fill(self, count, subject="s.a", start=1):
        """Stores `count` messages; `{}` in the subject is replaced by the number. Returns their acknowledgements."""
        return [self.put(subject.replace("{}", str(n)), f"m{n}") for n in range(start, start + count)]

    def create_consumer(self, name="d", stream="S", **config):
        """Creates a durable consumer with explicit acknowledgements, unless `config` says otherwise."""
        config = {"durable_name": name, "ack_policy": "explicit", **config}
        return self.ok(f"CONSUMER.CREATE.{stream}.{name}", {"stream_name": stream, "config": config})

    def consumer(self, name="d", stream="S"):
        """The info of a consumer."""
        return self.ok(f"CONSUMER.INFO.{stream}.{name}")

    def until(self, name="d", stream="S", **expected):
        """Waits until the consumer's info has these values: deliveries and requests are not ordered with API calls."""
        end = time.monotonic() + LIMIT
        while True:
            info = self.consumer(name, stream)
            found = {key: info[key] for key in expected}
            if found == expected or time.monotonic() > end:
                assert found == expected
                return info

    def pull(self, request=b"", name="d", stream="S", headers=None):
        """Sends a pull request from an inbox of its own and returns the subscription to read from."""
        if isinstance(request, dict):
            request = json.dumps(request)
        inbox = f"{self.inbox}p.{next(self.requests)}"
        sid = self.subscribe(inbox)
        self.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}", request, inbox, headers)
        return sid

    def fetch(self, count, name="d", stream="S", limit=LIMIT):
        """Pulls `count` messages and returns them."""
        sid = self.pull({"batch": count, "expires": int(limit * 1e9)}, name, stream)
        messages = self.take(sid, count, limit)
        assert [message.status for message in messages] == [None] * count, messages
        self.unsubscribe(sid)
        return messages

    def ack(self, message, payload=b""):
        """Acknowledges a delivered message (or sends another verdict) and waits for the confirmation."""
        answer = self.request(message.reply, payload)
        assert answer is not None, f"{payload!r} was not confirmed"
        assert (answer.status, answer.data) == (None, b""), answer
        return answer

    def close(self):
        """Closes the connection."""
        self.wire.close()


def error_of(answer):
    """(code, error code, description) of an answer's error."""
    error = answer["error"]
    return error["code"], error["err_code"], error["description"]
