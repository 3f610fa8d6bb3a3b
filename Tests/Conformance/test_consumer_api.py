"""Consumers: create, info, names, list, delete, and where each deliver policy starts."""

import json
import time

import pytest

from wire import QUIET

TYPE = "io.nats.jetstream.api.v1."
SECOND = 10**9


def create(client, subject, body):
    """Sends a create request: `subject` is what follows CONSUMER.; `body` is the configuration or a whole body."""
    if isinstance(body, dict) and "stream_name" not in body:
        body = {"stream_name": "S", "config": body}
    return client.api(f"CONSUMER.{subject}", body)


def refused(client, subject, body):
    """As `create`; returns code, error code and description of the error."""
    answer = create(client, subject, body)
    assert "error" in answer, f"created: {answer}"
    assert answer["type"] == TYPE + "consumer_create_response"
    error = answer["error"]
    return error["code"], error["err_code"], error["description"]


@pytest.fixture
def stream(client):
    """A stream S with subjects s.> and three messages."""
    client.create_stream()
    client.fill(3)
    return client


# Create


def test_a_consumer_with_nothing_but_a_name_gets_the_defaults(stream):
    """Consumers 1."""
    answer = create(stream, "CREATE.S.d1", {"durable_name": "d1"})
    assert answer["type"] == TYPE + "consumer_create_response"
    assert (answer["stream_name"], answer["name"]) == ("S", "d1")
    config = answer["config"]
    metadata = config.pop("metadata")
    assert (metadata["_nats.level"], metadata["_nats.req.level"]) == ("5", "0")
    assert config == {
        "durable_name": "d1",
        "name": "d1",
        "deliver_policy": "all",
        "ack_policy": "none",
        "max_deliver": -1,
        "replay_policy": "instant",
        "max_waiting": 512,
        "num_replicas": 0,
    }
    assert answer["delivered"] == answer["ack_floor"] == {"consumer_seq": 0, "stream_seq": 0}
    assert [answer[key] for key in ("num_ack_pending", "num_redelivered", "num_waiting", "num_pending")] == [0, 0, 0, 3]
    assert stream.state()["consumer_count"] == 1


def test_explicit_acknowledgements_bring_a_wait_and_a_limit(stream):
    """Consumers 2."""
    config = create(stream, "CREATE.S.d2", {"durable_name": "d2", "ack_policy": "explicit"})["config"]
    assert (config["ack_wait"], config["max_ack_pending"]) == (30 * SECOND, 1000)


def test_the_legacy_form_makes_a_nameless_consumer(stream):
    """Consumers 3."""
    answer = create(stream, "CREATE.S", {})
    assert len(answer["name"]) == 8
    assert "name" not in answer["config"] and answer["config"]["inactive_threshold"] == 5 * SECOND


def test_the_legacy_form_takes_a_name(stream):
    """Consumers 4."""
    answer = create(stream, "CREATE.S", {"name": "n"})
    assert (answer["name"], answer["config"]["name"]) == ("n", "n")
    assert "durable_name" not in answer["config"]


def test_the_legacy_durable_form_works(stream):
    """Consumers 6."""
    answer = create(stream, "DURABLE.CREATE.S.d", {"durable_name": "d"})
    assert (answer["name"], answer["config"]["name"], answer["config"]["durable_name"]) == ("d", "d", "d")


def test_the_subject_decides_the_name(stream):
    """Consumers 8."""
    answer = create(stream, "CREATE.S.x", {"name": "y"})
    assert (answer["name"], answer["config"]["name"]) == ("x", "x")


