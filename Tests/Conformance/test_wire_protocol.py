"""The client protocol, byte by byte. In texts a line feed stands for CR LF."""

import collections
import json
import pathlib

import pytest

from server import Server
from wire import FULL, PLAIN, Client, Wire

UNKNOWN = "-ERR 'Unknown Protocol Operation'\n"


@pytest.fixture
def plain(wire):
    """A connection with `verbose` off and nothing else said."""
    return wire(PLAIN)


@pytest.fixture
def full(wire):
    """A connection with headers, no-responders and protocol 1, past its first PONG."""
    connection = wire(FULL + b"PING\r\n")
    connection.expect("PONG\n")
    assert connection.read_line().startswith(b"INFO {")
    return connection


# Handshake and lexing


def test_the_server_speaks_first_and_says_what_it_can(wire):
    """Core 1."""
    connection = wire()
    assert connection.info_line.startswith(b"INFO {") and connection.info_line.endswith(b"} ")
    info = connection.info
    assert info["server_id"] and info["version"]
    assert (info["proto"], info["headers"], info["max_payload"]) == (1, True, 1048576)
    assert isinstance(info["client_id"], int) and info["client_ip"] == "127.0.0.1"
    assert info["jetstream"] is True


def test_the_first_ping_of_a_protocol_1_client_is_followed_by_a_second_info(wire):
    """Core 2."""
    connection = wire(FULL + b"PING\r\n")
    connection.expect("PONG\n")
    line = connection.read_line()
    assert line.startswith(b"INFO {") and line.endswith(b"} ")
    info = json.loads(line[5:])
    assert (info["connect_info"], info["remote_account"]) == (True, "$G")
    connection.expect_alive()
    connection.expect_alive()


def test_a_protocol_0_client_gets_only_pong(plain):
    """Core 3."""
    plain.expect_alive()
    plain.expect_alive()


def test_ping_needs_no_connect(wire):
    """Core 4."""
    wire().expect_alive()


def test_without_connect_the_connection_is_verbose(wire):
    """Core 5."""
    connection = wire("SUB foo 1\nPUB foo 2\nhi\n")
    connection.expect("+OK\n+OK\nMSG foo 1 2\nhi\n")
    connection.expect_alive()


@pytest.mark.parametrize("text", ["{}", "null", '{"unknown":[1]}', '{"VERBOSE":true}'])
def test_connect_keeps_its_defaults(wire, text):
    """Core 6, 7."""
    connection = wire(f"CONNECT {text}\n")
    connection.expect("+OK\n")
    connection.expect_alive()


@pytest.mark.parametrize(
    "line", ["CONNECT []", "CONNECT {bad}", 'CONNECT {"verbose":1}', 'CONNECT {"verbose":false} x', "CONNECT"]
)
def test_a_bad_connect_ends_the_connection_without_a_word(wire, line):
    """Core 7."""
    wire(line + "\n").expect_end()


def test_connect_needs_no_blank_before_its_json(wire):
    """Core 8."""
    wire('CONNECT{"verbose":false}\n').expect_alive()


def test_verbs_may_be_in_any_case_and_blanks_may_be_many(wire):
    """Core 9."""
    connection = wire('connect {"verbose":false}\nsub\tfoo  \t 1  \npub foo 2\nhi\nping\n')
    connection.expect("MSG foo 1 2\nhi\nPONG\n")
    connection = wire('CoNnEcT {"verbose":false}\nsUb  foo\t\t1\nPuB \t foo\t 2 \nhi\npInG\n')
    connection.expect("MSG foo 1 2\nhi\nPONG\n")


def test_control_lines_may_end_with_a_line_feed_alone(wire):
    """Core 10."""
    connection = wire(b'CONNECT {"verbose":false}\nSUB foo 1\nPUB foo 2\nhi\r\nPING\n')
    connection.expect("MSG foo 1 2\nhi\nPONG\n")


def test_a_payload_may_not_end_with_a_line_feed_alone(plain):
    """Core 10."""
    plain.send(b"PUB foo 2\r\nhi\nPING\r\n")
    plain.expect(UNKNOWN)
    plain.expect_end()


def test_what_follows_ping_and_pong_is_ignored(plain):
    """Core 11."""
    plain.send("PING hello there\nPONG abc\nPING\n")
    plain.expect("PONG\nPONG\n")
    plain.expect_alive()


