"""Streams: create, update, info, names, list, delete, purge, message delete. Requests and answers as raw JSON."""

import json
import time

import pytest

from wire import QUIET, Client

TYPE = "io.nats.jetstream.api.v1."
SECOND = 10**9
ZERO_TIME = "0001-01-01T00:00:00Z"


# The API's surface


def test_an_account_without_streams_has_counted_nothing(start):
    """Streams 1, and 15 as far as the total goes."""
    client = Client(start())
    info = client.ok("INFO")
    assert info["type"] == TYPE + "account_info_response"
    for key in ("memory", "storage", "reserved_memory", "reserved_storage", "streams", "consumers"):
        assert info[key] == 0, key
    assert info["limits"] == {
        "max_memory": -1,
        "max_storage": -1,
        "max_streams": -1,
        "max_consumers": -1,
        "max_ack_pending": -1,
        "memory_max_stream_bytes": -1,
        "storage_max_stream_bytes": -1,
        "max_bytes_required": False,
    }
    assert info["api"]["level"] == 5
    client.create_stream()
    client.create_consumer()
    assert client.error("STREAM.INFO.NONE")[1] == 10059
    client.fill(3)
    info = client.ok("INFO")
    assert (info["streams"], info["consumers"]) == (1, 1)
    assert info["storage"] == client.state()["bytes"]
    assert info["api"]["total"] == 4 and info["api"]["errors"] == 1
    client.close()


@pytest.mark.parametrize("name", ["BOGUS", "STREAM.BOGUS.S", "STREAM.TEMPLATE.NAMES", "STREAM.INFO", "STREAM.INFO.A.B"])
def test_an_unknown_endpoint_is_not_answered_at_all(client, name):
    """Streams 4, 5."""
    assert client.request(f"$JS.API.{name}", b"", limit=QUIET) is None


@pytest.mark.parametrize("level", ["6", "abc", "99999999999999999999"])
@pytest.mark.parametrize("name", ["INFO", "STREAM.NAMES", "STREAM.INFO.S", "STREAM.CREATE.S", "STREAM.DELETE.S"])
def test_a_required_api_level_above_the_servers_is_refused(client, name, level):
    """Streams 6."""
    code, error, _ = client.error(name, headers={"Nats-Required-Api-Level": level})
    assert (code, error) == (412, 10185)


@pytest.mark.parametrize("level", ["0", "1", "5"])
def test_a_required_api_level_that_the_server_has_is_fine(client, level):
    """Streams 6."""
    client.ok("STREAM.NAMES", headers={"Nats-Required-Api-Level": level})


def test_a_request_without_reply_is_carried_out(client):
    """Streams 7."""
    client.publish("$JS.API.STREAM.CREATE.QUIET", json.dumps({"name": "QUIET"}))
    limit = time.monotonic() + 60
    while not client.ok("STREAM.NAMES")["streams"] and time.monotonic() < limit:
        pass
    assert client.ok("STREAM.NAMES")["streams"] == ["QUIET"]


@pytest.mark.parametrize(
    "body",
    ["{", '{"name":"S","bogus":1}', '{"name":"S","max_msgs":"x"}', '{"name":"S","subjects":"s"}', '{"name":"S"', "[]"]
    + ['{"name":"S","retention":"Limits"}', '{"name":"S","storage":"tape"}', '{"name":"S","discard":"none"}'],
)
def test_a_body_that_is_no_stream_configuration_is_refused(client, body):
    """Streams 8."""
    answer = client.api("STREAM.CREATE.S", body)
    assert answer["type"] == TYPE + "stream_create_response"
    assert (answer["error"]["code"], answer["error"]["err_code"]) == (400, 10025)
    assert answer["error"]["description"].startswith("invalid JSON: ")