CREATE_ERRORS = {
    "5: a durable name in the legacy form": ("CREATE.S", {"durable_name": "x"}, 400, 10020),
    "6: no durable name": ("DURABLE.CREATE.S.d", {}, 400, 10018),
    "6: another durable name": ("DURABLE.CREATE.S.d", {"durable_name": "e"}, 400, 10017),
    "8: another durable name in the named form": ("CREATE.S.x", {"durable_name": "y"}, 400, 10017),
    "9: another stream in the body": ("CREATE.S.x", {"stream_name": "Z", "config": {}}, 400, 10056),
    "9: no body": ("CREATE.S.x", "", 400, 10056),
    "9: broken JSON": ("CREATE.S.x", "{", 400, 10025),
    "9: an unknown stream": ("CREATE.Z.x", {"stream_name": "Z", "config": {}}, 404, 10059),
    "10: an unknown key": ("CREATE.S.x", {"bogus": 1}, 400, 10025),
    "11: another filter in the body": ("CREATE.S.x.s.a", {"filter_subject": "s.b"}, 400, 10131),
    "11: no filter in the body": ("CREATE.S.x.s.a", {}, 400, 10131),
    "11: a list of filters in the body": ("CREATE.S.x.s.a", {"filter_subjects": ["s.a"]}, 400, 10137),
    "13: a slash in the name": ("CREATE.S.a/b", {"name": "a/b"}, 400, 10127),
    "13: a slash in the legacy durable form": ("DURABLE.CREATE.S.a/b", {"durable_name": "a/b"}, 400, 10127),
    "13: a wildcard in the name": ("CREATE.S", {"name": "a*b"}, 500, 10052),
    "14: 256 characters": ("CREATE.S." + "n" * 256, {"durable_name": "n" * 256}, 400, 10102),
    "15: an update of nothing": ("CREATE.S.x", {"stream_name": "S", "config": {}, "action": "update"}, 400, 10149),
    "15: an unknown action": ("CREATE.S.x", {"stream_name": "S", "config": {}, "action": "zz"}, 400, 10025),
    "18: minus one replica": ("CREATE.S.x", {"num_replicas": -1}, 400, 10133),
    "18: two replicas": ("CREATE.S.x", {"num_replicas": 2}, 500, 10074),
    "19: an unknown acknowledgement policy": ("CREATE.S.x", {"ack_policy": "zzz"}, 400, 10025),
    "19: an unknown deliver policy": ("CREATE.S.x", {"deliver_policy": "zz"}, 400, 10025),
    "20: a negative wait": ("CREATE.S.x", {"ack_policy": "explicit", "ack_wait": -1}, 400, 10183),
    "20: a negative back-off": ("CREATE.S.x", {"ack_policy": "explicit", "backoff": [-1]}, 400, 10184),
    "20: more back-offs than deliveries": (
        "CREATE.S.x",
        {"ack_policy": "explicit", "backoff": [1, 2, 3], "max_deliver": 2},
        400,
        10116,
    ),
    "26: one filter and a list": ("CREATE.S.x", {"filter_subject": "s.a", "filter_subjects": ["s.b"]}, 400, 10136),
    "26: an invalid filter": ("CREATE.S.x", {"filter_subject": "s..a"}, 500, 10052),
    "26: an empty filter in the list": ("CREATE.S.x", {"filter_subjects": [""]}, 400, 10139),
    "26: filters that overlap": ("CREATE.S.x", {"filter_subjects": ["s.*", "s.a"]}, 400, 10138),
    "27: a start sequence without its policy": ("CREATE.S.x", {"opt_start_seq": 1}, 400, 10094),
    "27: the policy without a start sequence": ("CREATE.S.x", {"deliver_policy": "by_start_sequence"}, 400, 10094),
    "27: the policy without a start time": ("CREATE.S.x", {"deliver_policy": "by_start_time"}, 400, 10094),
    "27: last per subject without a filter": ("CREATE.S.x", {"deliver_policy": "last_per_subject"}, 400, 10094),
}


@pytest.mark.parametrize("case", CREATE_ERRORS)
def test_a_consumer_that_cannot_be_is_refused(stream, case):
    """Consumers, the item that the case names."""
    subject, body, code, error = CREATE_ERRORS[case]
    assert refused(stream, subject, body)[:2] == (code, error)
    assert stream.ok("CONSUMER.NAMES.S")["total"] == 0


@pytest.mark.parametrize(
    "name", ["DURABLE.CREATE.S", "DURABLE.CREATE.S.a.b", "FOO.S.x", "INFO.S", "DELETE.S", "MSG.NEXT.S", "NAMES"]
)
def test_an_unknown_endpoint_is_not_answered_at_all(stream, name):
    """Consumers 7, 39."""
    message = stream.request(f"$JS.API.CONSUMER.{name}", "{}", limit=QUIET)
    assert message is None or (name == "MSG.NEXT.S" and message.status == "503")


