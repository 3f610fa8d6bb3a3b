#!/usr/bin/env python3
"""Adds up the results of the test runners and prints them in one line: `N passed, N failed`.

    summary.py NAME=FILE ...

Each FILE is in JUnit's XML form, as swift test (`--xunit-output`) and pytest (`--junitxml`) write it. A file that is
missing or unreadable counts as one failure: a runner that did not get to its end has not passed. What was skipped is
listed first, what failed and why directly above the line. Exits with 1 when anything failed, or when nothing ran at all.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

# Lines of a failure's message that are shown: the rest is in the runner's own output.
LINES = 5
# Characters of one of them.
WIDTH = 400


def failures(case):
    """What failed in a test case."""
    return [*case.findall("failure"), *case.findall("error")]


def story(name, case):
    """The lines that tell of a failed case: its name, and the beginning of what it said."""
    said = "\n".join(mark.get("message") or mark.text or "no reason given" for mark in failures(case))
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return [
        f"{name}: FAILED {case.get('classname')} {case.get('name')}",
        *(f"    {line[:WIDTH]}" for line in lines[:LINES]),
    ]


def count(name, file):
    """Prints the results in one file and returns (passed, failed, the lines that tell of what failed)."""
    try:
        cases = list(ElementTree.parse(file).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        return 0, 1, [f"{name}: FAILED: no result", f"    {error}"]
    failed = [case for case in cases if failures(case)]
    skipped = [case for case in cases if case.find("skipped") is not None]
    passed = len(cases) - len(failed) - len(skipped)
    for case in skipped:
        mark = case.find("skipped")
        print(f"{name}: skipped {case.get('name')}: {mark.get('message') or mark.text or 'no reason given'}")
    print(f"{name}: {passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return passed, len(failed), [line for case in failed for line in story(name, case)]


def main(arguments):
    """Counts every file and prints the sum last."""
    counts = [count(name, pathlib.Path(file)) for name, _, file in (a.partition("=") for a in arguments)]
    for _, _, lines in counts:
        for line in lines:
            print(line)
    passed, failed = (sum(column) for column in list(zip(*counts))[:2])
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
