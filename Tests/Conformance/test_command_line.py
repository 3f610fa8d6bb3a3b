"""The program itself: flags, the lines that scripts wait for, and how it ends."""

import json
import pathlib
import signal
import subprocess
import time

import pytest

from server import Server, is_weir, program
from wire import Wire


def test_the_version_is_printed():
    """Core 4.7."""
    for flag in ("-v", "--version"):
        run = subprocess.run([program(), flag], capture_output=True, text=True, timeout=60)
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
        limit = time.monotonic() + 60
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
        assert server.process.wait(timeout=60) == 0
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


# Flags.


def run(*arguments, **options):
    """Runs the program to its end."""
    return subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=60, **options)


NAME = pathlib.Path(program()).name


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["-foo"], "flag provided but not defined: -foo"),
        (["--foo=1"], "flag provided but not defined: -foo"),
        (["-p"], "flag needs an argument: -p"),
        (["--config"], "flag needs an argument: -config"),
        (["-p", "abc"], 'invalid value "abc" for flag -p: parse error'),
        (["-D=maybe"], 'invalid boolean value "maybe" for -D: parse error'),
        (["--signal"], "flag needs an argument: -signal"),
    ],
)
def test_arguments_that_are_not_understood_give_the_usage(arguments, message):
    """Core 4.7: and success, to the surprise of many."""
    result = run(*arguments)
    assert result.returncode == 0
    assert result.stderr.splitlines()[0] == message
    assert f"Usage: {NAME} [options]" in result.stdout + result.stderr


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["help"], ["help", "foo"]])
def test_help_is_given(arguments):
    """Core 4.7."""
    result = run(*arguments)
    assert result.returncode == 0
    assert f"Usage: {NAME} [options]" in result.stdout
    assert "--server_name" in result.stdout


def test_there_is_something_to_say_about_tls():
    """Core 4.7."""
    result = run("--help_tls")
    assert result.returncode == 0
    assert "TLS" in result.stdout


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["foo"], 'unrecognized command: "foo"'),
        (["-p", "-1", "foo"], 'unrecognized command: "foo"'),
        (["-t"], "must specify [-c, --config] option to check configuration file syntax"),
        (["-c", "missing.conf"], "open missing.conf: no such file or directory"),
        (["-t", "-c", "missing.conf"], "open missing.conf: no such file or directory"),
        (["--signal", "foo=1"], 'unknown signal "foo"'),
        (["--signal", "reload=/nonexistent"], "invalid pid: /nonexistent"),
        (["-sl", "stop=abc"], "invalid pid: abc"),
        (["-sl=term=99999999"], '\nsignal "term" 99999999: no such process'),
        (["--routes", "nats://127.0.0.1:1"], "solicited routes require cluster capabilities, e.g. --cluster"),
        (["-n", "a b"], "server name cannot contain spaces"),
    ],
)
def test_what_cannot_be_done_is_told(tmp_path, arguments, message):
    """Core 4.7."""
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr == f"{NAME}: {message}\n"


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["-p", "70000", "-js=false"], "[FTL] Error listening on port: 0.0.0.0:70000"),
        (["-p", "-1", "-m", "99999999", "-js=false"], "[FTL] Can't start monitoring: can't listen to the monitor port"),
        (["-p", "-1", "-P", "/nonexistent/pid", "-js=false"],
         "[FTL] Could not write pidfile: open /nonexistent/pid: no such file or directory"),
        (["-p", "-1", "-l", "/nonexistent/log"], "open /nonexistent/log: no such file or directory"),
    ],
)
def test_a_server_that_cannot_start_says_why(arguments, message):
    """Core 4.7."""
    result = run(*arguments)
    assert result.returncode == 1
    assert message in result.stderr


@pytest.mark.weir
@pytest.mark.parametrize(
    "arguments", [["-ms", "8443"], ["--tls"], ["--tlscert", "x"], ["-s"], ["--cluster", "nats://x:1"], ["--profile", "1"]]
)
def test_a_flag_of_what_is_not_built_is_refused(arguments):
    """Better no server than one that does half of what it was told."""
    result = run(*arguments)
    assert result.returncode == 1
    assert "is not supported by this server" in result.stderr


def test_the_process_id_is_written(tmp_path):
    """Core 4.2: decimal, without a line's end, and left behind."""
    path = tmp_path / "pid"
    with Server(arguments=["-P", str(path)]) as server:
        assert path.read_text() == str(server.process.pid)
        assert server.terminate() == 0
    assert path.exists()


