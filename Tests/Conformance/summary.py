#!/usr/bin/env python3
"""Adds up the results of the test runners and prints them in one line: `N passed, N failed`.

    summary.py NAME=FILE ...

Each FILE is in JUnit's XML form, as swift test (`--xunit-output`) and pytest (`--junitxml`) write it. A file that is
missing or unreadable counts as one failure: a runner that did not get to its end has not passed. What was skipped is
listed above the line. Exits with 1 when anything failed, or when nothing ran at all.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count(name, file):
    """Prints the results in one file and returns (passed, failed)."""
    try:
        cases = list(ElementTree.parse(file).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        print(f"{name}: no result")
        return 0, 1
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    passed = len(cases) - len(failed) - len(skipped)
    for case in skipped:
        mark = case.find("skipped")
        print(f"{name}: skipped {case.get('name')}: {mark.get('message') or mark.text or 'no reason given'}")
    for case in failed:
        print(f"{name}: FAILED {case.get('classname')} {case.get('name')}")
    print(f"{name}: {passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return passed, len(failed)


def main(arguments):
    """Counts every file and prints the sum last."""
    counts = [count(name, pathlib.Path(file)) for name, _, file in (a.partition("=") for a in arguments)]
    passed, failed = (sum(column) for column in zip(*counts))
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
