"""Who may connect: tokens, users, hashed passwords, nkeys, and clients that say nothing."""

import asyncio
import base64
import sys
import time
import types

import nats
import nats.errors
import pytest

from accounts import KeyPair, connect_line, expect_login, login, reload
from wire import Wire

VIOLATION = "-ERR 'Authorization Violation'\n"
# Made by libxcrypt from "s3cret", cost 4 and 11.
HASH = "$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG"
USERS = """
accounts {
  A { users: [ {user: a, password: pa}, {user: h, password: "%s"} ] }
  B { users: [ {user: b, password: pb, allowed_connection_types: [MQTT]} ] }
}
""" % HASH


def refused(wire):
    """The client is told that it is nobody, and nothing else."""
    wire.expect(VIOLATION)
    wire.expect_end()


def test_a_single_user_has_a_name_and_a_password(configured):
    """Core 51, 52."""
    server = configured("authorization { user: u, password: p }")
    wire = Wire(server)
    assert wire.info["auth_required"] is True
    assert "nonce" not in wire.info
    wire.send('CONNECT {"USER":"u","Pass":"p"}\n')
    wire.expect("+OK\n")
    for user, password in (("u", "x"), ("x", "p"), ("u", ""), (None, None)):
        refused(login(server, user, password))
    wire = login(server, "u", "p")
    assert expect_login(wire, "$G")["auth_required"] is True


def test_nothing_has_an_effect_before_a_client_said_who_it_is(configured):
    """Core 51: a verb other than CONNECT ends the connection, whatever comes behind it."""
    server = configured("authorization { token: t }")
    for first in ("PING\n", "SUB foo 1\n", "PUB foo 2\nhi\n", "+OK\n", "INFO {}\n", "X"):
        wire = Wire(server)
        wire.send(first)
        refused(wire)


def test_who_says_nothing_is_sent_away_in_time(configured):
    """Core 51, §1.12; the time runs for clients that need no credentials, too."""
    server = configured("authorization { token: t, timeout: 0.5 }")
    wire = Wire(server)
    begin = time.monotonic()
    wire.expect("-ERR 'Authentication Timeout'\n")
    wire.expect_end()
    assert time.monotonic() - begin >= 0.4
    server = configured(USERS + "no_auth_user: a\nauthorization { timeout: 0.5 }")
    wire = Wire(server)
    wire.expect("-ERR 'Authentication Timeout'\n")
    wire.expect_end()


def test_a_token_is_shown_as_such(configured):
    """Core §3.1: neither as a name nor as a password."""
    server = configured("authorization { token: t }")
    expect_login(login(server, auth_token="t"), "$G")
    refused(login(server, auth_token="x"))
    refused(login(server, user="t"))
    refused(login(server, password="t", user=""))


def test_a_token_may_be_configured_as_its_hash(configured):
    """Core 55."""
    server = configured('authorization { token: "%s" }' % HASH)
    expect_login(login(server, auth_token="s3cret"), "$G")
    refused(login(server, auth_token="s3creT"))
    refused(login(server, auth_token=HASH))


def test_users_belong_to_accounts(configured):
    """Core §3.1, 52."""
    server = configured(USERS)
    expect_login(login(server, "a", "pa"), "A")
    expect_login(login(server, "h", "s3cret"), "A")
    for user, password in (("a", "pb"), ("h", HASH), ("h", ""), ("x", "pa"), ("", "")):
        refused(login(server, user, password))


def test_a_user_may_be_bound_to_ways_of_connecting(configured):
    """Core §3.1."""
    refused(login(configured(USERS), "b", "pb"))