@pytest.mark.parametrize(
    "line", ["FOO", "", "MSG foo 1 2", "HMSG a 1 2 3", "PUB", "UNSUB", "SUB", "HPUB", "RS+ a b", "A+ a", "PUBX a 1"]
)
def test_an_unknown_verb_is_named_and_ends_the_connection(plain, line):
    """Core 12."""
    plain.send(line + "\n")
    plain.expect(UNKNOWN)
    plain.expect_end()


@pytest.mark.parametrize("line", ["INFO {}", "+OK", "+OK again"])
def test_info_and_ok_of_a_client_are_ignored(plain, line):
    """Core 13."""
    plain.send(line + "\n")
    plain.expect_alive()


@pytest.mark.parametrize("line", ["INFO x", "-ERR 'x'"])
def test_bad_info_and_err_of_a_client_end_the_connection_without_a_word(plain, line):
    """Core 13."""
    plain.send(line + "\n")
    plain.expect_end()


def test_operations_may_be_cut_anywhere(plain):
    """Core 14."""
    text = b"SUB foo 1\r\nPUB foo bar 4\r\na\r\nb\r\nPUB foo 0\r\n\r\nPING\r\n"
    for byte in text:
        plain.send(bytes([byte]))
    plain.expect("MSG foo 1 bar 4\na\nb\nMSG foo 1 0\n\nPONG\n")


@pytest.mark.parametrize("cut", [2, 4, 5, 6])
def test_a_pause_inside_an_operation_changes_nothing(plain, cut):
    """Core 14."""
    whole = b"PING\r\nPUB foo 5\r\nhello\r\n"
    first, second = whole[:cut], whole[cut:]
    plain.send("SUB foo 1\n")
    plain.expect_alive()
    plain.send(first)
    plain.expect("PONG\n" if cut == 6 else "")
    plain.receive(0.02)
    plain.send(second)
    plain.expect("MSG foo 1 5\nhello\n" if cut == 6 else "PONG\nMSG foo 1 5\nhello\n")


@pytest.mark.parametrize("missing", [1, 2, 3, 4, 7])
def test_a_message_is_delivered_only_once_it_is_complete(plain, missing):
    """Core 14."""
    plain.send("SUB foo 1\n")
    plain.expect_alive()
    whole = b"PUB foo 5\r\nhello\r\n"
    plain.send(whole[:-missing])
    plain.receive(0.05)
    assert bytes(plain.buffer) == b""
    plain.send(whole[-missing:])
    plain.expect("MSG foo 1 5\nhello\n")


def test_a_control_line_of_4096_bytes_is_accepted(plain):
    """Core 15."""
    subject = "a" * (4096 - 2)
    plain.send(f"SUB {subject} 1\nPUB {subject[:-1]} 0\n\n")
    plain.expect_alive()


def test_a_longer_control_line_is_refused(plain):
    """Core 15."""
    plain.send(f"SUB {'a' * (4096 - 1)} 1\n")
    plain.expect("-ERR 'maximum control line exceeded'\n")
    plain.expect_end()


def test_a_control_line_without_an_end_is_refused_too(plain):
    """Core 15."""
    plain.send(b"SUB " + b"a" * 10000)
    plain.expect("-ERR 'maximum control line exceeded'\n")
    plain.expect_end()


@pytest.mark.parametrize(
    "connect, text",
    [
        pytest.param('{"protocol":2}', "invalid client protocol", id="protocol 2"),
        pytest.param('{"no_responders":true}', "no responders requires headers support", id="no headers"),
        pytest.param('{"account":"x"}', "Authorization Violation", id="account"),
    ],
)
def test_a_connect_that_asks_for_the_impossible_is_refused(wire, connect, text):
    """Core 16, 17, 18."""
    connection = wire(f"CONNECT {connect}\n")
    connection.expect(f"-ERR '{text}'\n")
    connection.expect_end()


def test_a_second_connect_drops_every_subscription(plain):
    """Core 19."""
    plain.send('SUB foo 1\nCONNECT {"verbose":true}\nPUB foo 1\nx\n')
    plain.expect("+OK\n+OK\n")
    plain.expect_alive()


def test_a_second_connect_keeps_what_it_does_not_mention(wire):
    """Core 1.1 (7)."""
    connection = wire('CONNECT {"verbose":false,"echo":false}\nCONNECT {}\nSUB foo 1\nPUB foo 1\nx\n')
    connection.expect_alive()


# Publish and subscribe


