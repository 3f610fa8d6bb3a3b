"""Reading single messages: the stream's message API and direct get."""

import base64
import datetime
import json
import re

import pytest

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
FUTURE = "2100-01-01T00:00:00Z"


@pytest.fixture
def stream(client):
    """Six messages: 1 and 4 on d.0, 2 and 5 on d.1, 3 and 6 on d.2; number 2 has headers."""
    client.create_stream("D", ["d.>"], allow_direct=True)
    for number in range(1, 7):
        headers = {"A": "b", "Nats-Msg-Id": "two"} if number == 2 else None
        client.put(f"d.{(number - 1) % 3}", f"m{number}", headers)
    return client


def get(client, **body):
    """The message that STREAM.MSG.GET finds."""
    return client.ok("STREAM.MSG.GET.D", body)["message"]


# Through the API


def test_a_message_is_read_by_its_sequence(stream):
    """Streams 93."""
    message = get(stream, seq=2)
    assert list(message) == ["subject", "seq", "hdrs", "data", "time"]
    assert (message["subject"], message["seq"]) == ("d.1", 2)
    assert base64.b64decode(message["hdrs"]) == b"NATS/1.0\r\nA: b\r\nNats-Msg-Id: two\r\n\r\n"
    assert base64.b64decode(message["data"]) == b"m2"
    assert TIME.fullmatch(message["time"])
    assert "hdrs" not in get(stream, seq=1)


def test_headers_can_be_left_out(stream):
    """Streams 95."""
    assert "hdrs" not in get(stream, seq=2, no_hdr=True)


@pytest.mark.parametrize(
    "body, sequence",
    [
        ({"last_by_subj": "d.1"}, 5),
        ({"last_by_subj": "d.*"}, 6),
        ({"last_by_subj": ">"}, 6),
        ({"next_by_subj": "d.2"}, 3),
        ({"next_by_subj": "d.2", "seq": 4}, 6),
        ({"next_by_subj": "d.*", "seq": 2}, 2),
        ({"start_time": "2001-01-01T00:00:00Z"}, 1),
    ],
)
def test_a_message_is_found_by_subject_or_time(stream, body, sequence):
    """Streams 94."""
    assert get(stream, **body)["seq"] == sequence


def test_a_message_is_found_by_its_own_time(stream):
    """Streams 2.8."""
    for sequence in (1, 3, 6):
        assert get(stream, start_time=get(stream, seq=sequence)["time"])["seq"] == sequence


@pytest.mark.parametrize(
    "body",
    [
        {"seq": 7},
        {"last_by_subj": "d.9"},
        {"next_by_subj": "d.0", "seq": 5},
        {"start_time": FUTURE},
        {"seq": 2**63},
    ],
)
def test_a_message_that_is_not_there_is_not_found(stream, body):
    """Streams 94."""
    assert stream.error("STREAM.MSG.GET.D", body) == (404, 10037, "no message found")


@pytest.mark.parametrize(
    "body",
    [
        "",
        {},
        {"seq": 1, "last_by_subj": "d.0"},
        {"seq": 1, "start_time": FUTURE},
        {"start_time": FUTURE, "last_by_subj": "d.0"},
        {"last_by_subj": "d.0", "next_by_subj": "d.0"},
        {"seq": 1, "batch": 2},
        {"seq": 1, "max_bytes": 2},
        {"no_hdr": True},
    ],
)
def test_a_contradictory_question_is_refused(stream, body):
    """Streams 95."""
    assert stream.error("STREAM.MSG.GET.D", body) == (400, 10003, "bad request")


def test_a_question_that_is_no_json_is_refused(stream):
    """Streams 1.4."""
    assert stream.error("STREAM.MSG.GET.D", "{")[:2] == (400, 10025)
    assert stream.error("STREAM.MSG.GET.D", {"bogus": 1})[:2] == (400, 10025)


def test_a_message_of_an_unknown_stream_is_refused(client):
    """Streams 2.8."""
    assert client.error("STREAM.MSG.GET.NONE", {"seq": 1}) == (404, 10059, "stream not found")


def test_times_never_run_backwards(stream):
    """Streams 4.6."""
    times = [get(stream, seq=sequence)["time"] for sequence in range(1, 7)]
    moments = [datetime.datetime.fromisoformat(time[:19]) for time in times]
    assert moments == sorted(moments)


# Direct get


