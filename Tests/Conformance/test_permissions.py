"""What users may publish and subscribe to, and what they are told otherwise."""

import time

import pytest

from accounts import client, expect_login, login, reload

SUBSCRIBE = "Permissions Violation for Subscription to"
PUBLISH = "Permissions Violation for Publish to"


def user(permissions, name="u"):
    """A user and one who may do everything, in an account."""
    return (
        f"accounts {{ A {{ jetstream: enabled, users: [ {{user: {name}, password: {name}, permissions: {permissions}}},"
        " {user: all, password: all} ] } }"
    )


def errors(wire, text):
    """What the client is told of some operations, without the rest."""
    wire.send(text + "PING\n")
    found = []
    while (line := wire.read_line()) != b"PONG":
        if line.startswith(b"-ERR"):
            found.append(line[6:-1].decode())
    return found


def enter(server, name="u"):
    """A connection of that user, of which everything before is read."""
    wire = login(server, name)
    expect_login(wire, "A")
    return wire


def test_publishing_is_allowed_and_denied_by_pattern(configured):
    """Core 56."""
    server = configured(user('{publish: {allow: ["p.>", "q"], deny: ["p.no.*"]}}'))
    wire, other = enter(server), enter(server, "all")
    other.send("SUB > 1\n")
    other.expect_alive()
    subjects = ["p.a", "p", "q", "q.a", "p.no", "p.no.x", "p.no.x.y", "x"]
    said = errors(wire, "".join(f"PUB {subject} 0\n\n" for subject in subjects * 2))
    refused = [f'{PUBLISH} "{subject}"' for subject in ("p", "q.a", "p.no.x", "x")]
    assert said == refused * 2
    for subject in ["p.a", "q", "p.no", "p.no.x.y"] * 2:
        other.expect(f"MSG {subject} 1 0\n\n")
    other.expect_alive()


def test_a_refused_publish_is_not_confirmed(configured):
    """Core §1.5: no +OK, and the connection stays."""
    wire = login(configured(user("{publish: p}")), "u", verbose=True, protocol=0)
    wire.expect("+OK\n")
    wire.send("PUB x 0\n\nPUB p 0\n\nSUB y 1\n")
    wire.expect(f"-ERR '{PUBLISH} \"x\"'\n+OK\n+OK\n")


@pytest.mark.parametrize(
    "rules, allowed",
    [
        ('["foo q1"]', ["foo q1"]),
        ('["foo q1", "foo"]', ["foo", "foo q1"]),
        ('["foo *"]', ["foo q", "foo q1"]),
        ('["foo v1.>"]', ["foo v1.a"]),
        ('["foo.> q", "foo.a"]', ["foo.a", "foo.a q", "foo.* q"]),
        ('{deny: ["foo q1"]}', ["foo", "foo q", "foo v1.a", "foo.a", "foo.*", "foo.a q", "foo.* q", ">", "*"]),
        ('{deny: ["foo.>"]}', ["foo", "foo q", "foo q1", "foo v1.a", ">", "*"]),
        ('{allow: ["foo.>"], deny: ["foo.* q"]}', ["foo.a", "foo.*"]),
        ('{allow: ["foo", "foo.*"], deny: ["foo"]}', ["foo.a", "foo.*", "foo.a q", "foo.* q"]),
        ('{allow: ["foo.* q1", "foo.>"]}', ["foo.a", "foo.*"]),
    ],
)
def test_subscriptions_are_within_what_is_allowed(configured, rules, allowed):
    """Core 56, 89, §3.3: subsets, and queue groups."""
    wire = enter(configured(user("{subscribe: %s}" % rules)))
    wanted = ["foo", "foo q", "foo q1", "foo v1.a", "foo.a", "foo.*", "foo.a q", "foo.* q", ">", "*"]
    said = errors(wire, "".join(f"SUB {text} {sid}\n" for sid, text in enumerate(wanted)))
    refused = []
    for text in wanted:
        if text not in allowed:
            subject, _, queue = text.partition(" ")
            refused.append(f'{SUBSCRIBE} "{subject}"' + (f' using queue "{queue}"' if queue else ""))
    assert said == refused


