"""Pull requests: what they ask for, and how each of them ends."""

import time

import pytest

from server import Server
from wire import QUIET, Client

SECOND = 10**9
MILLISECOND = 10**6
# Long enough for a request not to end by itself during a test.
LONG = 20 * SECOND


@pytest.fixture
def empty(client):
    """A stream S without messages, and its consumer d."""
    client.create_stream()
    client.create_consumer()
    return client


@pytest.fixture
def seven(empty):
    """As `empty`, with seven messages m1 to m7 on s.a."""
    empty.fill(7)
    return empty


def ends(client, sid, status, headers=()):
    """The next thing to come is this status, with exactly these headers and no payload."""
    message = client.next(sid)
    assert message is not None, f"{status} expected, nothing came"
    assert (message.status, message.headers, message.data, message.reply) == (status, list(headers), b"", None)


def left(messages, size):
    """The headers that say what an ended request did not get."""
    return [("Nats-Pending-Messages", str(messages)), ("Nats-Pending-Bytes", str(size))]


def data(messages):
    """The payloads."""
    return [message.data for message in messages]


# What comes


def test_an_empty_request_gets_one_message(seven):
    """Consumers 65."""
    sid = seven.pull()
    message = seven.next(sid)
    assert (message.subject, message.sid, message.data) == ("s.a", sid, b"m1")
    tokens = message.reply.split(".")
    assert tokens[:7] == ["$JS", "ACK", "S", "d", "1", "1", "1"] and tokens[8] == "6" and len(tokens) == 9
    assert abs(int(tokens[7]) / SECOND - time.time()) < 60
    seven.nothing(sid)


@pytest.mark.parametrize("request_body, count", [("2", 2), ("hello", 1), ("{}", 1), (" 3 ", 3), ("0", 1)])
def test_the_request_says_how_many(seven, request_body, count):
    """Consumers 66."""
    sid = seven.pull(request_body)
    messages = seven.take(sid, count)
    assert data(messages) == [b"m%d" % number for number in range(1, count + 1)]
    assert [message.status for message in messages] == [None] * count
    seven.nothing(sid)
    seven.until(num_waiting=0)


def test_a_request_waits_for_messages(empty):
    """Consumers 3.6.4."""
    sid = empty.pull({"batch": 2, "expires": LONG})
    empty.until(num_waiting=1)
    empty.put("s.a", "one")
    assert empty.next(sid).data == b"one"
    empty.put("s.a", "two")
    assert empty.next(sid).data == b"two"
    empty.until(num_waiting=0)


def test_messages_of_no_interest_are_passed_over(client):
    """Consumers 62."""
    client.create_stream()
    client.create_consumer(filter_subject="s.b")
    sid = client.pull({"batch": 2, "expires": LONG})
    for subject in ("s.a", "s.b", "s.c", "s.b"):
        client.put(subject)
    messages = client.take(sid, 2)
    assert [message.sequence for message in messages] == [2, 4]
    assert [message.consumer_sequence for message in messages] == [1, 2]


def test_two_requests_take_turns(empty):
    """Consumers 86."""
    sids = [empty.pull({"batch": 3, "expires": LONG}) for _ in range(2)]
    empty.until(num_waiting=2)
    empty.fill(6)
    assert data(empty.take(sids[0], 3)) == [b"m1", b"m3", b"m5"]
    assert data(empty.take(sids[1], 3)) == [b"m2", b"m4", b"m6"]


def test_an_inbox_may_be_a_queue_subscription(seven):
    """Consumers 89."""
    sid = seven.subscribe("inbox.queue", "workers")
    seven.publish("$JS.API.CONSUMER.MSG.NEXT.S.d", "2", "inbox.queue")
    assert data(seven.take(sid, 2)) == [b"m1", b"m2"]


def test_a_request_without_reply_is_ignored(seven):
    """Consumers 88."""
    seven.publish("$JS.API.CONSUMER.MSG.NEXT.S.d", "5")
    seven.flush()
    info = seven.consumer()
    assert (info["num_waiting"], info["num_pending"], info["delivered"]["stream_seq"]) == (0, 7, 0)


def test_info_follows_deliveries_and_acknowledgements(seven):
    """Consumers 5."""
    messages = seven.fetch(3)
    info = seven.consumer()
    assert (info["delivered"]["consumer_seq"], info["delivered"]["stream_seq"]) == (3, 3)
    assert (info["num_pending"], info["num_ack_pending"], info["ack_floor"]["stream_seq"]) == (4, 3, 0)
    for message in messages:
        seven.ack(message)
    info = seven.consumer()
    assert (info["num_ack_pending"], info["ack_floor"]["consumer_seq"], info["ack_floor"]["stream_seq"]) == (0, 3, 3)
    assert "last_active" in info["delivered"] and "last_active" in info["ack_floor"]


