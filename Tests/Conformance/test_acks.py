"""Acknowledgements of every kind, redelivery, and what purges and deletes do to a consumer."""

import time

import pytest

from wire import QUIET, Client

SECOND = 10**9
MILLISECOND = 10**6
LONG = 20 * SECOND


@pytest.fixture
def five(client):
    """A stream S with five messages on s.a and the consumer d."""
    client.create_stream()
    client.fill(5)
    client.create_consumer(ack_wait=60 * SECOND)
    return client


def floor(client):
    """The acknowledgement floor: (consumer sequence, stream sequence)."""
    ack_floor = client.consumer()["ack_floor"]
    return ack_floor["consumer_seq"], ack_floor["stream_seq"]


def advisories(client, kind, stream="S", consumer="d"):
    """Subscribes to the advisories of a kind about a consumer."""
    sid = client.subscribe(f"$JS.EVENT.ADVISORY.CONSUMER.{kind}.{stream}.{consumer}")
    client.flush()
    return sid


# Verdicts


@pytest.mark.parametrize("payload", ["", "+ACK", "+OK"])
def test_an_acknowledgement_settles_the_message(five, payload):
    """Consumers 107, 108."""
    message = five.fetch(1)[0]
    five.ack(message, payload)
    assert (five.consumer()["num_ack_pending"], floor(five)) == (0, (1, 1))
    five.ack(message, payload)
    assert (five.consumer()["num_ack_pending"], floor(five)) == (0, (1, 1))


@pytest.mark.parametrize("payload", ["+ack", "+ACK ", "foo", "+", "-ACK"])
def test_an_unknown_verdict_is_confirmed_but_changes_nothing(five, payload):
    """Consumers 108."""
    five.ack(five.fetch(1)[0], payload)
    assert (five.consumer()["num_ack_pending"], floor(five)) == (1, (0, 0))


def test_the_floor_stops_below_the_oldest_open_message(five):
    """Consumers 109."""
    messages = five.fetch(5)
    floors = []
    for number in (5, 3, 1, 2, 4):
        five.ack(messages[number - 1])
        floors.append(floor(five))
    assert floors == [(0, 0), (0, 0), (1, 1), (3, 3), (5, 5)]


def test_an_old_reply_settles_a_redelivered_message(five):
    """Consumers 110."""
    first = five.fetch(1)[0]
    five.ack(first, "-NAK")
    assert five.fetch(1)[0].delivery_count == 2
    assert five.consumer()["num_redelivered"] == 1
    five.ack(first)
    info = five.consumer()
    assert (info["num_redelivered"], info["num_ack_pending"]) == (0, 0)


def test_a_refused_message_comes_again_at_once(five):
    """Consumers 111."""
    first, second = five.fetch(2)
    five.ack(first, "-NAK")
    again = five.fetch(1)[0]
    assert (again.sequence, again.delivery_count, again.consumer_sequence) == (1, 2, 3)
    assert again.data == first.data
    assert five.consumer()["num_ack_pending"] == 2


def test_a_refusal_is_announced(five):
    """Consumers 111."""
    sid = advisories(five, "MSG_NAKED")
    five.ack(five.fetch(1)[0], "-NAK")
    event = five.next(sid).json()
    assert event["type"] == "io.nats.jetstream.advisory.v1.nak"
    assert (event["stream"], event["consumer"]) == ("S", "d")
    assert (event["consumer_seq"], event["stream_seq"], event["deliveries"]) == (1, 1, 1)


@pytest.mark.parametrize(
    "payload, delay",
    [('-NAK {"delay":2000000000}', 2), ('-NAK{"delay":2000000000}', 2), ("-NAK 1500ms", 1.5)]
    + [("-NAK abc", 0), ("-NAK", 0)],
)
def test_a_refused_message_can_be_delayed(five, payload, delay):
    """Consumers 112, 113."""
    message = five.fetch(1)[0]
    begin = time.monotonic()
    five.ack(message, payload)
    if delay:
        # Others come meanwhile.
        assert [other.sequence for other in five.fetch(4)] == [2, 3, 4, 5]
    again = five.fetch(1)[0]
    passed = time.monotonic() - begin
    assert (again.sequence, again.delivery_count) == (1, 2)
    # Without its own delay it would come after 30 s.
    assert delay - 0.1 < passed < 28


