"""Protected mode: without any access control a server serves only its own machine, until it is told otherwise."""

import os
import shutil
import subprocess
import sys

import pytest

from server import Server
from wire import Wire

# What the other machine does: it connects, says everything a client says, and prints what it hears.
VISITOR = """
import socket, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=60)
connection.sendall(b'CONNECT {"verbose":false}\\r\\nPING\\r\\n')
heard = b""
try:
    while not heard.endswith(b"PONG\\r\\n"):
        part = connection.recv(65536)
        if not part:
            heard += b"[closed]"
            break
        heard += part
except ConnectionResetError:
    heard += b"[closed]"
except TimeoutError:
    pass
sys.stdout.buffer.write(heard)
"""


def run(*command):
    """Runs a command that has to succeed."""
    return subprocess.run(command, check=True, capture_output=True, text=True)


@pytest.fixture
def other_machine():
    """A network namespace with one address of its own. Gives (this side's address, the namespace's name)."""
    if not shutil.which("ip") or os.geteuid() != 0:
        pytest.skip("a network namespace needs root and iproute2")
    number = os.getpid() % 250
    name, near, far = f"weir{os.getpid()}", f"weirn{number}", f"weirf{number}"
    here, there = f"198.18.{number}.1", f"198.18.{number}.2"
    try:
        run("ip", "netns", "add", name)
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        run("ip", "address", "add", f"{here}/30", "dev", near)
        run("ip", "link", "set", near, "up")
        run("ip", "-n", name, "address", "add", f"{there}/30", "dev", far)
        run("ip", "-n", name, "link", "set", far, "up")
    except subprocess.CalledProcessError as error:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        pytest.skip(f"no network namespace with a veth pair here: {error.stderr.strip()}")
    yield here, name
    run("ip", "netns", "del", name)


def visit(namespace, address, port):
    """What a client on the other machine hears."""
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", VISITOR, address, str(port)]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout


@pytest.mark.weir
def test_a_stranger_is_refused_and_told_why(other_machine):
    """Weir's promise."""
    here, namespace = other_machine
    with Server(address="0.0.0.0") as server:
        heard = visit(namespace, here, server.port)
        assert b"PONG\r\n" not in heard
        assert b"-ERR '" in heard and heard.endswith(b"[closed]")


@pytest.mark.parametrize(
    "configuration, expected",
    [
        ("authorization { token: t }", b"-ERR 'Authorization Violation'"),
        ("accounts { A { users: [ {user: a, password: a} ] } }\nno_auth_user: a", b"PONG\r\n"),
        pytest.param(
            "accounts { $SYS { users: [ {user: s, password: s} ] } }",
            b"-ERR 'protected mode",
            marks=pytest.mark.weir,
        ),
    ],
)
def test_a_stranger_who_has_to_say_who_he_is_is_served(other_machine, tmp_path, configuration, expected):
    """Nor is it strange where the configuration names a user for those who say nothing."""
    here, namespace = other_machine
    path = tmp_path / "server.conf"
    path.write_text(configuration)
    with Server(address="0.0.0.0", arguments=["-c", str(path)]) as server:
        heard = visit(namespace, here, server.port)
        assert expected in heard
        assert b"protected mode" in expected or b"protected mode" not in heard


def test_an_own_address_is_no_stranger(other_machine):
    """A connection from one of the machine's own addresses is local, whichever address it is."""
    here, _ = other_machine
    with Server(address="0.0.0.0") as server:
        for address in ("127.0.0.1", here):
            server.address = address
            connection = Wire(server)
            connection.expect_alive()
            assert connection.info["client_ip"] == address
            connection.close()


def test_the_test_can_tell_a_stranger(other_machine):
    """The other machine reaches this one: something that listens here without any protection is heard there."""
    import socket
    import threading

    here, namespace = other_machine
    listener = socket.create_server((here, 0))

    def answer():
        connection, _ = listener.accept()
        connection.sendall(b"PONG\r\n")
        connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        assert visit(namespace, here, listener.getsockname()[1]) == b"PONG\r\n"
    finally:
        thread.join()
        listener.close()
