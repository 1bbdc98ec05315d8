"""What the command line prints of a sweep: rankings, as tables for people or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from sensitivity.analysis import one_outcome, plan_of, ranking

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console

    from sensitivity.methods import Plan


def console() -> Console:
    """Open standard output for tables."""
    from rich.console import Console

    out = Console(highlight=False)
    # Wide enough for a table when the output goes to a file or a pipe.
    return out if out.is_terminal else Console(highlight=False, width=120)


def show(stored: xr.Dataset, outcome: str | None, json_: bool, most: int | None = None) -> None:
    """Print the ranking of each outcome, or of one, as tables or JSON; the `most` strongest."""
    if outcome is None:
        names = [str(name) for name in stored["outcome"].values]
    else:
        names = [str(one_outcome(stored, outcome)["outcome"].values)]
    if json_:
        click.echo(json.dumps(_as_data(stored, names), indent=2, ensure_ascii=False))
        return
    for name in names:
        _print_ranking(stored, name, most)
    _print_legend(stored)


def _as_data(stored: xr.Dataset, names: list[str]) -> dict[str, Any]:
    keep = ("model", "model_digest", "method", "samples", "seed", "runs", "failed_runs")
    facts: dict[str, Any] = {key: _plain(stored.attrs[key]) for key in (*keep, "confidence")}
    facts["outcomes"] = []
    plan = plan_of(stored)
    for name in names:
        chosen, table = one_outcome(stored, name), ranking(stored, name)
        rows = table.reset_index().to_dict(orient="records")
        facts["outcomes"].append(
            {
                "outcome": name,
                "unit": str(chosen["outcome_unit"].values),
                "base": _plain(chosen["base"].values),
                "note": str(chosen["note"].values),
                **({"facts": _facts(chosen, plan)} if plan.row.facts else {}),
                "factors": [{str(k): _plain(v) for k, v in row.items()} for row in rows],
            }
        )
    return facts


def _facts(chosen: xr.Dataset, plan: Plan) -> dict[str, Any]:
    return {fact: _plain(chosen[fact].values) for fact in plan.row.facts}


def _plain(value: Any) -> Any:
    """Return a number or text that JSON knows; it has no NaN, so that becomes null."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value != value else value


def _print_ranking(stored: xr.Dataset, name: str, most: int | None) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    plan, chosen, found = plan_of(stored), one_outcome(stored, name), ranking(stored, name)
    out, note = console(), str(chosen["note"].values)
    if not int(chosen["blocks_used"].values):
        click.secho(f"{name}: not ranked: {note}", fg="yellow")
        return
    unit, base = str(chosen["outcome_unit"].values), float(chosen["base"].values)
    rows = Table(
        title=escape(f"{name}" + (f" [{unit}]" if unit else "") + f", {base:.4g} at default"),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    rows.add_column("place", justify="right")
    rows.add_column("factor", overflow="fold")
    rows.add_column("")
    for index in plan.row.indices:
        rows.add_column(index, justify="right")
    for factor, row in found.head(most or len(found)).iterrows():
        first, last = int(row["first_rank"]), int(row["last_rank"])
        cells = []
        for index in plan.row.indices:
            width = row.get(f"{index}_conf")
            has_width = width is not None and width == width
            # Adding zero takes the sign from what rounds to nothing.
            share = f"{round(row[index], 3) + 0.0:.3f}"
            cells.append(f"{row[index]:.3g}" if plan.row.in_units else share)
            if has_width:
                cells[-1] += f" ± {width:.2g}" if plan.row.in_units else f" ± {width:.3f}"
        place = str(first) if first == last else f"{first}-{last}"
        rows.add_row(place, escape(str(factor)), str(row["role"]), *cells)
    out.print(rows)
    if most is not None and len(found) > most:
        out.print(
            f"and {len(found) - most} weaker ones: 'sensitivity rank' shows them", style="dim"
        )
    for fact in plan.row.facts:
        out.print(escape(f"{fact} {float(chosen[fact].values):.4g}: {plan.row.meanings[fact]}"))
    if note:
        out.print(f"note: {escape(note)}", style="yellow")


def _print_legend(stored: xr.Dataset) -> None:
    """Say once, below the tables, where they come from and what their columns mean."""
    from rich.markup import escape

    about, plan, out = stored.attrs, plan_of(stored), console()
    has_intervals = f"{plan.row.ranks_by}_conf" in stored.data_vars
    interval = f"; ± {plan.confidence:.0%} interval" if has_intervals else ""
    lines = [
        f"{about['model']}, method {plan.method}, n = {plan.samples:,}, {plan.runs:,} runs "
        f"({int(about['failed_runs']):,} failed), seed {int(about['seed'])}, integration "
        f"{about['integration']}{interval}",
        *(f"{index}: {plan.row.meanings[index]}" for index in plan.row.indices),
        "place: what the interval allows; 2-3 may be second or third",
        *(
            one
            for one in (plan.row.caution, about.get("arms_told"), about.get("failures_told"))
            if one
        ),
    ]
    for line in lines:
        out.print(escape(line), style="dim", soft_wrap=True)