def direct(client, body="", tail=""):
    """Sends a direct get and returns the answer."""
    return client.request(f"$JS.API.DIRECT.GET.D{tail}", body if isinstance(body, str) else json.dumps(body))


def test_direct_get_is_there_only_when_allowed(client):
    """Streams 47."""
    client.create_stream("D", ["d.>"])
    client.put("d.0", "x")
    assert direct(client, {"seq": 1}).status == "503"
    client.ok("STREAM.UPDATE.D", {"name": "D", "subjects": ["d.>"], "allow_direct": True})
    assert direct(client, {"seq": 1}).data == b"x"
    client.ok("STREAM.UPDATE.D", {"name": "D", "subjects": ["d.>"]})
    assert direct(client, {"seq": 1}).status == "503"


@pytest.mark.parametrize(
    "body, status",
    [
        ("", "408 Empty Request"),
        ("{}", "408 Empty Request"),
        ({"no_hdr": True}, "408 Empty Request"),
        ("junk", "408 Malformed Request"),
        ({"seq": 1, "last_by_subj": "d.0"}, "408 Bad Request"),
        ({"seq": 1, "start_time": FUTURE}, "408 Bad Request"),
        ({"last_by_subj": "d.0", "start_time": FUTURE}, "408 Bad Request"),
        ({"last_by_subj": "d.0", "next_by_subj": "d.0"}, "408 Bad Request"),
        ({"seq": 7}, "404 Message Not Found"),
        ({"last_by_subj": "d.9"}, "404 Message Not Found"),
        ({"start_time": FUTURE}, "404 Message Not Found"),
    ],
)
def test_direct_get_answers_a_bad_question_with_a_status(stream, body, status):
    """Streams 96."""
    message = direct(stream, body)
    assert (message.status, message.data) == (status, b"")
    assert message.header == f"NATS/1.0 {status}\r\n\r\n".encode()


def test_direct_get_does_not_find_a_deleted_message(stream):
    """Streams 96."""
    stream.ok("STREAM.MSG.DELETE.D", {"seq": 3})
    assert direct(stream, {"seq": 3}).status == "404 Message Not Found"


def test_direct_get_appends_four_headers_to_the_stored_ones(stream):
    """Streams 97."""
    message = direct(stream, {"seq": 2})
    time = get(stream, seq=2)["time"]
    assert message.header == (
        b"NATS/1.0\r\nA: b\r\nNats-Msg-Id: two\r\n"
        b"Nats-Stream: D\r\nNats-Subject: d.1\r\nNats-Sequence: 2\r\n" + f"Nats-Time-Stamp: {time}\r\n\r\n".encode()
    )
    assert message.data == b"m2"
    names = [name for name, _ in direct(stream, {"seq": 1}).headers]
    assert names == ["Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp"]


def test_direct_get_without_headers_has_no_header_block(stream):
    """Streams 97."""
    message = direct(stream, {"seq": 2, "no_hdr": True})
    assert (message.header, message.data) == (b"", b"m2")


@pytest.mark.parametrize(
    "body, sequence",
    [
        ({"last_by_subj": "d.1"}, "5"),
        ({"last_by_subj": "d.>"}, "6"),
        ({"next_by_subj": "d.2", "seq": 4}, "6"),
        ({"next_by_subj": "d.2"}, "3"),
        ({"start_time": "2001-01-01T00:00:00Z"}, "1"),
        ({"seq": 4, "unknown": True}, "4"),
    ],
)
def test_direct_get_finds_a_message(stream, body, sequence):
    """Streams 2.10. Unknown fields are ignored here."""
    assert direct(stream, body).value("Nats-Sequence") == sequence


def test_direct_get_finds_the_newest_message_of_a_subject(stream):
    """Streams 98."""
    assert direct(stream, tail=".d.0").value("Nats-Sequence") == "4"
    assert direct(stream, tail=".d.*").value("Nats-Sequence") == "6"
    assert direct(stream, tail=".d.9").status == "404 Message Not Found"
    assert direct(stream, {"seq": 1}, ".d.0").status == "408 Bad Request"
    message = direct(stream, {"no_hdr": True}, ".d.1")
    assert (message.header, message.data) == (b"", b"m5")


def test_direct_get_of_a_level_that_is_not_there(stream):
    """Streams 1.8."""
    message = stream.request("$JS.API.DIRECT.GET.D", '{"seq":1}', {"Nats-Required-Api-Level": "9"})
    assert message.status == "412 Required Api Level"