def test_the_lists_without_streams_are_null_and_empty(client):
    """Streams 10."""
    names = client.ok("STREAM.NAMES")
    assert names == {"type": TYPE + "stream_names_response", "total": 0, "offset": 0, "limit": 1024, "streams": None}
    listed = client.ok("STREAM.LIST")
    assert listed == {"type": TYPE + "stream_list_response", "total": 0, "offset": 0, "limit": 256, "streams": []}


def test_names_are_sorted_and_paged(client):
    """Streams 11, 13."""
    names = [f"N{number:02}" for number in range(25)]
    for name in reversed(names):
        client.create_stream(name, subjects=None)
    answer = client.ok("STREAM.NAMES")
    assert (answer["total"], answer["offset"], answer["streams"]) == (25, 0, names)
    answer = client.ok("STREAM.NAMES", {"offset": 20})
    assert (answer["total"], answer["offset"], answer["streams"]) == (25, 20, names[20:])
    answer = client.ok("STREAM.NAMES", {"offset": 1000})
    assert (answer["total"], answer["offset"], answer["streams"]) == (25, 25, None)
    assert client.ok("STREAM.NAMES", {"offset": -3})["offset"] == 0
    assert client.ok("STREAM.NAMES", "junk")["streams"] == names
    answer = client.ok("STREAM.LIST", {"offset": 24})
    assert (answer["total"], answer["offset"]) == (25, 24)
    assert [stream["config"]["name"] for stream in answer["streams"]] == ["N24"]


@pytest.mark.parametrize(
    "subject, names",
    [("li.2", ["B"]), ("li.7", ["A"]), ("li.*", ["A", "B"]), ("*.7", ["A", "B"]), (">", ["A", "B", "C"]), ("no", None)],
)
def test_streams_can_be_asked_for_by_subject(client, subject, names):
    """Streams 12."""
    client.create_stream("A", ["li.7", "li.8"])
    client.create_stream("B", ["li.2", "x.*"])
    client.create_stream("C", ["other"])
    assert client.ok("STREAM.NAMES", {"subject": subject})["streams"] == names
    listed = client.ok("STREAM.LIST", {"subject": subject})["streams"]
    assert [stream["config"]["name"] for stream in listed] == (names or [])


# Create


def test_a_stream_with_nothing_but_a_name_gets_the_defaults(client):
    """Streams 19."""
    answer = client.ok("STREAM.CREATE.A", {"name": "A"})
    assert answer["type"] == TYPE + "stream_create_response"
    assert answer["did_create"] is True
    config = answer["config"]
    metadata = config.pop("metadata")
    assert set(metadata) - {"_weir.durability"} == {"_nats.ver", "_nats.level", "_nats.req.level"}
    assert (metadata["_nats.level"], metadata["_nats.req.level"]) == ("5", "0")
    expected = {
        "name": "A",
        "subjects": ["A"],
        "retention": "limits",
        "max_consumers": -1,
        "max_msgs": -1,
        "max_bytes": -1,
        "max_age": 0,
        "max_msgs_per_subject": -1,
        "max_msg_size": -1,
        "discard": "old",
        "storage": "file",
        "num_replicas": 1,
        "duplicate_window": 120 * SECOND,
        "compression": "none",
        "allow_direct": False,
        "mirror_direct": False,
        "sealed": False,
        "deny_delete": False,
        "deny_purge": False,
        "allow_rollup_hdrs": False,
        "consumer_limits": {},
    }
    assert {key: config[key] for key in expected} == expected
    assert answer["state"] == {
        "messages": 0,
        "bytes": 0,
        "first_seq": 0,
        "first_ts": ZERO_TIME,
        "last_seq": 0,
        "last_ts": ZERO_TIME,
        "consumer_count": 0,
    }
    assert "cluster" not in answer and "domain" not in answer


def test_creating_the_same_stream_again_changes_nothing(client):
    """Streams 20."""
    first = client.create_stream(max_msgs=7)
    client.fill(2)
    again = client.create_stream(max_msgs=7)
    assert again["did_create"] is True
    assert (again["created"], again["config"]) == (first["created"], first["config"])
    assert again["state"]["messages"] == 2