def test_only_the_size_of_the_payload_is_sent_when_asked(client):
    """Consumers 94."""
    client.create_stream()
    client.create_consumer(headers_only=True)
    client.put("s.a", "four")
    client.put("s.a", "sixsix", {"A": "1"})
    client.put("s.a")
    messages = client.fetch(3)
    assert data(messages) == [b"", b"", b""]
    assert messages[0].header == b"NATS/1.0\r\nNats-Msg-Size: 4\r\n\r\n"
    assert messages[1].header == b"NATS/1.0\r\nA: 1\r\nNats-Msg-Size: 6\r\n\r\n"
    assert messages[2].header == b"NATS/1.0\r\nNats-Msg-Size: 0\r\n\r\n"


# How a request ends


@pytest.mark.parametrize("request_body", ["{x", '{"batch":"x"}', '{"batch":1', '{"expires":"1s"}'])
def test_a_broken_request_is_refused(seven, request_body):
    """Consumers 67."""
    message = seven.next(seven.pull(request_body))
    assert message.status.startswith("400 Bad Request - ")


@pytest.mark.parametrize("batch, reported", [(0, 0), (-1, -1), (1, 1), (10, 10)])
def test_a_request_that_expires_says_what_it_did_not_get(empty, batch, reported):
    """Consumers 68, 72."""
    begin = time.monotonic()
    sid = empty.pull({"batch": batch, "expires": 300 * MILLISECOND})
    ends(empty, sid, "408 Request Timeout", left(reported, 0))
    assert time.monotonic() - begin > 0.25
    empty.until(num_waiting=0)


def test_a_request_that_expired_before_it_came_ends_at_once(empty):
    """Consumers 73."""
    sid = empty.pull({"batch": 1, "expires": -1})
    ends(empty, sid, "408 Request Timeout", left(1, 0))


def test_unknown_keys_of_a_request_are_ignored(seven):
    """Consumers 73."""
    assert data(seven.take(seven.pull({"batch": 2, "bogus": 1}), 2)) == [b"m1", b"m2"]


def test_a_request_that_does_not_wait_finds_nothing(empty):
    """Consumers 69."""
    sid = empty.pull({"batch": 1, "no_wait": True})
    ends(empty, sid, "404 No Messages")


def test_a_request_that_does_not_wait_gets_what_there_is(seven):
    """Consumers 70."""
    sid = seven.pull({"batch": 100, "no_wait": True})
    assert data(seven.take(sid, 7)) == [b"m%d" % number for number in range(1, 8)]
    ends(seven, sid, "404 No Messages")


def test_a_request_that_waits_a_little_ends_with_the_first_message(empty):
    """Consumers 71."""
    sid = empty.pull({"batch": 100, "no_wait": True, "expires": 300 * MILLISECOND})
    ends(empty, sid, "408 Request Timeout", left(100, 0))
    sid = empty.pull({"batch": 100, "no_wait": True, "expires": LONG})
    empty.flush()
    empty.nothing(sid, 0.05)
    empty.put("s.a", "x")
    assert empty.next(sid).data == b"x"
    ends(empty, sid, "404 No Messages")


@pytest.mark.parametrize("request_body", [{"idle_heartbeat": SECOND}, {"idle_heartbeat": SECOND, "expires": SECOND}])
def test_a_heartbeat_has_to_fit_into_the_request_twice(empty, request_body):
    """Consumers 74."""
    sid = empty.pull({"batch": 1, **request_body})
    ends(empty, sid, "400 Bad Request - heartbeat value too large")


def test_an_idle_request_is_kept_alive_by_heartbeats(empty):
    """Consumers 75."""
    sid = empty.pull({"batch": 1, "expires": 1100 * MILLISECOND, "idle_heartbeat": 300 * MILLISECOND})
    for _ in range(3):
        ends(empty, sid, "100 Idle Heartbeat", [("Nats-Last-Consumer", "0"), ("Nats-Last-Stream", "0")])
    ends(empty, sid, "408 Request Timeout", left(1, 0))


def size_of(message):
    """What a delivered message counts against `max_bytes`."""
    return len(message.subject) + len(message.reply) + len(message.header) + len(message.data)


def test_a_message_over_the_byte_budget_ends_the_request(seven):
    """Consumers 76."""
    sid = seven.pull({"batch": 10, "max_bytes": 10, "expires": LONG})
    ends(seven, sid, "409 Message Size Exceeds MaxBytes", left(10, 10))
    size = size_of(seven.fetch(1)[0])
    sid = seven.pull({"batch": 10, "max_bytes": 3 * size + 5, "expires": LONG})
    assert data(seven.take(sid, 3)) == [b"m2", b"m3", b"m4"]
    ends(seven, sid, "409 Message Size Exceeds MaxBytes", left(7, 5))


