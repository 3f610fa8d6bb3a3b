"""Publishing into a stream: acknowledgements, expectations, duplicates, limits."""

import time

import pytest

from wire import PLAIN, QUIET, Client, header_block

SECOND = 10**9
MILLISECOND = 10**6


def refusal(client, subject, data=b"", headers=None):
    """Publishes, expects a refusal, and returns its code, error code and description."""
    answer = client.put(subject, data, headers)
    assert "error" in answer, f"stored: {answer}"
    assert list(answer) == ["error", "stream", "seq"] and answer["seq"] == 0
    error = answer["error"]
    return error["code"], error["err_code"], error["description"]


# Acknowledgements


def test_the_acknowledgement_names_stream_and_sequence(client):
    """Streams 49."""
    client.create_stream()
    assert client.request("s.a", "x").data == b'{"stream":"S","seq":1}'
    assert client.request("s.a", "x").data == b'{"stream":"S","seq":2}'


def test_a_subject_without_a_stream_is_answered_with_503(client):
    """Streams 67."""
    message = client.request("nobody.here", "x")
    assert message.header == b"NATS/1.0 503\r\nNats-Subject: nobody.here\r\n\r\n"
    assert message.data == b""


def test_subscribers_get_what_is_stored(client):
    """Streams 4.1: the stream is one more subscriber."""
    client.create_stream()
    sid = client.subscribe("s.>")
    client.put("s.a", "x", {"A": "b"})
    message = client.next(sid)
    assert (message.subject, message.headers, message.data) == ("s.a", [("A", "b")], b"x")


def test_a_publish_without_reply_is_stored_without_an_answer(client):
    """Streams 4.1."""
    client.create_stream()
    client.publish("s.a", "x")
    client.publish("s.a", "y")
    assert client.put("s.a", "z")["seq"] == 3


def test_a_stream_without_acknowledgements_stores_silently(client):
    """Streams 65."""
    client.create_stream(no_ack=True)
    assert client.request("s.a", "x", limit=QUIET) is None
    assert client.stored() == (1, 1, 1)


def test_a_refused_publish_without_reply_is_neither_stored_nor_answered(client):
    """Streams 66."""
    client.create_stream(max_msgs=1, discard="new")
    client.put("s.a")
    client.publish("s.a")
    client.publish("s.a", headers={"Nats-Expected-Stream": "Q"})
    assert refusal(client, "s.a")[1] == 10077
    assert client.stored() == (1, 1, 1)


def test_acknowledgements_of_one_connection_come_in_order(client):
    """Streams 4.6."""
    client.create_stream()
    sid = client.subscribe("acks.*")
    for number in range(1000):
        client.publish("s.a", str(number), f"acks.{number}")
    answers = client.take(sid, 1000)
    assert [answer.subject for answer in answers] == [f"acks.{number}" for number in range(1000)]
    assert [answer.json()["seq"] for answer in answers] == list(range(1, 1001))


def test_header_and_payload_are_stored_byte_by_byte(client):
    """Streams 4.1, 93."""
    client.create_stream()
    block = b"NATS/1.0\r\nA:no blank\r\nB:   blanks  \r\nA: again\r\n\r\n"
    client.put("s.a", b"\x00\xff\r\n", block)
    sid = client.subscribe("copy")
    client.create_consumer()
    client.unsubscribe(sid)
    message = client.fetch(1)[0]
    assert (message.header, message.data) == (block, b"\x00\xff\r\n")


def test_a_header_block_that_is_only_a_status_is_dropped(client):
    """Streams 64."""
    client.create_stream()
    client.put("s.a", "x", b"NATS/1.0 404 Nothing\r\n\r\n")
    assert "hdrs" not in client.ok("STREAM.MSG.GET.S", {"seq": 1})["message"]


def test_a_required_level_on_a_publish_is_only_stored(client):
    """Streams 63."""
    client.create_stream()
    assert client.put("s.a", "x", {"Nats-Required-Api-Level": "9"})["seq"] == 1


def test_a_clients_stream_source_header_is_refused(client):
    """Streams 68."""
    client.create_stream()
    assert refusal(client, "s.a", "x", {"Nats-Stream-Source": "S 1"})[:2] == (400, 10227)


# Duplicates


