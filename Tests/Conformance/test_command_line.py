"""The program itself: flags, the lines that scripts wait for, and how it ends."""

import json
import signal
import subprocess
import time

import pytest

from server import Server, is_weir, program
from wire import Wire


def test_the_version_is_printed():
    """Core 4.7."""
    for flag in ("-v", "--version"):
        run = subprocess.run([program(), flag], capture_output=True, text=True, timeout=10)
        assert run.returncode == 0
        assert "2.15" in run.stdout or is_weir() and run.stdout.strip()


@pytest.mark.parametrize("flags", [["-p", "-1"], ["--port", "-1"], ["-p=-1"], ["--port=-1"]])
def test_a_free_port_is_found(tmp_path, flags):
    """Core 4.7: -1 is a free port, and both forms of giving a value work."""
    server = Server()
    try:
        log = tmp_path / "log"
        with open(log, "wb") as output:
            server.process = subprocess.Popen(
                [server.program, "-js", "-sd", str(server.store), "-a", "127.0.0.1", *flags],
                stdout=output,
                stderr=output,
            )
        server.log = log
        server.wait_until_ready()
        assert server.port > 0
        Wire(server).expect_alive()
    finally:
        server.close()


def test_the_store_directory_has_two_names(tmp_path):
    """Core 4.7."""
    server = Server()
    server.store = tmp_path / "unused"
    try:
        server.arguments = ["--store_dir", str(tmp_path / "used")]
        server.start()
        assert any((tmp_path / "used").rglob("*"))
    finally:
        server.close()


def test_the_ports_file_names_the_port(tmp_path):
    """Core 4.7."""
    with Server(arguments=["--ports_file_dir", str(tmp_path)]) as server:
        # The file may come a moment after the line that says the server is ready.
        limit = time.monotonic() + 10
        while not (files := [file for file in tmp_path.glob("*.ports") if file.stat().st_size]):
            assert time.monotonic() < limit, "no ports file"
            time.sleep(0.01)
        assert [file.name.rpartition("_")[2] for file in files] == [f"{server.process.pid}.ports"]
        assert json.loads(files[0].read_text())["nats"] == [f"nats://127.0.0.1:{server.port}"]
        assert server.terminate() == 0
        assert list(tmp_path.glob("*.ports")) == []


@pytest.mark.parametrize("flags", [["-D"], ["-V"], ["-DV"]])
def test_the_server_can_be_made_talkative(flags):
    """Core 4.9: what a trace shows contains the operations, and never a secret."""
    with Server(arguments=flags) as server:
        connection = Wire(server)
        connection.send('CONNECT {"verbose":false,"user":"joe","pass":"s3cret"}\nSUB foo 1\nPUB foo 2\nhi\n')
        connection.expect("MSG foo 1 2\nhi\n")
        connection.expect_alive()
        connection.close()
        server.terminate()
        text = server.log_text()
        assert "s3cret" not in text
        if "V" in flags[0]:
            assert "<<- [SUB foo 1]" in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_order(number):
    """Core 74: clients see the end of the connection without a word."""
    with Server() as server:
        connection = Wire(server)
        connection.expect_alive()
        server.process.send_signal(number)
        assert server.process.wait(timeout=10) == 0
        connection.expect_end()
        connection.close()


def test_a_port_that_is_taken_is_an_error():
    """Core 4.7."""
    with Server() as first:
        second = Server()
        second.port = first.port
        try:
            with pytest.raises(RuntimeError, match="the server ended with 1"):
                second.start()
        finally:
            second.close()


def test_the_listening_line_comes_before_the_ready_line(server):
    """Core 4.9."""
    text = server.log_text()
    assert f"Listening for client connections on 127.0.0.1:{server.port}" in text
    assert text.index("Listening for client connections") < text.index("Server is ready")