def test_what_comes_behind_a_hashed_password_waits_for_it(configured):
    """Core 55: nothing is lost and nothing overtakes the answer, also when many come at once."""
    server = configured(USERS)
    wires = [Wire(server) for _ in range(40)]
    for number, wire in enumerate(wires):
        password = "s3cret" if number % 2 else "wrong"
        wire.send(connect_line("h", password, verbose=True) + b"SUB x 1\r\nPUB x 2\r\nhi\r\nUNSUB 1\r\nPING\r\n")
    for number, wire in enumerate(wires):
        if number % 2:
            wire.expect("+OK\n+OK\n+OK\nMSG x 1 2\nhi\n")
        else:
            refused(wire)


@pytest.mark.weir
def test_others_are_served_while_passwords_are_compared(configured):
    """Weir's promise: a flood of slow comparisons keeps nobody else waiting."""
    slow = HASH.replace("$04$", "$12$")
    server = configured(USERS.replace(HASH, slow))
    quick = login(server, "a", "pa")
    expect_login(quick, "A")
    slow = [login(server, "h", "wrong") for _ in range(30)]
    for _ in range(5):
        quick.expect_alive()
    assert not all(wire.receive(0) for wire in slow), "it waited for all of them"


@pytest.mark.weir
def test_who_guesses_one_password_keeps_no_other_user_waiting(configured):
    """Weir's promise, for clients of one host: hardly one of the guesses is answered before the right one."""
    slow = HASH.replace("$04$", "$11$")
    server = configured(
        "accounts { A { users: [ {user: h, password: '%s'}, {user: k, password: '%s'} ] } }" % (slow, HASH)
    )
    guesses = [login(server, "h", f"wrong{number}") for number in range(40)]
    expect_login(login(server, "k", "s3cret"), "A")
    answered = [wire for wire in guesses if wire.receive(0.001)]
    assert len(answered) < 20
    for wire in guesses:
        wire.close()


def test_who_says_nothing_comes_in_as_the_user_for_that(configured):
    """Core 53."""
    server = configured(USERS + "no_auth_user: a")
    wire = Wire(server)
    assert "auth_required" not in wire.info
    wire.send("SUB x 1\nPUB x 2\nhi\n")
    wire.expect("+OK\n+OK\nMSG x 1 2\nhi\n")
    assert expect_login(login(server), "A")["auth_required"] is True
    refused(login(server, "a", ""))
    refused(login(server, "a", "pb"))
    expect_login(login(server, "h", "s3cret"), "A")


def test_with_users_of_the_system_account_alone_others_are_served(configured):
    """Core §3.1, last paragraph."""
    server = configured("accounts { $SYS { users: [ {user: s, password: p} ] } }")
    wire = Wire(server)
    assert wire.info["auth_required"] is True
    wire.send("PING\n")
    wire.expect("PONG\n")
    expect_login(login(server), "$G")
    info = expect_login(login(server, "s", "p"), "$SYS")
    assert info["acc_is_sys"] is True
    refused(login(server, "s", "x"))


def test_another_connect_says_anew_who_the_client_is(configured):
    """Core §1.1, 7."""
    server = configured(USERS)
    wire = login(server, "a", "pa")
    expect_login(wire, "A")
    wire.send("SUB x 1\n")
    wire.send(connect_line("h", "s3cret"))
    wire.send("PUB x 2\nhi\n")
    wire.expect_alive()
    wire.send(connect_line("h", "wrong"))
    refused(wire)


def test_protocol_and_account_are_checked_after_and_before_credentials(configured):
    """Core §1.4: the order of effects."""
    server = configured("authorization { user: u, password: p }")
    refused(login(server, "u", "wrong", protocol=3))
    refused(login(server, "u", "p", account="x"))
    wire = login(server, "u", "p", protocol=3)
    wire.expect("-ERR 'invalid client protocol'\n")
    wire.expect_end()