def test_a_message_id_is_stored_once(client):
    """Streams 50."""
    client.create_stream("A", ["s.>"])
    client.put("s.a", "first")
    headers = {"Nats-Msg-Id": "x1"}
    assert client.request("s.a", "second", headers).json() == {"stream": "A", "seq": 2}
    assert client.put("s.b", "third", headers) == {"stream": "A", "seq": 2, "duplicate": True}
    assert client.stored("A") == (2, 1, 2)


def test_a_message_id_is_free_again_after_the_window(client):
    """Streams 51."""
    client.create_stream(duplicate_window=200 * MILLISECOND)
    headers = {"Nats-Msg-Id": "x1"}
    assert client.put("s.a", "x", headers)["seq"] == 1
    assert client.put("s.a", "x", headers).get("duplicate") is True
    time.sleep(0.5)
    assert client.put("s.a", "x", headers) == {"stream": "S", "seq": 2}


def test_a_removed_message_keeps_its_id(client):
    """Streams 52."""
    client.create_stream()
    client.put("s.a", "x", {"Nats-Msg-Id": "purged"})
    client.ok("STREAM.PURGE.S")
    assert client.put("s.a", "x", {"Nats-Msg-Id": "purged"}) == {"stream": "S", "seq": 1, "duplicate": True}
    client.put("s.a", "x", {"Nats-Msg-Id": "deleted"})
    client.ok("STREAM.MSG.DELETE.S", {"seq": 2})
    assert client.put("s.a", "x", {"Nats-Msg-Id": "deleted"}) == {"stream": "S", "seq": 2, "duplicate": True}


def test_the_name_of_the_id_header_is_case_sensitive(client):
    """Streams 54."""
    client.create_stream()
    assert client.put("s.a", "x", {"nats-msg-id": "x1"})["seq"] == 1
    assert client.put("s.a", "x", {"nats-msg-id": "x1"}) == {"stream": "S", "seq": 2}


def test_a_refused_message_does_not_use_up_its_id(client):
    """Streams 4.5."""
    client.create_stream()
    headers = {"Nats-Msg-Id": "x1", "Nats-Expected-Last-Sequence": "7"}
    assert refusal(client, "s.a", "x", headers)[1] == 10071
    assert client.put("s.a", "x", {"Nats-Msg-Id": "x1"}) == {"stream": "S", "seq": 1}


def test_ids_are_per_stream(client):
    """Streams 4.5."""
    client.create_stream("A", ["a"])
    client.create_stream("B", ["b"])
    assert client.put("a", "x", {"Nats-Msg-Id": "x1"}) == {"stream": "A", "seq": 1}
    assert client.put("b", "x", {"Nats-Msg-Id": "x1"}) == {"stream": "B", "seq": 1}


# Expectations


def test_the_expected_stream_has_to_match(client):
    """Streams 55."""
    client.create_stream("P", ["p"])
    answer = client.put("p", "x", {"Nats-Expected-Stream": "Q"})
    assert (answer["stream"], answer["seq"]) == ("P", 0)
    assert answer["error"] == {"code": 400, "err_code": 10060, "description": "expected stream does not match"}
    assert client.put("p", "x", {"Nats-Expected-Stream": "P"})["seq"] == 1


@pytest.mark.parametrize(
    "value, description",
    [("3", "wrong last sequence: 2"), ("0", "wrong last sequence: 2"), ("abc", None), ("2", ""), ("", "")],
)
def test_the_expected_last_sequence_has_to_match(client, value, description):
    """Streams 56. An empty value counts as none."""
    client.create_stream()
    client.fill(2)
    headers = {"Nats-Expected-Last-Sequence": value}
    if description == "":
        assert client.put("s.a", "x", headers)["seq"] == 3
    else:
        code, error, text = refusal(client, "s.a", "x", headers)
        assert (code, error) == (400, 10071) and (description is None or text == description)
        assert client.stored() == (2, 1, 2)


def test_deleted_messages_count_for_the_expected_last_sequence(client):
    """Streams 4.4."""
    client.create_stream()
    client.fill(3)
    client.ok("STREAM.MSG.DELETE.S", {"seq": 3})
    assert client.put("s.a", "x", {"Nats-Expected-Last-Sequence": "3"})["seq"] == 4