@pytest.mark.parametrize("subject, found", [("s.a", 2), ("s.a.*", 1), ("s.*.c", 1), ("s.>", 4), ("s.none", 0)])
def test_the_filter_may_be_in_the_subject(client, subject, found):
    """Consumers 11, 12."""
    client.create_stream()
    for published in ("s.a", "s.a.b", "s.a", "s.b.c"):
        client.put(published)
    answer = create(client, f"CREATE.S.x.{subject}", {"filter_subject": subject})
    assert answer["config"]["filter_subject"] == subject
    assert answer["num_pending"] == found


def test_a_255_character_name_is_fine(stream):
    """Consumers 14."""
    name = "n" * 255
    stream.create_consumer(name)
    assert stream.consumer(name)["name"] == name


def test_create_only_takes_the_same_again_but_nothing_else(stream):
    """Consumers 15."""
    body = {"stream_name": "S", "config": {"durable_name": "x"}, "action": "create"}
    assert "error" not in create(stream, "CREATE.S.x", body)
    assert "error" not in create(stream, "CREATE.S.x", body)
    body["config"]["description"] = "another"
    assert refused(stream, "CREATE.S.x", body) == (400, 10148, "consumer already exists")
    body["action"] = "update"
    assert create(stream, "CREATE.S.x", body)["config"]["description"] == "another"


def test_create_only_finds_a_paused_consumer(stream):
    """Consumers 16."""
    config = {"durable_name": "x", "ack_policy": "explicit", "pause_until": "2100-01-01T00:00:00Z"}
    body = {"stream_name": "S", "config": config, "action": "create"}
    assert create(stream, "CREATE.S.x", body)["paused"] is True
    assert create(stream, "CREATE.S.x", body)["paused"] is True


def test_a_request_without_reply_is_carried_out(stream):
    """Consumers 17."""
    body = {"stream_name": "S", "config": {"durable_name": "quiet"}}
    stream.publish("$JS.API.CONSUMER.CREATE.S.quiet", json.dumps(body))
    limit = time.monotonic() + 60
    while not stream.ok("CONSUMER.NAMES.S")["total"] and time.monotonic() < limit:
        pass
    assert stream.ok("CONSUMER.NAMES.S")["consumers"] == ["quiet"]


def test_one_replica_is_fine(stream):
    """Consumers 18."""
    assert "error" not in create(stream, "CREATE.S.x", {"num_replicas": 1})


def test_the_first_back_off_is_the_wait(stream):
    """Consumers 20."""
    config = {"ack_policy": "explicit", "backoff": [SECOND, 2 * SECOND], "max_deliver": 2}
    assert create(stream, "CREATE.S.x", config)["config"]["ack_wait"] == SECOND


# Info, names, list, delete


@pytest.mark.parametrize(
    "name, body, error",
    [
        ("S.d", {"x": 1}, (400, 10038, "expected an empty request payload")),
        ("S.none", "", (404, 10014, "consumer not found")),
        ("NONE.d", "", (404, 10059, "stream not found")),
    ],
)
def test_info_of_what_is_not_there_is_refused(stream, name, body, error):
    """Consumers 34."""
    stream.create_consumer()
    answer = stream.api(f"CONSUMER.INFO.{name}", body)
    assert answer["type"] == TYPE + "consumer_info_response"
    assert tuple(answer["error"].values()) == error


def test_info_shows_what_create_showed(stream):
    """Consumers 34."""
    created = stream.create_consumer()
    info = stream.ok("CONSUMER.INFO.S.d", "{}")
    assert info["type"] == TYPE + "consumer_info_response"
    for key in ("stream_name", "name", "created", "config", "delivered", "ack_floor", "num_pending"):
        assert info[key] == created[key], key
    assert list(info) == [
        "type",
        "stream_name",
        "name",
        "created",
        "config",
        "delivered",
        "ack_floor",
        "num_ack_pending",
        "num_redelivered",
        "num_waiting",
        "num_pending",
        "ts",
    ]


