"""What the demo prints: tables and bars of progress that fit an ordinary terminal."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sensitivity.errors import SweepWarning
from sensitivity.scenarios import grouped, told

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from rich.console import Console
    from rich.table import Table

    import sdmodel as sd

    Report = Callable[[int, int], None]

SHOWN_FACTORS = 10
HEAD_WIDTH = 10
LABEL_WIDTH = 34
COLOURS = {"pass": "green", "fail": "bold red", "finding": "yellow"}


@contextmanager
def notes() -> Iterator[None]:
    """Print what a sweep warns about as notes; any other warning stays one."""
    import click

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SweepWarning)
        yield
    for one in caught:
        if issubclass(one.category, SweepWarning):
            click.secho(f"note: {one.message}", fg="yellow", err=True)
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


@contextmanager
def bar(
    console: Console, what: str, *, passing: bool = False, unit: str = "runs"
) -> Iterator[Report]:
    """Show a bar that tells how many runs are done, at which rate, and the time left.

    A passing one is shown on a terminal only, and is gone when all is done.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    disable = passing and not console.is_terminal
    with Progress(*columns, console=console, transient=passing, disable=disable) as bars:
        began = time.perf_counter()
        task = bars.add_task(what, total=None, rate="")

        def report(done: int, total: int) -> None:
            rate = done / max(time.perf_counter() - began, 1e-9)
            bars.update(task, completed=done, total=total, rate=f"{rate:,.0f} {unit}/s")

        yield report


@contextmanager
def tests_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Show which confidence test is being run, where the output is a terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<5}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        task = bars.add_task("", total=None)

        def report(test: str, done: int, total: int) -> None:
            bars.update(task, description=test, completed=done, total=total)

        yield report


def print_outcomes(model: sd.Model, outcomes: pd.DataFrame, method: str, console: Console) -> None:
    """Print the outcomes of each scenario, group by group, as many as fit."""
    from rich.text import Text

    longest = min(LABEL_WIDTH, max(len(str(label)) for label in outcomes.index))
    fit = max(1, (console.width - longest - 2) // (HEAD_WIDTH + 2))
    left_out = len(outcomes.columns) - fit
    more = f"; {left_out} more outcomes in the report" if left_out > 0 else ""
    table = _table(caption=f"method {method}{more}")
    table.add_column("scenario", max_width=LABEL_WIDTH)
    for name in outcomes.columns[:fit]:
        table.add_column(name, justify="right", max_width=HEAD_WIDTH)

    def add(label: str) -> None:
        row = outcomes.loc[label].iloc[:fit]
        values = row.to_numpy(dtype=float)
        cells = (
            told(model, str(name), value) for name, value in zip(row.index, values, strict=True)
        )
        table.add_row(Text(label), *cells)

    base, *labels = [str(label) for label in outcomes.index]
    add(base)
    for title, members in grouped(model, labels):
        if title:
            table.add_section()
            table.add_row(Text(title, style="bold"))
        for label in members:
            add(label)
    console.print(table)


def print_ranking(sweep: xr.Dataset, console: Console) -> None:
    """Print the strongest factors of the first outcome with their shares of its variance."""
    from sensitivity.analysis import ranking

    ranked = ranking(sweep)
    table = _table(
        title=f"What '{sweep['outcome'].values[0]}' depends on",
        caption="ST: share of the variance in total, S1: alone; ± half of the "
        f"{float(sweep.attrs['confidence']):.0%} interval; places: what the interval allows",
    )
    table.add_column("factor", overflow="fold")
    table.add_column("kind", min_width=11)
    for text, width in (("ST", 11), ("S1", 12), ("places", 6)):
        table.add_column(text, justify="right", min_width=width)
    for factor, row in ranked.head(SHOWN_FACTORS).iterrows():
        table.add_row(
            _plain(str(factor)),
            row["role"],
            f"{row['ST']:.2f} ± {row['ST_conf']:.2f}",
            f"{row['S1']:.2f} ± {row['S1_conf']:.2f}",
            f"{row['first_rank']}-{row['last_rank']}",
        )
    console.print(table)


def print_validation(report: sd.ValidationReport, console: Console) -> None:
    """Print the confidence tests: what each found."""
    from rich.text import Text

    table = _table()
    for text in ("test", "result", "what was found"):
        table.add_column(text, overflow="fold")
    for one in report.results:
        status = Text(one.status, style=COLOURS.get(one.status, "dim"))
        table.add_row(Text(f"{one.id} {one.name}"), status, Text(one.text))
    console.print(table)


def _table(title: str | None = None, caption: str | None = None) -> Table:
    from rich import box
    from rich.table import Table

    return Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title=title,
        title_justify="left",
        caption=caption,
        caption_justify="left",
    )


def _plain(text: str) -> str:
    # An element such as "weight[schooling]" would read as markup.
    from rich.markup import escape

    return escape(text)
