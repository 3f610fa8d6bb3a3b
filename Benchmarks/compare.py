#!/usr/bin/env python3
"""Runs the same work against the reference server and Weir in turn, and prints one table.

Every server gets a fresh store directory on one file system, one load generator measures both,
and the rounds are interleaved (reference, Weir, reference, Weir, ...), so that whatever else the
machine does meets both. A figure is the median of the rounds.

Only the standard library of Python is needed. The reference comes from PyPI, into a virtual
environment of its own. Progress goes to standard error, the table to standard output. The exit
status is 1 when a work failed or when the stream publish of Weir misses its bar.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import signal
import statistics
import sys

from servers import Failed, Life, Server, end_all, reference_program, say
from works import BAR_WORK, scenarios

HERE = pathlib.Path(__file__).resolve().parent
BAR_RATIO = 2.0


def measure(servers, generator, work, options):
    """Runs everything; returns the order of works, their notes and results[work][server] = [result]."""
    notes, results, failures = {}, {}, []

    def wanted(name):
        return name is not None and (not options.only or any(text in name for text in options.only))

    lives = [life for life in scenarios(options.quick) if any(wanted(step.name) for step in life)]
    for round_number in range(1, options.rounds + 1):
        for steps in lives:
            for server in servers:
                if server.synced_reference and not any(step.synced for step in steps):
                    continue
                current = None
                try:
                    with Life(server, generator, work, 3 if options.quick else 8) as life:
                        for step in steps:
                            if step.name is not None and not wanted(step.name):
                                continue
                            current = step.name or "preparation"
                            result = step.run(life)
                            if step.name is None:
                                continue
                            notes[step.name] = step.note
                            results.setdefault(step.name, {}).setdefault(server.name, []).append(result)
                            say(f"round {round_number}: {step.name}: {server.name}: {wall(result)}")
                except Failed as error:
                    failures.append(f"round {round_number}: {server.name}: {current or 'start'}: {error}")
                    say("FAILED " + failures[-1])
    return notes, results, failures


def median(runs):
    """The run in the middle: its latencies and its CPU time belong to its rate."""
    if not runs:
        return None
    middle = statistics.median_low([run["seconds"] / max(1, run["messages"]) for run in runs])
    return next(run for run in runs if run["seconds"] / max(1, run["messages"]) == middle)


def quantity(value, unit):
    for factor, prefix in ((1e6, " M"), (1e3, " K"), (1, " ")):
        if value >= factor:
            short = value / factor
            return f"{short:.{0 if short >= 100 else 1 if short >= 10 else 2}f}{prefix}{unit}"
    return f"{value:.2f} {unit}"


def nanoseconds(value):
    if value < 995:
        return f"{value:.0f} ns"
    return f"{value / 1000:.{1 if value < 99_500 else 0}f} µs"


def wall(run):
    if run is None:
        return "–"
    if run["work"] == "ready":
        return f"{run['seconds']:.2f} s"
    if run["work"] == "idle":
        return (f"{run['idle_kib'] / 1024:.0f} MiB; {run['bytes_per_connection'] / 1024:.1f} KiB a connection, "
                f"{run['bytes_per_subscription']} B a subscription")
    text = quantity(run["rate"], "/s").replace(" /s", "/s")
    if run["work"] == "request" or run["work"] == "js-pub" and run["in_flight"] <= 64:
        text += f" (p50 {run['p50_us']:.0f} µs, p99 {run['p99_us']:.0f} µs)"
    return text


def cpu(run):
    if run is None:
        return "–"
    if run["work"] == "ready":
        return f"{run['server_cpu_seconds']:.2f} s"
    return nanoseconds(run["server_cpu_ns_per_message"])


def memory(run):
    return "–" if run is None else f"{run['server_anonymous_kib'] / 1024:.0f} MiB"


def ratio(reference, weir):
    if reference is None or weir is None:
        return None
    if weir["work"] == "idle":
        return None
    if weir["work"] == "ready":
        return reference["seconds"] / weir["seconds"]
    return weir["rate"] / reference["rate"]


def table(notes, results):
    """The Markdown table, a row for each work and each configuration of the reference."""
    lines = ["| work | reference | Weir | ratio | CPU per message (reference / Weir) | note |",
             "|---|---|---|---|---|---|"]
    for name, by_server in results.items():
        weir = median(by_server.get("weir"))
        for key, suffix in (("reference", ""), ("reference-synced", "; reference: `sync_interval: always`")):
            reference = median(by_server.get(key))
            if reference is None and (key != "reference" or weir is None):
                continue
            factor = ratio(reference, weir)
            note = notes[name] + suffix
            if "subjects" in name:
                note += f"; anonymous memory {memory(reference)} / {memory(weir)}"
            times = "–" if factor is None else f"{factor:.2f} ×"
            lines.append(f"| {name} | {wall(reference)} | {wall(weir)} | {times} | "
                         f"{cpu(reference)} / {cpu(weir)} | {note} |")
    return "\n".join(lines)


def machine():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a fifth of the messages, one round")
    parser.add_argument("--only", metavar="TEXT", action="append",
                        help="only works whose name has this; may repeat")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each work runs (3; quick: 1)")
    parser.add_argument("--weir", default=os.environ.get("WEIR_SERVER"), metavar="PATH",
                        help="weir-server (WEIR_SERVER, or the release build of this repository)")
    parser.add_argument("--reference", default=os.environ.get("REFERENCE_SERVER"), metavar="PATH",
                        help="nats-server (REFERENCE_SERVER, or installed from PyPI)")
    parser.add_argument("--load", default=str(HERE / ".build" / "release" / "load"), metavar="PATH",
                        help="the load generator")
    parser.add_argument("--json", metavar="PATH", help="write every single run there, too")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    if not os.access(options.load, os.X_OK):
        raise SystemExit(f"{options.load} is missing: swift build -c release --package-path {HERE}")

    reference = reference_program(options.reference, HERE / ".build" / "compare-venv")
    servers = [Server("reference", reference), Server("reference-synced", reference, synced_reference=True)]
    default = HERE.parent / ".build" / "release" / "weir-server"
    weir = options.weir or (str(default) if default.exists() else None)
    if weir and not os.access(weir, os.X_OK):
        raise SystemExit(f"{weir} cannot be run")
    if weir:
        servers.insert(1, Server("weir", weir))
    else:
        say("no weir-server: only the reference is measured")

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    # A directory of its own: two comparisons at once spoil the figures, but not each other's stores.
    work = HERE / ".build" / f"compare-work-{os.getpid()}"
    work.mkdir(parents=True)
    say(machine())
    try:
        notes, results, failures = measure(servers, options.load, work, options)
    finally:
        end_all()
        shutil.rmtree(work, ignore_errors=True)

    if options.json:
        runs = {"machine": machine(), "results": results}
        pathlib.Path(options.json).write_text(json.dumps(runs, indent=1) + "\n")
    print(table(notes, results))
    for failure in failures:
        say("FAILED " + failure)
    status = 1 if failures else 0
    if weir and BAR_WORK in results:
        factor = ratio(median(results[BAR_WORK].get("reference")), median(results[BAR_WORK].get("weir")))
        if factor is not None and factor < BAR_RATIO:
            say(f"the bar is missed: {BAR_WORK}: {factor:.2f} × the reference, not {BAR_RATIO} ×")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
