"""A line at the end of the tests: how much was compared; and no test passed over unseen."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from _pytest.terminal import TerminalReporter

from tests.conformance.recorded import PLACE


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Where the models are, the checks before a change is taken leave nothing out."""
    report = yield
    if report.skipped and PLACE is not None and os.environ.get("CI", "").casefold() == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, though the models are here and CI is set: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say how many models agree with their recorded runs, and on how many columns."""
    said = [
        dict(report.user_properties)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if any(name == "conformance" for name, _ in report.user_properties)
    ]
    passed = [int(one["conformance"]) for one in said if int(one["conformance"])]
    if said:
        terminalreporter.write_line(
            f"conformance: passed {len(passed)} of {len(said)}, columns {sum(passed)}"
        )