def test_a_key_signs_the_nonce(configured):
    """Core 54."""
    pair, other = KeyPair("one"), KeyPair("two")
    server = configured('authorization { users: [ {nkey: %s} ] }' % pair.name)
    nonces = []

    def answer(sign):
        wire = Wire(server)
        nonce = wire.info["nonce"]
        assert len(nonce) == 15 and nonce not in nonces
        nonces.append(nonce)
        wire.send(connect_line(nkey=pair.name, sig=sign(nonce)))
        return wire

    expect_login(answer(pair.sign), "$G")
    expect_login(answer(lambda nonce: pair.sign(nonce, base64.b64encode)), "$G")
    refused(answer(other.sign))
    refused(answer(lambda nonce: pair.sign(nonce + "x")))
    refused(answer(lambda nonce: pair.sign(nonces[0])))
    refused(answer(lambda nonce: ""))
    refused(answer(lambda nonce: "%%%"))
    wire = Wire(server)
    wire.send(connect_line(nkey=other.name, sig=other.sign(wire.info["nonce"])))
    refused(wire)


def test_a_configuration_read_again_decides_who_stays(configured):
    """Core 75, §4.6."""
    before = "accounts { A { users: [ {user: gone, password: p}, {user: new, password: p}, {user: same, password: p} ] } B {} }"
    server = configured(before.replace(" B {}", ", B {}"))
    wires = {name: login(server, name, "p") for name in ("gone", "new", "same")}
    for wire in wires.values():
        expect_login(wire, "A")
    reload(
        server,
        "accounts { A { users: [ {user: new, password: other}, {user: same, password: p} ] }, B {} }",
    )
    wires["gone"].expect_end()
    refused(wires["new"])
    wires["same"].expect_alive()
    expect_login(login(server, "new", "other"), "A")


@pytest.mark.weir
def test_failures_do_not_keep_the_right_ones_waiting(configured):
    """Weir delays answers to a host that is wrong too often; who is right is served at once."""
    server = configured("authorization { user: u, password: p }")
    wrong = [login(server, "u", "x") for _ in range(150)]
    expect_login(login(server, "u", "p"), "$G")
    assert not all(wire.receive(0) for wire in wrong), "it waited for all of them"
    for wire in wrong:
        refused(wire)


def test_the_log_has_no_secrets(configured):
    """Core §3.1."""
    server = configured("authorization { user: u, password: sesame7 }")
    refused(login(server, "u", "open43210"))
    expect_login(login(server, "u", "sesame7"))
    refused(login(server, "u\nforged: line", "x"))
    log = server.log_text()
    assert "authentication error" in log
    assert "sesame7" not in log and "open43210" not in log
    assert "\nforged: line" not in log


def library(server, **options):
    """Publishes and receives with nats-py."""

    async def talk():
        errors = []

        async def note(error):
            errors.append(error)

        connection = await nats.connect(
            server.url(), allow_reconnect=False, error_cb=note, connect_timeout=60, **options
        )
        subscription = await connection.subscribe("hello")
        await connection.publish("hello", b"world")
        message = await subscription.next_msg(timeout=60)
        assert message.data == b"world"
        await connection.close()
        assert not errors

    asyncio.run(talk())


def test_a_library_logs_in_with_a_token_or_a_password(configured):
    """nats-py, in the ways its users do."""
    server = configured("authorization { token: t }")
    library(server, token="t")
    with pytest.raises(nats.errors.Error):
        library(server, token="x")
    server = configured(USERS)
    library(server, user="a", password="pa")
    library(server, user="h", password="s3cret")
    with pytest.raises(nats.errors.Error):
        library(server, user="h", password="x")


def test_a_library_signs_with_a_key(configured, monkeypatch):
    """nats-py, with our key pairs in the place of the package that it takes them from."""
    pair = KeyPair("library")
    server = configured("authorization { users: [ {nkey: %s} ] }" % pair.name)

    class Keys:
        public_key = pair.name.encode()

        def sign(self, text):
            return base64.urlsafe_b64decode(pair.sign(text.decode()) + "==")

        def wipe(self):
            pass

    package = types.ModuleType("nkeys")
    package.from_seed = lambda seed: Keys()
    monkeypatch.setitem(sys.modules, "nkeys", package)
    library(server, nkeys_seed_str="the seed of the pair above")
