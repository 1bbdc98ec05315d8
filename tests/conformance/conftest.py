"""A line at the end of the tests: how much was compared."""

from __future__ import annotations

from _pytest.terminal import TerminalReporter


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    counts = [
        int(value)
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "columns compared"
    ]
    if counts:
        terminalreporter.write_line(
            f"conformance: {len(counts)} models agree with their recorded runs, "
            f"{sum(counts)} columns compared"
        )