def test_creating_a_different_stream_of_the_same_name_is_refused(client):
    """Streams 21."""
    before = client.create_stream()["config"]
    answer = client.error("STREAM.CREATE.S", {"name": "S", "subjects": ["s.>"], "max_msgs": 5})
    assert answer == (400, 10058, "stream name already in use with a different configuration")
    assert client.ok("STREAM.INFO.S")["config"] == before


STREAM_ERRORS = {
    "22: another name in the body": ("S", {"name": "T"}, 400, 10056),
    "22: no body": ("S", "", 400, 10056),
    "23: a slash in the name": ("a/b", {"name": "a/b"}, 400, 10128),
    "23: a backslash in the name": ("a\\b", {"name": "a\\b"}, 400, 10128),
    "23: a name of 256 characters": ("n" * 256, {"name": "n" * 256}, 500, 10052),
    "25: subjects that overlap": ("S", {"subjects": ["a.*", "a.b"]}, 500, 10052),
    "25: a subject twice": ("S", {"subjects": ["a", "a"]}, 500, 10052),
    "25: an invalid subject": ("S", {"subjects": ["a..b"]}, 500, 10052),
    "26: all subjects": ("S", {"subjects": [">"]}, 500, 10052),
    "26: the API's subjects": ("S", {"subjects": ["$JS.API.>"]}, 500, 10052),
    "26: a pattern that covers them": ("S", {"subjects": ["*.>"]}, 500, 10052),
    "26: the system's subjects": ("S", {"subjects": ["$SYS.>"]}, 500, 10052),
    "27: a maximum age under 100 ms": ("S", {"max_age": 1000}, 500, 10052),
    "27: a negative maximum age": ("S", {"max_age": -1}, 500, 10052),
    "27: pedantic: a window over the maximum age": ("S", {"max_age": SECOND, "pedantic": True}, 400, 10157),
    "28: pedantic: a limit below -1": ("S", {"max_msgs": -5, "pedantic": True}, 400, 10157),
    "29: a window over the maximum age": ("S", {"max_age": SECOND, "duplicate_window": 2 * SECOND}, 500, 10052),
    "29: a window under 100 ms": ("S", {"duplicate_window": 5}, 500, 10052),
    "29: a negative window": ("S", {"duplicate_window": -5}, 500, 10052),
    "30: roll-ups without purge": ("S", {"deny_purge": True, "allow_rollup_hdrs": True}, 500, 10052),
    "31: discard new per subject with discard old": (
        "S",
        {"discard_new_per_subject": True, "max_msgs_per_subject": 1},
        500,
        10052,
    ),
    "31: discard new per subject without a limit": (
        "S",
        {"discard_new_per_subject": True, "discard": "new"},
        500,
        10052,
    ),
    "32: three replicas": ("S", {"num_replicas": 3}, 500, 10074),
    "32: six replicas": ("S", {"num_replicas": 6}, 500, 10052),
    "32: minus one replica": ("S", {"num_replicas": -1}, 400, 10133),
    "33: sealed from the start": ("S", {"sealed": True}, 500, 10052),
    "3.3: a long description": ("S", {"description": "d" * 4097}, 500, 10052),
    "2.1: mirror_direct without a mirror": ("S", {"mirror_direct": True}, 500, 10052),
}


@pytest.mark.parametrize("case", STREAM_ERRORS)
def test_a_configuration_that_cannot_work_is_refused(client, case):
    """Streams, the item that the case names."""
    name, body, code, error = STREAM_ERRORS[case]
    if isinstance(body, dict):
        body = {"name": name, **body}
    answer = client.api(f"STREAM.CREATE.{name}", body)
    assert answer["type"] == TYPE + "stream_create_response"
    assert (answer["error"]["code"], answer["error"]["err_code"]) == (code, error), answer
    assert client.ok("STREAM.NAMES")["total"] == 0