def test_names_are_sorted_and_paged(stream):
    """Consumers 35, 35a."""
    for name in ("c", "a", "b"):
        stream.create_consumer(name)
    answer = stream.ok("CONSUMER.NAMES.S")
    assert answer == {
        "type": TYPE + "consumer_names_response",
        "total": 3,
        "offset": 0,
        "limit": 1024,
        "consumers": ["a", "b", "c"],
    }
    assert stream.ok("CONSUMER.NAMES.S", {"offset": 1})["consumers"] == ["b", "c"]
    answer = stream.ok("CONSUMER.NAMES.S", {"offset": 10})
    assert (answer["offset"], answer["consumers"]) == (3, [])
    assert stream.ok("CONSUMER.NAMES.S", {"offset": -5})["offset"] == 0
    answer = stream.api("CONSUMER.NAMES.NONE")
    assert answer["error"]["err_code"] == 10059
    assert [answer[key] for key in ("total", "offset", "limit", "consumers")] == [0, 0, 0, []]
    answer = stream.api("CONSUMER.NAMES.S", {"x": 1})
    assert answer["error"]["err_code"] == 10025
    assert [answer[key] for key in ("total", "offset", "limit", "consumers")] == [0, 0, 0, []]


def test_the_list_has_whole_infos(stream):
    """Consumers 35a, 36."""
    for name in ("c", "a", "b"):
        stream.create_consumer(name)
    answer = stream.ok("CONSUMER.LIST.S", "foo")
    assert (answer["type"], answer["total"], answer["limit"]) == (TYPE + "consumer_list_response", 3, 256)
    assert [consumer["name"] for consumer in answer["consumers"]] == ["a", "b", "c"]
    assert all(set(one["config"]["metadata"]) == {"_nats.req.level"} for one in answer["consumers"])
    assert stream.error("CONSUMER.LIST.S", "[1]")[:2] == (400, 10025)
    assert [one["name"] for one in stream.ok("CONSUMER.LIST.S", {"offset": 2})["consumers"]] == ["c"]


def test_a_deleted_consumer_is_gone(stream):
    """Consumers 37."""
    stream.create_consumer()
    assert stream.error("CONSUMER.DELETE.S.d", {"x": 1}) == (400, 10038, "expected an empty request payload")
    answer = stream.ok("CONSUMER.DELETE.S.d")
    assert answer == {"type": TYPE + "consumer_delete_response", "success": True}
    answer = stream.api("CONSUMER.DELETE.S.d")
    assert answer["error"]["err_code"] == 10014 and "success" not in answer
    assert stream.ok("CONSUMER.NAMES.S")["total"] == 0


def test_a_required_api_level_above_the_servers_is_refused(stream):
    """Consumers 38."""
    stream.create_consumer()
    headers = {"Nats-Required-Api-Level": "9"}
    assert stream.error("CONSUMER.INFO.S.d", headers=headers)[:2] == (412, 10185)
    sid = stream.pull("1", headers=headers)
    assert stream.next(sid).header == b"NATS/1.0 412 Required Api Level\r\n\r\n"


def test_a_pull_from_a_consumer_that_is_not_there_finds_nobody(stream):
    """Consumers 40."""
    message = stream.request("$JS.API.CONSUMER.MSG.NEXT.S.nope", "1")
    assert message.header == b"NATS/1.0 503\r\nNats-Subject: $JS.API.CONSUMER.MSG.NEXT.S.nope\r\n\r\n"


def test_a_consumer_can_be_changed(stream):
    """Consumers 51, 52."""
    stream.create_consumer(filter_subject="s.a", description="before")
    config = {"durable_name": "d", "ack_policy": "explicit", "max_deliver": 7, "ack_wait": SECOND}
    answer = create(stream, "CREATE.S.d", config)
    assert (answer["config"]["max_deliver"], answer["config"]["ack_wait"]) == (7, SECOND)
    assert "filter_subject" not in answer["config"] and "description" not in answer["config"]


@pytest.mark.parametrize("change", [{"deliver_policy": "new"}, {"ack_policy": "none"}, {"max_waiting": 3}])
def test_some_settings_of_a_consumer_cannot_be_changed(stream, change):
    """Consumers 50."""
    stream.create_consumer()
    config = {"durable_name": "d", "ack_policy": "explicit", **change}
    assert refused(stream, "CREATE.S.d", config)[:2] == (500, 10012)


def test_an_unused_ephemeral_consumer_is_removed(stream):
    """Consumers 104, the pull consumer."""
    create(stream, "CREATE.S.short", {"inactive_threshold": SECOND})
    create(stream, "CREATE.S.long", {"inactive_threshold": 60 * SECOND})
    limit = time.monotonic() + 60
    while stream.ok("CONSUMER.NAMES.S")["total"] == 2 and time.monotonic() < limit:
        time.sleep(0.1)
    assert stream.ok("CONSUMER.NAMES.S")["consumers"] == ["long"]


