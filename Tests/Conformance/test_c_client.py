"""Another client library that others wrote: libnats, through a small C program."""

import os
import pathlib
import shutil
import subprocess

import pytest


def test_a_c_program_stores_reads_and_acknowledges(server, client, tmp_path):
    """Streams 49, 50; consumers 65, 107."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        pytest.skip("there is no C compiler")
    source = pathlib.Path(__file__).with_name("c_client.c")
    probe = subprocess.run(
        [compiler, "-fsyntax-only", "-xc", "-"], input="#include <nats/nats.h>\n", capture_output=True, text=True
    )
    if probe.returncode:
        pytest.skip("nats/nats.h is missing: install libnats-dev")
    program = tmp_path / "c_client"
    subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-o", program, source, "-lnats"], check=True)
    run = subprocess.run([program, server.url()], capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "100 messages stored, read and acknowledged\n"
