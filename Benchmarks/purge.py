#!/usr/bin/env python3
"""Purges one subject of a stream while somebody publishes to it, and says what that costs both.

A stream of ten subjects is filled; then a publisher keeps 4 000 messages in flight, first alone and then beside the
purge of one of the ten. How much was published is what the stream says of itself before and after. The exit status is
1 when a bar is missed.

Only the standard library of Python is needed, and the load generator.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

from servers import Failed, Life, Server, end, end_all, say, start

HERE = pathlib.Path(__file__).resolve().parent
SECONDS_MAX = 1.0
RATE_MIN = 0.5


class Client:
    """A connection that asks one question at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.lines = self.socket.makefile("rb")
        self.socket.sendall(b'CONNECT {"verbose":false}\r\nSUB _INBOX.purge 1\r\n')

    def ask(self, subject, body=None):
        payload = b"" if body is None else json.dumps(body).encode()
        self.socket.sendall(b"PUB %s _INBOX.purge %d\r\n%s\r\n" % (subject.encode(), len(payload), payload))
        while line := self.lines.readline():
            if line.startswith(b"PING"):
                self.socket.sendall(b"PONG\r\n")
            elif line.startswith(b"MSG "):
                answer = json.loads(self.lines.read(int(line.split()[-1]) + 2))
                if "error" in answer:
                    raise Failed(answer["error"]["description"])
                return answer
            elif line.startswith(b"-ERR"):
                raise Failed(line.decode().strip())
        raise Failed("the server hung up")

    def published(self):
        """The last sequence, and when that was."""
        return self.ask("$JS.API.STREAM.INFO.T")["state"]["last_seq"], time.monotonic()


def rate(before, after):
    return (after[0] - before[0]) / (after[1] - before[1])


def measure(life, options):
    """One run: the seconds of the purge, and messages a second before it, during it and after it."""
    life.create_stream("T", "t.>")
    life.load("js-pub", "--stream", "T", "--subject", "t.x", "--count", options.messages, "--size", 128,
              "--in-flight", 4000, "--subjects", 10)
    client = Client(life.port)
    subjects = client.ask("$JS.API.STREAM.INFO.T", {"subjects_filter": "t.x.>"})["state"]["subjects"]
    subject, count = sorted(subjects.items())[3]
    publisher = start(
        [life.generator, "js-pub", "--port", str(life.port), "--pid", str(life.process.pid), "--stream", "T",
         "--subject", "t.y", "--count", "20000000", "--seconds", "10", "--size", "128", "--in-flight", "4000"],
        life.log, output=subprocess.DEVNULL)
    try:
        time.sleep(1.5)
        first = client.published()
        time.sleep(1.5)
        second = client.published()
        purged = client.ask("$JS.API.STREAM.PURGE.T", {"filter": subject})["purged"]
        seconds = time.monotonic() - second[1]
        third = client.published()
        time.sleep(1.5)
        fourth = client.published()
    finally:
        end(publisher)
    if purged != count:
        raise Failed(f"{purged} messages were purged, not {count}")
    return purged, seconds, rate(first, second), rate(second, third), rate(third, fourth)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000_000, metavar="N", help="messages before the purge")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--weir", metavar="PATH", help="weir-server (WEIR_SERVER, or the release build)",
                        default=os.environ.get("WEIR_SERVER", HERE.parent / ".build" / "release" / "weir-server"))
    parser.add_argument("--load", metavar="PATH", default=str(HERE / ".build" / "release" / "load"))
    options = parser.parse_args()
    for program in (options.weir, options.load):
        if not os.access(program, os.X_OK):
            raise SystemExit(f"{program} cannot be run")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    work = HERE / ".build" / f"purge-work-{os.getpid()}"
    work.mkdir(parents=True)
    runs = []
    try:
        for number in range(1, options.rounds + 1):
            with Life(Server("weir", str(options.weir)), options.load, work, 10) as life:
                runs.append(measure(life, options))
            purged, seconds, before, during, after = runs[-1]
            say(f"round {number}: {purged} messages in {seconds:.2f} s; published a second: {before:.0f} before, "
                f"{during:.0f} meanwhile, {after:.0f} after")
    finally:
        end_all()
        shutil.rmtree(work, ignore_errors=True)
    seconds = sorted(run[1] for run in runs)[len(runs) // 2]
    share = sorted(run[3] / run[2] for run in runs)[len(runs) // 2]
    print(f"purge of {runs[0][0]} messages beside a publisher: {seconds:.2f} s (bar: {SECONDS_MAX:.1f} s)")
    print(f"the publisher meanwhile: {share:.0%} of its rate (bar: {RATE_MIN:.0%})")
    return 0 if seconds <= SECONDS_MAX and share >= RATE_MIN else 1


if __name__ == "__main__":
    sys.exit(main())