def test_a_denied_subject_is_kept_from_a_wildcard(configured):
    """Core 89."""
    server = configured(user('{subscribe: {allow: "foo.>", deny: "foo.secret"}}'))
    wire = enter(server)
    assert errors(wire, "SUB foo.* 1\nSUB foo.secret 2\nSUB > 3\nSUB foo.* q 4\n") == [
        f'{SUBSCRIBE} "foo.secret"',
        f'{SUBSCRIBE} ">"',
    ]
    wire.send("UNSUB 4\nPUB foo.secret 0\n\nPUB foo.open 0\n\n")
    wire.expect("MSG foo.open 1 0\n\n")
    wire.expect_alive()


@pytest.mark.weir
@pytest.mark.parametrize(
    "rules, subject, delivered",
    [
        ('"foo.*"', "foo.>", ["foo.a"]),
        ('"*"', ">", ["foo"]),
        ('{allow: "foo.*", deny: "foo.a"}', "foo.>", []),
        ('["foo.*", "*.b.c q"]', "foo.>", ["foo.a"]),
        ('["foo.*", "foo.>"]', "foo.>", ["foo.a", "foo.b.c"]),
    ],
)
def test_a_wide_subscription_gets_what_is_allowed(configured, rules, subject, delivered):
    """Core §3.3: the reference accepts it, too, and delivers everything."""
    server = configured(user("{subscribe: %s}" % rules))
    wire, other = enter(server), enter(server, "all")
    assert errors(wire, f"SUB {subject} 1\n") == []
    other.send("PUB foo 0\n\nPUB foo.a 0\n\nPUB foo.b.c 0\n\nPUB bar.b.c 0\n\n")
    other.expect_alive()
    for one in delivered:
        wire.expect(f"MSG {one} 1 0\n\n")
    wire.expect_alive()


@pytest.mark.weir
def test_an_empty_list_allows_nothing(configured):
    """And the log says so: for the reference it is no list."""
    server = configured(user("{publish: {allow: []}, subscribe: []}"))
    assert errors(enter(server), "SUB a 1\nPUB a 0\n\n") == [f'{SUBSCRIBE} "a"', f'{PUBLISH} "a"']
    assert server.log_text().count("allows nothing") == 2


def test_a_denied_subject_is_kept_from_the_group_that_is_named(configured):
    """Core §3.3: others get it, and another member of the group."""
    server = configured(user('{subscribe: {deny: "foo.secret q1"}}'))
    wire, other = enter(server), enter(server, "all")
    wire.send("SUB foo.* q1 1\nSUB foo.* q2 2\n")
    wire.expect_alive()
    other.send("SUB foo.* q1 3\n")
    other.expect_alive()
    for _ in range(10):
        wire.send("PUB foo.secret 0\n\n")
        wire.expect("MSG foo.secret 2 0\n\n")
        other.expect("MSG foo.secret 3 0\n\n")


def test_an_answer_is_allowed_once_and_in_time(configured):
    """Core 57."""
    server = configured(user('{subscribe: ask, allow_responses: {max: 1, expires: "2s"}}'))
    wire, other = enter(server), enter(server, "all")
    assert errors(wire, "SUB ask 1\nPUB x 0\n\n") == [f'{PUBLISH} "x"']
    other.send("SUB in.* 1\nPUB ask in.1 0\n\n")
    other.expect_alive()
    wire.expect("MSG ask 1 in.1 0\n\n")
    assert errors(wire, "PUB in.1 2\nok\nPUB in.1 2\nno\n") == [f'{PUBLISH} "in.1"']
    other.expect("MSG in.1 1 2\nok\n")
    other.send("PUB ask in.2 0\n\n")
    wire.expect("MSG ask 1 in.2 0\n\n")
    time.sleep(2.3)
    assert errors(wire, "PUB in.2 2\nno\n") == [f'{PUBLISH} "in.2"']
    other.expect_alive()


