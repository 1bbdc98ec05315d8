"""What a report of a simulation study needs, ticked from facts alone.

The lists follow Rahmandad and Sterman, "Reporting guidelines for simulation-based research in
social sciences", System Dynamics Review 28(4), 2012, 396-411: what is needed to repeat a study
(minimum) and what makes it easier to understand (preferred), of models, simulation experiments
and optimisation. What no file can tell is never ticked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sdmodel.documents.facts import Facts, plain
from sdmodel.documents.findings import Checked
from sdmodel.documents.html import Html, section, shown, table
from sdmodel.errors import SDError
from sdmodel.explain import VariableInfo
from sdmodel.expr import Call, walk
from sdmodel.names import key
from sdmodel.version import __version__

MET, GAP, OPEN, NONE = "met", "to add", "say yourself", "nothing to report"
MINIMUM, PREFERRED = "minimum", "preferred"
# A comment that reads as if it named a source: a year, an address, or a word for one.
_SOURCE = re.compile(
    r"\b(1[6-9]|20)\d\d[a-z]?\b|https?://|\bdoi\b|\bet al\b|\bsources?\b|\bref(erence)?s?\b|\[\w+\]"
    r"|\bassum|\bcalibrat|\bestimat|\bdata\b|\bexpert\b|\bsurvey\b|\binterview|\bP\d\d\b",
    re.IGNORECASE,
)
_MOST = 12


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the checklist: what is asked, whether it is there, and by what fact."""

    part: str
    level: str
    asks: str
    status: str
    fact: str
    add: str = ""
    names: tuple[str, ...] = ()


def checklist(found: Facts, result: Checked) -> tuple[Requirement, ...]:
    """Return all requirements, in the order of the guidelines."""
    return (*_model(found, result), *_simulation(found, result), *_optimisation(found))


def _counted(
    level: str, asks: str, infos: Sequence[VariableInfo], lacking: Sequence[str], add: str
) -> Requirement:
    there = len(infos) - len(lacking)
    status = GAP if lacking else MET
    return Requirement(
        "Model", level, asks, status, f"{there} of {len(infos)}", add if lacking else "",
        tuple(lacking),
    )  # fmt: skip


def _model(found: Facts, result: Checked) -> Iterator[Requirement]:
    infos = list(found.infos.values())
    numbers = [one for one in infos if one.kind in ("constant", "lookup", "data")]
    yield Requirement(
        "Model", MINIMUM, "Every equation and algorithm", MET, f"{len(infos)} variables, each with "
        "all its equations, on its page",
    )  # fmt: skip
    yield Requirement(
        "Model", MINIMUM, "Every parameter value, table and initial value", MET,
        f"{len(numbers)} constants, lookups and data series; initial values in the equations of "
        f"{len(found.model.stocks)} stocks",
    )  # fmt: skip
    without = [one.name for one in infos if not one.units and one.kind != "control"]
    measured = [one for one in infos if one.kind != "control"]
    yield _counted(
        PREFERRED, "A unit for every variable", measured, without,
        "write the unit behind the first ~ of each (Dmnl where it has none)",
    )  # fmt: skip
    mismatches = (*result.units.mismatches, *result.units.syntax)
    yield Requirement(
        "Model", PREFERRED, "Units that agree in every equation", GAP if mismatches else MET,
        result.units.summary, "see Checks, or `sdmodel units MODEL`" if mismatches else "",
        tuple(dict.fromkeys(one.variable for one in mismatches)),
    )  # fmt: skip
    silent = [one.name for one in measured if not one.comment.strip()]
    yield _counted(
        PREFERRED, "What each variable means", measured, silent,
        "say it in the comment of each variable",
    )  # fmt: skip
    nowhere = [one.name for one in numbers if not _SOURCE.search(one.comment)]
    yield _counted(
        PREFERRED, "Where each parameter, table and series is from", numbers, nowhere,
        "name data, literature or judgement in the comment; a year, an address or a word such as "
        "'source' or 'assumed' counts here, whether it is right no program can tell",
    )  # fmt: skip
    undrawn = [
        one.name for one in measured if key(one.name) not in found.drawn and one.name[0] != "#"
    ]
    if found.own_drawing:
        yield _counted(
            PREFERRED, "Diagrams of the structure", measured, undrawn, "draw them in a view"
        )
    else:
        yield Requirement(
            "Model", PREFERRED, "Diagrams of the structure", GAP, "the file has no drawing",
            "`sdmodel sketch MODEL` makes one",
        )  # fmt: skip
    yield Requirement(
        "Model", PREFERRED, "The model itself, to be run", MET,
        f"{found.model.path.name} is beside these pages",
    )  # fmt: skip


