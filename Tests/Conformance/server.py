"""Starts, kills and restarts the server under test.

The program is the one that `WEIR_SERVER` names, else the release build, else the debug build of this repository.
It is started with the flags that nats-server has too, so that the same tests run on both.
"""

import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

# How long a start may take before a test gives up, in seconds. A loaded machine needs some of it.
START_LIMIT = 120.0


def program():
    """The server program under test."""
    named = os.environ.get("WEIR_SERVER")
    if named:
        if not shutil.which(named):
            raise SystemExit(f"WEIR_SERVER names no program: {named}")
        return str(pathlib.Path(shutil.which(named)).absolute())
    for build in ("release", "debug"):
        built = REPOSITORY / ".build" / build / "weir-server"
        if built.exists():
            return str(built)
    raise SystemExit("there is no weir-server: run `make build`, or set WEIR_SERVER")


def reference_program():
    """The nats-server to compare with, or None when there is none on this machine."""
    named = os.environ.get("REFERENCE_SERVER")
    if named:
        return named
    beside = pathlib.Path(sys.executable).parent / "nats-server"
    return str(beside) if beside.exists() else shutil.which("nats-server")


def is_weir():
    """Whether the server under test is Weir, and not the reference."""
    return not pathlib.Path(program()).name.startswith("nats-server")


def die_with_parent():
    """Runs in the new process: the kernel is to kill it when the tests end in whatever way (prctl(2))."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """One server process with a store of its own. It is killed, and its store removed, by `close`."""

    def __init__(self, server_program=None, address="127.0.0.1", arguments=(), prefix=()):
        self.program = server_program or program()
        self.address = address
        self.arguments = list(arguments)
        self.prefix = list(prefix)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-conformance-"))
        self.store = self.folder / "store"
        self.log = self.folder / "log"
        self.port = None
        self.process = None

    def start(self, wait=True):
        """Starts the process on the port it had before, or on a free one. Returns the server itself."""
        # One argument with "=": a parser may take a separate "-1" for an option.
        port = f"--port={self.port or -1}"
        command = [*self.prefix, self.program, "-js", "-sd", str(self.store), "-a", self.address, port]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command + self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent if sys.platform == "linux" else None,
            )
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self):
        """Returns once the log says that the server is ready; `port` is known then."""
        limit = time.monotonic() + START_LIMIT
        while "Server is ready" not in self.log_text():
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log_text()}")
            if time.monotonic() > limit:
                raise RuntimeError(f"the server was not ready within {START_LIMIT} s:\n{self.log_text()}")
            time.sleep(0.005)
        found = re.search(r"Listening for client connections on \S*:(\d+)", self.log_text())
        if not found:
            raise RuntimeError(f"the log does not name the port:\n{self.log_text()}")
        self.port = int(found.group(1))

    def log_text(self):
        """What the process has logged since its start."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self):
        """kill -9: the process gets no chance to write anything."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def terminate(self):
        """SIGTERM. Returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=START_LIMIT)

    def restart(self):
        """kill -9 and a new start on the same store and port."""
        self.kill()
        return self.start()

    def is_running(self):
        """Whether the process is alive."""
        return self.process is not None and self.process.poll() is None

    def url(self):
        """The address for client libraries."""
        return f"nats://{self.address}:{self.port}"

    def connect(self, timeout=60.0):
        """A plain TCP connection to the server."""
        return socket.create_connection((self.address, self.port), timeout=timeout)

    def close(self):
        """Ends the process and removes its files."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, *_):
        self.close()