def test_the_expected_last_sequence_of_the_subject_has_to_match(client):
    """Streams 57, 58."""
    client.create_stream()
    client.put("s.other")

    def expecting(sequence):
        return {"Nats-Expected-Last-Subject-Sequence": str(sequence)}

    assert client.put("s.a", "x", expecting(0))["seq"] == 2
    assert refusal(client, "s.a", "x", expecting(0)) == (400, 10071, "wrong last sequence: 2")
    assert client.put("s.a", "x", expecting(2))["seq"] == 3
    assert refusal(client, "s.empty", "x", expecting(7)) == (400, 10071, "wrong last sequence: 0")
    client.ok("STREAM.PURGE.S", {"filter": "s.a"})
    assert client.put("s.a", "x", expecting(0))["seq"] == 4


def test_another_subject_can_be_named_for_the_expectation(client):
    """Streams 59."""
    client.create_stream()
    client.put("s.a.1")
    client.put("s.a.2")
    client.put("s.b")

    def expecting(sequence, subject):
        return {
            "Nats-Expected-Last-Subject-Sequence": str(sequence),
            "Nats-Expected-Last-Subject-Sequence-Subject": subject,
        }

    assert client.put("s.c", "x", expecting(1, "s.a.1"))["seq"] == 4
    assert client.put("s.c", "x", expecting(2, "s.a.*"))["seq"] == 5
    assert refusal(client, "s.c", "x", expecting(1, "s.a.*")) == (400, 10071, "wrong last sequence: 2")
    alone = {"Nats-Expected-Last-Subject-Sequence-Subject": "s.a.*"}
    assert refusal(client, "s.c", "x", alone)[:2] == (400, 10193)


def test_the_expected_last_message_id_has_to_match(client):
    """Streams 60."""
    client.create_stream()
    client.put("s.a")
    assert refusal(client, "s.a", "x", {"Nats-Expected-Last-Msg-Id": "zz"}) == (400, 10070, "wrong last msg ID: ")
    client.put("s.a", "x", {"Nats-Msg-Id": "aa"})
    assert refusal(client, "s.a", "x", {"Nats-Expected-Last-Msg-Id": "zz"}) == (400, 10070, "wrong last msg ID: aa")
    assert client.put("s.a", "x", {"Nats-Expected-Last-Msg-Id": "aa"})["seq"] == 3


def test_a_wrong_expectation_comes_before_the_duplicate(client):
    """Streams 61."""
    client.create_stream()
    client.put("s.a", "x", {"Nats-Msg-Id": "x1"})
    headers = {"Nats-Msg-Id": "x1", "Nats-Expected-Last-Sequence": "0"}
    assert refusal(client, "s.a", "x", headers) == (400, 10071, "wrong last sequence: 1")


def test_of_two_publishers_with_the_same_expectation_one_wins(server, client):
    """Streams 4.6."""
    client.create_stream()
    other = Client(server)
    for sequence in range(20):
        headers = {"Nats-Expected-Last-Sequence": str(sequence)}
        for one in (client, other):
            one.publish("s.a", "x", f"{one.inbox}.race", headers)
        answers = [one.answer(f"{one.inbox}.race").json() for one in (client, other)]
        assert sorted("error" in answer for answer in answers) == [False, True], answers
    assert client.stored() == (20, 1, 20)
    other.close()


# Limits


def test_a_message_over_the_streams_limit_is_refused(client):
    """Streams 62."""
    client.create_stream(max_msg_size=30)
    block = header_block({"A": "b"})
    assert client.put("s.a", "x" * (30 - len(block)), block)["seq"] == 1
    answer = refusal(client, "s.a", "x" * (31 - len(block)), block)
    assert answer == (400, 10054, "message size exceeds maximum allowed")
    assert client.put("s.a", "x" * 30)["seq"] == 2
    assert refusal(client, "s.a", "x" * 31)[1] == 10054


def test_a_header_block_over_64_kib_is_refused(client):
    """Streams 62."""
    client.create_stream()
    room = 65535 - len(header_block({"A": ""}))
    assert client.put("s.a", "x", {"A": "h" * room})["seq"] == 1
    answer = refusal(client, "s.a", "x", {"A": "h" * (room + 1)})
    assert answer == (400, 10097, "header size exceeds maximum allowed of 64k")


def test_the_oldest_messages_make_room(client):
    """Streams 72."""
    client.create_stream(max_msgs=3)
    client.fill(6)
    assert client.stored() == (3, 4, 6)


def test_a_message_larger_than_the_stream_is_acknowledged_and_gone(client):
    """Streams 73."""
    client.create_stream(max_bytes=100)
    assert client.put("s.a", "x" * 200)["seq"] == 1
    assert client.stored() == (0, 2, 1)
    assert client.state()["bytes"] == 0


