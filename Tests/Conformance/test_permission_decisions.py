"""Random permissions: the server under test and nats-server decide alike.

Each user gets permissions at random, subscribes to what there is, one after another, and publishes what there is. What
is refused and what is delivered is compared. PERMISSION_SEED repeats a run, PERMISSION_SECONDS makes it longer.
"""

import json
import os
import random
import time

import pytest

from accounts import connect_line
from server import Server, reference_program
from wire import Client

SECONDS = float(os.environ.get("PERMISSION_SECONDS") or 8)
USERS = 12

SUBJECTS = ["a", "b", "a.a", "a.b", "b.a", "a.a.a", "a.a.b", "a.b.a", "b.b.b"]
WILD = ["*", ">", "*.a", "a.*", "*.*", "a.>", "b.>", "*.>", "a.*.a", "a.a.*", "*.*.*", "a.*.>", "*.a.>", "a.a.>"]
GROUPS = ["q", "r.x", "r.y.z"]
GROUP_PATTERNS = GROUPS + ["*", ">", "r.*", "r.>"]
WANTED = [(subject, None) for subject in SUBJECTS + WILD] + [
    (subject, group) for subject in SUBJECTS + ["*", "a.*", "a.>", ">"] for group in GROUPS
]


def matches(pattern, subject):
    """Whether a literal subject matches a pattern."""
    pattern, subject = pattern.split("."), subject.split(".")
    for index, token in enumerate(pattern):
        if token == ">":
            return index < len(subject)
        if index == len(subject) or token not in ("*", subject[index]):
            return False
    return len(pattern) == len(subject)


def some_rules(chance, queues):
    """A list of rules, which is not empty."""
    rules = []
    for _ in range(chance.choice([1, 1, 2, 3])):
        rule = chance.choice(SUBJECTS + 2 * WILD)
        if queues and chance.random() < 0.35:
            rule += " " + chance.choice(GROUP_PATTERNS)
        rules.append(rule)
    return rules


def some_permissions(chance):
    """What one user may do."""
    permissions = {}
    for kind in ["publish", "subscribe"]:
        rules = {}
        if chance.random() < 0.7:
            rules["allow"] = some_rules(chance, kind == "subscribe")
        if chance.random() < 0.5:
            rules["deny"] = some_rules(chance, kind == "subscribe")
        if rules:
            permissions[kind] = rules
    if chance.random() < 0.3:
        permissions["allow_responses"] = {"max": chance.choice([-1, 0, 1, 2]), "expires": "1m"}
    return permissions


class Side:
    """A server of one kind, and what its users are told and get."""

    def __init__(self, program, path):
        self.server = Server(server_program=program, arguments=["-c", str(path)]).start()
        self.other = Client(self.server, connect_line("all", "all"))
        self.tag = 0

    def decisions(self, name):
        """What becomes of each subscription, of each message, and of answers."""
        user = Client(self.server, connect_line(name, name))
        answers = [self.answers(user, count) for count in (3, 1)]
        user.errors.clear()
        found = {"subscriptions": {}, "messages": {}, "answers": answers}
        for subject, group in WANTED:
            sid = user.subscribe(subject, group)
            user.flush()
            key = f"{subject} {group or ''}"
            if user.errors:
                found["subscriptions"][key] = user.errors.pop()
                continue
            for literal in SUBJECTS:
                self.other.publish(literal)
            self.other.flush()
            user.flush()
            found["subscriptions"][key] = [message.subject for message in user.messages[sid]]
            user.unsubscribe(sid)
        for literal in SUBJECTS:
            user.publish(literal)
            user.flush()
            found["messages"][literal] = user.errors.pop() if user.errors else "published"
        assert not user.errors
        user.wire.close()
        return found

    def answers(self, user, count):
        """How many of `count` answers to a message go out, and what becomes of the others."""
        sids = [user.subscribe(subject) for subject in SUBJECTS]
        user.flush()
        user.errors.clear()
        self.tag += 1
        for literal in SUBJECTS:
            self.other.publish(literal, reply=f"answer.{self.tag}.{literal}")
        self.other.flush()
        user.flush()
        replies = [message.reply for sid in sids for message in user.messages[sid]]
        for reply in replies:
            for _ in range(count):
                user.publish(reply)
        user.flush()
        refused = list(user.errors)
        user.errors.clear()
        for sid in sids:
            user.unsubscribe(sid)
        user.flush()
        return [sorted(set(replies)), [error.split('"')[1] for error in refused]]

    def close(self):
        self.server.close()


def is_within(pattern, rule):
    """Whether all that one pattern matches the other matches, too."""
    pattern, rule = pattern.split("."), rule.split(".")
    for index, token in enumerate(rule):
        if token == ">":
            return index < len(pattern)
        if index == len(pattern) or pattern[index] == ">" or token not in ("*", pattern[index]):
            return False
    return len(pattern) == len(rule)


def is_wide(permissions, pattern, group):
    """Whether a subscription sees more than is allowed, and the reference does not mind."""
    rules = [rule.split() for rule in permissions.get("subscribe", {}).get("allow", [">"])]
    holds = [rule[0] for rule in rules if len(rule) == 1 or group and matches(rule[1], group)]
    return not any(is_within(pattern, rule) for rule in holds)


def narrow(decisions, permissions):
    """Takes from what the reference delivers to such a subscription what could not be subscribed to by itself."""
    for key, got in decisions.items():
        subject, _, group = key.partition(" ")
        if isinstance(got, list) and is_wide(permissions, subject, group):
            decisions[key] = [one for one in got if isinstance(decisions[f"{one} {group}"], list)]


@pytest.mark.skipif(reference_program() is None, reason="there is no nats-server to compare with")
def test_decisions_are_those_of_the_reference(tmp_path):
    """Core §3.3. What the reference delivers although it is outside of all that is allowed is not delivered."""
    seed = int(os.environ.get("PERMISSION_SEED") or random.randrange(2**32))
    chance = random.Random(seed)
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        rounds += 1
        users = {f"u{index}": some_permissions(chance) for index in range(USERS)}
        listed = [{"user": name, "password": name, "permissions": what} for name, what in users.items()]
        path = tmp_path / f"server{rounds}.conf"
        path.write_text(json.dumps({"authorization": {"users": listed + [{"user": "all", "password": "all"}]}}))
        ours, theirs = Side(None, path), Side(reference_program(), path)
        try:
            for name, permissions in users.items():
                found, expected = ours.decisions(name), theirs.decisions(name)
                narrow(expected["subscriptions"], permissions)
                for part in expected:
                    assert found[part] == expected[part], f"PERMISSION_SEED={seed}, {name}: {json.dumps(permissions)}"
        finally:
            ours.close()
            theirs.close()
