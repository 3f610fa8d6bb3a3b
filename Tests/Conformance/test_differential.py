"""The same random commands to the server under test and to nats-server: the answers have to be the same.

Compared is everything but identifiers and times. A failure prints the seed and the last commands; with that seed in
FUZZ_SEED the same commands are sent again.
"""

import base64
import collections
import json
import os
import random
import time

import pytest

from server import Server, reference_program
from wire import QUIET, Client

SECONDS = float(os.environ.get("FUZZ_SECONDS") or 20)
SECOND = 10**9
HOUR = 3600 * SECOND
# How long the two may differ on a question that changes nothing, in seconds: counts are brought up to date behind.
SETTLE = 2.0
# Commands shown when something differs: so many of the last.
SHOWN = int(os.environ.get("FUZZ_SHOWN") or 25)

SUBJECTS = ["a.1", "a.2", "a.1.x", "b.1", "b.2.y", "c", "d.e.f.g"]
PATTERNS = SUBJECTS + ["a.>", "a.*", "*.1", "b.>", "b.*.y", ">", "c.>", "d.*.f.>", "nothing"]
# Overlaps with others of them without containing them.
CROSSING = "*.1"
CAPTURES = [["a.>"], ["a.*"], ["a.1", "a.2"], ["b.>"], ["b.*", "b.*.y"], ["c"], ["d.>"], ["a.1.x", "c"], ["a.1", "a.*"]]
# What the two know differently on purpose, or without telling why: see `plain`.
TIMES = {"ts", "created", "first_ts", "last_ts", "time"}
# What only Weir says; the server's name; and whether a purge counts as activity, which the reference decides by a race.
UNCOMPARED = {"_weir.durability", "cluster", "last_active"}
ZERO_TIME = "0001-01-01T00:00:00Z"


def plain(value, key=None):
    """An answer without what may differ: times, the server's version and name, the words of a parser."""
    if isinstance(value, dict):
        value = plain_page(plain_state(value))
        return {name: plain(item, name) for name, item in sorted(value.items()) if name not in UNCOMPARED}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if key in TIMES:
        return value if value == ZERO_TIME else "some time"
    if key == "_nats.ver":
        return "some version"
    if key == "description" and str(value).startswith("invalid JSON: "):
        return "invalid JSON"
    if key == "description" and str(value).startswith("failed to parse consumer sampling configuration: "):
        return str(value).replace("strconv.Atoi: ", "")
    if key == "description" and str(value).startswith("change to limits violates consumers: "):
        return sorted(value.replace(",", "").split())
    return value


def plain_state(state):
    """A stream's state without what the reference says of a stream that never had a message.

    Its first sequence is 0, but 1 after an update; with the 0 it has a deleted message, of that sequence.
    """
    if state.get("last_seq") != 0 or "first_seq" not in state:
        return state
    unused = {"first_seq": 0} if state["first_seq"] <= 1 else {}
    return {name: item for name, item in state.items() if name not in ("deleted", "num_deleted")} | unused


def plain_page(answer):
    """An answer of INFO with the offset within the list: the reference shows what was asked for."""
    if answer.get("offset") is None or "total" not in answer:
        return answer
    return answer | {"offset": min(answer["offset"], answer["total"])}


def plain_subject(subject):
    """An acknowledgement subject without the time in it; any other subject as it is."""
    parts = subject.split(".")
    return ".".join(parts[:7] + parts[8:]) if subject.startswith("$JS.ACK.") else subject


def plain_header(name, value):
    """A header without what may differ."""
    if name == "Nats-Time-Stamp":
        return name, "some time"
    return name, plain_subject(value) if name == "Nats-Subject" else value


def plain_message(message):
    """A direct get's answer, or a delivered message, likewise."""
    if message is None:
        return None
    headers = [plain_header(name, value) for name, value in message.headers]
    shown = {"status": message.status, "headers": headers, "data": message.data}
    if (message.reply or "").startswith("$JS.ACK."):
        shown |= {"subject": message.subject, "reply": plain_subject(message.reply)}
    return shown