def _simulation(found: Facts, result: Checked) -> Iterator[Requirement]:
    model, run, part = found.model, found.base, "Simulation"
    yield Requirement(
        part, MINIMUM, "Software and its version", MET, f"sdmodel {__version__}",
    )  # fmt: skip
    if isinstance(run, SDError):
        yield Requirement(
            part, MINIMUM, "Method of integration and time step", GAP, "the base run stops",
            "see Checks",
        )  # fmt: skip
    else:
        step = float(run.values("TIME STEP")[0])
        yield Requirement(
            part, MINIMUM, "Method of integration and time step", MET,
            f"{run.method}, TIME STEP {step:g}, from {run.times[0]:g} to {run.times[-1]:g}",
        )  # fmt: skip
    scenarios = model.settings.scenarios
    yield Requirement(
        part, MINIMUM, "What each scenario sets", MET if scenarios else GAP,
        f"the base run and {len(scenarios)} named scenarios" if scenarios
        else "no scenario is named beside the base run",
        "" if scenarios else "name them in the .toml beside the model, if the study has any",
    )  # fmt: skip
    data = [one.name for one in found.infos.values() if one.kind == "data"]
    files = ", ".join(path.name for path in model.data_files)
    if data or files:
        yield Requirement(
            part, MINIMUM, "How data were prepared", OPEN,
            f"{len(data)} data variables" + (f", from {files}" if files else ""),
            "say how the series were made from their sources", tuple(data),
        )  # fmt: skip
    else:
        yield Requirement(part, MINIMUM, "How data were prepared", NONE, "the model reads none")
    outcomes = model.settings.outcomes
    yield Requirement(
        part, MINIMUM, "How results were worked out from runs", MET if outcomes else GAP,
        f"{len(outcomes)} outcomes, each with its formula" if outcomes else "no outcome is named",
        "" if outcomes else "name them under [outcomes] in the .toml beside the model",
    )  # fmt: skip
    drawn = _random(found)
    if drawn:
        yield Requirement(
            part, MINIMUM, "Number of runs, seeds and distributions of random draws", OPEN,
            f"{len(drawn)} variables draw random numbers", "say how many runs, and with which seed",
            tuple(drawn),
        )  # fmt: skip
    else:
        yield Requirement(
            part, MINIMUM, "Number of runs, seeds and distributions of random draws", NONE,
            "no equation draws random numbers",
        )  # fmt: skip
    if result.step is None:
        state, verdict = NONE, "the model has no stocks: nothing is integrated"
    elif isinstance(result.step, SDError):
        state, verdict = GAP, "the time step could not be compared with a smaller one"
    else:
        state, verdict = MET if result.step.ok else GAP, result.step.verdict
    cure = "take a smaller step or a better method, or say why it does not matter"
    yield Requirement(
        part, PREFERRED, "That the time step is small enough", state, verdict,
        cure if state == GAP else "",
    )  # fmt: skip
    factors = (*model.settings.levers, *model.settings.uncertainties)
    yield Requirement(
        part, PREFERRED, "How results depend on uncertain parameters", OPEN if factors else GAP,
        f"{len(factors)} levers and uncertainties with their ranges" if factors
        else "no range of any parameter is named beside the model",
        "report a sweep over them" if factors else "name levers and uncertainties in the .toml",
    )  # fmt: skip
    yield Requirement(
        part, PREFERRED, "Files of inputs and results", GAP, "the inputs are beside these pages; "
        "results are not", "`sdmodel run MODEL -o base.csv`, and the same of each scenario",
    )  # fmt: skip
    yield Requirement(
        part, PREFERRED, "Hardware, and how long it takes", OPEN, "no file tells",
        "say it where a study is too large to repeat at a desk",
    )  # fmt: skip


