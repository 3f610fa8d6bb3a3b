"""Damage on the disk: what it touches is reported, everything else is served, and nothing is deleted."""

import json
import re
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from server import Server
from wire import Client

pytestmark = pytest.mark.weir

MESSAGES = 300


def monitoring(server, path):
    """An answer of the monitoring endpoints: status and JSON."""
    port = re.search(r"http monitor on \S*?:(\d+)", server.log_text(), re.IGNORECASE).group(1)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def segment_of(server, text):
    """The segment file that holds `text`, and where."""
    for path in sorted(server.store.rglob("*.seg")):
        place = path.read_bytes().find(text)
        if place >= 0:
            return path, place
    raise AssertionError(f"no segment holds {text}")


def flip(path, place):
    """Changes one bit of a file."""
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


def test_a_record_damaged_while_the_server_runs_is_reported_and_skipped(start):
    server = start(arguments=["--http_port=-1"])
    client = Client(server)
    client.create_stream()
    for number in range(MESSAGES):
        client.put("s.x", b"message-%04d-" % number + b"x" * 1000)
    listener = client.subscribe("$JS.EVENT.ADVISORY.STREAM.DAMAGED.*")
    client.flush()
    flip(*segment_of(server, b"message-0100-"))
    served = []
    for sequence in range(1, MESSAGES + 1):
        answer = client.api("STREAM.MSG.GET.S", {"seq": sequence})
        if "message" in answer:
            served.append(sequence)
    assert served == [sequence for sequence in range(1, MESSAGES + 1) if sequence != 101]
    advisory = client.next(listener).json()
    assert advisory["type"] == "io.weir.jetstream.advisory.v1.stream_damaged"
    assert (advisory["stream"], advisory["damaged_records"] >= 1) == ("S", True)
    assert "damaged record" in server.log_text()
    status, report = monitoring(server, "/jsz")
    assert (status, report["weir_storage"]["damaged_streams"]) == (200, 1)
    assert monitoring(server, "/healthz") == (200, {"status": "ok"})
    assert client.put("s.x", b"more")["seq"] == MESSAGES + 1


def test_a_stream_that_cannot_be_opened_leaves_the_others_alone(start):
    server = start(arguments=["--http_port=-1"])
    client = Client(server)
    client.create_stream("A", subjects=["a"])
    client.create_stream("B", subjects=["b"])
    assert client.put("a", b"one")["seq"] == 1
    path, _ = segment_of(server, b"one")
    server.kill()
    data = bytearray(path.read_bytes())
    data[12:16] = (99).to_bytes(4, "little")  # The header's format version, with a checksum that fits.
    data[8:12] = crc32c(bytes(data[12:48])).to_bytes(4, "little")
    path.write_bytes(data)
    server.start()
    client = Client(server)
    assert client.put("b", b"one")["seq"] == 1
    status, report = monitoring(server, "/healthz")
    assert (status, report["status"]) == (503, "unavailable")
    assert "'A'" in report["error"]
    assert monitoring(server, "/jsz")[1]["weir_storage"]["unavailable_streams"] == 1
    assert path.read_bytes() == bytes(data), "what is not understood stays as it is"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MiB."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(tmp_path)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a file system")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_a_full_disk_refuses_messages_and_nothing_else_and_heals(small_disk):
    server = Server(arguments=["--http_port=-1"])
    server.store = small_disk / "store"
    server.start()
    client = Client(server)
    client.create_stream("A", subjects=["a"])
    client.create_stream("B", subjects=["b"])
    client.create_consumer("d", "A")
    payload = b"x" * 100_000
    stored = 0
    while "error" not in (answer := client.put("a", payload)):
        stored += 1
        assert stored < 1000
    assert answer["error"] == {
        "code": 503, "err_code": 10077, "description": "there is no space left on the disk",
    }
    assert stored > 100
    assert monitoring(server, "/healthz")[0] == 503

    # Everything else goes on.
    assert "message" in client.api("STREAM.MSG.GET.A", {"seq": 1})
    message = client.fetch(1, "d", "A")[0]
    client.ack(message)
    client.until("d", "A", num_ack_pending=0)
    assert client.ok("STREAM.MSG.DELETE.A", {"seq": 2})["success"] is True
    # One more than acknowledged may be there: what was on its way when the disk filled up.
    assert client.ok("STREAM.PURGE.A", {"keep": 10})["purged"] in (stored - 11, stored - 10)
    assert client.put("b", payload)["error"]["err_code"] == 10077
    assert server.log_text().count("disk is full") == 1, "it is said once"

    # Room comes back, and with it the messages.
    client.ok("STREAM.DELETE.A")
    end = time.monotonic() + 60
    while "error" in (answer := client.put("b", payload)):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert answer["seq"] == 1
    assert monitoring(server, "/healthz")[0] == 200
    server.restart()
    assert Client(server).stored("B")[0] == 1
    server.close()


def crc32c(data):
    """CRC-32C, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
