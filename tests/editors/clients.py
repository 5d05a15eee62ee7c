"""Runs the tests beside it and prints one line per test, as the other editors' stories do."""

import pathlib
import sys

import pytest


class Lines:
    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.rpartition("::")[2]
        if report.failed or report.skipped:
            # Nothing here may be skipped: what can't run has failed.
            self.failed += 1
            print(f"\n  FAIL python: {name} ({report.when})\n{report.longreprtext}", flush=True)
        elif report.when == "call":
            self.passed += 1
            print(f"\n  ok python: {name}", flush=True)


lines = Lines()
tests = [pathlib.Path(__file__).with_name(name) for name in ("test_clients.py", "test_configurations.py", "test_features.py")]
arguments = ["-q", "--no-header", "--no-summary", "-p", "no:cacheprovider", f"--rootdir={tests[0].parent}", *map(str, tests)]
status = pytest.main(arguments, plugins=[lines])
if status != 0 and lines.failed == 0:
    lines.failed = 1
    print(f"  FAIL python: pytest ended with {status}")
print(f"{lines.passed} passed, {lines.failed} failed")
sys.exit(0 if lines.failed == 0 else 1)
