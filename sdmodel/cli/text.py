"""What a verb prints: tables, numbers, JSON, and refusals."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

import click

from sdmodel.errors import printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.console import Console
    from rich.table import Table

# Wide enough for a table of scenarios when the output goes to a file or a pipe.
PIPED_WIDTH = 140
BARS = "▁▂▃▄▅▆▇█"


class Refused(click.ClickException):
    """A message on standard error and exit status 1, in place of a traceback."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message as it is: it says where and what to do by itself."""
        click.secho(f"sdmodel: {self.message}", fg="red", file=file, err=file is None)


def console() -> Console:
    """Open standard output for tables; without colours where it is no terminal."""
    from rich.console import Console

    out = Console(highlight=False, soft_wrap=False)
    return out if out.is_terminal else Console(highlight=False, width=PIPED_WIDTH)


def table(title: str, columns: Sequence[str], caption: str = "") -> Table:
    """Make an empty table whose first column holds names and whose others hold numbers."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    made = Table(
        title=escape(title),
        caption=escape(caption) or None,
        title_justify="left",
        caption_justify="left",
        title_style="bold",
        caption_style="dim",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for place, column in enumerate(columns):
        made.add_column(escape(column), justify="left" if place == 0 else "right", overflow="fold")
    return made


def plain(*cells: object) -> list[str]:
    """Write cells for a table, with square brackets taken as text and not as markup."""
    from rich.markup import escape

    return [escape(printable(str(cell))) for cell in cells]


def number(value: float) -> str:
    """Write a number as people read it: four digits, a year as a year.

    Examples
    --------
    >>> number(0.123456), number(1990.0), number(1234567.0), number(float("nan"))
    ('0.1235', '1990', '1.235e+06', '-')
    """
    if math.isnan(value):
        return "-"
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}"


def sparkline(values: NDArray[np.float64], width: int = 24) -> str:
    """Draw a trajectory in one line of block characters.

    Examples
    --------
    >>> import numpy as np
    >>> sparkline(np.linspace(0.0, 1.0, 8), width=8)
    '▁▂▃▄▅▆▇█'
    """
    import numpy as np

    finite = values[np.isfinite(values)]
    if not finite.size:
        return ""
    places = np.linspace(0, finite.size - 1, min(width, finite.size)).round().astype(int)
    shown, low, high = finite[places], float(finite.min()), float(finite.max())
    if high == low:
        return BARS[0] * len(places)
    heights = np.minimum((shown - low) / (high - low) * len(BARS), len(BARS) - 1).astype(int)
    return "".join(BARS[height] for height in heights)


def can_draw_bars(out: Console) -> bool:
    """Tell whether the block characters can be written in the terminal's own encoding."""
    try:
        BARS.encode(out.encoding)
    except UnicodeEncodeError:
        return False
    return True


def as_json(value: Any) -> None:
    """Print a value as JSON; what is not a number becomes null, as JSON knows no NaN."""
    click.echo(json.dumps(without_nan(value), indent=2, ensure_ascii=False))


def without_nan(value: Any) -> Any:
    """Return a value as JSON can hold it.

    >>> without_nan({"a": (float("nan"), 1)})
    {'a': [None, 1]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): without_nan(item) for key, item in value.items()}
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return [without_nan(item) for item in value]
    return value