def test_a_negative_delay_is_none(five):
    """Consumers 112. Whether the message or a new one comes first is open."""
    five.ack(five.fetch(1)[0], '-NAK {"delay":-5}')
    sid = five.pull({"batch": 6, "expires": LONG})
    assert (1, 2) in [(message.sequence, message.delivery_count) for message in five.take(sid, 5)]


def test_a_delayed_message_counts_as_open(client):
    """Consumers 127a."""
    client.create_stream()
    client.fill(2)
    client.create_consumer(max_ack_pending=1)
    client.ack(client.fetch(1)[0], "-NAK 500ms")
    sid = client.pull({"batch": 1, "expires": LONG})
    message = client.next(sid)
    assert (message.sequence, message.delivery_count) == (1, 2)


def test_work_in_progress_keeps_a_message(client):
    """Consumers 114."""
    client.create_stream()
    client.fill(1)
    client.create_consumer(ack_wait=1500 * MILLISECOND)
    begin = time.monotonic()
    message = client.fetch(1)[0]
    for at in (0.7, 1.4, 2.1):
        time.sleep(max(begin + at - time.monotonic(), 0))
        client.ack(message, "+WPI")
    again = client.fetch(1)[0]
    assert again.delivery_count == 2
    assert time.monotonic() - begin > 3.5


def test_a_terminated_message_never_comes_again(client):
    """Consumers 115."""
    client.create_stream()
    client.fill(1)
    client.create_consumer(ack_wait=300 * MILLISECOND)
    message = client.fetch(1)[0]
    client.ack(message, "+TERM")
    assert (client.consumer()["num_ack_pending"], floor(client)) == (0, (1, 1))
    sid = client.pull({"batch": 1, "expires": 800 * MILLISECOND})
    assert client.next(sid).status == "408 Request Timeout"


def test_a_termination_is_announced_with_its_reason(five):
    """Consumers 115."""
    sid = advisories(five, "MSG_TERMINATED")
    message = five.fetch(1)[0]
    five.ack(message, "+TERM  because  ")
    event = five.next(sid).json()
    assert event["type"] == "io.nats.jetstream.advisory.v1.terminated"
    assert [event[key] for key in ("stream_seq", "deliveries", "reason")] == [1, 1, "because"]
    five.ack(message, "+TERM")
    assert five.next(sid).json()["stream_seq"] == 1
    assert floor(five) == (1, 1)


@pytest.mark.parametrize(
    "payload, count", [("+NXT", 1), ("+NXT 2", 2), ('+NXT {"batch":3,"expires":20000000000}', 3)]
)
def test_an_acknowledgement_can_ask_for_more(five, payload, count):
    """Consumers 116."""
    message = five.fetch(1)[0]
    inbox = "inbox.next"
    sid = five.subscribe(inbox)
    five.publish(message.reply, payload, inbox)
    messages = five.take(sid, count)
    assert [more.sequence for more in messages] == list(range(2, 2 + count))
    five.nothing(sid)
    info = five.consumer()
    assert (info["num_ack_pending"], info["ack_floor"]["stream_seq"]) == (count, 1)


def test_asking_for_more_without_an_inbox_is_an_acknowledgement(five):
    """Consumers 127d."""
    message = five.fetch(1)[0]
    five.publish(message.reply, "+NXT")
    five.until(num_ack_pending=0, num_pending=4, num_waiting=0)


def reply_with(message, **tokens):
    """The reply subject of a message with some of its tokens replaced, by number."""
    parts = message.reply.split(".")
    for index, value in tokens.items():
        parts[int(index[1:])] = value
    return ".".join(parts)