def test_a_fulfilled_request_says_how_many_bytes_are_left(seven):
    """Consumers 77."""
    sid = seven.pull({"batch": 1, "max_bytes": 1500, "expires": LONG})
    message = seven.next(sid)
    ends(seven, sid, "409 Batch Completed", left(0, 1500 - size_of(message)))


def test_an_expired_request_says_how_many_bytes_are_left(empty):
    """Consumers 78."""
    empty.fill(1)
    sid = empty.pull({"batch": 10, "max_bytes": 1500, "expires": 300 * MILLISECOND})
    message = empty.next(sid)
    ends(empty, sid, "408 Request Timeout", left(9, 1500 - size_of(message)))


def test_a_request_that_uses_up_its_bytes_ends_without_a_status(seven):
    """Consumers 93a."""
    size = size_of(seven.fetch(1)[0])
    sid = seven.pull({"batch": 5, "max_bytes": 2 * size, "expires": LONG})
    assert data(seven.take(sid, 2)) == [b"m2", b"m3"]
    seven.nothing(sid)
    seven.until(num_waiting=0)


@pytest.mark.parametrize(
    "config, request_body, status",
    [
        ({"max_batch": 2}, {"batch": 3}, "409 Exceeded MaxRequestBatch of 2"),
        ({"max_batch": 2}, "3", "409 Exceeded MaxRequestBatch of 2"),
        ({"max_expires": 2 * SECOND}, {"batch": 1, "expires": 3 * SECOND}, "409 Exceeded MaxRequestExpires of 2s"),
        ({"max_bytes": 1000}, {"batch": 1, "max_bytes": 1001}, "409 Exceeded MaxRequestMaxBytes of 1000"),
    ],
)
def test_a_request_over_the_consumers_limits_is_refused(client, config, request_body, status):
    """Consumers 79."""
    client.create_stream()
    client.create_consumer(**config)
    ends(client, client.pull(request_body), status)


@pytest.mark.later("push consumers")
def test_a_push_consumer_cannot_be_pulled_from(client):
    """Consumers 81."""
    client.create_stream()
    client.create_consumer(deliver_subject="somewhere")
    ends(client, client.pull("1"), "409 Consumer is push based")


def test_there_is_a_limit_of_waiting_requests(client):
    """Consumers 80."""
    client.create_stream()
    client.create_consumer(max_waiting=2)
    for _ in range(2):
        client.pull({"batch": 1, "expires": LONG})
    ends(client, client.pull({"batch": 1, "expires": LONG}), "409 Exceeded MaxWaiting")
    sid = client.pull({"batch": 1, "expires": LONG, "idle_heartbeat": 5 * SECOND})
    client.nothing(sid)
    client.until(num_waiting=2)


@pytest.mark.parametrize("deleted", ["CONSUMER.DELETE.S.d", "STREAM.DELETE.S"])
def test_a_waiting_request_hears_of_the_deletion(empty, deleted):
    """Consumers 82."""
    sid = empty.pull({"batch": 1, "expires": LONG})
    empty.until(num_waiting=1)
    empty.ok(deleted)
    ends(empty, sid, "409 Consumer Deleted")


def test_a_waiting_request_hears_of_the_servers_end():
    """Consumers 83."""
    with Server() as server:
        client = Client(server)
        client.create_stream()
        client.create_consumer()
        sid = client.pull({"batch": 5, "expires": LONG})
        client.until(num_waiting=1)
        assert server.terminate() == 0
        ends(client, sid, "409 Server Shutdown", left(5, 0))
        assert not client.step(5)
        client.close()


def test_a_request_goes_away_with_its_inbox(empty):
    """Consumers 84."""
    first = empty.pull({"batch": 1, "expires": LONG})
    empty.until(num_waiting=1)
    empty.unsubscribe(first)
    empty.until(num_waiting=0)
    second = empty.pull({"batch": 1, "expires": LONG})
    empty.put("s.a", "x")
    assert empty.next(second).delivery_count == 1
    assert not empty.messages[first]


def test_a_request_goes_away_with_its_connection(server, empty):
    """Consumers 84."""
    other = Client(server)
    other.pull({"batch": 1, "expires": LONG})
    other.flush()
    empty.until(num_waiting=1)
    other.close()
    empty.until(num_waiting=0)
    empty.put("s.a", "x")
    empty.until(num_waiting=0, num_pending=1, num_ack_pending=0)
    assert empty.fetch(1)[0].delivery_count == 1


