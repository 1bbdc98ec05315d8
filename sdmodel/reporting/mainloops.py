"""The loops that a report tells of, with their equations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sdmodel.documents.facts import plain
from sdmodel.documents.feedback import FeedbackLoop, FeedbackLoops, loops
from sdmodel.documents.html import Html, section, shown, table
from sdmodel.documents.variable_page import set_equation
from sdmodel.model import Model
from sdmodel.names import key

# Loops that are told, how many are looked at to find them, and equations of one variable.
MOST, SEARCHED, MOST_ENTRIES = 8, 200, 3


def main_loops(found: FeedbackLoops, stocks: Sequence[str]) -> list[FeedbackLoop]:
    """Return for each stock the shortest loop that ties it to another, or else its shortest.

    Loops in which nothing comes round are passed over; there are `MOST` in all.
    """
    known, chosen = set(stocks), dict[str, FeedbackLoop]()
    for stock in stocks:
        through = [one for one in found if stock in one.path and one.kind != "idle"]
        tied = (one for one in through if len(known.intersection(one.path)) > 1)
        first = next(tied, next(iter(through), None))
        if first is not None:
            chosen.setdefault(first.name, first)
        if len(chosen) == MOST:
            break
    return list(chosen.values())


def loops_section(model: Model) -> Html:
    """Return the section of the main loops; nothing where there is none."""
    found = loops(model, most=SEARCHED)
    stocks = sorted(model.stocks, key=lambda name: -len(model.variable(name).used_by))
    chosen = main_loops(found, [model.definition(name).name for name in stocks])
    if not chosen:
        return Html("")
    rows = [
        (
            one.name,
            Html(f'<span class="nb">{shown(one.kind)}</span>'),
            " → ".join(map(plain, (*one.path, one.path[0]))),
        )
        for one in chosen
    ]
    names = dict.fromkeys(name for one in chosen for name in one.path)
    told = (
        f"<p>{shown(found.summary)}. Told here are {len(chosen)} of them: for each stock the "
        "shortest that ties it to another stock, or else its shortest, beginning with the stocks "
        "that most equations use. Signs are those of small nudges at every saved time of the base "
        "run.</p>"
    )
    return section(
        "Main loops",
        Html(
            told
            + table(("loop", "kind", "path"), rows, label="Main loops")
            + "<h3>The equations of these loops</h3>\n"
            + _equations(model, names)
        ),
        "loops",
    )


def _equations(model: Model, names: Iterable[str]) -> str:
    rows = []
    for name in names:
        info, entries = model.variable(name), model.source.entries[key(name)]
        lines = []
        pairs = zip(entries, info.entries, strict=False)
        for entry, (left, written) in list(pairs)[:MOST_ENTRIES]:
            if entry.equation is not None:
                lines.append(set_equation(entry, left, lambda name: ""))
            else:
                lines.append(f"<pre>{shown(' '.join(f'{left} = {written}'.split()))}</pre>")
        if len(entries) > MOST_ENTRIES:
            lines.append(f'<p class="soft">and {len(entries) - MOST_ENTRIES} more, in the file</p>')
        unit = f'<p class="soft">Unit: {shown(info.units)}</p>'
        rows.append(f'<div class="equations">{"".join(lines)}{unit if info.units else ""}</div>')
    return "\n".join(rows)