@pytest.mark.parametrize("payload, answered", [("", False), ("+TERM", False), ("-NAK", True), ("+WPI", True)])
def test_a_verdict_on_what_was_not_delivered_changes_nothing(five, payload, answered):
    """Consumers 117."""
    message = five.fetch(1)[0]
    answer = five.request(reply_with(message, t5="4", t6="4"), payload, limit=QUIET)
    assert (answer is not None) == answered
    assert (five.consumer()["num_ack_pending"], floor(five)) == (1, (0, 0))


def test_a_verdict_without_a_number_is_not_answered(five):
    """Consumers 117."""
    message = five.fetch(1)[0]
    assert five.request(reply_with(message, t5="x"), "", limit=QUIET) is None
    assert five.consumer()["num_ack_pending"] == 1


def test_a_verdict_for_nobody_finds_nobody(five):
    """Consumers 118."""
    message = five.fetch(1)[0]
    assert five.request(message.reply.rpartition(".")[0], "").status == "503"
    assert five.request(reply_with(message, t3="nobody"), "").status == "503"
    assert five.request(reply_with(message, t2="NONE"), "").status == "503"
    assert five.request(message.reply + ".more", "").status == "503"
    assert five.consumer()["num_ack_pending"] == 1


@pytest.mark.parametrize("tail", ["", ".more", ".more.and.more"])
def test_the_longer_reply_subject_is_understood(five, tail):
    """Consumers 119: szMpdrwD is the hash of the account $G."""
    message = five.fetch(1)[0]
    _, _, stream, consumer, *numbers = message.reply.split(".")
    subject = ".".join(["$JS.ACK._.szMpdrwD", stream, consumer, *numbers]) + tail
    answer = five.request(subject, "")
    assert (answer.status, answer.data) == (None, b"")
    assert floor(five) == (1, 1)


def test_the_longer_reply_subject_of_another_account_finds_nobody(five):
    """Consumers 119."""
    message = five.fetch(1)[0]
    _, _, stream, consumer, *numbers = message.reply.split(".")
    assert five.request(".".join(["$JS.ACK._.AAAAAAAA", stream, consumer, *numbers]), "").status == "503"
    assert five.consumer()["num_ack_pending"] == 1


def test_an_acknowledgement_may_have_headers(five):
    """Consumers 127."""
    message = five.fetch(1)[0]
    answer = five.request(message.reply, "", {"A": "b"})
    assert (answer.status, answer.data) == (None, b"")
    assert floor(five) == (1, 1)


# Acknowledge all


def test_acknowledging_all_settles_everything_before(client):
    """Consumers 120."""
    client.create_stream()
    client.fill(6)
    client.create_consumer(ack_policy="all", ack_wait=60 * SECOND)
    messages = client.fetch(5)
    client.ack(messages[2])
    assert (floor(client), client.consumer()["num_ack_pending"]) == ((3, 3), 2)
    client.ack(messages[1])
    client.ack(messages[0], "-NAK")
    assert (floor(client), client.consumer()["num_ack_pending"]) == ((3, 3), 2)
    client.ack(messages[4], "-NAK")
    again = client.fetch(1)[0]
    assert (again.sequence, again.delivery_count) == (5, 2)
    client.ack(messages[3], "+TERM")
    assert floor(client) == (4, 4)


@pytest.mark.weir
def test_a_removed_message_does_not_acknowledge_those_before(client):
    """Consumers 120, 137: the reference takes the removal for an acknowledgement of all before it."""
    client.create_stream(max_msgs_per_subject=1)
    client.put("s.a")
    client.put("s.b")
    client.create_consumer(ack_policy="all", ack_wait=SECOND)
    assert [message.sequence for message in client.fetch(2)] == [1, 2]
    client.put("s.b")
    client.until(num_ack_pending=1)
    assert floor(client) == (0, 0)
    assert [(message.sequence, message.delivery_count) for message in client.fetch(2)] == [(3, 1), (1, 2)]