@pytest.mark.parametrize(
    "sent, expected",
    [
        pytest.param("SUB foo 1\nPUB foo 002\nhi\n", "MSG foo 1 002\nhi\n", id="20: a size keeps its digits"),
        pytest.param("SUB foo 1\nPUB foo bar 0\n\n", "MSG foo 1 bar 0\n\n", id="24: a reply and no payload"),
        pytest.param("SUB a 1\nPUB a 3\na\n\n", "MSG a 1 3\na\n\n", id="25: a payload may hold line ends"),
        pytest.param("SUB x.y abc-sid!\nPUB x.y 0\n\n", "MSG x.y abc-sid! 0\n\n", id="31: any token is a sid"),
        pytest.param(
            "SUB foo 1\nSUB bar 1\nPUB bar 1\nb\nPUB foo 1\nf\n", "MSG foo 1 1\nf\n", id="30: a sid keeps its subject"
        ),
        pytest.param(
            "SUB foo.b*r 1\nSUB foo.>> 2\nPUB foo.b*r 1\nx\nPUB foo.>> 1\ny\n",
            "MSG foo.b*r 1 1\nx\nMSG foo.>> 2 1\ny\n",
            id="27: a wildcard inside a token is no wildcard",
        ),
        pytest.param(
            "SUB foo.> 1\nSUB > 2\nPUB foo..bar 0\n\nPUB foo. 0\n\nPUB .a 0\n\nPUB foo 0\n\n",
            "MSG foo 2 0\n\n",
            id="29: an empty token matches nothing",
        ),
        pytest.param(
            "SUB foo 1\nUNSUB 1 2\n" + "PUB foo 0\n\n" * 3, "MSG foo 1 0\n\n" * 2, id="38: the end after two messages"
        ),
        pytest.param(
            "SUB foo 1\nPUB foo 0\n\nPUB foo 0\n\nUNSUB 1 2\nPUB foo 0\n\n",
            "MSG foo 1 0\n\n" * 2,
            id="39: messages before UNSUB count",
        ),
        pytest.param("SUB foo 1\nUNSUB 1 0\nPUB foo 0\n\n", "", id="40: a maximum of 0 ends at once"),
        pytest.param("SUB foo 1\nUNSUB 1 x\nPUB foo 0\n\n", "", id="40: a maximum that is no number, too"),
        pytest.param("SUB foo 1\nUNSUB 1\nPUB foo 0\n\n", "", id="40: no maximum, too"),
        pytest.param(
            "SUB foo 1\nUNSUB 1 5\nUNSUB 1 1\nPUB foo 0\n\nPUB foo 0\n\n",
            "MSG foo 1 0\n\n",
            id="41: the last maximum counts",
        ),
    ],
)
def test_what_is_sent_gives_exactly_this_answer(plain, sent, expected):
    """Core, the item that the case names. `pedantic` is off so that no subject is complained about."""
    plain.send('CONNECT {"pedantic":false}\n')
    plain.send(sent)
    plain.expect(expected)
    plain.expect_alive()


@pytest.mark.parametrize(
    "line",
    [
        "PUB foo",
        "PUB foo a b 2",
        "PUB foo 2x",
        "PUB foo -1",
        "PUB foo 9999999999",
        "SUB foo",
        "SUB foo a b c",
        "UNSUB 1 2 3",
    ],
)
def test_a_wrong_number_of_arguments_ends_the_connection_without_a_word(plain, line):
    """Core 21, 32, 40."""
    plain.send(line + "\n")
    plain.expect_end()


def test_a_payload_longer_than_announced_ends_the_connection(plain):
    """Core 22."""
    plain.send("PUB foo 2\nhello\n")
    plain.expect(UNKNOWN)
    plain.expect_end()


def test_a_payload_over_the_limit_is_refused_before_it_comes(plain):
    """Core 23."""
    plain.send("PUB foo 1048577\n")
    plain.expect("-ERR 'Maximum Payload Violation'\n")
    plain.expect_end()


def test_a_payload_of_exactly_the_limit_is_delivered(plain):
    """Core 23."""
    plain.send("SUB foo 1\n")
    plain.send(b"PUB foo 1048576\r\n" + b"x" * 1048576 + b"\r\n")
    plain.expect(b"MSG foo 1 1048576\r\n" + b"x" * 1048576 + b"\r\n")


@pytest.mark.parametrize("subject", ["foo..bar", "foo.>.x", ".foo", "foo.", "."])
def test_an_invalid_subject_is_refused_and_the_connection_stays(plain, subject):
    """Core 26."""
    plain.send(f"SUB {subject} 1\n")
    plain.expect("-ERR 'Invalid Subject'\n")
    plain.expect_alive()