@pytest.mark.parametrize(
    "config, text",
    [
        ({"subjects": ["a.*", "a.b"]}, 'subject "a.*" overlaps with "a.b"'),
        ({"max_age": -1}, "max age can not be negative"),
        ({"max_age": 1000}, "max age needs to be >= 100ms"),
        ({"duplicate_window": 5}, "duplicates window needs to be >= 100ms"),
        ({"num_replicas": 6}, "maximum replicas is 5"),
        ({"num_replicas": 3}, "replicas > 1 not supported in non-clustered mode"),
        ({"sealed": True}, "stream configuration for create can not be sealed"),
        ({"deny_purge": True, "allow_rollup_hdrs": True}, "roll-ups require the purge permission"),
        ({"max_msgs": -5, "pedantic": True}, "pedantic mode: max_msgs must be set to -1"),
    ],
)
def test_the_description_says_what_is_wrong(client, config, text):
    """Streams 3.3."""
    assert client.error("STREAM.CREATE.S", {"name": "S", **config})[2] == text


@pytest.mark.parametrize("subjects", [["*"], ["$JS.EVENT.>"], ["$SYS.ACCOUNT.>"], ["a.>", "b"], ["a.*.c", "a.b.d"]])
def test_subjects_that_only_look_dangerous_are_fine(client, subjects):
    """Streams 26."""
    assert client.create_stream("S", subjects)["config"]["subjects"] == subjects


def test_a_stream_without_acknowledgements_may_capture_everything(client):
    """Streams 26."""
    client.create_stream("S", [">"], no_ack=True)
    client.ok("STREAM.DELETE.S")


def test_a_255_character_name_is_fine(client):
    """Streams 23."""
    client.create_stream("n" * 255, ["s.>"])
    assert client.ok(f"STREAM.INFO.{'n' * 255}")["config"]["name"] == "n" * 255


def test_two_streams_cannot_have_the_same_subject(client):
    """Streams 24."""
    client.create_stream("A", ["a.*.c"])
    answer = client.error("STREAM.CREATE.B", {"name": "B", "subjects": ["a.b.*"]})
    assert answer == (400, 10065, "subjects overlap with an existing stream")
    client.create_stream("B", ["b.*"])
    assert client.error("STREAM.UPDATE.B", {"name": "B", "subjects": ["b.*", "a.1.c"]})[1] == 10065


def test_limits_below_minus_one_become_minus_one(client):
    """Streams 28."""
    config = client.create_stream(max_msgs=-5, max_bytes=-2, max_msg_size=-9, max_msgs_per_subject=-3)["config"]
    keys = ("max_msgs", "max_bytes", "max_msg_size", "max_msgs_per_subject")
    assert [config[key] for key in keys] == [-1] * 4


def test_the_duplicate_window_is_not_longer_than_the_maximum_age(client):
    """Streams 27."""
    assert client.create_stream(max_age=SECOND)["config"]["duplicate_window"] == SECOND


def test_the_server_writes_its_own_metadata(client):
    """Streams 36 (spec 3.13)."""
    sent = {"_nats.req.level": "9", "_nats.ver": "9", "mine": "kept"}
    metadata = client.create_stream(metadata=sent)["config"]["metadata"]
    assert metadata["mine"] == "kept"
    assert (metadata["_nats.req.level"], metadata["_nats.level"]) == ("0", "5")
    assert metadata["_nats.ver"] != "9"


# Update


def test_an_update_needs_a_stream(client):
    """Streams 40."""
    answer = client.error("STREAM.UPDATE.S", {"name": "S", "subjects": ["s.>"]})
    assert answer == (404, 10059, "stream not found")


@pytest.mark.parametrize(
    "config, error",
    [
        ({"storage": "memory"}, (500, 10052, "stream configuration update can not change storage type")),
        (
            {"retention": "workqueue"},
            (500, 10052, "stream configuration update can not change retention policy to/from workqueue"),
        ),
        ({"num_replicas": 3}, (500, 10074, "replicas > 1 not supported in non-clustered mode")),
    ],
)
def test_some_settings_cannot_be_changed(client, config, error):
    """Streams 40."""
    before = client.create_stream()["config"]
    assert client.error("STREAM.UPDATE.S", {"name": "S", "subjects": ["s.>"], **config}) == error
    assert client.ok("STREAM.INFO.S")["config"] == before


