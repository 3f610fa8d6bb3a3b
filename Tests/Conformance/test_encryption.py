"""A store that is encrypted: with the key, without it, with a new one."""

import asyncio
import os
import pathlib
import re
import subprocess
import time
import urllib.error
import urllib.request

import nats
import pytest

from server import REPOSITORY, Server, program

pytestmark = pytest.mark.weir

WORDS = [b"a plain payload", b"a plain header", b"plain.subject"]


def weir(*arguments):
    """Runs the administration program beside the server program; returns exit code and output."""
    beside = pathlib.Path(program()).parent / "weir"
    tool = os.environ.get("WEIR_TOOL") or str(beside if beside.exists() else REPOSITORY / ".build/release/weir")
    done = subprocess.run(
        [tool, "store", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


def health(server):
    """Code and text of /healthz."""
    limit = time.monotonic() + 60
    while not (found := re.search(r"Starting http monitor on 127.0.0.1:(\d+)", server.log_text())):
        assert time.monotonic() < limit, server.log_text()
        time.sleep(0.01)
    port = found.group(1)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def publish(server, count):
    """Stores messages; returns how many the stream has."""
    client = await nats.connect(server.url(), allow_reconnect=False)
    stream = client.jetstream()
    await stream.add_stream(name="PLAIN", subjects=["plain.>"])
    for number in range(count):
        headers = {"A": f"a plain header {number}"}
        await stream.publish(f"plain.subject.{number}", f"a plain payload {number}".encode(), headers=headers)
    await stream.purge_stream("PLAIN", subject="plain.subject.3")
    found = (await stream.stream_info("PLAIN")).state.messages
    await client.close()
    return found


async def read(server):
    """The payload of the first message, and how many there are."""
    client = await nats.connect(server.url(), allow_reconnect=False)
    stream = client.jetstream()
    message = await stream.get_msg("PLAIN", 1)
    count = (await stream.stream_info("PLAIN")).state.messages
    await client.close()
    return message.data, count


async def create(server):
    """What the server says to another stream of the name."""
    client = await nats.connect(server.url(), allow_reconnect=False)
    try:
        await client.jetstream().add_stream(name="PLAIN", subjects=["other"])
        return "created"
    except nats.js.errors.APIError as error:
        return error.description
    finally:
        await client.close()


def leaks(server):
    """Words in files that are said to be encrypted: all but the index and the server's log."""
    return [
        (path.name, word)
        for path in server.store.rglob("*")
        if path.is_file() and "index" not in path.parts
        for word in WORDS
        if word in path.read_bytes()
    ]


@pytest.fixture
def encrypted(monkeypatch):
    """A server with a key that has stored something and is stopped."""
    monkeypatch.setenv("WEIR_KEY", "a secret of the tests")
    with Server(arguments=["--http_port=-1"]) as server:
        assert asyncio.run(publish(server, 50)) == 49
        server.restart()
        assert asyncio.run(read(server)) == (b"a plain payload 0", 49)
        assert server.terminate() == 0
        yield server


def test_no_word_of_a_message_is_on_the_disk(encrypted):
    assert leaks(encrypted) == []


@pytest.mark.parametrize("key", ["", "another"])
def test_without_the_key_the_stream_is_unavailable_and_unharmed(encrypted, monkeypatch, key):
    files = {path: path.read_bytes() for path in encrypted.store.rglob("*.*") if path.is_file()}
    monkeypatch.setenv("WEIR_KEY", key)
    encrypted.start()
    code, text = health(encrypted)
    assert code == 503 and "PLAIN" in text
    assert "encrypted" in encrypted.log_text()
    assert "could not be opened" in asyncio.run(create(encrypted))
    assert encrypted.terminate() == 0
    changed = [path for path, bytes in files.items() if path.read_bytes() != bytes and "catalog" not in path.parts]
    assert changed == []
    monkeypatch.setenv("WEIR_KEY", "a secret of the tests")
    encrypted.start()
    assert asyncio.run(read(encrypted)) == (b"a plain payload 0", 49)


def test_a_new_key_takes_over(encrypted, monkeypatch):
    monkeypatch.setenv("WEIR_KEY", "a new one")
    monkeypatch.setenv("WEIR_PREVIOUS_KEY", "a secret of the tests")
    monkeypatch.setenv("WEIR_CIPHER", "aes")
    encrypted.start()
    assert health(encrypted)[0] == 200
    asyncio.run(publish(encrypted, 10))
    encrypted.restart()
    assert asyncio.run(read(encrypted)) == (b"a plain payload 0", 58)
    assert leaks(encrypted) == []


def test_tools_need_the_key_for_what_messages_say(encrypted, monkeypatch):
    code, text = weir("verify", encrypted.store)
    assert code == 0 and "No damage" in text and "encrypted" not in text
    assert "plain.subject" in weir("inspect", "--records", encrypted.store)[1]
    monkeypatch.delenv("WEIR_KEY")
    code, text = weir("verify", encrypted.store)
    assert code == 0 and "No damage" in text and "there is no key" in text
    assert "plain.subject" not in weir("inspect", "--records", encrypted.store)[1]
    code, text = weir("rebuild-index", encrypted.store)
    assert code == 2 and "WEIR_KEY" in text
    backup = encrypted.folder / "backup"
    assert weir("backup", encrypted.store, backup)[0] == 0
    assert weir("verify", backup)[0] == 0


def test_a_cipher_of_another_name_is_refused(monkeypatch):
    monkeypatch.setenv("WEIR_KEY", "a secret")
    monkeypatch.setenv("WEIR_CIPHER", "rot13")
    server = Server()
    try:
        server.start(wait=False)
        assert server.process.wait(timeout=60) != 0
        assert "rot13" in server.log_text()
    finally:
        server.close()