class Sides:
    """The two servers. Every command goes to both; different answers end the test."""

    def __init__(self, seed):
        self.choices = random.Random(seed)
        self.seed = seed
        self.servers = [Server(), Server(server_program=reference_program())]
        self.clients = []
        self.history = collections.deque(maxlen=SHOWN)
        self.commands = 0
        self.streams = {}
        self.names = 0
        # (stream, consumer) -> the delivered messages that are open, in pairs of one message for each side.
        self.open = {}
        # Streams out of which messages were taken: see `plain_answer`.
        self.gaps = set()
        # Consumers that deliver a message so often at most: see `verdict`.
        self.limited = set()
        # Streams of which a message was refused: see `purge`.
        self.refused = set()
        # Consumers of which an acknowledgement settles all before it: see `plain_answer`.
        self.cumulative = set()

    def __enter__(self):
        for server in self.servers:
            server.start()
            self.clients.append(Client(server))
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()
        for server in self.servers:
            server.close()

    def both(self, command, ask, show, repeatable=False):
        """Runs `ask(client)` on both sides and compares what `show` makes of the answers; returns the answers."""
        self.commands += 1
        self.history.append(command)
        limit = time.monotonic() + SETTLE
        while True:
            try:
                answers = [ask(client) for client in self.clients]
            except (OSError, AssertionError) as error:
                self.give_up(f"{error!r}")
            shown = [show(answer) for answer in answers]
            if shown[0] == shown[1]:
                return answers
            if not repeatable or time.monotonic() > limit:
                break
            time.sleep(0.02)
        self.give_up(f"the answers differ.\n  server:    {shown[0]}\n  reference: {shown[1]}")

    def give_up(self, reason):
        """Fails with what a person needs to find out why."""
        story = "\n".join(f"  {line}" for line in self.history)
        logs = "\n".join(
            f"{server.program}, {'running' if server.is_running() else 'ended'}:\n{server.log_text()[-2000:]}"
            for server in self.servers
        )
        pytest.fail(
            f"FUZZ_SEED={self.seed}, command {self.commands}: {reason}\nThe last commands:\n{story}\n{logs}",
            pytrace=False,
        )

    def plain_answer(self, value):
        """`plain`, and without the positions of consumers on a stream with gaps.

        There the reference's floor stays behind gaps, or after a purge of some subjects is that of a message that
        was purged though earlier ones are pending; and its consumers may step over gaps ahead of a delivery.
        Where an acknowledgement is for all before, it takes the removal of a pending message for one.
        """
        if isinstance(value, list):
            return [self.plain_answer(item) for item in value]
        if isinstance(value, dict) and "ack_floor" in value:
            if value["stream_name"] in self.gaps:
                delivered = {"consumer_seq": value["delivered"]["consumer_seq"]}
                left_out = {"ack_floor"}
                if value["config"].get("ack_policy") == "all":
                    left_out |= {"num_ack_pending", "num_redelivered"}
                value = {name: item for name, item in value.items() if name not in left_out}
                value["delivered"] = delivered
        if isinstance(value, dict) and "consumers" in value:
            value = value | {"consumers": self.plain_answer(value["consumers"])}
        return plain(value)

    def api(self, name, body="", repeatable=False, show=None):
        """Sends an API request to both; returns the answer of the server under test."""
        show = show or self.plain_answer
        text = body if isinstance(body, str) else json.dumps(body)
        return self.both(f"{name} {text}", lambda client: client.api(name, text), show, repeatable)[0]

    # What is sent

    def one_of(self, *values):
        """One of the values."""
        return self.choices.choice(values)

    def sometimes(self, probability):
        """True with this probability."""
        return self.choices.random() < probability

    def some_stream(self):
        """A stream that exists, mostly."""
        return self.choices.choice(sorted(self.streams)) if self.streams and not self.sometimes(0.03) else "NONE"

    def some_sequence(self):
        """A sequence that is likely to exist, or to be just outside."""
        return self.choices.choice([0, 1, 2, 3, self.choices.randrange(1, 60), self.choices.randrange(1, 300), 10**9])

    def stream_config(self, name):
        """A stream configuration. Some are refused."""
        config = {"name": name, "subjects": self.choices.choice(CAPTURES)}
        options = {
            "max_msgs": (-1, 0, 1, 5, 20, -7),
            "max_bytes": (-1, 50, 300, 2000),
            "max_msgs_per_subject": (-1, 1, 2, 5),
            "max_msg_size": (-1, 5, 40),
            "max_age": (0, HOUR, -1, 5),
            "discard": ("old", "new", "New", "none"),
            "discard_new_per_subject": (True, False),
            "storage": ("file", "memory"),
            "num_replicas": (0, 1, 2, 7, -1),
            "duplicate_window": (0, HOUR, 60 * SECOND, 3),
            "allow_direct": (True, False),
            "deny_delete": (True,),
            "deny_purge": (True,),
            "allow_rollup_hdrs": (True,),
            "first_seq": (0, 10),
            "max_consumers": (-1, 1),
            "description": ("", "some", "d" * 5000),
            "metadata": ({}, {"k": "v"}),
            "retention": ("limits", "Limits"),
            "compression": ("none", "s2"),
            "consumer_limits": ({}, {"max_ack_pending": 700}),
            "bogus": (1,),
            "pedantic": (False, True),
        }
        for key in self.choices.sample(sorted(options), self.choices.choice([0, 1, 1, 2, 2, 3, 5])):
            config[key] = self.choices.choice(options[key])
        return config

    def create_stream(self):
        name = f"S{self.names}"
        self.names += 1
        config = self.stream_config(name)
        # A broken number of replicas or key makes the whole request worthless; keep these rare.
        if len(self.streams) < 3 or self.sometimes(0.3):
            answer = self.api(f"STREAM.CREATE.{name}", config)
            if "error" not in answer:
                self.note(name, config)
                if self.sometimes(0.2):
                    self.api(f"STREAM.CREATE.{name}", config)
                    self.api(f"STREAM.CREATE.{name}", {**config, "description": "other"})

    def note(self, name, config):
        """Remembers the configuration of a stream."""
        self.streams[name] = config
        if any(config.get(key, -1) > 0 for key in ("max_msgs", "max_bytes", "max_msgs_per_subject")):
            self.gaps.add(name)

    def update_stream(self):
        name = self.some_stream()
        config = {**self.streams.get(name, {"name": name}), **self.stream_config(name)}
        if self.sometimes(0.7):
            config["subjects"] = self.streams.get(name, config).get("subjects", ["a.1"])
        # Enough of the settings that may not change stay as they are.
        config["storage"] = self.streams.get(name, {}).get("storage", "file")
        config.pop("first_seq", None)

        def show(answer):
            # Other streams or its own consumers stand against it: with both, either may be named.
            if answer.get("error", {}).get("err_code") in (10065, 10069):
                return "something stands against it"
            return self.plain_answer(answer)

        answer = self.api(f"STREAM.UPDATE.{name}", config, show=show)
        if "error" not in answer:
            self.note(name, {key: item for key, item in config.items() if key != "pedantic"})

    def delete_stream(self):
        if len(self.streams) > 1 or self.sometimes(0.2):
            name = self.some_stream()
            answer = self.api(f"STREAM.DELETE.{name}", self.one_of("", "", "{}", '{"a":1}', "[]"))
            if "error" not in answer:
                del self.streams[name]
                self.open = {key: messages for key, messages in self.open.items() if key[0] != name}

    def ask_stream(self):
        body = self.one_of(
            "",
            "{}",
            {"deleted_details": True},
            {"subjects_filter": self.choices.choice(PATTERNS)},
            {"subjects_filter": ">", "deleted_details": True, "offset": self.choices.randrange(4)},
            "junk",
            {"bogus": 1},
        )
        self.api(f"STREAM.INFO.{self.some_stream()}", body, repeatable=True)

    def ask_names(self):
        body = self.one_of(
            "", {"subject": self.choices.choice(PATTERNS)}, {"offset": self.choices.randrange(-1, 5)}, "junk", {"x": 1}
        )
        self.api(self.one_of("STREAM.NAMES", "STREAM.LIST"), body, repeatable=True)

    def purge(self):
        body = {}
        if self.sometimes(0.6):
            # Where it crosses a consumer's filter, the reference has messages pending that are gone.
            body["filter"] = self.choices.choice([pattern for pattern in PATTERNS if pattern != CROSSING])
        if self.sometimes(0.4):
            body["seq"] = self.choices.choice([0, 1, 2, 5, self.choices.randrange(1, 100)])
        if self.sometimes(0.3):
            body["keep"] = self.choices.randrange(5)
        name = self.some_stream()
        self.gaps.add(name)
        if name in self.refused:
            # The reference forgets that it has to deliver a message again if others than this one are purged.
            body = {}
        self.api(f"STREAM.PURGE.{name}", self.one_of(body, body, body, "", "junk", {"bogus": 1}))

    def message_question(self):
        body = {}
        for key, value in (
            ("seq", self.some_sequence()),
            ("last_by_subj", self.choices.choice(PATTERNS)),
            ("next_by_subj", self.choices.choice(PATTERNS)),
            ("start_time", self.one_of("2001-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "bad")),
        ):
            if self.sometimes(0.35):
                body[key] = value
        if self.sometimes(0.1):
            body["no_hdr"] = True
        return self.one_of(body, body, body, body, body, body, "", "{", {"bogus": 1})

    def get(self):
        self.api(f"STREAM.MSG.GET.{self.some_stream()}", self.message_question(), repeatable=True)

    def direct_get(self):
        name = self.some_stream()
        tail, body = "", self.message_question()
        if self.sometimes(0.4):
            tail, body = f".{self.choices.choice(PATTERNS)}", self.one_of("", "", '{"no_hdr":true}', '{"seq":1}')
        text = body if isinstance(body, str) else json.dumps(body)
        if '"bad"' in text:
            return
        subject = f"$JS.API.DIRECT.GET.{name}{tail}"
        self.both(f"{subject} {text}", lambda client: client.request(subject, text), plain_message, repeatable=True)

    def delete_message(self):
        def show(answer):
            # Which error names a sequence that is not there depends on where it is; callers cannot rely on it.
            error = answer.get("error", {})
            if error.get("err_code") == 10043 or error.get("description") in ("no message found", "stream store EOF"):
                return "not there"
            return plain(answer)

        body = self.one_of(*[{"seq": self.some_sequence()}] * 6, {"seq": self.some_sequence(), "no_erase": True}, "")
        name = self.some_stream()
        self.gaps.add(name)
        self.api(f"STREAM.MSG.DELETE.{name}", body, show=show)

    def publish(self):
        for _ in range(self.choices.choice([1, 1, 2, 5, 10])):
            headers = {}
            if self.sometimes(0.2):
                headers["Nats-Msg-Id"] = f"id{self.choices.randrange(30)}"
            if self.sometimes(0.1):
                headers["Nats-Expected-Last-Sequence"] = str(self.some_sequence())
            if self.sometimes(0.1):
                headers["Nats-Expected-Last-Subject-Sequence"] = str(self.choices.choice([0, 0, self.some_sequence()]))
            if self.sometimes(0.05):
                headers["Nats-Expected-Last-Subject-Sequence-Subject"] = self.choices.choice(PATTERNS)
            if self.sometimes(0.05):
                headers["Nats-Expected-Stream"] = self.some_stream()
            if self.sometimes(0.05):
                headers["Nats-Expected-Last-Msg-Id"] = f"id{self.choices.randrange(30)}"
            if self.sometimes(0.1):
                headers["Other"] = self.one_of("", "x", "y z")
            subject = self.choices.choice(SUBJECTS)
            data = "x" * self.choices.choice([0, 1, 5, 20, 100])

            def show(message):
                return plain_message(message) if message.status else plain(message.json())

            self.both(
                f"PUB {subject} {headers or ''} {len(data)} bytes",
                lambda client: client.request(subject, data, headers or None),
                show,
            )

    def create_consumer(self):
        stream = self.some_stream()
        name = f"c{self.names}"
        self.names += 1
        config = {"durable_name": name, "ack_policy": "explicit", "ack_wait": HOUR}
        options = {
            "ack_policy": ("none", "all", "Explicit"),
            "deliver_policy": ("all", "last", "new", "last_per_subject", "by_start_sequence", "never"),
            "opt_start_seq": (1, 5, 50),
            "filter_subject": [pattern for pattern in PATTERNS if pattern != CROSSING] + ["bad..subject"],
            "filter_subjects": (["a.1", "b.>"], ["a.*", "a.1"], [""], ["c"]),
            "max_deliver": (-1, 1, 2, -5),
            # Never so few that a consumer is held back: what a request hears then is decided by a race.
            "max_ack_pending": (-1, 900, 1001),
            "headers_only": (True,),
            "description": ("some",),
            "inactive_threshold": (HOUR, -1),
            "max_batch": (3, -1),
            "max_waiting": (5, -1),
            "num_replicas": (0, 1, 3, -1),
            "backoff": ([HOUR], [HOUR, HOUR], [-1]),
            "sample_freq": ("50%", "abc"),
            "bogus": (1,),
        }
        for key in self.choices.sample(sorted(options), self.choices.choice([0, 1, 1, 2, 3])):
            config[key] = self.choices.choice(options[key])
        if config.get("deliver_policy") == "by_start_sequence" and self.sometimes(0.8):
            config["opt_start_seq"] = self.choices.randrange(1, 30)
        form = self.choices.random()
        body = {"stream_name": stream, "config": config}
        if self.sometimes(0.1):
            body["action"] = self.one_of("create", "update", "zz")
        if form < 0.6:
            subject = f"CONSUMER.CREATE.{stream}.{name}"
            if config.get("filter_subject") and self.sometimes(0.5):
                subject += "." + config["filter_subject"]
                if ".." in subject:
                    return
        elif form < 0.8:
            subject = f"CONSUMER.DURABLE.CREATE.{stream}.{name}"
        else:
            subject = f"CONSUMER.CREATE.{stream}"
            # An ephemeral consumer, and it must not go away on one side before it does on the other.
            config |= {"name": config.pop("durable_name"), "inactive_threshold": HOUR}
        answer = self.api(subject, body)
        if "error" not in answer:
            self.open[stream, name] = []
            if config.get("max_deliver", -1) > 0:
                self.limited.add(name)
            if config["ack_policy"] == "all":
                self.cumulative.add(name)

    def some_consumer(self):
        """A consumer that exists, mostly."""
        return self.choices.choice(sorted(self.open)) if self.open and not self.sometimes(0.03) else ("NONE", "none")

    def ask_consumer(self):
        stream, name = self.some_consumer()
        request = self.one_of(f"INFO.{stream}.{name}", f"INFO.{stream}.{name}", f"NAMES.{stream}", f"LIST.{stream}")
        self.api(f"CONSUMER.{request}", self.one_of("", "", "{}", '{"offset":1}'), repeatable=True)

    def delete_consumer(self):
        if len(self.open) > 2 or self.sometimes(0.1):
            stream, name = self.some_consumer()
            answer = self.api(f"CONSUMER.DELETE.{stream}.{name}", self.one_of("", "{}", "[1]"))
            if "error" not in answer:
                del self.open[stream, name]

    def pull(self):
        stream, name = self.some_consumer()
        if (stream, name) not in self.open:
            return
        # The two have to know of the same messages before a request that does not wait can find the same.
        time.sleep(0.005)
        self.api(f"CONSUMER.INFO.{stream}.{name}", repeatable=True)
        batch = self.choices.choice([1, 2, 5, 20])
        request = self.one_of(
            {"batch": batch, "no_wait": True},
            {"batch": batch, "no_wait": True},
            {"batch": batch, "no_wait": True, "max_bytes": self.choices.choice([1, 100, 300])},
            {"batch": batch, "expires": -1},
            {"batch": batch, "no_wait": True, "group": "g"},
            {"batch": batch, "idle_heartbeat": SECOND},
            {"batch": 1, "no_wait": True, "priority": 12},
            "{bad",
        )
        if stream in self.refused and ("max_bytes" in request or "expires" in request):
            # Finding that the request cannot take the message due again, the reference puts it behind the others.
            return
        text = request if isinstance(request, str) else json.dumps(request)

        def ask(client):
            sid = client.pull(text, name, stream)
            found = []
            while len(found) < batch:
                message = client.next(sid, 4 * QUIET)
                if message is None:
                    break
                found.append(message)
                if message.status:
                    break
            client.unsubscribe(sid)
            return found

        def show(messages):
            shown = [plain_message(message) for message in messages]
            for one in shown:
                if (one["status"] or "").startswith("400 Bad Request - "):
                    one["status"] = "400 Bad Request" if text == "{bad" else one["status"]
            return shown

        ours, theirs = self.both(f"pull {stream}.{name} {text}", ask, show)
        self.open[stream, name] += [pair for pair in zip(ours, theirs) if pair[0].status is None]

    def verdict(self):
        stream, name = self.some_consumer()
        messages = self.open.get((stream, name))
        if not messages:
            return
        index = self.choices.randrange(len(messages))
        later = '-NAK {"delay":3600000000000}'
        payload = self.one_of("", "+ACK", "", "-NAK", "-NAK", later, "+TERM", "+TERM why", "+WPI", "bad")
        if payload.startswith("-NAK") and name in self.limited:
            # Which of the two gives the message up at once is up to it: an earlier advisory does no harm.
            return
        if payload.startswith("-NAK") and name in self.cumulative and stream in self.gaps:
            # The reference may have taken the removal of a later message for an acknowledgement of this one.
            return
        if payload == "-NAK":
            self.refused.add(stream)
        pair = dict(zip(map(id, self.clients), messages[index]))
        self.both(
            f"verdict {payload!r} on {messages[index][0].reply}",
            lambda client: client.request(pair[id(client)].reply, payload, limit=QUIET * 4),
            plain_message,
        )
        if self.sometimes(0.8):
            messages.pop(index)

    def everything(self):
        """Compares all that is stored."""
        self.api("STREAM.LIST", repeatable=True)
        for name in sorted(self.streams):
            info = self.api(f"STREAM.INFO.{name}", {"deleted_details": True, "subjects_filter": ">"}, repeatable=True)
            self.api(f"CONSUMER.LIST.{name}", repeatable=True)
            state = info["state"]
            for sequence in range(state["first_seq"], min(state["last_seq"], state["first_seq"] + 40) + 1):
                answer = self.api(f"STREAM.MSG.GET.{name}", {"seq": sequence}, repeatable=True)
                if "hdrs" in answer.get("message", {}):
                    assert base64.b64decode(answer["message"]["hdrs"]).startswith(b"NATS/1.0\r\n")

    def run(self, seconds, commands_max=None):
        """Sends commands for a while, or until there were that many; returns how many."""
        weights = {
            self.create_stream: 5,
            self.update_stream: 4,
            self.delete_stream: 1,
            self.ask_stream: 4,
            self.ask_names: 3,
            self.purge: 4,
            self.get: 6,
            self.direct_get: 6,
            self.delete_message: 5,
            self.publish: 20,
            self.create_consumer: 4,
            self.ask_consumer: 4,
            self.delete_consumer: 1,
            self.pull: 12,
            self.verdict: 12,
        }
        for name, subjects in (("BASE", ["a.>"]), ("MORE", ["b.>", "c"])):
            self.streams[name] = {"name": name, "subjects": subjects, "allow_direct": name == "BASE"}
            self.api(f"STREAM.CREATE.{name}", self.streams[name])
        steps, end = 0, time.monotonic() + seconds
        while time.monotonic() < end and (commands_max is None or self.commands < commands_max):
            self.choices.choices(list(weights), list(weights.values()))[0]()
            steps += 1
            if steps % 200 == 0:
                self.everything()
        self.everything()
        return self.commands


@pytest.mark.skipif(reference_program() is None, reason="there is no nats-server to compare with")
def test_random_commands_are_answered_as_the_reference_answers_them():
    """Streams and consumers, everything of their checklists that a random command can reach.

    Without FUZZ_SECONDS the choices are always the same, so that a failure means a change; `make fuzz` goes on
    with new ones.
    """
    is_fuzz = "FUZZ_SECONDS" in os.environ or "FUZZ_SEED" in os.environ
    seeds = [int(os.environ.get("FUZZ_SEED") or random.randrange(10**6))] if is_fuzz else [51, 7]
    for seed in seeds:
        print(f"FUZZ_SEED={seed}")
        with Sides(seed) as sides:
            commands = sides.run(SECONDS if is_fuzz else 60, None if is_fuzz else 3000)
            print(f"{commands} commands")
        assert commands > 100
