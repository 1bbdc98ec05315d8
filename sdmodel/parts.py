"""Parts of a model made into constants: how a lookup is scaled and placed, where a stock starts.

A lookup and the initial value of a stock are no constants, so no run can set them. Here they get
constants of their own, ``scale of NAME``, ``stretch of NAME``, ``shift of NAME`` and
``initial of NAME``, whose values at first leave everything as it was: 1, 1, 0, and the number the
stock starts at. Every point (x, y) of a lookup moves to (stretch*x + shift, scale*y).

All of it lives in memory: the text of the model, and so its digest, stay those of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from sdmodel.errors import Problem, did_you_mean, model_error, near_names
from sdmodel.expr import (
    Apply,
    Call,
    Const,
    Expr,
    Lookup,
    Op,
    Ref,
    Values,
    children,
    literal,
    references,
    rewrite,
    walk,
    with_children,
)
from sdmodel.names import element_key, key, readable
from sdmodel.source import SourceModel, Variable

INITIAL = "initial"
# What each is to begin with, its unit, and what it does to a lookup.
_SHAPES = {
    "scale": (1.0, "Dmnl", "what comes out of it, times this"),
    "stretch": (1.0, "Dmnl", "its width as in the file, times this, about x = 0"),
    "shift": (0.0, "", "how far it is moved to the right"),
}
_PLACE = {"stretch", "shift"}
WORDS = (*_SHAPES, INITIAL)
# Functions that read a lookup, their first argument, at the second one.
_READERS = frozenset({"lookup extrapolate", "lookup forward", "lookup backward"})
_INLINE = "with lookup"

# From the key of a stock to the names of its elements, and what each starts at.
Starts = Callable[[str], Mapping[str, float]]
Made = tuple[SourceModel, list[Problem]]


def split(name: str) -> tuple[str, str] | None:
    """Return the word and the variable of a part's name, as keys; None where it is no such name.

    >>> split("Scale_of effect of crowding"), split('"initial of R&D"'), split("rate of growth")
    (('scale', 'effect of crowding'), ('initial', 'r&d'), None)
    """
    word, _, rest = key(name).partition(" of ")
    return (word, key(rest)) if word in WORDS and key(rest) else None


def part_key(name: str) -> str:
    """Return the key of a variable, an element or a part, be the part's variable quoted or not.

    >>> part_key('Initial of "R&D"'), part_key('"R&D"[ a ]')
    ('initial of r&d', 'r&d[a]')
    """
    parted = split(name)
    return element_key(" of ".join(parted) if parted else name)


def called(word: str, variable: str) -> str:
    """Return what a part is called; in quotes where its variable is.

    >>> called("scale", '"R&D effect"'), called("initial", "Infected")
    ('"scale of R&D effect"', 'initial of Infected')
    """
    return f'"{word} of {variable[1:]}' if variable.startswith('"') else f"{word} of {variable}"


def with_parts(
    model: SourceModel, names: Iterable[str], starts: Starts, *, strict: bool = True
) -> SourceModel:
    """Return the model with some parts as constants.

    Names of variables that the model has already are passed over.

    Raises
    ------
    ModelError
        With everything that stands against it, where that is not to be left out.
    """
    problems: list[Problem] = []
    wanted: dict[str, set[str]] = {}
    for name in names:
        if model.entries.keys() & {key(name), part_key(name).partition("[")[0]}:
            continue
        found = _variable_of(model, name)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            word, variable = found
            # Width and place always come together, so that their order is never in doubt.
            words = _PLACE if word in _PLACE else {word}
            wanted.setdefault(variable, set()).update(words)
    for variable, words in wanted.items():
        shape = [word for word in _SHAPES if word in words]
        if shape:
            model, wrong = _shaped(model, variable, shape)
            problems += wrong
        if INITIAL in words:
            model, wrong = _started(model, variable, starts)
            problems += wrong
    if problems and strict:
        raise model_error(problems)
    return model


def _variable_of(model: SourceModel, name: str) -> tuple[str, str] | Problem:
    """Return the word of a part, and the key of the variable it is a part of."""
    path, parted = model.source.path, split(name)
    if parted is None:
        what = f"{name!r} is no constant, and no part of a lookup or stock"
        cure = f"such parts are {', '.join(f'{word} of NAME' for word in WORDS)}"
        return Problem(what, "definition", path, name=name, cure=cure)
    word, of = parted
    for found in (of, element_key(of).partition("[")[0]):
        if found in model.entries:
            return word, found
    near = near_names(of, [one.name for one in model.by_key.values()])
    cure = did_you_mean(near) or "`sdmodel show MODEL` lists its variables"
    what = f"{name!r} is of a variable {of!r}, which the model has not"
    return Problem(what, "unknown name", path, name=name, near=near, cure=cure)


def _problem(model: SourceModel, entry: Variable, node: Expr, what: str, cure: str) -> Problem:
    at = getattr(node, "at", -1)
    place, about = at if at >= 0 else entry.at, entry.name
    return model.source.problem(
        place, what, kind="definition", variable=about, name=about, cure=cure
    )


def _with(
    model: SourceModel, changed: Mapping[int, Expr], added: Sequence[Variable]
) -> SourceModel:
    """Return the model with other equations, by the identity of their entries, and more entries."""
    kept = (
        replace(one, equation=changed[id(one)]) if id(one) in changed else one
        for one in model.variables
    )
    parts = dict.fromkeys((*model.parts, *(one.key for one in added)))
    return replace(model, variables=(*kept, *added), parts=tuple(parts))


# Where a stock starts ---------------------------------------------------------------------------


def _started(model: SourceModel, stock: str, starts: Starts) -> Made:
    """Make a constant of what a stock starts at, where that is a number or a constant."""
    problems: list[Problem] = []
    changed: dict[int, Expr] = {}
    for entry in model.entries[stock]:
        equation = entry.equation
        if not (isinstance(equation, Call) and key(equation.function) == "integ"):
            what = f"{entry.name!r} is no stock, so it has no initial value"
            problems.append(_problem(model, entry, Const(0.0), what, "name a stock, x = INTEG(..)"))
            continue
        rate, initial = equation.args
        if literal(initial) is None and not _is_constant(model, initial):
            what = f"the initial value of {entry.name!r} is computed, so no number can replace it"
            known = (model.by_key.get(key(one.name)) for one in references(initial))
            names = ", ".join(dict.fromkeys(repr(one.name) for one in known if one is not None))
            cure = f"vary what it is computed from: {names}" if names else "write it as a number"
            problems.append(_problem(model, entry, initial, what, cure))
            continue
        own = Ref(called(INITIAL, entry.name), entry.subscripts, getattr(initial, "at", -1))
        changed[id(entry)] = replace(equation, args=(rate, own))
    if problems:
        return model, problems
    first = model.by_key[stock]
    about = Variable(
        called(INITIAL, first.name),
        None,
        units=first.units,
        low=first.low,
        high=first.high,
        comment=f"what {first.name} starts at",
        group=first.group,
        at=first.at,
    )
    added = [
        replace(
            about,
            equation=Const(value),
            text=f"{value:g}",
            subscripts=_subscripts(name) if first.subscripts else (),
        )
        for name, value in starts(stock).items()
    ]
    return _with(model, changed, added), []


def _is_constant(model: SourceModel, expr: Expr) -> bool:
    entries = model.entries.get(key(expr.name), ()) if isinstance(expr, Ref) else ()
    return bool(entries) and all(
        one.equation is not None
        and (isinstance(one.equation, Values) or literal(one.equation) is not None)
        for one in entries
    )


def _subscripts(element: str) -> tuple[str, ...]:
    return tuple(element[element.rindex("[") + 1 : -1].split(","))


# How a lookup is read ---------------------------------------------------------------------------


def _shaped(model: SourceModel, variable: str, words: Sequence[str]) -> Made:
    """Make constants of how a lookup is read, or the one table that an equation holds."""
    own, of = model.entries[variable], model.by_key[variable].name
    # In XMILE the table of a variable may have a name of its own, for others that read it.
    names = (variable, key(f"#graphical function of {of}"))
    tables = {one for one in names if one in model.entries and model.by_key[one].lookup}
    holders = own if variable in tables else [one for one in own if _inline(one)]
    problems = [*_several(model, own), *_given_away(model, tables), *_in_macros(model, tables)]
    if not holders:
        what = f"{of!r} is no lookup, and holds none"
        lookups = [one.name for one in model.by_key.values() if one.lookup]
        cure = did_you_mean(near_names(of, lookups))
        cure = cure or "name a lookup, or a variable that is WITH LOOKUP(..)"
        problems.append(_problem(model, own[0], Const(0.0), what, cure))
    if problems:
        return model, problems

    def changed(entry: Variable, equation: Expr) -> Expr:
        def change(node: Expr) -> Expr:
            read = _read_by(node)
            if isinstance(node, Call) and key(node.function) in tables:
                return _moved(node, 0, of, words, node.subscripts)
            if isinstance(node, Call) and read is not None and key(read.name) in tables:
                return _moved(node, 1, of, words, read.subscripts)
            if entry.key == variable and _is_inline(node):
                return _moved(node, 0, of, words, entry.subscripts)
            return node

        return rewrite(equation, change)

    equations = {
        id(one): changed(one, one.equation) for one in model.variables if one.equation is not None
    }
    return _with(model, equations, _constants(of, words, holders)), []


def _is_inline(node: Expr) -> TypeGuard[Call | Lookup]:
    """Return whether a table is read that is written in the equation itself."""
    return isinstance(node, Lookup) or (isinstance(node, Call) and key(node.function) == _INLINE)


def _inline(entry: Variable) -> list[Expr]:
    nodes = walk(entry.equation) if entry.equation is not None else ()
    return [one for one in nodes if _is_inline(one)]


def _several(model: SourceModel, entries: Sequence[Variable]) -> Iterator[Problem]:
    for entry in entries:
        tables = _inline(entry)
        if len(tables) > 1:
            what = f"{entry.name!r} holds {len(tables)} tables"
            cure = "write each as a lookup of its own, and name that"
            yield _problem(model, entry, tables[1], what, cure)


def _read_by(node: Expr) -> Ref | None:
    """Return the lookup that a call of a function reads, if it does nothing else with it."""
    if isinstance(node, Call) and key(node.function) in _READERS and node.args:
        return node.args[0] if isinstance(node.args[0], Ref) else None
    return None


def _given_away(model: SourceModel, tables: set[str]) -> Iterator[Problem]:
    """Yield the calls that do more with a lookup than read its value."""
    for entry in model.variables:
        for node in walk(entry.equation) if entry.equation is not None else ():
            if not isinstance(node, Call):
                continue
            read = _read_by(node)
            given = (arg for arg in node.args if isinstance(arg, Ref) and arg is not read)
            for name in (readable(arg.name) for arg in given if key(arg.name) in tables):
                what = f"{entry.name!r} gives the lookup {name!r} to {node.function}"
                cure = f"only a lookup that is read, as in {name}(x), can be scaled or moved"
                yield _problem(model, entry, node, what, cure)


def _in_macros(model: SourceModel, tables: set[str]) -> Iterator[Problem]:
    """Yield the macros that read a lookup of the model."""
    for macro in model.macros:
        for entry in macro.variables:
            nodes = walk(entry.equation) if entry.equation is not None else ()
            names = (getattr(one, "function", getattr(one, "name", "")) for one in nodes)
            if not tables.isdisjoint(key(name).removesuffix("$").rstrip() for name in names):
                what = (
                    f"the macro {macro.name!r} reads the lookup in its equation of {entry.name!r}"
                )
                cure = "read the lookup in the model, and give the macro the value"
                yield _problem(model, entry, Const(0.0, macro.at), what, cure)


def _moved(
    node: Call | Lookup, place: int, of: str, words: Sequence[str], subscripts: tuple[str, ...]
) -> Expr:
    """Return what is read once the lookup is moved; `place` is that of x in a call's arguments."""
    part = {word: Ref(called(word, of), subscripts, node.at) for word in words}
    below = list(children(node))
    if "shift" in part:
        below[place] = Apply(Op.SUB, (below[place], part["shift"]), node.at)
    if "stretch" in part:
        below[place] = Apply(Op.DIV, (below[place], part["stretch"]), node.at)
    found = with_children(node, tuple(below))
    return Apply(Op.MUL, (part["scale"], found), node.at) if "scale" in part else found


def _constants(of: str, words: Sequence[str], entries: Sequence[Variable]) -> list[Variable]:
    """Return the constants of a lookup, with the subscripts that it has."""
    return [
        Variable(
            called(word, of),
            Const(value),
            text=f"{value:g}",
            units=unit,
            comment=f"{of}: {about}",
            group=entry.group,
            at=entry.at,
            subscripts=entry.subscripts,
            exceptions=entry.exceptions,
        )
        for word, (value, unit, about) in _SHAPES.items()
        if word in words
        for entry in entries
    ]
