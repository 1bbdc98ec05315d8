"""`sdmodel run`: one run, its highlights in a table, its trajectories in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sdmodel.cli.options import (
    changes_option,
    data_options,
    integration_options,
    json_option,
    model_argument,
    of_option,
    read_settings,
    save_list_option,
)
from sdmodel.cli.text import as_json, can_draw_bars, console, number, plain, sparkline, table

if TYPE_CHECKING:
    from sdmodel.model import Model
    from sdmodel.run import Run

# Rows of a table: an array may have thousands of elements.
MOST_ROWS = 60


@click.command()
@model_argument
@click.argument("settings", metavar="[NAME=VALUE]...", nargs=-1)
@click.option("--scenario", metavar="S", help="Start from this scenario of the model's .toml.")
@changes_option
@integration_options
@click.option("--engine", metavar="ENGINE", help="pysd: let PySD run it, as a second opinion.")
@of_option
@save_list_option
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help="Write the trajectories to this file: .nc, .csv, .tab, .tsv, .dat or .parquet.",
)
@click.option("--across", is_flag=True, help="In a table, let time run across instead of down.")
@data_options
@json_option
def run(
    model: str,
    settings: tuple[str, ...],
    scenario: str | None,
    changes: tuple[str, ...],
    method: str,
    time_step: float | None,
    final_time: float | None,
    save_every: float | None,
    engine: str | None,
    names: tuple[str, ...],
    save_list: str | None,
    output: str | None,
    across: bool,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Run MODEL with constants set to new values, and print its highlights.

    Changes files come first, a scenario on top of them, and settings on top of both. The file
    written by -o holds every variable, or those named by --of and --save-list.

    \b
    Examples:
      sdmodel run models/core.mdl
      sdmodel run models/core.mdl "education effort=0.6" --of "relative knowledge"
      sdmodel run models/core.mdl --scenario blended --method rk4 --time-step 0.125
      sdmodel run models/epidemic.mdl --changes models/epidemic_slow.cin
      sdmodel run models/core.mdl --engine pysd
      sdmodel run models/core.mdl -o run.nc
    """
    import sdmodel as sd
    from sdmodel.export.writing import check_format

    loaded = sd.load(model, data=data, allow=allow)
    # Which engine runs a model by default is the library's choice, not this command's.
    how: dict[str, Any] = {"engine": engine} if engine else {}
    if changes:
        loaded = loaded.with_changes(*changes)
        how["name"] = scenario or ", ".join(Path(one).stem for one in changes)
    if save_list is not None:
        names += tuple(sd.read_save_list(save_list, loaded))
    if output is not None:
        check_format(Path(output), across=across)  # before the run, not after it
    done = loaded.run(
        merge(loaded, scenario, read_settings(settings)),
        method=method,
        time_step=time_step,
        final_time=final_time,
        save_every=save_every,
        outputs=list(names) or None,
        **how,
    )
    shown = shown_names(loaded, names)
    if output is not None:
        done.save(output, across=across)
    if json_:
        as_json(_facts(loaded, done, shown))
        return
    _print_run(loaded, done, shown)
    if output is not None:
        click.echo(f"written: {output}")


def merge(
    model: Model, scenario: str | None, settings: dict[str, float]
) -> str | dict[str, float] | None:
    """Put settings on top of a scenario."""
    if scenario is None:
        return settings or None
    if not settings:
        return scenario
    return {**model.scenario(scenario).values, **settings}


def shown_names(model: Model, names: tuple[str, ...]) -> list[str]:
    """Choose the columns of a table: those asked for, or highlights, or stocks; all elements."""
    from sdmodel.selection import selected

    wanted = names or model.settings.highlights or model.stocks
    return selected(model.source, model.program, list(wanted))


def _facts(model: Model, done: Run, names: list[str]) -> dict[str, Any]:
    return {
        "model": str(model.path),
        "digest": model.digest,
        "name": done.name,
        "method": done.method,
        "notes": list(done.notes),
        "settings": dict(done.overrides),
        "time": done.times.tolist(),
        "variables": {
            name: {"unit": model.definition(name).units, "values": done.values(name).tolist()}
            for name in names
        },
    }


def _print_run(model: Model, done: Run, names: list[str]) -> None:
    import numpy as np

    out = console()
    first, last = (number(done.times[place]) for place in (0, -1))
    drawn = can_draw_bars(out)
    settings = [f"{name} = {number(value)}" for name, value in done.overrides.items()]
    rows = table(
        f"{model.name}: {done.name}",
        ["variable", "unit", first, last, "lowest", "highest"]
        + (["from first to last"] if drawn else []),
        "; ".join([f"method {done.method}", *settings, *done.notes]),
    )
    rows.columns[1].justify = "left"
    for name in names[:MOST_ROWS]:
        values = done.values(name)
        cells = (values[0], values[-1], np.nanmin(values), np.nanmax(values))
        bars = [sparkline(values)] if drawn else []
        rows.add_row(
            *plain(name, model.definition(name).units, *(number(float(c)) for c in cells), *bars)
        )
    out.print(rows)
    if len(names) > MOST_ROWS:
        out.print(f"and {len(names) - MOST_ROWS} more; name some with --of, or write all with -o")