def test_a_pedantic_connection_is_told_of_a_wildcard_but_the_message_goes_its_way(plain):
    """Core 28."""
    plain.send("SUB foo.* 1\nSUB foo.bar 2\nPUB foo.* 1\na\n")
    plain.expect("-ERR 'Invalid Publish Subject'\nMSG foo.* 1 1\na\n")
    plain.expect_alive()


def test_every_subscription_of_a_connection_gets_its_copy(plain):
    """Core 33."""
    plain.send("SUB foo 1\nSUB foo 2\nPUB foo 1\nx\n")
    got = sorted(plain.read(len("MSG foo 1 1\r\nx\r\n")) for _ in range(2))
    assert got == [b"MSG foo 1 1\r\nx\r\n", b"MSG foo 2 1\r\nx\r\n"]
    plain.expect_alive()


@pytest.mark.parametrize("subscribe", ["SUB foo 1", "SUB foo queue 1", "SUB > 1"])
def test_without_echo_a_connection_does_not_hear_itself(wire, subscribe):
    """Core 34."""
    connection = wire(f'CONNECT {{"verbose":false,"echo":false}}\n{subscribe}\nPUB foo 1\nx\n')
    connection.expect_alive()
    other = wire(PLAIN + b"PUB foo 1\r\ny\r\n")
    other.expect_alive()
    connection.expect("MSG foo 1 1\ny\n")


def test_one_member_of_each_queue_group_gets_the_message_after_the_plain_subscriptions(plain):
    """Core 35."""
    plain.send("SUB a q 1\nSUB * q 2\nSUB a p 3\nSUB a 4\nPUB a 0\n\n")
    messages = [plain.read(len("MSG a 1 0\r\n\r\n")) for _ in range(3)]
    sids = [message.split()[2].decode() for message in messages]
    assert sids[0] == "4"
    assert sorted(sids[1:]) in (["1", "3"], ["2", "3"])
    plain.expect_alive()


def test_the_members_of_a_queue_group_share_its_messages(server, client):
    """Core 36: each of three members gets 20 % to 47 % of 300 messages."""
    members = [Client(server) for _ in range(3)]
    sids = [member.subscribe("work.*", "workers") for member in members]
    for member in members:
        member.flush()
    for number in range(300):
        client.publish(f"work.{number}")
    client.flush()
    counts = []
    for member, sid in zip(members, sids):
        member.flush()
        counts.append(len(member.messages[sid]))
        member.close()
    assert sum(counts) == 300
    assert all(60 <= count <= 141 for count in counts), counts


def test_the_server_keeps_the_queue_name_sys_for_itself(plain):
    """Core 37."""
    plain.send("SUB a _sys_ 1\n")
    plain.expect("-ERR 'Permissions Violation for Subscription to \"a\" using queue \"_sys_\"'\n")
    plain.expect_alive()


def test_an_auto_unsubscribed_sid_can_be_used_again(plain):
    """Core 38."""
    plain.send("SUB foo 1\nUNSUB 1 1\nPUB foo 1\na\nPUB foo 1\nb\nSUB bar 1\nPUB bar 1\nc\n")
    plain.expect("MSG foo 1 1\na\nMSG bar 1 1\nc\n")
    plain.expect_alive()


def test_a_verbose_connection_is_told_of_every_accepted_operation_first(wire):
    """Core 40, 42."""
    connection = wire("CONNECT {}\nSUB foo 1\nPUB foo 1\nx\nUNSUB 1\nUNSUB 99\nPING\n")
    connection.expect("+OK\n+OK\n+OK\nMSG foo 1 1\nx\n+OK\n+OK\nPONG\n")


def test_messages_of_one_publisher_arrive_in_their_order(server, client):
    """Core 1.5."""
    other = Client(server)
    sid = other.subscribe("order.>")
    other.flush()
    for number in range(2000):
        client.publish(f"order.{number % 7}", str(number))
    client.flush()
    assert [int(message.data) for message in other.take(sid, 2000)] == list(range(2000))
    other.close()


# Headers, no responders, reserved subjects


def test_a_message_with_headers_is_delivered_with_them(full):
    """Core 43."""
    full.send("SUB foo 1\nHPUB foo 22 24\nNATS/1.0\nAAA: bbb\n\nhi\n")
    full.expect("HMSG foo 1 22 24\nNATS/1.0\nAAA: bbb\n\nhi\n")
    full.send("HPUB foo answer.to 22 24\nNATS/1.0\nAAA: bbb\n\nhi\n")
    full.expect("HMSG foo 1 answer.to 22 24\nNATS/1.0\nAAA: bbb\n\nhi\n")
    full.expect_alive()


