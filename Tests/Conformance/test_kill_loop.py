"""kill -9 at random moments under mixed load, again and again, against an oracle outside the server.

`make torture` kills 500 times (TORTURE_KILLS); `make test` a few. TORTURE_SEED repeats the choices of a run, not its
timing. Publishers keep several messages in flight; operators delete, erase, purge, pull and acknowledge; streams are
created and removed. After every restart the oracle compares what is stored with what was answered.
"""

import bisect
import collections
import os
import random
import threading
import time
import zlib

import pytest

from server import Server
from wire import FULL, Client

SECOND = 10**9
KILLS = int(os.environ.get("TORTURE_KILLS") or 10)
# Every so many kills all messages are read; in between those since the last time.
READ_ALL_EVERY = 25
IN_FLIGHT = 48

# How the streams under load are configured. `kinds`: what their operator does.
STREAMS = {
    "PLAIN": ({}, "pull"),
    "DELETES": ({}, "delete erase pull"),
    "PURGES": ({}, "purge purge_subject purge_keep delete pull"),
    "LIMITS": ({"max_msgs": 400, "max_msgs_per_subject": 90}, "pull delete"),
    "WORK": ({"retention": "workqueue"}, "pull"),
}


class Message:
    """What was sent under one number."""

    def __init__(self, number, subject, data, message_id):
        self.number, self.subject, self.data, self.message_id = number, subject, data, message_id


