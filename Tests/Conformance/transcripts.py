"""Reads the conversations in `data/transcripts`, and plays them; README.md there describes their form."""

import dataclasses
import random
import re
import string

from server import REPOSITORY
from wire import Wire

FOLDER = REPOSITORY / "data" / "transcripts"

# What `%{id}` and `%{*}` stand for.
IDENTIFIER = object()
ANY = object()

ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
LINE = re.compile(r"(?P<kind>[CS])(?P<connection>\d*)(?P<mark>[:+?~])(?: (?P<text>.*))?$")
MARK = re.compile(r"(?P<kind>-- wait|END)(?: (?P<connection>\d+))?$")


@dataclasses.dataclass
class Step:
    """One thing that happens: `kind` is C, S, S?, S~, wait or END."""

    line: int
    connection: int
    kind: str
    text: str
    end: bytes = b""


@dataclasses.dataclass
class Transcript:
    """One case."""

    topic: str
    name: str
    steps: list
    configuration: str = ""
    later: str = ""

    def __str__(self):
        return f"{self.topic}: {self.name}"


def read(path):
    """The cases of a file, in its order."""
    cases = []
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if not line or line.startswith("//"):
            continue
        if line.startswith("# "):
            cases.append(Transcript(path.stem, line[2:], []))
        elif line.startswith("! "):
            cases[-1].configuration += line[2:] + "\n"
        elif line.startswith("-- later "):
            cases[-1].later = line.removeprefix("-- later ")
        else:
            cases[-1].steps.append(step(line, number))
    return cases


def step(line, number):
    """The step that a line describes."""
    if found := MARK.match(line):
        return Step(number, int(found["connection"] or 1), found["kind"].removeprefix("-- "), "")
    found = LINE.match(line)
    assert found, f"line {number} is of no known form: {line!r}"
    kind = found["kind"] + (found["mark"] if found["mark"] in "?~" else "")
    end = b"" if found["mark"] in "+?" else b"\r\n"
    return Step(number, int(found["connection"] or 1), kind, found["text"] or "", end)


def unescape(text):
    """The bytes that a text without `%{…}` stands for."""
    parts = re.split(r"\\(x[0-9A-Fa-f]{2}|.)", text)
    data = parts[0].encode()
    for escape, plain in zip(parts[1::2], parts[2::2]):
        data += (ESCAPES.get(escape) or bytes.fromhex(escape[1:])) + plain.encode()
    return data


class Player:
    """Plays one case. Its connections end with `close`."""

    def __init__(self, transcript, server):
        self.transcript = transcript
        self.server = server
        self.wires = {}
        self.identifier = "".join(random.choices(string.ascii_lowercase, k=6)).encode()

    def play(self):
        """Plays all steps; raises an AssertionError that names the line where something else happens."""
        steps = self.transcript.steps
        index = 0
        while index < len(steps):
            one = steps[index]
            together = [one]
            while one.kind == "S~" and self.continues(together[-1], index + len(together)):
                together.append(steps[index + len(together)])
            try:
                self.perform(one, together)
            except (AssertionError, OSError) as error:
                place = f"data/transcripts/{self.transcript.topic}.txt:{one.line}"
                raise AssertionError(f"{place}: {error}") from error
            index += len(together)

    def continues(self, last, index):
        """Whether the step at `index` is one more of those that may come in any order."""
        steps = self.transcript.steps
        return index < len(steps) and (steps[index].kind, steps[index].connection) == ("S~", last.connection)

    def perform(self, one, together):
        """Does one step, or those that go together."""
        wire = self.wires.get(one.connection)
        if wire is None:
            wire = self.wires[one.connection] = Wire(self.server)
            assert wire.info_line.startswith(b"INFO {") and wire.info_line.endswith(b"} "), wire.info_line
            if one.kind == "S?" and one.text.startswith("INFO "):
                return self.match(one, wire.info_line)
        if one.kind == "C":
            wire.send(self.data(one))
        elif one.kind == "S":
            wire.expect(self.data(one))
        elif one.kind == "S~":
            self.expect_all(wire, [self.data(step) for step in together])
        elif one.kind == "S?":
            line = wire.read_line()
            self.match(one, wire.read_line() if line == b"PING" else line)
        elif one.kind == "wait":
            wire.expect_alive()
        else:
            if not wire.buffer:
                wire.receive()
            if wire.buffer.startswith(b"PING\r\n"):
                del wire.buffer[:6]
            wire.expect_end()

    def expect_all(self, wire, texts):
        """The next bytes are these texts, in any order."""
        while texts:
            if found := next((text for text in texts if wire.buffer.startswith(text)), None):
                del wire.buffer[: len(found)]
                texts.remove(found)
            else:
                assert wire.receive(), f"one of {texts} expected, got {bytes(wire.buffer)!r}"

    def match(self, one, line):
        """The line begins with the text; `%{*}` in it stands for anything."""
        pattern = b""
        for part in self.parts(one):
            pattern += b".*" if part is ANY else re.escape(self.identifier if part is IDENTIFIER else part)
        assert re.match(pattern, line, re.DOTALL), f"{one.text!r} expected, got {line!r}"

    def data(self, one):
        """The bytes of a step's text, with its line end."""
        return b"".join(self.identifier if part is IDENTIFIER else part for part in self.parts(one)) + one.end

    def parts(self, one):
        """The text as bytes, IDENTIFIER and ANY."""
        for plain, word in re.findall(r"(.*?)(?:%\{(.*?)\}|$)", one.text, re.DOTALL):
            yield unescape(plain)
            if word == "id":
                yield IDENTIFIER
            elif word == "*":
                yield ANY
            elif word == "#":
                yield str(len(self.data(self.next(one))) - 2).encode()
            elif word:
                count, unit = word.split("*", 1)
                yield int(count) * unescape(unit)

    def next(self, one):
        """The next step that sends, or receives, on the same connection."""
        steps = self.transcript.steps
        later = steps[steps.index(one) + 1 :]
        return next(step for step in later if (step.kind[0], step.connection) == (one.kind[0], one.connection))

    def close(self):
        """Ends the connections, and waits until the server has seen it: the next case must not meet them."""
        for wire in self.wires.values():
            wire.finish()
