#!/usr/bin/env python3
"""The demonstration: real events are stored and read, the server is killed in the middle, and nothing is lost.

`make demo` runs it. It starts a server of its own on a free port with a temporary store, uses nats-py as any program
would, checks every number it prints, and exits with 1 if one is wrong. It leaves neither a process nor a file.
"""

import asyncio
import json
import pathlib
import subprocess
import sys
import time

import nats
from nats.js.api import AckPolicy, ConsumerConfig, StorageType, StreamConfig

from server import REPOSITORY, Server

# Stream name, its subjects.
STREAMS = {"SENSORS": ["sensors.>"], "PRICES": ["prices.*"]}
DURABLE = "reader"
# Messages asked for at once, and acknowledgements in flight.
BATCH = 200
# Of each stream this many messages are read but not acknowledged when the server is killed.
LEFT_OPEN = 50
# An unacknowledged message is delivered again after this time, in seconds.
ACK_WAIT = 2.0
# Everything has to be over by then, in seconds.
TIME_LIMIT = 60


def load_events():
    """All events in data/."""
    files = sorted((REPOSITORY / "data").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


async def publish(js, events):
    """Publishes all events, BATCH at a time in flight, and returns the server's acknowledgements."""
    acks = []
    for start in range(0, len(events), BATCH):
        acks += await asyncio.gather(
            *(
                js.publish(
                    event["subject"],
                    json.dumps({"time": event["time"], "value": event["value"]}).encode(),
                    timeout=30,
                    headers={"Nats-Msg-Id": event["id"]},
                )
                for event in events[start : start + BATCH]
            )
        )
    return acks


async def read(js, stream, count, acknowledge):
    """Reads `count` messages of a stream through its durable consumer.

    With `acknowledge`, each is acknowledged and the server's confirmation awaited before more are asked for.
    """
    subscription = await js.pull_subscribe_bind(durable=DURABLE, stream=stream)
    messages = []
    while len(messages) < count:
        batch = await subscription.fetch(min(BATCH, count - len(messages)), timeout=60)
        if acknowledge:
            await asyncio.gather(*(message.ack_sync(timeout=60) for message in batch))
        messages += batch
    await subscription.unsubscribe()
    return messages


def start_and_measure(server):
    """Starts the server again; the time from its exec to the first answered request, in milliseconds."""
    request = b'CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB $JS.API.STREAM.INFO.SENSORS answer 0\r\n\r\n'
    begin = time.monotonic()
    server.start(wait=False)
    while time.monotonic() < begin + TIME_LIMIT:
        try:
            with server.connect(timeout=1.0) as connection:
                connection.sendall(request)
                answer = b""
                while b"stream_info_response" not in answer:
                    part = connection.recv(65536)
                    if not part:
                        raise ConnectionError
                    answer += part
                return (time.monotonic() - begin) * 1000
        except OSError:
            if not server.is_running():
                break
            time.sleep(0.001)
    raise SystemExit(f"the server does not answer after the restart:\n{server.log_text()}")


class Report:
    """Numbers with the value that is right for each."""

    def __init__(self):
        self.wrong = 0

    def line(self, text, number, expected):
        """Prints one number and remembers whether it is right."""
        if number == expected:
            print(f"  {text:<58}{number:>8}")
        else:
            self.wrong += 1
            print(f"  {text:<58}{number:>8}   WRONG: {expected} expected")


async def demonstrate(server):
    """The whole story. Returns the number of wrong results."""
    report = Report()
    events = load_events()
    total = len(events)
    sizes = {
        "SENSORS": sum(event["subject"].startswith("sensors.") for event in events),
        "PRICES": sum(event["subject"].startswith("prices.") for event in events),
    }

    print("First run")
    client = await nats.connect(server.url(), allow_reconnect=False)
    js = client.jetstream()
    for name, subjects in STREAMS.items():
        await js.add_stream(
            StreamConfig(name=name, subjects=subjects, storage=StorageType.FILE, duplicate_window=600)
        )
        await js.add_consumer(
            name,
            ConsumerConfig(
                durable_name=DURABLE,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=ACK_WAIT,
                max_ack_pending=BATCH * 2,
            ),
        )
    acks = await publish(js, events)
    report.line("events published and acknowledged by the server", len(acks), total)
    stored = [await js.stream_info(name, subjects_filter=">") for name in STREAMS]
    report.line("events stored", sum(info.state.messages for info in stored), total)
    subjects = sum(len(info.state.subjects) for info in stored)
    report.line("subjects (one per sensor and ticker)", subjects, len({event["subject"] for event in events}))

    seen = {name: set() for name in STREAMS}
    acked = 0
    for name, size in sizes.items():
        messages = await read(js, name, size // 2, acknowledge=True)
        acked += len(messages)
        seen[name] = {message.metadata.sequence.stream for message in messages}
    report.line("events read and acknowledged", acked, sum(size // 2 for size in sizes.values()))
    for name in STREAMS:
        messages = await read(js, name, LEFT_OPEN, acknowledge=False)
        seen[name] |= {message.metadata.sequence.stream for message in messages}
    print(f"  {'events read and left unacknowledged':<58}{LEFT_OPEN * len(STREAMS):>8}")
    # Confirmed acknowledgements need no wait; delivery counts are written a moment later.
    await asyncio.sleep(0.3)

    server.kill()
    await client.close()
    print("\nkill -9\n\nSecond run, on the same files")
    milliseconds = start_and_measure(server)
    server.wait_until_ready()
    print(f"  {'recovery: from exec to the first answered request, ms':<58}{milliseconds:>8.1f}")

    client = await nats.connect(server.url(), allow_reconnect=False)
    js = client.jetstream()
    stored = [await js.stream_info(name) for name in STREAMS]
    report.line("events stored", sum(info.state.messages for info in stored), total)
    redelivered = counted = 0
    for name, size in sizes.items():
        messages = await read(js, name, size - size // 2, acknowledge=True)
        acked += len(messages)
        sequences = {message.metadata.sequence.stream for message in messages}
        redelivered += len(sequences & seen[name])
        counted += sum(message.metadata.num_delivered == 2 for message in messages)
        seen[name] |= sequences
    report.line("events delivered again, because nobody had acknowledged", redelivered, LEFT_OPEN * len(STREAMS))
    report.line("  of these with a delivery count of 2", counted, LEFT_OPEN * len(STREAMS))
    report.line("events read and acknowledged, both runs", acked, total)
    report.line("different events seen", sum(len(sequences) for sequences in seen.values()), total)
    consumers = [await js.consumer_info(name, DURABLE) for name in STREAMS]
    left = sum(info.num_pending + info.num_ack_pending for info in consumers)
    report.line("events still waiting for the reader", left, 0)

    acks = await publish(js, events)
    report.line("events published once more and found to be duplicates", sum(bool(a.duplicate) for a in acks), total)
    stored = [await js.stream_info(name) for name in STREAMS]
    report.line("events stored", sum(info.state.messages for info in stored), total)
    await client.close()
    return report.wrong


def main():
    """Runs the demonstration against a server that is gone afterwards."""
    server = Server()
    version = subprocess.run([server.program, "-v"], capture_output=True, text=True, check=False)
    print(f"{pathlib.Path(server.program).name}: {version.stdout.strip()}\n")
    begin = time.monotonic()
    try:
        server.start()
        wrong = asyncio.run(asyncio.wait_for(demonstrate(server), TIME_LIMIT))
    except Exception as error:
        print(f"\nthe demonstration failed: {error!r}\n\nThe server's log:\n{server.log_text()}")
        return 1
    finally:
        server.close()
    print(f"\n{'Every number is right' if not wrong else f'{wrong} wrong'}, {time.monotonic() - begin:.1f} s.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