def test_an_update_is_a_whole_configuration(client):
    """Streams 2.2: what is left out gets its default."""
    client.create_stream(max_msgs=10, description="before")
    answer = client.ok("STREAM.UPDATE.S", {"name": "S", "subjects": ["s.>", "t"], "max_bytes": 1000})
    assert answer["type"] == TYPE + "stream_update_response"
    assert "did_create" not in answer
    config = answer["config"]
    assert (config["max_msgs"], config["max_bytes"], config["subjects"]) == (-1, 1000, ["s.>", "t"])
    assert "description" not in config
    assert client.put("t")["seq"] == 1


def test_delete_and_purge_protection_cannot_be_taken_back(client):
    """Streams 42, as far as these two go."""
    client.create_stream(deny_delete=True, deny_purge=True)
    for left_out in ("deny_delete", "deny_purge"):
        config = {"name": "S", "subjects": ["s.>"], "deny_delete": True, "deny_purge": True}
        del config[left_out]
        assert client.error("STREAM.UPDATE.S", config)[:2] == (500, 10052)


@pytest.mark.parametrize("refusing", [{}, {"discard": "new", "discard_new_per_subject": True}])
def test_a_lower_limit_per_subject_takes_effect_at_once(client, refusing):
    """Streams 43: whatever becomes of new messages, the oldest ones go."""
    client.create_stream(discard=refusing.get("discard", "old"))
    for number in range(6):
        client.put(f"s.{number % 2}")
    config = {"name": "S", "subjects": ["s.>"], "max_msgs_per_subject": 2, **refusing}
    assert client.ok("STREAM.UPDATE.S", config)["state"]["messages"] == 4
    assert client.stored() == (4, 3, 6)


def test_lower_limits_take_effect_at_once(client):
    """Streams 43."""
    client.create_stream()
    for number in range(6):
        client.put(f"s.{number % 2}")
    config = {"name": "S", "subjects": ["s.>"], "max_msgs_per_subject": 2}
    client.ok("STREAM.UPDATE.S", config)
    assert client.stored() == (4, 3, 6)
    client.ok("STREAM.UPDATE.S", {**config, "max_msgs": 1})
    assert client.stored() == (1, 6, 6)


def test_a_subject_taken_away_is_no_longer_captured_but_its_messages_stay(client):
    """Streams 45."""
    client.create_stream("S", ["a", "b"])
    client.put("a")
    client.ok("STREAM.UPDATE.S", {"name": "S", "subjects": ["b"]})
    assert client.request("a").status == "503"
    assert client.ok("STREAM.MSG.GET.S", {"seq": 1})["message"]["subject"] == "a"


# Info


def test_info_has_its_fields_in_the_documented_order(client):
    """Streams 5.1."""
    client.create_stream()
    client.put("s.a", "x")
    raw = client.request("$JS.API.STREAM.INFO.S").data.decode()
    info = json.loads(raw)
    assert list(info) == [
        key
        for key in ("type", "total", "offset", "limit", "config", "created", "state", "cluster", "ts")
        if key in info
    ]
    assert (info["total"], info["offset"], info["limit"]) == (0, 0, 0)
    assert set(info["cluster"]) == {"leader"}
    state = info["state"]
    assert list(state) == [
        "messages",
        "bytes",
        "first_seq",
        "first_ts",
        "last_seq",
        "last_ts",
        "num_subjects",
        "consumer_count",
    ]
    assert state["first_ts"] == state["last_ts"] != ZERO_TIME