def test_an_inbox_that_ends_after_one_message_gets_one(empty):
    """Consumers 85."""
    inbox = "inbox.once"
    sid = empty.subscribe(inbox)
    empty.unsubscribe(sid, 1)
    empty.publish("$JS.API.CONSUMER.MSG.NEXT.S.d", '{"batch":3,"expires":20000000000}', inbox)
    empty.until(num_waiting=1)
    empty.put("s.a", "m1")
    assert empty.next(sid).data == b"m1"
    empty.put("s.a", "m2")
    empty.until(num_pending=1)
    empty.nothing(sid)
    assert empty.fetch(1)[0].delivery_count == 1


def test_requests_with_the_same_inbox_are_different_requests(empty):
    """Consumers 87."""
    sid = empty.subscribe("inbox.shared")
    for _ in range(3):
        empty.publish("$JS.API.CONSUMER.MSG.NEXT.S.d", '{"batch":1,"expires":500000000}', "inbox.shared")
    empty.until(num_waiting=3)
    for _ in range(3):
        ends(empty, sid, "408 Request Timeout", left(1, 0))


def test_a_request_that_does_not_wait_does_not_push_in(empty):
    """Consumers 90: one message, which requests that are already waiting will take, while the consumer is held back."""
    empty.ok("CONSUMER.DELETE.S.d")
    empty.create_consumer(max_ack_pending=1)
    empty.fill(1)
    held = empty.fetch(1)[0]
    empty.fill(1)
    waiting = empty.pull({"batch": 5, "expires": LONG})
    empty.until(num_waiting=1)
    ends(empty, empty.pull({"batch": 1, "no_wait": True}), "408 Requests Pending")
    empty.ack(held)
    assert empty.next(waiting).sequence == 2


def test_unacknowledged_messages_hold_a_consumer_back(client):
    """Consumers 91."""
    client.create_stream()
    client.create_consumer(max_ack_pending=1)
    client.fill(3)
    sid = client.pull({"batch": 100, "expires": LONG})
    first = client.next(sid)
    client.nothing(sid)
    client.unsubscribe(sid)
    sid = client.pull({"batch": 1, "expires": 300 * MILLISECOND})
    ends(client, sid, "408 Request Timeout", left(1, 0))
    silent = client.pull({"batch": 1, "no_wait": True})
    client.nothing(silent)
    client.ack(first)
    assert client.next(silent).sequence == 2


def test_a_request_that_does_not_wait_gets_redeliveries(client):
    """Consumers 92."""
    client.create_stream()
    client.create_consumer(ack_wait=60 * SECOND)
    client.fill(1)
    message = client.fetch(1)[0]
    client.ack(message, "-NAK")
    sid = client.pull({"batch": 1, "no_wait": True})
    again = client.next(sid)
    assert (again.sequence, again.delivery_count) == (1, 2)


def test_a_paused_consumer_keeps_its_requests_waiting(client):
    """Consumers 93, the pull consumer."""
    client.create_stream()
    until = time.time() + 3
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(until)) + f"{until % 1:.9f}"[1:] + "Z"
    client.create_consumer(pause_until=text)
    client.fill(1)
    assert client.consumer()["paused"] is True
    ends(client, client.pull({"batch": 1, "no_wait": True}), "404 No Messages")
    expiring = client.pull({"batch": 1, "expires": 500 * MILLISECOND, "idle_heartbeat": 200 * MILLISECOND})
    waiting = client.pull({"batch": 1, "expires": LONG})
    assert client.next(expiring).status == "100 Idle Heartbeat"
    assert client.next(expiring).status == "100 Idle Heartbeat"
    ends(client, expiring, "408 Request Timeout", left(1, 0))
    message = client.next(waiting)
    assert message.sequence == 1
    assert time.time() >= until - 0.05


def test_a_message_is_delivered_to_one_request_only(server, empty):
    """Consumers 3.6.4."""
    others = [Client(server) for _ in range(4)]
    sids = [other.pull({"batch": 50, "expires": LONG}) for other in others]
    empty.until(num_waiting=4)
    empty.fill(100)
    seen = []
    for other, sid in zip(others, sids):
        seen += [message.sequence for message in other.take(sid, 25)]
        other.close()
    assert sorted(seen) == list(range(1, 101))


def test_a_quiet_consumer_sends_nothing(empty):
    """Consumers 3.6.4: without a request nothing is delivered."""
    sid = empty.subscribe("_INBOX.>")
    empty.put("s.a", "x")
    empty.flush()
    time.sleep(QUIET)
    empty.flush()
    assert [message for message in empty.messages[sid] if message.subject == "s.a"] == []
    assert empty.consumer()["num_pending"] == 1
