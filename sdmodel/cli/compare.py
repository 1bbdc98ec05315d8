"""`sdmodel compare`: scenarios side by side, as a table, a figure or a file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sdmodel.cli.options import (
    data_options,
    integration_options,
    json_option,
    model_argument,
    of_option,
)
from sdmodel.cli.run import shown_names
from sdmodel.cli.text import Refused, as_json, console, number, plain, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdmodel.model import Model
    from sdmodel.run import Run

FIGURES = (".png", ".svg", ".pdf")
TABLES = (".csv", ".tab")
STORES = (".nc",)
CHANGES = (".cin", ".out")


@click.command()
@model_argument
@click.argument("scenarios", metavar="[SCENARIO]...", nargs=-1)
@of_option
@click.option("--at", type=float, help="Compare at this time instead of the last.")
@integration_options
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help="Write a figure (.png, .svg, .pdf) or the trajectories (.csv, .tab, .nc).",
)
@data_options
@json_option
def compare(
    model: str,
    scenarios: tuple[str, ...],
    names: tuple[str, ...],
    at: float | None,
    method: str,
    time_step: float | None,
    final_time: float | None,
    save_every: float | None,
    output: str | None,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Run the scenarios of MODEL and set them side by side, with the base run first.

    A SCENARIO is one of the model's .toml, or a changes file (.cin). Without any, every one in
    the .toml is run.

    \b
    Examples:
      sdmodel compare models/core.mdl
      sdmodel compare models/core.mdl autarky blended --of "relative knowledge"
      sdmodel compare models/core.mdl --at 1990 -o scenarios.png
      sdmodel compare models/epidemic.mdl models/epidemic_slow.cin --of Dead
    """
    import sdmodel as sd

    loaded = sd.load(model, data=data, allow=allow)
    shown = shown_names(loaded, names)
    _check_output(output)
    how: dict[str, Any] = {
        "method": method,
        "time_step": time_step,
        "final_time": final_time,
        "save_every": save_every,
        "outputs": shown,
    }
    if not (scenarios or loaded.settings.scenarios):
        beside = Path(model).with_suffix(".toml")
        raise Refused(f"{beside} names no scenarios: add some there, such as [scenarios.open]")
    runs = [loaded.run(name="base run", **how)]
    stems = Counter(Path(scenario).stem for scenario in scenarios)
    for scenario in scenarios or loaded.settings.scenarios:
        changes = Path(scenario)
        known = scenario in loaded.settings.scenarios
        if changes.suffix.lower() in CHANGES or (not known and changes.is_file()):
            called = changes.stem if stems[changes.stem] == 1 else scenario
            runs.append(loaded.with_changes(changes).run(name=called, **how))
        else:
            runs.append(loaded.run(scenario, **how))
    place = _place(runs[0], at)

    if output is not None:
        _write(loaded, runs, shown, output)
    if json_:
        as_json(_facts(loaded, runs, shown, place))
        return
    _print(loaded, runs, shown, place)
    if output is not None:
        click.echo(f"written: {output}")


def _place(run: Run, at: float | None) -> int:
    """Find the saved time to compare at."""
    if at is None:
        return -1
    places = [place for place, time in enumerate(run.times) if abs(time - at) <= 1e-9 * abs(at)]
    if not places:
        first, last = number(run.times[0]), number(run.times[-1])
        raise Refused(
            f"no value was saved at {number(at)}: the run covers {first} to {last}; choose a "
            "saved time, or set --save-every"
        )
    return places[0]


def _check_output(output: str | None) -> None:
    """Refuse a file name of no known kind before the runs, not after them."""
    known = FIGURES + TABLES + STORES
    if output is not None and Path(output).suffix.lower() not in known:
        raise Refused(f"{output}: not a kind of file that can be written; use {', '.join(known)}")


def _print(model: Model, runs: Sequence[Run], names: list[str], place: int) -> None:
    rows = table(
        f"{model.name}: values in {number(runs[0].times[place])}",
        ["scenario", *(_header(name, model.definition(name).units) for name in names)],
        "; ".join([f"method {runs[0].method}", *_notes(runs)]),
    )
    rows.columns[0].no_wrap = True
    for run in runs:
        cells = (number(float(run.values(name)[place])) for name in names)
        rows.add_row(*plain(run.name, *cells))
    console().print(rows)


def _notes(runs: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(note for run in runs for note in run.notes))


def _header(name: str, unit: str) -> str:
    return f"{name}\n({unit})" if unit else name


def _facts(model: Model, runs: Sequence[Run], names: list[str], place: int) -> dict[str, Any]:
    return {
        "model": str(model.path),
        "digest": model.digest,
        "method": runs[0].method,
        "notes": _notes(runs),
        "at": float(runs[0].times[place]),
        "units": {name: model.definition(name).units for name in names},
        "scenarios": {
            run.name: {name: float(run.values(name)[place]) for name in names} for run in runs
        },
    }


def _write(model: Model, runs: Sequence[Run], names: list[str], output: str) -> None:
    import sdmodel as sd
    from sdmodel.run import atomic

    suffix = Path(output).suffix.lower()
    if suffix in FIGURES:
        from sdmodel.cli.figure import draw_scenarios

        with atomic(Path(output)) as path:
            shown = {name: model.definition(name).units for name in names}
            draw_scenarios(runs, names, shown, path)
        return
    both = sd.compare(*runs)[names]
    with atomic(Path(output)) as path:
        if suffix in STORES:
            # Names as a coordinate: one may hold a slash, which netCDF forbids in its own.
            stacked = both.to_array("variable").to_dataset(name="values")
            stacked.attrs = both.attrs
            units = ("variable", [model.definition(name).units for name in names])
            stacked.assign_coords(units=units).to_netcdf(path, engine="h5netcdf")
        else:
            separator = "," if suffix == ".csv" else "\t"
            both.to_dataframe().to_csv(path, sep=separator, lineterminator="\n")