def test_answers_go_where_other_messages_may_not(configured):
    """Core §3.3: the right to answer is for what is not allowed otherwise."""
    server = configured(user('{publish: {allow: "p", deny: "no"}, allow_responses: {max: 2}}'))
    wire, other = enter(server), enter(server, "all")
    wire.send("SUB ask 1\n")
    assert errors(wire, "PUB p 0\n\nPUB no 0\n\n") == [f'{PUBLISH} "no"']
    other.send("PUB ask no 0\n\n")
    wire.expect("MSG ask 1 no 0\n\n")
    assert errors(wire, "PUB no 0\n\nPUB no 0\n\nPUB no 0\n\n") == [f'{PUBLISH} "no"']


def test_streams_are_used_with_the_subjects_they_need(configured):
    """A user who may pull and acknowledge, and publish to one subject, and who may do nothing else of the API."""
    server = configured(
        user(
            '{publish: ["s.ok", "$JS.API.CONSUMER.MSG.NEXT.S.c", "$JS.ACK.S.c.>", "$JS.API.INFO"],'
            ' subscribe: "_INBOX.>"}'
        )
    )
    all_rights = client(server, "all")
    all_rights.ok("STREAM.CREATE.S", {"name": "S", "subjects": ["s.*"]})
    all_rights.ok(
        "CONSUMER.CREATE.S.c", {"stream_name": "S", "config": {"durable_name": "c", "ack_policy": "explicit"}}
    )
    wire = enter(server)
    wire.send("SUB _INBOX.a 1\nPUB s.ok _INBOX.a 2\nhi\n")
    assert wire.read_line().startswith(b"MSG _INBOX.a 1 ")
    assert b'"seq":1' in wire.read_line()
    wire.send("SUB _INBOX.b 2\nPUB $JS.API.CONSUMER.MSG.NEXT.S.c _INBOX.b 0\n\n")
    line = wire.read_line().split()
    assert line[:2] == [b"MSG", b"s.ok"] and wire.read_line() == b"hi"
    wire.send(b"PUB " + line[3] + b" 4\r\n+ACK\r\n")
    assert errors(wire, "PUB $JS.API.STREAM.DELETE.S _INBOX.a 0\n\nPUB s.no 0\n\n") == [
        f'{PUBLISH} "$JS.API.STREAM.DELETE.S"',
        f'{PUBLISH} "s.no"',
    ]
    info = all_rights.ok("CONSUMER.INFO.S.c", {})
    assert info["num_ack_pending"] == 0 and info["ack_floor"]["stream_seq"] == 1


def test_defaults_are_for_users_without_permissions(configured):
    """Core §3.3."""
    server = configured(
        "accounts { A { default_permissions: {publish: d}, users: [ {user: u, password: u},"
        " {user: v, password: v, permissions: {publish: x}} ] } }"
    )
    assert errors(enter(server), "PUB d 0\n\nPUB x 0\n\n") == [f'{PUBLISH} "x"']
    assert errors(enter(server, "v"), "PUB d 0\n\nPUB x 0\n\n") == [f'{PUBLISH} "d"']


def test_other_permissions_hold_at_once(configured):
    """Core 75."""
    server = configured(user("{publish: [a, b], subscribe: [a, b, c.*]}"))
    wire = enter(server)
    assert errors(wire, "SUB a 1\nSUB b 2\nSUB b q 3\nSUB c.* 4\n") == []
    reload(server, user('{publish: [a, c.>], subscribe: {allow: [a, c.*], deny: c.no}}'))
    assert sorted(errors(wire, "")) == [
        f'{SUBSCRIBE} "b" (sid "2")',
        f'{SUBSCRIBE} "b" using queue "q" (sid "3")',
    ]
    wire.send("PUB a 0\n\nPUB c.no 0\n\nPUB c.yes 0\n\n")
    wire.expect("MSG a 1 0\n\nMSG c.yes 4 0\n\n")
    assert errors(wire, "PUB b 0\n\n") == [f'{PUBLISH} "b"']
