"""The verb ``sensitivity converged``: say whether a stored sweep is large enough."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from sensitivity.converged.verdict import Convergence


@click.command()
@click.argument("sweep_file", metavar="SWEEP", type=click.Path(exists=True, dir_okay=True))
@click.option("--of", "outcome", metavar="OUTCOME", help="Only this outcome.")
@click.option(
    "--top", type=int, default=5, show_default=True, help="How many factors must hold their place."
)
@click.option(
    "--tolerance",
    type=float,
    default=0.05,
    show_default=True,
    help="How far their indices may be off; a share of the largest where indices have a unit.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON for other programs.")
def converged(
    sweep_file: str, outcome: str | None, top: int, tolerance: float, json_: bool
) -> None:
    """Tell whether a stored SWEEP is large enough for its ranking to hold.

    The first eighth, quarter and half of a design are designs of their own, so nothing is run
    again. The exit status is 1 where an outcome does not hold yet.

    \b
    Examples:
      sensitivity converged sweep.nc
      sensitivity converged sweep.nc --of "final relative knowledge" --top 3
    """
    import sensitivity as sa
    from sensitivity.tables import console

    stored = sa.open_sweep(sweep_file)
    names = [outcome] if outcome else [str(one) for one in stored["outcome"].values]
    found = [sa.convergence(stored, name, top=top, tolerance=tolerance) for name in names]
    if json_:
        click.echo(json.dumps([one.to_dict() for one in found], indent=2, ensure_ascii=False))
    else:
        out = console()
        for one in found:
            out.print(_table(one))
            out.print(f"{one.prefixes.outcome}: {one.verdict}.\n", markup=False)
    if not all(one.held for one in found):
        raise click.exceptions.Exit(1)


def _table(found: Convergence) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = Text(f"{found.prefixes.outcome}, by {found.prefixes.plan.row.ranks_by}")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("n", "runs", "largest change", "half-width", "agreement", "places held"):
        table.add_column(head, justify="right")
    for row in found.table.to_dict(orient="records"):
        change, width = (
            "-" if math.isnan(row[name]) else f"{row[name]:.3f}"
            for name in ("change", "half_width")
        )
        cells = (f"{row['n']:,}", f"{row['runs']:,}", change, width, f"{row['agreement']:.3f}")
        table.add_row(*cells, str(row["places_held"]))
    return table