# Start positions


@pytest.fixture
def ten(client):
    """Ten messages on b.0, b.1, b.2 in turn."""
    client.create_stream("S", ["b.>"])
    for number in range(10):
        client.put(f"b.{number % 3}", str(number + 1))
    return client


@pytest.mark.parametrize(
    "config, delivered, pending",
    [
        ({"deliver_policy": "all"}, 0, 10),
        ({"deliver_policy": "last"}, 9, 1),
        ({"deliver_policy": "new"}, 10, 0),
        ({"deliver_policy": "by_start_sequence", "opt_start_seq": 4}, 3, 7),
        ({"deliver_policy": "by_start_sequence", "opt_start_seq": 40}, 39, 0),
        ({"deliver_policy": "by_start_time", "opt_start_time": "2001-01-01T00:00:00Z"}, 0, 10),
        ({"deliver_policy": "by_start_time", "opt_start_time": "2100-01-01T00:00:00Z"}, 10, 0),
        ({"deliver_policy": "last", "filter_subject": "b.1"}, 7, 1),
        ({"deliver_policy": "last", "filter_subject": "b.9"}, 0, 0),
        ({"deliver_policy": "last_per_subject", "filter_subject": "b.9"}, 9, 0),
        ({"filter_subject": "b.1"}, 0, 3),
        ({"filter_subjects": ["b.1", "b.2"]}, 0, 6),
    ],
)
def test_a_deliver_policy_decides_the_start(ten, config, delivered, pending):
    """Consumers 59, 60, 61, 62."""
    answer = ten.create_consumer(**config)
    assert answer["delivered"] == {"consumer_seq": 0, "stream_seq": delivered}
    assert answer["num_pending"] == pending


@pytest.mark.parametrize(
    "config, sequences",
    [
        ({"deliver_policy": "last_per_subject", "filter_subject": "b.>"}, [8, 9, 10]),
        ({"deliver_policy": "last_per_subject", "filter_subjects": ["b.0", "b.2"]}, [9, 10]),
        ({"filter_subject": "b.1"}, [2, 5, 8]),
        ({"filter_subjects": ["b.1", "b.2"]}, [2, 3, 5, 6, 8, 9]),
        ({"deliver_policy": "last", "filter_subject": "b.1"}, [8]),
        ({"deliver_policy": "by_start_sequence", "opt_start_seq": 9}, [9, 10]),
    ],
)
def test_the_right_messages_come_in_stream_order(ten, config, sequences):
    """Consumers 59, 60, 61, 62."""
    ten.create_consumer(**config)
    messages = ten.fetch(len(sequences))
    assert [message.sequence for message in messages] == sequences
    assert [message.consumer_sequence for message in messages] == list(range(1, len(sequences) + 1))
    assert [message.pending for message in messages] == list(range(len(sequences) - 1, -1, -1))
    sid = ten.pull({"no_wait": True})
    assert ten.next(sid).status == "404 No Messages"


def test_a_start_sequence_in_the_future_is_waited_for(ten):
    """Consumers 59."""
    ten.create_consumer(deliver_policy="by_start_sequence", opt_start_seq=12)
    ten.put("b.0", "eleven")
    ten.put("b.0", "twelve")
    assert ten.fetch(1)[0].data == b"twelve"


@pytest.mark.parametrize(
    "config, delivered",
    [
        ({"deliver_policy": "all"}, 0),
        ({"deliver_policy": "last"}, 0),
        ({"deliver_policy": "new"}, 0),
        ({"deliver_policy": "by_start_sequence", "opt_start_seq": 4}, 3),
    ],
)
def test_a_consumer_of_an_empty_stream_starts_at_its_start(client, config, delivered):
    """Consumers 63."""
    client.create_stream()
    assert client.create_consumer(**config)["delivered"]["stream_seq"] == delivered


def test_a_newer_message_does_not_replace_the_last_of_its_subject(ten):
    """Consumers 64."""
    ten.create_consumer(deliver_policy="last_per_subject", filter_subject="b.>")
    assert ten.consumer()["num_pending"] == 3
    ten.put("b.0", "newer")
    assert ten.consumer()["num_pending"] == 4
    assert [message.sequence for message in ten.fetch(4)] == [8, 9, 10, 11]