def test_info_of_an_unknown_stream_keeps_its_paging_fields(client):
    """Streams 1.5."""
    answer = client.api("STREAM.INFO.NONE")
    assert answer["type"] == TYPE + "stream_info_response"
    assert answer["error"] == {"code": 404, "err_code": 10059, "description": "stream not found"}
    assert (answer["total"], answer["offset"], answer["limit"]) == (0, 0, 0)


def test_info_counts_the_messages_of_each_subject_when_asked(client):
    """Streams 105."""
    client.create_stream()
    for subject in ("s.b", "s.a", "s.c", "s.b"):
        client.put(subject)
    answer = client.ok("STREAM.INFO.S", {"subjects_filter": ">"})
    assert answer["state"]["subjects"] == {"s.a": 1, "s.b": 2, "s.c": 1}
    assert (answer["total"], answer["offset"], answer["limit"]) == (3, 0, 100000)
    answer = client.ok("STREAM.INFO.S", {"subjects_filter": "s.*", "offset": 1})
    assert answer["state"]["subjects"] == {"s.b": 2, "s.c": 1}
    assert client.ok("STREAM.INFO.S", {"subjects_filter": "s.b"})["state"]["subjects"] == {"s.b": 2}
    answer = client.ok("STREAM.INFO.S", {"subjects_filter": "none"})
    assert answer["total"] == 0 and "subjects" not in answer["state"]
    answer = client.ok("STREAM.INFO.S")
    assert "subjects" not in answer["state"] and answer["state"]["num_subjects"] == 3


def test_info_lists_deleted_sequences_only_when_asked(client):
    """Streams 106."""
    client.create_stream()
    client.fill(6)
    for sequence in (2, 5):
        client.ok("STREAM.MSG.DELETE.S", {"seq": sequence})
    state = client.state()
    assert state["num_deleted"] == 2 and "deleted" not in state
    assert client.state(deleted_details=True)["deleted"] == [2, 5]


# Delete


def test_a_deleted_stream_is_gone(client):
    """Streams 48."""
    client.create_stream(deny_delete=True, deny_purge=True)
    client.fill(3)
    assert client.error("STREAM.DELETE.S", {"x": 1}) == (400, 10038, "expected an empty request payload")
    answer = client.ok("STREAM.DELETE.S", {})
    assert answer == {"type": TYPE + "stream_delete_response", "success": True}
    assert client.error("STREAM.DELETE.S") == (404, 10059, "stream not found")
    assert client.request("s.a").status == "503"


def test_a_stream_of_the_same_name_starts_anew(client):
    """Streams 2.6, consumers 145a."""
    client.create_stream()
    client.fill(3)
    client.create_consumer()
    client.ok("STREAM.DELETE.S")
    client.create_stream()
    assert client.put("s.a")["seq"] == 1
    assert client.ok("CONSUMER.NAMES.S")["consumers"] == []


# Purge and message delete


def fill_for_purge(client, **config):
    """Ten messages, alternating between s.0 and s.1."""
    client.create_stream(**config)
    for number in range(10):
        client.put(f"s.{number % 2}")


@pytest.mark.parametrize(
    "request_body, purged, stored",
    [
        pytest.param("", 10, (0, 11, 10), id="everything"),
        pytest.param("{}", 10, (0, 11, 10), id="everything, said explicitly"),
        pytest.param("junk", 10, (0, 11, 10), id="89: a body that is no JSON is no body"),
        pytest.param({"filter": "s.0", "keep": 2}, 3, (7, 2, 10), id="87: all but two of a subject"),
        pytest.param({"seq": 4}, 3, (7, 4, 10), id="87: below a sequence"),
        pytest.param({"seq": 1}, 0, (10, 1, 10), id="87: below the first"),
        pytest.param({"filter": "none"}, 0, (10, 1, 10), id="87: no match"),
        pytest.param({"filter": "s.1"}, 5, (5, 1, 10), id="one subject"),
        pytest.param({"filter": "s.*", "seq": 6}, 5, (5, 6, 10), id="a filter and a sequence"),
        pytest.param({"keep": 4}, 6, (4, 7, 10), id="all but the newest four"),
        pytest.param({"keep": 10}, 0, (10, 1, 10), id="keep them all"),
        pytest.param({"seq": 100}, 10, (0, 100, 99), id="88: beyond the end"),
        pytest.param({"filter": "s.>", "seq": 100}, 10, (0, 11, 10), id="beyond the end with a filter"),
    ],
)
def test_purge_removes_what_was_asked_for(client, request_body, purged, stored):
    """Streams 87, 88, 89."""
    fill_for_purge(client)
    answer = client.ok("STREAM.PURGE.S", request_body)
    assert answer == {"type": TYPE + "stream_purge_response", "success": True, "purged": purged}
    assert client.stored() == stored
    assert client.put("s.0")["seq"] == stored[2] + 1