class Oracle:
    """What is known of one stream from outside."""

    def __init__(self, name, seed):
        self.name = name
        self.config, kinds = STREAMS[name]
        self.kinds = kinds.split()
        self.random = random.Random(f"{seed}{name}")
        self.lock = threading.Lock()
        self.sent = {}  # number -> Message
        self.acked = {}  # number -> sequence
        self.number_of = {}  # sequence -> number, of those acknowledged or read
        self.fresh = []  # (number, sequence) acknowledged since the last check
        self.recent = collections.deque(maxlen=300)  # sequences acknowledged last
        self.live = {}  # sequence -> subject, of those that may still be stored
        self.removing = set()  # sequences whose removal was asked for, answered or not
        self.removed = set()  # sequences whose removal was answered
        self.purging = None  # the first number that was not acknowledged when a purge was asked for
        self.uncertain = set()  # numbers that were under way during a purge
        self.ack_sent = set()  # sequences for which a consumer's acknowledgement was sent
        self.ack_confirmed = {}  # sequence -> the pull request under which its acknowledgement was confirmed
        self.pulls = 0
        self.last = 0  # the highest sequence ever seen
        self.duplicates = 0
        self.failure = None

    # Load

    def make(self):
        """The next message, noted before it is sent. Some repeat the id of one sent before."""
        with self.lock:
            number = len(self.sent) + 1
            size = self.random.choice((0, 10, 100, 1000, 4000))
            body = b"%d:%s:" % (number, self.name.encode()) + self.random.randbytes(size // 2).hex().encode()
            data = body + b":%08x" % zlib.crc32(body)
            identifier = f"{self.name}-{number}" if number % 5 == 0 else None
            subject = f"{self.name.lower()}.{number % 7}"
            message = self.sent[number] = Message(number, subject, data, identifier)
            return message

    def publish(self, server):
        """Publishes with several messages in flight until the connection ends."""
        connection = server.connect()
        received = bytearray()
        try:
            connection.sendall(FULL + b"SUB acks.%s.* 1\r\nPING\r\n" % self.name.encode())
            while b"PONG\r\n" not in received:
                received += connection.recv(65536)
            del received[: received.index(b"PONG\r\n") + 6]
            flying = 0
            while True:
                batch = b""
                while flying < IN_FLIGHT:
                    batch += self.encode(self.make())
                    flying += 1
                connection.sendall(batch)
                part = connection.recv(1 << 16)
                if not part:
                    return
                received += part
                flying -= self.take_acks(received)
                time.sleep(self.random.random() * 0.03)
        except OSError:
            pass
        finally:
            connection.close()

    def encode(self, message):
        """The PUB or HPUB of a message."""
        reply = f"acks.{self.name}.{message.number}"
        if not message.message_id:
            return f"PUB {message.subject} {reply} {len(message.data)}\r\n".encode() + message.data + b"\r\n"
        head = f"NATS/1.0\r\nNats-Msg-Id: {message.message_id}\r\n\r\n".encode()
        line = f"HPUB {message.subject} {reply} {len(head)} {len(head) + len(message.data)}\r\n"
        return line.encode() + head + message.data + b"\r\n"

    def take_acks(self, received):
        """Notes the whole acknowledgements in the buffer; returns how many there were."""
        count = 0
        while (end := received.find(b"}\r\n")) >= 0:
            operation = bytes(received[: end + 3])
            del received[: end + 3]
            start = operation.find(b"MSG acks.")
            head, _, tail = operation[start:].partition(b"\r\n")
            number = int(head.split(b" ")[1].rsplit(b".", 1)[1])
            assert b'"error"' not in tail, tail
            sequence = int(tail.partition(b'"seq":')[2].split(b",")[0].split(b"}")[0])
            with self.lock:
                self.acked[number] = sequence
                self.fresh.append((number, sequence))
                if b'"duplicate"' not in tail:
                    self.number_of.setdefault(sequence, number)
                    self.recent.append(sequence)
                    self.live[sequence] = self.sent[number].subject
            count += 1
        return count

    def operate(self, server):
        """Removes and acknowledges, one request after the other, until the connection ends."""
        try:
            client = Client(server)
            while True:
                getattr(self, "do_" + self.random.choice(self.kinds))(client)
                time.sleep(self.random.random() * 0.02)
        except (AssertionError, OSError) as reason:
            if "error" in str(reason) and "10037" not in str(reason):
                self.failure = self.failure or f"{self.name}: {reason}"

    def known(self):
        """A sequence that was acknowledged and may still be stored, or None."""
        with self.lock:
            return self.random.choice(self.recent) if self.recent else None

    def do_delete(self, client, **request):
        sequence = self.known()
        if sequence is None:
            return
        with self.lock:
            self.removing.add(sequence)
        answer = client.api(f"STREAM.MSG.DELETE.{self.name}", {"seq": sequence, "no_erase": True} | request)
        with self.lock:
            # Another request, or a limit, may have been there before.
            if answer.get("success") or answer["error"]["err_code"] in (10043, 10057):
                self.removed.add(sequence)

    def do_erase(self, client):
        self.do_delete(client, no_erase=False)

    def purge(self, client, request, takes):
        """Purges; `takes(sequence, subject)` says whether a message known before goes."""
        with self.lock:
            taken = {sequence for sequence, subject in self.live.items() if takes(sequence, subject)}
            self.removing |= taken
            # Whether a message under way is taken, too, is the server's affair.
            self.purging = len(self.sent) - IN_FLIGHT
        answer = client.api(f"STREAM.PURGE.{self.name}", request)
        assert answer.get("success"), f"error: {answer}"
        with self.lock:
            self.settle()
            if "keep" not in request:
                self.removed |= taken
                for sequence in taken:
                    self.live.pop(sequence, None)

    def do_purge(self, client):
        sequence = self.known()
        if sequence is not None and self.random.random() < 0.3:
            self.purge(client, {"seq": sequence}, lambda found, _: found < sequence)

    def do_purge_subject(self, client):
        subject = f"{self.name.lower()}.{self.random.randrange(7)}"
        self.purge(client, {"filter": subject}, lambda _, found: found == subject)

    def do_purge_keep(self, client):
        subject = f"{self.name.lower()}.{self.random.randrange(7)}"
        self.purge(client, {"filter": subject, "keep": 3}, lambda _, found: found == subject)

    def do_pull(self, client):
        self.pulls += 1
        sid = client.pull({"batch": 20, "expires": SECOND // 10}, "d", self.name)
        for _ in range(20):
            message = client.next(sid, 0.3)
            if message is None or message.status:
                break
            # Under the same request it may have been on its way again before the acknowledgement arrived.
            if self.ack_confirmed.get(message.sequence, self.pulls) < self.pulls:
                self.failure = f"{self.name}: {message.sequence} was acknowledged and is delivered again"
            if self.random.random() < 0.8:
                self.ack_sent.add(message.sequence)
                client.ack(message)
                self.ack_confirmed[message.sequence] = self.pulls
        client.unsubscribe(sid)

    # Checking

    def settle(self):
        """Ends a purge, or what a kill has left of one: it may have taken anything that was under way meanwhile."""
        if self.purging is not None:
            self.uncertain.update(range(self.purging, len(self.sent) + 1))
            self.purging = None

    def may_be_gone(self, sequence, number):
        """Whether somebody asked for this message's removal, a limit took it, or a work queue is done with it."""
        if sequence in self.removing or number in self.uncertain:
            return True
        return "retention" in self.config and sequence in self.ack_sent

    def check(self, client, reads_all):
        """Compares the stream with what is known; raises AssertionError."""
        name = self.name
        state = client.state(name)
        last = state["last_seq"]
        assert last >= self.last, f"{name}: the last sequence went back from {self.last} to {last}"
        highest = max((sequence for _, sequence in self.fresh), default=0)
        assert highest <= last, f"{name}: {highest} was acknowledged, and the last sequence is {last}"
        start = 1 if reads_all else self.last + 1
        if "retention" in self.config:
            # Each message takes a request of its own there.
            start = max(start, last - (2000 if reads_all else 200))
        stored = self.read(client, start, state)
        for sequence, subject, data, identifier in stored:
            head, _, check = data.rpartition(b":")
            assert zlib.crc32(head) == int(check, 16), f"{name}: message {sequence} has other bytes"
            number = int(data.partition(b":")[0])
            message = self.sent.get(number)
            assert message, f"{name}: message {sequence} was never sent"
            found = (subject, data, identifier)
            assert found == (message.subject, message.data, message.message_id), f"{name}: {sequence} is {found}"
            known = self.number_of.setdefault(sequence, number)
            assert known == number, f"{name}: {sequence} was given to {known} and {number}"
            assert sequence not in self.removed, f"{name}: {sequence} was removed and is back"
        sequences = [sequence for sequence, *_ in stored]
        assert sequences == sorted(set(sequences)), f"{name}: sequences do not rise"
        set_of_stored = set(sequences)
        self.check_kept(set_of_stored, start, last, self.acked.items() if reads_all else self.fresh)
        if start == 1:
            assert len(stored) == state["messages"], f"{name}: {len(stored)} messages, {state['messages']} counted"
        self.check_consumer(client, set_of_stored, start)
        self.live = {one: subject for one, subject in self.live.items() if one < start or one in set_of_stored}
        for sequence, subject, *_ in stored:
            self.live.setdefault(sequence, subject)
        self.fresh = []
        # Sequences of this life that nobody was told about are used up all the same.
        self.last = last

    def check_kept(self, stored, start, last, acked):
        """Everything acknowledged since `start` is stored, unless it may be gone."""
        known = sorted(self.number_of) if "max_msgs" in self.config else []
        for number, sequence in acked:
            if sequence < start or sequence in stored or self.may_be_gone(sequence, number):
                continue
            # A limit takes a message only when so many newer ones have pushed it out.
            newer = len(known) - bisect.bisect_right(known, sequence)
            if known and newer >= self.config["max_msgs_per_subject"]:
                continue
            raise AssertionError(f"{self.name}: message {number}, acknowledged as {sequence}, is gone (last {last})")

    def check_consumer(self, client, stored, start):
        """The ack floor passes no stored message that nobody acknowledged."""
        info = client.consumer("d", self.name)
        floor = info["ack_floor"]["stream_seq"]
        wrong = [one for one in stored if start <= one <= floor and one not in self.ack_sent]
        assert not wrong, f"{self.name}: the ack floor {floor} is beyond {wrong[:5]}"

    def read(self, client, start, state):
        """Every stored message from a sequence on: sequence, subject, data, message id."""
        if self.config.get("retention"):
            found = []
            for sequence in range(max(start, state["first_seq"]), state["last_seq"] + 1):
                message = client.request(f"$JS.API.DIRECT.GET.{self.name}", b'{"seq":%d}' % sequence)
                if not message.status:
                    found.append(
                        (sequence, message.value("Nats-Subject"), message.data, message.value("Nats-Msg-Id"))
                    )
            return found
        if state["messages"] == 0 or start > state["last_seq"]:
            return []
        config = {
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": start,
            "ack_policy": "none",
            "inactive_threshold": 60 * SECOND,
        }
        info = client.ok(f"CONSUMER.CREATE.{self.name}", {"stream_name": self.name, "config": config})
        count = info["num_pending"]
        if count == 0:
            return []
        messages = []
        while len(messages) < count:
            # A part at a time: all at once would be more than a server holds for a client that reads slowly.
            part = min(5000, count - len(messages))
            messages += client.fetch(part, info["name"], self.name, limit=60)
        client.ok(f"CONSUMER.DELETE.{self.name}.{info['name']}")
        assert len(messages) == count, f"{self.name}: {len(messages)} of {count} messages were delivered"
        return [(one.sequence, one.subject, one.data, one.value("Nats-Msg-Id")) for one in messages]


class Passing:
    """Streams that come and go."""

    def __init__(self, seed):
        self.random = random.Random(f"{seed}passing")
        self.made = 0
        self.there = {}  # name -> sequences acknowledged
        self.unsure = set()  # an unanswered creation or removal

    def operate(self, server):
        """Creates, fills and removes streams until the connection ends."""
        try:
            client = Client(server)
            while True:
                if self.there and self.random.random() < 0.5:
                    name = self.random.choice(list(self.there))
                    self.unsure.add(name)
                    client.ok(f"STREAM.DELETE.{name}")
                    del self.there[name]
                else:
                    self.made += 1
                    name = f"T{self.made}"
                    self.unsure.add(name)
                    client.create_stream(name, [f"t.{self.made}.>"])
                    self.there[name] = 0
                self.unsure.discard(name)
                if name in self.there:
                    for _ in range(self.random.randrange(4)):
                        self.there[name] = client.put(f"t.{name[1:]}.x", "one")["seq"]
                    if self.random.random() < 0.5:
                        client.create_consumer("d", name)
        except (AssertionError, OSError):
            pass

    def check(self, client):
        """Streams answered to be there are, with their messages; removed ones are not."""
        names = set(client.ok("STREAM.NAMES").get("streams") or []) - set(STREAMS)
        assert names - self.unsure == set(self.there) - self.unsure, f"{names} and {set(self.there)}"
        for name in list(self.there):
            if name not in names:
                del self.there[name]
                continue
            found = client.state(name)["last_seq"]
            assert found >= self.there[name], f"{name}: {found} instead of {self.there[name]}"
        for name in names - set(self.there):
            self.there[name] = 0
        self.unsure.clear()


def duration(choices):
    """Seconds until the next kill: mostly short, now and then long enough for checkpoints."""
    kind = choices.random()
    if kind < 0.8:
        return choices.uniform(0.02, 0.25)
    return choices.uniform(0.25, 0.8) if kind < 0.96 else choices.uniform(2, 3)


@pytest.mark.weir
def test_nothing_answered_is_lost_whenever_the_server_is_killed():
    """Streams 149, 150, Consumers: acknowledged messages, removals and acknowledgements stay; nothing is invented."""
    seed = int(os.environ.get("TORTURE_SEED") or random.randrange(10**6))
    print(f"TORTURE_SEED={seed}, {KILLS} kills")
    choices = random.Random(seed)
    oracles = [Oracle(name, seed) for name in STREAMS]
    passing = Passing(seed)
    begin = time.monotonic()
    slowest = 0
    with Server() as server:
        client = Client(server)
        for oracle in oracles:
            client.create_stream(
                oracle.name,
                [f"{oracle.name.lower()}.*"],
                allow_direct=True,
                duplicate_window=10 * SECOND,
                **oracle.config,
            )
            client.create_consumer("d", oracle.name, ack_wait=SECOND // 2, max_ack_pending=500)
        client.close()
        for kill in range(1, KILLS + 1):
            work = [oracle.publish for oracle in oracles] + [oracle.operate for oracle in oracles]
            threads = [threading.Thread(target=one, args=(server,)) for one in [*work, passing.operate]]
            for thread in threads:
                thread.start()
            time.sleep(duration(choices))
            server.kill()
            for thread in threads:
                thread.join(30)
                assert not thread.is_alive()
            started = time.monotonic()
            server.start()
            slowest = max(slowest, time.monotonic() - started)
            client = Client(server)
            try:
                for oracle in oracles:
                    assert not oracle.failure, oracle.failure
                    oracle.settle()
                    oracle.check(client, reads_all=kill % READ_ALL_EVERY == 0 or kill == KILLS)
                passing.check(client)
            except AssertionError as reason:
                raise AssertionError(
                    f"TORTURE_SEED={seed}, kill {kill}: {reason}\n{server.log_text()[-3000:]}"
                ) from reason
            client.close()
            if kill % 50 == 0:
                print(f"{kill} kills, {sum(len(one.acked) for one in oracles)} messages acknowledged")
    acked = sum(len(one.acked) for one in oracles)
    confirmed = sum(len(one.ack_confirmed) for one in oracles)
    removed = sum(len(one.removed) for one in oracles)
    print(
        f"{KILLS} kills in {time.monotonic() - begin:.0f} s: {acked} messages and {confirmed} deliveries "
        f"acknowledged, {removed} messages removed, {passing.made} streams made; slowest start {slowest:.2f} s"
    )
    assert acked > KILLS * 20