def test_without_acknowledgements_the_floor_follows_the_deliveries(client):
    """Consumers 101, the pull consumer."""
    client.create_stream()
    client.fill(3)
    client.create_consumer(ack_policy="none")
    messages = client.fetch(2)
    info = client.consumer()
    assert (floor(client), info["num_ack_pending"], info["num_pending"]) == ((2, 2), 0, 1)
    assert client.request(messages[0].reply, "").status == "503"


# Redelivery


def test_an_overdue_message_comes_before_new_ones(client):
    """Consumers 121, 127b."""
    client.create_stream()
    client.fill(4)
    client.create_consumer(ack_wait=500 * MILLISECOND)
    client.fetch(2)
    time.sleep(0.8)
    messages = client.fetch(4)
    assert [message.sequence for message in messages] == [1, 2, 3, 4]
    assert [message.delivery_count for message in messages] == [2, 2, 1, 1]
    assert [message.consumer_sequence for message in messages] == [3, 4, 5, 6]
    assert client.consumer()["num_redelivered"] == 2


def test_a_waiting_request_gets_the_overdue_message(client):
    """Consumers 121."""
    client.create_stream()
    client.fill(1)
    client.create_consumer(ack_wait=300 * MILLISECOND)
    begin = time.monotonic()
    sid = client.pull({"batch": 3, "expires": LONG})
    messages = client.take(sid, 3)
    assert [message.delivery_count for message in messages] == [1, 2, 3]
    assert 0.5 < time.monotonic() - begin < 25


def test_back_offs_are_kept_and_then_the_message_is_given_up(client):
    """Consumers 122."""
    client.create_stream()
    client.fill(2)
    config = {"backoff": [200 * MILLISECOND, 500 * MILLISECOND], "max_deliver": 4, "max_ack_pending": 1}
    client.create_consumer(**config)
    sid_of_event = advisories(client, "MAX_DELIVERIES")
    sid = client.pull({"batch": 10, "expires": LONG})
    times = []
    for count in (1, 2, 3, 4):
        message = client.next(sid)
        assert (message.sequence, message.delivery_count) == (1, count)
        times.append(time.monotonic())
    message = client.next(sid)
    assert (message.sequence, message.delivery_count) == (2, 1)
    times.append(time.monotonic())
    waits = [later - earlier for earlier, later in zip(times, times[1:])]
    for wait, expected in zip(waits, (0.2, 0.5, 0.5, 0.5)):
        assert expected - 0.1 < wait < expected + 1, waits
    event = client.next(sid_of_event).json()
    assert (event["type"], event["stream_seq"], event["deliveries"]) == (
        "io.nats.jetstream.advisory.v1.max_deliver",
        1,
        4,
    )


def test_a_message_with_one_delivery_is_given_up_by_itself(client):
    """Consumers 123."""
    client.create_stream()
    client.fill(1)
    client.create_consumer(ack_wait=300 * MILLISECOND, max_deliver=1)
    sid = advisories(client, "MAX_DELIVERIES")
    client.fetch(1)
    assert client.next(sid).json()["deliveries"] == 1
    info = client.consumer()
    assert (info["num_ack_pending"], info["num_redelivered"]) == (0, 0)


def test_a_given_up_message_can_still_be_acknowledged(client):
    """Consumers 125."""
    client.create_stream()
    client.fill(1)
    client.create_consumer(ack_wait=300 * MILLISECOND, max_deliver=1)
    sid = advisories(client, "MAX_DELIVERIES")
    message = client.fetch(1)[0]
    assert client.next(sid) is not None
    client.ack(message)
    assert client.stored() == (1, 1, 1)


