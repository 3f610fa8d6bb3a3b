"""What `compare.py` measures: steps in the lives of servers."""

import typing

BAR_WORK = "stream publish, 4 000 in flight, 128 B"


def scaled(count, quick):
    return count // 5 if quick else count


class Step(typing.NamedTuple):
    """One measurement in a server's life; a step without a name only prepares the next."""

    name: str | None
    note: str
    run: typing.Callable
    synced: bool = False  # Whether the reference with `sync_interval: always` is measured, too.


def core_steps(quick):
    """The works without a stream."""
    def step(name, note, work, count, *arguments):
        return Step(name, note, lambda life: life.load(work, "--count", scaled(count, quick), *arguments))

    four = ("--publishers", 4, "--subscribers", 4)
    return [
        step("publish, 16 B", "no subscriber", "pub", 10_000_000, "--size", 16),
        step("publish, 128 B", "no subscriber", "pub", 5_000_000, "--size", 128),
        step("publish → subscribe, 16 B", "1 → 1", "pubsub", 4_000_000, "--size", 16),
        step("publish → subscribe, 128 B", "1 → 1", "pubsub", 3_000_000, "--size", 128),
        step("publish → subscribe, 1 KiB", "1 → 1", "pubsub", 1_000_000, "--size", 1024),
        step("fan-out 1 → 4, 128 B", "delivered messages",
             "pubsub", 1_000_000, "--size", 128, "--subscribers", 4),
        step("fan-out 4 → 4, 128 B", "delivered messages, each to all four",
             "pubsub", 1_000_000, "--size", 128, *four),
        step("queue group, 4 → 4, 128 B", "each message to one of four",
             "pubsub", 2_000_000, "--size", 128, *four, "--queue", "workers"),
        step("fan-out 4 → 4, one subject each, 128 B", "each publisher has a subscriber of its own",
             "pubsub", 2_000_000, "--size", 128, *four, "--pairs"),
        step("queue group, 1 000 members, 128 B", "four connections",
             "pubsub", 1_000_000, "--size", 128, "--subscribers", 4, "--queue", "workers", "--members", 250),
        step("100 000 subscriptions, 128 B", "each with a wildcard, each message for another one",
             "pubsub", 500_000, "--size", 128, "--subjects", 100_000, "--each"),
        step("a new subject each message, 128 B", "one subscriber to all of them",
             "pubsub", 1_000_000, "--size", 128, "--subjects", 99_999_999),
        step("request → reply, 1 in flight", "128 B each way",
             "request", 20_000, "--size", 128, "--in-flight", 1),
        step("request → reply, 100 in flight", "128 B each way",
             "request", 300_000, "--size", 128, "--in-flight", 100),
    ]


def stream_publish(life, count, size, in_flight, connections=1, subjects=1, stream="EVENTS",
                   complete=False):
    """Publishes `count` messages, or with `complete` unset as many as there is time for."""
    life.create_stream(stream, f"{stream.lower()}.>")
    return life.load(
        "js-pub", "--stream", stream, "--subject", f"{stream.lower()}.new", "--count", count,
        "--size", size, "--in-flight", in_flight, "--connections", connections, "--subjects", subjects,
        "--seconds", 240 if complete else life.seconds)


def pull(life, count, acknowledge):
    name = "explicit" if acknowledge else "none"
    life.api("$JS.API.CONSUMER.CREATE.EVENTS." + name, {
        "stream_name": "EVENTS",
        "config": {"name": name, "durable_name": name, "ack_policy": name, "deliver_policy": "all",
                   "max_ack_pending": 20_000}})
    return life.load("js-pull", "--stream", "EVENTS", "--consumer", name, "--count", count, "--batch", 1000,
                     "--requests", 2, *(["--ack"] if acknowledge else []))


def restart(life, count):
    stream_publish(life, count, 100, 4_000, complete=True)
    life.kill()
    return life.ready("EVENTS", count)


def scenarios(quick):
    """Lists of steps; each list runs in one life of a server, from an empty store."""
    million = scaled(1_000_000, quick)
    many = f"{million:,}".replace(",", " ")

    def publish(count, size, in_flight, **others):
        return lambda life: stream_publish(life, count, size, in_flight, **others)

    synced = "Weir syncs before each ack"
    return [
        [Step("idle: 5 000 connections, 100 000 subscriptions", "",
              lambda life: life.load("idle", "--connections", 5_000, "--subscriptions", 100_000))],
        core_steps(quick),
        [Step(BAR_WORK, synced, publish(million, 128, 4_000), synced=True)],
        [Step("stream publish, 4 000 in flight, 1 KiB", synced, publish(million // 2, 1024, 4_000),
              synced=True)],
        [Step("stream publish, 64 connections × 1 in flight, 128 B", synced,
              publish(million // 5, 128, 64, connections=64), synced=True)],
        [Step("stream publish, 1 in flight, 128 B", synced, publish(million // 25, 128, 1), synced=True)],
        [Step(f"stream publish, {many} subjects, 128 B", "4 000 in flight, one message per subject",
              publish(million, 128, 4_000, subjects=million, complete=True))],
        [Step(None, "", publish(million, 128, 4_000, complete=True)),
         Step("pull without acks, 128 B", "2 requests of 1 000", lambda life: pull(life, million, False)),
         Step("pull with explicit acks, 128 B",
              "2 requests of 1 000; until the ack floor is the last message",
              lambda life: pull(life, million, True))],
        [Step(f"restart after kill -9, {many} messages of 100 B",
              "start to first STREAM.INFO that has them all; page cache warm",
              lambda life: restart(life, million))],
    ]
