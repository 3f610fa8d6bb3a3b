"""Damage on the disk: what it touches is reported, everything else is served, and nothing is deleted."""

import json
import re
import urllib.error
import urllib.request

import pytest

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


def crc32c(data):
    """CRC-32C, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