def _optimisation(found: Facts) -> Iterator[Requirement]:
    beside = [
        path.name
        for suffix in (".voc", ".vpd")
        for path in sorted(found.model.path.parent.glob(f"{found.model.path.stem}*{suffix}"))
    ]
    told = f"beside the model: {', '.join(beside)}" if beside else "no optimisation is filed here"
    status = OPEN if beside else NONE
    for level, asks in (
        (MINIMUM, "Software, method and settings of the search"),
        (MINIMUM, "The payoff: its terms, weights and data"),
        (MINIMUM, "What is searched: parameters and their bounds"),
        (MINIMUM, "What was found: values, and how certain they are"),
        (PREFERRED, "Starts, seeds and evaluations; whether other starts end elsewhere"),
        (PREFERRED, "The search's own files and its cost"),
    ):
        add = "report it where the study optimises or calibrates" if beside else ""
        yield Requirement("Optimisation", level, asks, status, told, add)


def _random(found: Facts) -> list[str]:
    names = []
    for entries in found.model.source.entries.values():
        nodes = (node for one in entries if one.equation for node in walk(one.equation))
        if any(isinstance(n, Call) and key(n.function).startswith("random") for n in nodes):
            names.append(entries[0].name)
    return names


# The page ---------------------------------------------------------------------------------------

_CLASS = {MET: "good", GAP: "bad", OPEN: "maybe", NONE: "soft"}
_MARK = {MET: "✓", GAP: "✗", OPEN: "?", NONE: "–"}


def summary(lines: Sequence[Requirement]) -> str:
    """Return how many requirements are met."""
    asked = [one for one in lines if one.status != NONE]
    met = sum(one.status == MET for one in asked)
    minimum = [one for one in asked if one.level == MINIMUM]
    met_minimum = sum(one.status == MET for one in minimum)
    return (
        f"{met} of {len(asked)} requirements met by facts in the files; of the minimum, "
        f"{met_minimum} of {len(minimum)}"
    )


def reporting_page(found: Facts, lines: Sequence[Requirement]) -> str:
    """Return the checklist as a page."""
    told = (
        f"<p>{shown(summary(lines))}.</p>"
        '<p class="soft">After Rahmandad and Sterman, “Reporting guidelines for simulation-based '
        "research in social sciences”, <cite>System Dynamics Review</cite> 28(4), 2012, 396–411. "
        f"“{shown(OPEN)}” is what no file can tell.</p>"
    )
    parts = dict.fromkeys(one.part for one in lines)
    return told + "\n".join(
        section(part, table(("requirement", "level", "state", "fact", "what to add"),
                            [_row(found, one) for one in lines if one.part == part], label=part))
        for part in parts
    )  # fmt: skip


def _row(found: Facts, one: Requirement) -> tuple[object, ...]:
    state = Html(
        f'<span class="{_CLASS[one.status]}"><span aria-hidden="true">{_MARK[one.status]}</span> '
        f"{shown(one.status)}</span>"
    )
    named = ", ".join(found.name(name) for name in sorted(one.names, key=plain)[:_MOST])
    if len(one.names) > _MOST:
        named += f" and {len(one.names) - _MOST} more"
    add = shown(one.add) + (f'<br><span class="soft">{named}</span>' if named else "")
    return one.asks, one.level, state, one.fact, Html(add)