def test_headers_without_the_agreement_end_the_connection(plain):
    """Core 44."""
    plain.send("HPUB foo 22 24\nNATS/1.0\nAAA: bbb\n\nhi\n")
    plain.expect_end()


@pytest.mark.parametrize("line", ["HPUB foo 25 24", "HPUB foo 24", "HPUB foo a b 1 2", "HPUB foo x 24", "HPUB foo 1 x"])
def test_wrong_sizes_of_headers_end_the_connection(full, line):
    """Core 44."""
    full.send(line + "\n")
    full.expect_end()


@pytest.mark.parametrize(
    "line, expected", [("HPUB foo 0 4", "MSG foo 1 4\nabcd\n"), ("HPUB foo 2 4", "HMSG foo 1 2 4\nabcd\n")]
)
def test_header_bytes_are_passed_on_as_they_are(full, line, expected):
    """Core 45."""
    full.send(f"SUB foo 1\n{line}\nabcd\n")
    full.expect(expected)
    full.expect_alive()


def test_a_subscriber_without_headers_gets_the_body_alone(full, plain):
    """Core 46."""
    plain.send("SUB h 1\n")
    plain.expect_alive()
    full.send("HPUB h 22 24\nNATS/1.0\nAAA: bbb\n\nhi\n")
    plain.expect("MSG h 1 2\nhi\n")


@pytest.mark.parametrize("pattern", ["_INBOX.1", "_INBOX.*", "_INBOX.>"])
def test_a_request_that_nobody_hears_is_answered_with_503(full, pattern):
    """Core 47."""
    full.send(f"SUB {pattern} 7\nPUB none _INBOX.1 0\n\n")
    full.expect("HMSG _INBOX.1 7 36 36\nNATS/1.0 503\nNats-Subject: none\n\n\n")
    full.expect_alive()


@pytest.mark.parametrize("subscribe", ["", "SUB _INBOX.1 queue 7\n", "SUB _INBOX.2 7\n"])
def test_503_goes_only_to_a_plain_subscription_of_the_publisher(full, subscribe):
    """Core 48."""
    full.send(f"{subscribe}PUB none _INBOX.1 0\n\n")
    full.expect_alive()


def test_a_request_with_a_subscriber_is_not_answered_with_503(full, plain):
    """Core 47."""
    plain.send("SUB somebody 1\n")
    plain.expect_alive()
    full.send("SUB _INBOX.1 7\nPUB somebody _INBOX.1 0\n\n")
    full.expect_alive()
    plain.expect("MSG somebody 1 _INBOX.1 0\n\n")


@pytest.mark.parametrize("reply", ["$JS.ACK.a.b.1", "_R_.x", "_GR_.a.b.c"])
def test_a_reserved_reply_subject_is_refused_and_the_message_dropped(plain, reply):
    """Core 49."""
    plain.send(f"SUB foo 1\nPUB foo {reply} 1\nx\n")
    plain.expect(f"-ERR 'Permissions Violation for Publish with Reply of \"{reply}\"'\n")
    plain.expect_alive()


@pytest.mark.parametrize("subject", ["_GR_.a.b.c", "$NRG.x"])
def test_a_reserved_subject_may_not_be_published_to(plain, subject):
    """Core 50."""
    plain.send(f"PUB {subject} 1\nx\n")
    plain.expect(f"-ERR 'Permissions Violation for Publish to \"{subject}\"'\n")
    plain.expect_alive()


def test_a_subject_that_only_looks_reserved_is_free(plain):
    """Core 50."""
    plain.send("SUB $GNR.foo 1\nPUB $GNR.foo 1\nx\n")
    plain.expect("MSG $GNR.foo 1 1\nx\n")


def test_the_connection_over_the_limit_is_told_so_and_closed(tmp_path):
    """Core 58."""
    configuration = tmp_path / "limits.conf"
    configuration.write_text("max_connections: 1\n")
    server = Server(arguments=["-c", str(configuration)])
    try:
        try:
            server.start()
        except RuntimeError as error:
            if pathlib.Path(server.program).name.startswith("nats-server"):
                raise
            pytest.skip(f"the server reads no configuration file: {str(error).splitlines()[0]}")
        first = Wire(server)
        first.expect_alive()
        second = Wire(server)
        second.expect("-ERR 'maximum connections exceeded'\n")
        second.expect_end()
        first.expect_alive()
        first.close()
        second.close()
    finally:
        server.close()


def test_client_identifiers_are_never_given_twice(wire):
    """Core 1.1."""
    counts = collections.Counter(wire().info["client_id"] for _ in range(20))
    assert set(counts.values()) == {1}
