"""The codes of errors: what reading and lowering refuse, by its kind."""

from __future__ import annotations

from sdmodel.checks.records import ERROR, Check, Finding
from sdmodel.checks.registry import ALL, EVERYWHERE, put
from sdmodel.errors import Problem

_ROWS = (
    (
        "SD001",
        "syntax",
        "syntax",
        "The text cannot be understood: a bracket without its partner, a missing operator, an "
        "entry without its end, a file that is no model.",
        "correct the text at the caret",
        "growth = rate * (stock ~ kg/Year ~ |",
    ),
    (
        "SD002",
        "unknown name",
        "unknown name",
        "An equation names a variable, range or element that nobody defines.",
        "correct the name (near ones are told), or define the variable",
        "growth = rate * stcok ~ kg/Year ~ |",
    ),
    (
        "SD003",
        "circular",
        "circular",
        "Variables define each other with no stock or delay between them, so that none can be "
        "computed first.",
        "put a stock or a delay into the circle; of initial values, use ACTIVE INITIAL",
        "price = demand / 2 ~ ~ |\ndemand = 10 - price ~ ~ |",
    ),
    (
        "SD004",
        "not offered",
        "unsupported",
        "A function or construct that does not exist, or that sdmodel does not offer.",
        "use what `sdmodel functions` lists",
        "order = QUEUE FIFO(a, b, c) ~ ~ |",
    ),
    (
        "SD005",
        "defined twice",
        "duplicate",
        "A variable, macro or range has two definitions; nobody can say which is meant.",
        "rename or delete one of them",
        "rate = 1 ~ ~ |\nrate = 2 ~ ~ |",
    ),
    (
        "SD006",
        "contradiction",
        "definition",
        "A definition contradicts itself or another one: subscripts that do not fit, a lookup "
        "used as a number, a missing run control.",
        "as told with the message",
        "effect((0,0),(1,1)) ~ ~ |\nx = effect * 2 ~ ~ |",
    ),
    (
        "SD007",
        "settings",
        "settings",
        "The TOML file beside the model is no TOML, or names what the model does not have.",
        "correct the entry that is named",
        '[levers]\n"no such variable" = { high = 2 }',
    ),
)
_BY_KIND = {
    kind: put(Check(code, name, ERROR, meaning, cure, example, profiles=(*EVERYWHERE, ALL)))
    for code, name, kind, meaning, cure, example in _ROWS
}


def fault(problem: Problem) -> Finding:
    """Return an error under its code.

    >>> fault(Problem("no variable is named 'b'", kind="unknown name")).code
    'SD002'
    """
    row = _BY_KIND.get(problem.kind, _BY_KIND["definition"])
    return Finding(row.code, row.severity, problem)