def test_the_time_of_the_last_message_survives_a_purge(client):
    """Streams 5.2."""
    fill_for_purge(client)
    before = client.state()
    client.ok("STREAM.PURGE.S")
    after = client.state()
    assert (after["first_ts"], after["last_ts"]) == (ZERO_TIME, before["last_ts"])
    assert after["bytes"] == 0 and "num_subjects" not in after


@pytest.mark.parametrize(
    "config, request_body, code, error",
    [
        ({}, {"seq": 4, "keep": 2}, 400, 10003),
        ({}, {"bogus": 4}, 400, 10025),
        ({"deny_purge": True}, "", 500, 10110),
    ],
)
def test_a_purge_that_cannot_be_is_refused(client, config, request_body, code, error):
    """Streams 87, 89."""
    fill_for_purge(client, **config)
    answer = client.api("STREAM.PURGE.S", request_body)
    assert (answer["error"]["code"], answer["error"]["err_code"]) == (code, error)
    assert answer["purged"] == 0
    assert client.stored() == (10, 1, 10)


def test_a_purge_of_an_unknown_stream_is_refused(client):
    """Streams 2.7."""
    assert client.error("STREAM.PURGE.NONE") == (404, 10059, "stream not found")


def test_a_message_can_be_deleted_once(client):
    """Streams 90."""
    client.create_stream()
    client.fill(5)
    assert client.ok("STREAM.MSG.DELETE.S", {"seq": 3}) == {
        "type": TYPE + "stream_msg_delete_response",
        "success": True,
    }
    assert client.state(deleted_details=True)["deleted"] == [3]
    assert client.error("STREAM.MSG.DELETE.S", {"seq": 3}) == (400, 10043, "sequence 3 not found")
    assert client.error("STREAM.MSG.DELETE.S")[:2] == (400, 10003)
    assert client.error("STREAM.MSG.DELETE.S", {"seq": 99})[1] in (10043, 10057)
    assert client.error("STREAM.MSG.GET.S", {"seq": 3})[:2] == (404, 10037)
    assert client.stored() == (4, 1, 5)


def test_a_stream_that_denies_deletes_keeps_its_messages(client):
    """Streams 90."""
    client.create_stream(deny_delete=True)
    client.fill(1)
    assert client.error("STREAM.MSG.DELETE.S", {"seq": 1}) == (500, 10057, "message delete not permitted")


def test_deleting_the_last_message_does_not_give_its_sequence_away(client):
    """Streams 91."""
    client.create_stream()
    client.fill(3)
    client.ok("STREAM.MSG.DELETE.S", {"seq": 3})
    state = client.state(deleted_details=True)
    assert (state["last_seq"], state["deleted"], state["num_deleted"]) == (3, [3], 1)
    assert client.put("s.a")["seq"] == 4


def test_deleting_the_first_message_moves_the_start_past_the_holes(client):
    """Streams 92."""
    client.create_stream()
    client.fill(5)
    client.ok("STREAM.MSG.DELETE.S", {"seq": 2, "no_erase": True})
    client.ok("STREAM.MSG.DELETE.S", {"seq": 1})
    assert client.stored() == (3, 3, 5)
    assert "num_deleted" not in client.state()