@pytest.mark.parametrize(
    "flags,connect,answer",
    [
        (["--user", "a", "--pass", "b"], '{"verbose":false,"user":"a","pass":"b"}', "PONG\n"),
        (["--user=a", "--pass=b"], '{"verbose":false,"user":"a","pass":"c"}', "-ERR 'Authorization Violation'\n"),
        (["--auth", "s3cret"], '{"verbose":false,"auth_token":"s3cret"}', "PONG\n"),
        (["--auth", "s3cret"], '{"verbose":false}', "-ERR 'Authorization Violation'\n"),
    ],
)
def test_credentials_may_be_given_as_flags(start, flags, connect, answer):
    """Core 4.7."""
    server = start(arguments=flags)
    wire = Wire(server)
    wire.send(f"CONNECT {connect}\nPING\n")
    wire.expect(answer)
    wire.close()


def test_the_advertised_address_is_told(start):
    """Core 4.7."""
    server = start(arguments=["--client_advertise", "example.org:5222"])
    with server.connect() as connection:
        info = json.loads(connection.makefile().readline().removeprefix("INFO "))
    assert (info["host"], info["port"]) == ("example.org", 5222)


# Signals.


@pytest.mark.parametrize("name", ["quit", "term"])
@pytest.mark.parametrize("form", ["number", "file"])
def test_another_process_may_be_told_to_end(tmp_path, name, form):
    """Core 4.7, 4.8."""
    path = tmp_path / "pid"
    with Server(arguments=["-P", str(path)]) as server:
        target = server.process.pid if form == "number" else path
        assert run("--signal", f"{name}={target}").returncode == 0
        assert server.process.wait(timeout=60) == 0


def test_another_process_may_be_stopped_at_once():
    """Core 4.8."""
    with Server() as server:
        assert run("-sl", f"stop={server.process.pid}").returncode == 0
        assert server.process.wait(timeout=60) == -signal.SIGKILL


@pytest.mark.parametrize(
    "name,line", [("reopen", "File log re-opened"), ("reload", "Failed to reload server configuration")]
)
def test_another_process_may_be_told_to_go_on(name, line):
    """Core 4.8."""
    server = Server()
    server.arguments = ["-l", str(server.log)]
    with server.start():
        assert run("--signal", f"{name}={server.process.pid}").returncode == 0
        limit = time.monotonic() + 60
        while line not in server.log_text():
            assert time.monotonic() < limit, server.log_text()
            time.sleep(0.01)
        assert server.is_running()


def test_a_lame_duck_without_clients_ends_at_once():
    """Core 73."""
    with Server() as server:
        server.process.send_signal(signal.SIGUSR2)
        assert server.process.wait(timeout=60) == 0
        text = server.log_text()
        assert 'Trapped "user defined signal 2" signal' in text
        assert "Entering lame duck mode, stop accepting new clients" in text


def test_a_lame_duck_ignores_the_terminal_signal(tmp_path):
    """Core 4.8: but not the interrupt."""
    path = tmp_path / "c.conf"
    path.write_text('lame_duck_duration: "40s"\nlame_duck_grace_period: "30s"\n')
    with Server(arguments=["-c", str(path)]) as server:
        connection = Wire(server)
        connection.expect_alive()
        server.process.send_signal(signal.SIGUSR2)
        limit = time.monotonic() + 60
        while "Entering lame duck mode" not in server.log_text():
            assert time.monotonic() < limit
            time.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        while 'Trapped "terminated" signal' not in server.log_text():
            assert time.monotonic() < limit
            time.sleep(0.01)
        connection.expect_alive()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(timeout=60) == 0
        connection.close()


@pytest.mark.weir
def test_the_program_stands_in_for_the_reference(tmp_path):
    """Under its name it says what the reference says, and stores streams when it is told to."""
    link = tmp_path / "nats-server"
    link.symlink_to(program())
    version = subprocess.run([link, "-v"], capture_output=True, text=True, timeout=60)
    assert version.stdout == "nats-server: v2.15.1\n"
    unknown = subprocess.run([link, "foo"], capture_output=True, text=True, timeout=60)
    assert (unknown.returncode, unknown.stderr) == (1, 'nats-server: unrecognized command: "foo"\n')
