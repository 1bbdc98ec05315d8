"""A variable, range or element renamed everywhere in a `.mdl` file, and what that must mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from sdmodel.editing import drawing, xmile_names
from sdmodel.editing.meaning import Meaning, bare, meaning
from sdmodel.editing.text import Splice, is_xmile
from sdmodel.editing.vensim import sheet
from sdmodel.editing.words import (
    ELEMENT,
    RANGE,
    VARIABLE,
    Renamed,
    refuse_function,
    spelled,
    splices,
)
from sdmodel.errors import (
    OverrideError,
    Problem,
    ReadError,
    UnknownNameError,
    did_you_mean,
    model_error,
    near_names,
)
from sdmodel.expr import Call, Expr, Ref, rewrite, walk
from sdmodel.frontends.entries import END_OF_MACRO, EQUATION, MACRO
from sdmodel.frontends.sketch import read_sketch
from sdmodel.frontends.tokens import ExpressionError, words
from sdmodel.names import key
from sdmodel.source import SourceModel, SourceText, Variable

_RUN = frozenset({"time", "initial time", "final time", "time step", "saveper"})


def renaming(model: SourceModel, old: str, new: str) -> Renamed:
    """Return what is to be renamed, once it is clear that it can be.

    Raises
    ------
    UnknownNameError
        If nothing has the old name.
    OverrideError
        If the new name is taken, or means something already.
    """
    wanted, named = key(old), spelled(new)
    ranges = {one.key: one.name for one in model.dimensions}
    elements = {key(name): name for one in model.dimensions for name in one.elements}
    variables = {one.key: one.name for one in model.variables}
    macros = {key(one.name): one.name for one in model.macros}
    if wanted in _RUN:
        raise OverrideError(old, f"{old!r} is a name that Vensim itself gives: it must stay")
    if not key(new):
        raise OverrideError(old, "the new name is empty")
    known = {**elements, **ranges, **variables}
    if wanted not in known:
        near = near_names(old, list(known.values()))
        problem = Problem(
            f"the model has no variable, range or element named {old!r}",
            kind="unknown name",
            path=model.source.path,
            name=old,
            near=near,
            cure=did_you_mean(near) or "`sdmodel show MODEL` lists its variables",
        )
        raise UnknownNameError([problem])
    checks = {
        key(name): name
        for name in (*(one.name for one in model.inputs), *(one.name for one in model.constraints))
    }
    taken = {**macros, **checks, **known, **dict.fromkeys(_RUN, "a name of Vensim's own")}
    if key(new) != wanted and key(new) in taken:
        raise OverrideError(new, f"{new!r} is taken already, by {taken[key(new)]!r}")
    if key(new) != wanted:
        refuse_function(model.source, new)
    kind = VARIABLE if wanted in variables else RANGE if wanted in ranges else ELEMENT
    return Renamed(kind, wanted, named, alone=wanted not in variables)


def rename_splices(model: SourceModel, renamed: Renamed) -> list[Splice]:
    """Return what renames a name in equations, ranges, macros, the sketch and the settings."""
    source = model.source
    if is_xmile(source):
        return xmile_names.rename_splices(source, renamed)
    return [*equation_splices(source, renamed), *drawing.renaming(source.text, renamed)]


def equation_splices(source: SourceText, renamed: Renamed) -> list[Splice]:
    """Return what renames a name in the equations, ranges and macros of a text."""
    found, macro = list[Splice](), False
    for entry in sheet(source).entries:
        if entry.kind in (MACRO, END_OF_MACRO):
            macro = entry.kind == MACRO
        if entry.kind != EQUATION:
            continue
        try:
            own = words(source.text, entry.equation.start, entry.equation.end)
        except ExpressionError as error:
            raise ReadError([source.problem(error.at, error.message, cure=error.cure)]) from None
        ranged = len(own) > 1 and own[1].text in (":", "<->")
        found += splices(own, renamed, macro=macro, ranged=ranged)
    return found


def renamed_meaning(model: SourceModel, got: Meaning, renamed: Renamed) -> Meaning:
    """Return what a model must say after a name is changed; see that the sketch says it, too."""
    old = meaning(model)
    if is_xmile(model.source):
        return xmile_names.renamed_meaning(old, renamed)
    in_file = _in_expressions(renamed.name, renamed.subscript)
    in_macro = _in_expressions(renamed.in_macro, renamed.subscript)
    if renamed.kind != VARIABLE:
        in_macro = in_file
    return replace(
        old,
        variables=tuple(_variable(one, renamed, in_file) for one in old.variables),
        macros=tuple(
            replace(
                one,
                variables=tuple(
                    _variable(part, renamed, in_macro, named=False) for part in one.variables
                ),
            )
            for one in old.macros
        ),
        dimensions=tuple(
            replace(
                one,
                name=renamed.subscript(one.name),
                elements=tuple(map(renamed.subscript, one.elements)),
                equivalent=renamed.subscript(one.equivalent),
                mappings=tuple(
                    replace(
                        to,
                        target=renamed.subscript(to.target),
                        elements=tuple(map(renamed.subscript, to.elements)),
                    )
                    for to in one.mappings
                ),
            )
            for one in old.dimensions
        )
        if renamed.kind != VARIABLE
        else old.dimensions,
        sketch=got.sketch if _same_drawing(old.sketch, got.sketch, renamed) else old.sketch,
        settings=got.settings if _same_lines(old.settings, got.settings) else old.settings,
        # They may name it; as many as before, and no new ones.
        problems=got.problems if len(got.problems) == len(old.problems) else old.problems,
        remarks=got.remarks if len(got.remarks) == len(old.remarks) else old.remarks,
    )


def _variable(
    one: Variable, renamed: Renamed, change: Callable[[Expr], Expr], *, named: bool = True
) -> Variable:
    is_it = named and renamed.means(one.name, inside=False) and renamed.kind == VARIABLE
    return replace(
        bare(one),
        name=renamed.new if is_it else one.name,
        equation=None if one.equation is None else rewrite(one.equation, change),
        subscripts=tuple(map(renamed.subscript, one.subscripts)),
        exceptions=tuple(tuple(map(renamed.subscript, part)) for part in one.exceptions),
    )


def _in_expressions(
    name: Callable[[str], str], subscript: Callable[[str], str]
) -> Callable[[Expr], Expr]:
    def change(node: Expr) -> Expr:
        if isinstance(node, Ref):
            return replace(
                node, name=name(node.name), subscripts=tuple(map(subscript, node.subscripts))
            )
        if isinstance(node, Call):
            return replace(
                node,
                function=name(node.function),
                subscripts=tuple(map(subscript, node.subscripts)),
                outputs=tuple(one for one in map(change, node.outputs) if isinstance(one, Ref)),
            )
        return node

    return change


def _same_drawing(old: str, new: str, renamed: Renamed) -> bool:
    """Return whether two sketches differ in one name at most, and nothing else."""
    if old == new:
        return True
    try:
        before, after = (drawing.renamed_views(read_sketch(text), renamed) for text in (old, new))
    except ReadError:  # of lines that are not read, their number tells
        return _same_lines(old, new)
    return before == after


def _same_lines(old: str, new: str) -> bool:
    return len(old.splitlines()) == len(new.splitlines())


def users(model: SourceModel, names: set[str]) -> list[str]:
    """Return the variables, but for those named, whose equations use one of these keys."""
    found = dict[str, None]()
    for one in model.variables:
        if one.key not in names and names_in(one) & names:
            found[one.name] = None
    for name, words_of in chain(_reality_checks(model), _unread(model)):
        if words_of & names and key(name) not in names:
            found[name] = None
    for macro in model.macros:
        outer = {
            name[:-1].rstrip()
            for part in macro.variables
            for name in names_in(part)
            if name.endswith("$")
        }
        if outer & names:
            found[f"the macro {macro.name}"] = None
    return list(found)


def _reality_checks(model: SourceModel) -> Iterator[tuple[str, set[str]]]:
    """Yield the name of each reality check and test input, and the names in it."""
    for check in model.constraints:
        yield check.name, _names(check.condition, check.consequence)
    for given in model.inputs:
        yield given.name, _names(given.target, given.equation)


def _unread(model: SourceModel) -> Iterator[tuple[str, set[str]]]:
    """Yield the name of each entry that could not be read, and the names in it.

    Nobody knows what it says, but it may well be put right, and then it uses them.
    """
    if is_xmile(model.source):
        return
    found = {one.span: one.name for one in model.constraints if one.problem is not None}
    found |= {one.span: one.name for one in model.inputs if one.problem is not None}
    found |= {one.span: one.name for one in model.variables if _says_nothing(one)}
    for entry in sheet(model.source).entries if found else ():
        if entry.whole in found:
            span, name = entry.equation, found[entry.whole]
            yield name, set(_words(model.source.text[span.start : span.end])) - {key(name)}


def _says_nothing(one: Variable) -> bool:
    return one.equation is None and one.table is None and not (one.data or one.lookup)


def _words(text: str) -> Iterator[str]:
    """Yield the keys of all names in a text, also where a part of it is no word at all."""
    place = 0
    while place < len(text):
        try:
            found, stop = words(text, place), len(text)
        except ExpressionError as error:
            found, stop = words(text, place, error.at), error.at + 1
        yield from (key(one.text) for one in found if one.kind in ("name", "quoted"))
        place = stop


def names_in(one: Variable) -> set[str]:
    """Return the keys of what the equation of an entry names."""
    return _names(one.equation)


def _names(*expressions: Expr | None) -> set[str]:
    found = set[str]()
    for node in (node for one in expressions if one is not None for node in walk(one)):
        if isinstance(node, Ref):
            found.add(key(node.name))
        elif isinstance(node, Call):
            found |= {key(node.function), *(key(out.name) for out in node.outputs)}
    return found


def refuse_used(model: SourceModel, names: set[str], shown: str) -> None:
    """Refuse to delete what others use, naming all of them."""
    found = users(model, names)
    if not found:
        return
    listed = ", ".join(repr(one) for one in found[:12]) + (", ..." if len(found) > 12 else "")
    problem = Problem(
        f"{shown} is used by {listed}",
        kind="definition",
        path=model.source.path,
        variable=shown,
        cure="change their equations first, or delete them with it",
    )
    raise model_error([problem])