def test_a_given_up_message_is_kept_by_a_work_queue_until_it_is_settled(client):
    """Consumers 125."""
    client.create_stream(retention="workqueue")
    client.fill(1)
    client.create_consumer(ack_wait=300 * MILLISECOND, max_deliver=1)
    sid = advisories(client, "MAX_DELIVERIES")
    message = client.fetch(1)[0]
    assert client.next(sid) is not None
    assert client.state()["messages"] == 1
    client.ack(message)
    assert client.state()["messages"] == 0


# The stream changes under the consumer


def test_a_purge_settles_what_it_removes(five):
    """Consumers 136."""
    five.fill(3, start=6)
    messages = five.fetch(5)
    five.ok("STREAM.PURGE.S", {"seq": 4})
    info = five.until(num_ack_pending=2)
    assert (info["num_pending"], info["ack_floor"]["consumer_seq"], info["ack_floor"]["stream_seq"]) == (3, 3, 3)
    five.ack(messages[3])
    assert floor(five) == (4, 4)


def test_deleting_an_open_message_settles_it(five):
    """Consumers 137."""
    five.fetch(5)
    sid = advisories(five, "MSG_TERMINATED")
    five.ok("STREAM.MSG.DELETE.S", {"seq": 5})
    event = five.next(sid).json()
    assert (event["stream_seq"], event["reason"]) == (5, "Unacknowledged message was deleted")
    five.until(num_ack_pending=4)


def test_deleting_an_undelivered_message_takes_it_off_the_count(five):
    """Consumers 138."""
    five.fetch(2)
    five.ok("STREAM.MSG.DELETE.S", {"seq": 4})
    five.until(num_pending=2)
    assert [message.sequence for message in five.fetch(2)] == [3, 5]


def test_after_a_purge_of_everything_the_consumer_goes_on(five):
    """Consumers 139."""
    five.fetch(3)
    five.ok("STREAM.PURGE.S")
    info = five.until(num_pending=0, num_ack_pending=0)
    assert (info["delivered"]["stream_seq"], info["ack_floor"]["stream_seq"]) == (5, 5)
    five.put("s.a", "six")
    message = five.fetch(1)[0]
    assert (message.sequence, message.consumer_sequence) == (6, 4)


def test_a_late_acknowledgement_of_a_purged_message_is_confirmed(five):
    """Consumers 140."""
    message = five.fetch(1)[0]
    five.ok("STREAM.PURGE.S")
    five.ack(message)


def test_messages_pushed_out_by_new_ones_are_settled(client):
    """Consumers 141."""
    client.create_stream(max_msgs=3)
    client.fill(3)
    client.create_consumer(ack_wait=60 * SECOND)
    client.fetch(3)
    sid = advisories(client, "MSG_TERMINATED")
    client.fill(3)
    events = client.take(sid, 3)
    assert sorted(event.json()["stream_seq"] for event in events) == [1, 2, 3]
    client.until(num_ack_pending=0, num_pending=3)
    message = client.fetch(1)[0]
    assert (message.sequence, message.consumer_sequence) == (4, 4)


def test_a_work_queue_keeps_what_is_not_acknowledged(client):
    """Consumers 142, streams 110."""
    client.create_stream(retention="workqueue")
    client.fill(3)
    client.create_consumer()
    assert client.state()["messages"] == 3
    messages = client.fetch(3)
    client.ack(messages[1])
    assert client.state(deleted_details=True)["deleted"] == [2]
    client.ack(messages[0], "+TERM")
    client.ack(messages[2])
    assert client.stored() == (0, 4, 3)
    body = {"stream_name": "S", "config": {"durable_name": "e", "ack_policy": "explicit"}}
    assert client.error("CONSUMER.CREATE.S.e", body)[1] == 10099


def test_two_clients_share_a_consumer(server, five):
    """Consumers 4.1: any connection may acknowledge."""
    other = Client(server)
    message = five.fetch(1)[0]
    other.ack(message)
    assert floor(five) == (1, 1)
    assert [one.sequence for one in other.fetch(4)] == [2, 3, 4, 5]
    other.close()
