"""Functions of the language that fill a second variable: macros that no file needs to define."""

from __future__ import annotations

from dataclasses import replace

from sdmodel.expr import Call, Ref
from sdmodel.lowering.macrocheck import calls
from sdmodel.names import key
from sdmodel.source import Macro, SourceModel, Variable


def _delayp() -> Macro:
    """Three stages in a row, and what is in them (Vensim Reference Manual, DELAYP)."""
    stage_time, first, second, third = map(Ref, ("stage time", "first", "second", "third"))
    entering = Ref("input")
    held = entering * stage_time
    levels = {
        "first": Call("INTEG", (entering - first / stage_time, held)),
        "second": Call("INTEG", ((first - second) / stage_time, held)),
        "third": Call("INTEG", ((second - third) / stage_time, held)),
    }
    equations = {
        "DELAYP": third / stage_time,
        "pipeline": first + second + third,
        "stage time": Ref("delay time") / 3,
    }
    variables = tuple(Variable(name, one) for name, one in {**equations, **levels}.items())
    return Macro("DELAYP", ("input", "delay time"), ("DELAYP", "pipeline"), variables)


_BUILTIN = {"delayp": _delayp, "delay p": _delayp}


def with_builtin_macros(model: SourceModel) -> SourceModel:
    """Return the model with those built-in macros that it calls and does not define itself.

    Examples
    --------
    >>> from sdmodel.frontends.mdl import parse
    >>> from sdmodel.source import SourceText
    >>> model = parse(SourceText("m.mdl", "x = DELAYP(y, 3 : z) ~~| y = 1 ~~|"))
    >>> [one.name for one in with_builtin_macros(model).macros]
    ['DELAYP']
    """
    own = {key(one.name) for one in model.macros} | model.by_key.keys()
    inner = (one for macro in model.macros for one in macro.variables)
    called = {key(call.function) for one in (*model.variables, *inner) for call in calls(one)} - own
    found = []
    for name in sorted(called & _BUILTIN.keys()):
        macro = _BUILTIN[name]()
        if key(macro.name) != name:  # another spelling
            outputs = (name.upper(), *macro.outputs[1:])
            first, *rest = macro.variables
            variables = (replace(first, name=name.upper()), *rest)
            macro = replace(macro, name=name.upper(), outputs=outputs, variables=variables)
        found.append(macro)
    return replace(model, macros=(*model.macros, *found)) if found else model