def test_the_oldest_messages_make_room_for_bytes(client):
    """Streams 3.6."""
    client.create_stream(max_bytes=100)
    client.fill(5)
    # s.a and m1 are 3 + 2 + 30 bytes: two fit in 100.
    assert client.stored() == (2, 4, 5)
    assert client.state()["bytes"] == 70


def test_discard_new_refuses_bytes_over_the_limit(client):
    """Streams 74."""
    client.create_stream(max_bytes=100, discard="new")
    assert refusal(client, "s.a", "x" * 200) == (503, 10077, "maximum bytes exceeded")
    assert client.stored() == (0, 0, 0)
    assert client.put("s.a", "x" * 67)["seq"] == 1
    assert client.state()["bytes"] == 100


def test_discard_new_refuses_messages_over_the_limit(client):
    """Streams 75."""
    client.create_stream(max_msgs=2, discard="new")
    client.fill(2)
    assert refusal(client, "s.a") == (503, 10077, "maximum messages exceeded")
    client.ok("STREAM.MSG.DELETE.S", {"seq": 1})
    assert client.put("s.a")["seq"] == 3


def test_discard_new_can_be_per_subject(client):
    """Streams 76."""
    client.create_stream(discard="new", max_msgs_per_subject=1, discard_new_per_subject=True)
    client.put("s.a")
    assert refusal(client, "s.a") == (503, 10077, "maximum messages per subject exceeded")
    assert client.put("s.b")["seq"] == 2


def test_discard_new_lets_a_message_in_that_replaces_another(client):
    """Streams 77."""
    client.create_stream(discard="new", max_msgs_per_subject=1, max_msgs=2)
    client.put("s.a")
    client.put("s.b")
    assert client.put("s.a")["seq"] == 3
    assert client.stored() == (2, 2, 3)
    assert refusal(client, "s.c")[:2] == (503, 10077)


def test_each_subject_keeps_its_newest_messages(client):
    """Streams 78."""
    client.create_stream(max_msgs_per_subject=2)
    for number in range(8):
        client.put(f"s.{number % 2}")
    state = client.state(subjects_filter=">")
    assert (state["messages"], state["first_seq"], state["subjects"]) == (4, 5, {"s.0": 2, "s.1": 2})


def test_messages_over_the_maximum_age_vanish(client):
    """Streams 79."""
    client.create_stream(max_age=300 * MILLISECOND)
    client.put("s.a")
    last = client.state()["last_ts"]
    limit = time.monotonic() + 60
    while client.stored() != (0, 2, 1) and time.monotonic() < limit:
        time.sleep(0.05)
    state = client.state()
    assert client.stored() == (0, 2, 1)
    assert (state["first_ts"], state["last_ts"]) == ("0001-01-01T00:00:00Z", last)


def test_a_stream_may_start_at_a_later_sequence(client):
    """Streams 80."""
    state = client.create_stream(first_seq=100)["state"]
    assert (state["first_seq"], state["last_seq"]) == (100, 99)
    assert client.put("s.a")["seq"] == 100


@pytest.mark.parametrize("storage, plain, with_headers", [("file", 32, 61), ("memory", 18, 43)])
def test_bytes_are_counted_as_documented(client, storage, plain, with_headers):
    """Streams 81."""
    client.create_stream("S", ["f", "mf.1"], storage=storage)
    client.put("f", "x")
    assert client.state()["bytes"] == plain
    client.put("mf.1", "hello", {"A": "b"})
    assert client.state()["bytes"] == plain + with_headers
    client.ok("STREAM.MSG.DELETE.S", {"seq": 1})
    assert client.state()["bytes"] == with_headers


def test_a_stream_has_room_for_its_consumers_only(client):
    """Consumers 32."""
    client.create_stream(max_consumers=1)
    client.create_consumer("a")
    body = {"stream_name": "S", "config": {"durable_name": "b", "ack_policy": "explicit"}}
    assert client.error("CONSUMER.CREATE.S.b", body) == (400, 10026, "maximum consumers limit reached")


def test_headers_without_the_agreement_are_cut_off_but_stored(server, client):
    """Core 46, streams 4.1: a reader without headers gets the body."""
    client.create_stream()
    client.put("s.a", "body", {"A": "b"})
    plain = Client(server, PLAIN)
    client.create_consumer()
    message = plain.fetch(1)[0]
    assert (message.header, message.data) == (b"", b"body")
    plain.close()
