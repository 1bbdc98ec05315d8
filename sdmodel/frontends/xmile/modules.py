"""``<module>``: models used within models become one flat model, with names like ``hares.births``.

That is how Stella exports their values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sdmodel.errors import did_you_mean, near_names
from sdmodel.frontends.xmile.entries import Draft, NonNegative, name_of, read_entries
from sdmodel.frontends.xmile.markup import Element
from sdmodel.frontends.xmile.report import Report
from sdmodel.frontends.xmile.words import plain_name
from sdmodel.names import key

MOST = 2_000  # modules of one model


@dataclass(slots=True)
class Flat:
    """All variables of a model and its modules, and what the modules' inputs are connected to."""

    drafts: list[Draft] = field(default_factory=list)
    connections: list[tuple[str, str, str, int]] = field(default_factory=list)


def flatten(root: Element, report: Report) -> Flat:
    """Read the main model and every module in it."""
    models = [one for one in root.children if one.name == "model"]
    main = next((one for one in models if not key(one.get("name"))), models[0] if models else None)
    if main is None:
        main = root  # variables directly within the file
    named = {key(name_of(one)): one for one in models if key(one.get("name"))}
    flat = Flat()
    todo: list[tuple[Element, str, tuple[str, ...]]] = [(main, "", (key(main.get("name")),))]
    count, used = 0, set[str]()
    while todo:
        model, prefix, above = todo.pop()
        variables = _variables(model, report)
        defaults = NonNegative.of(root, model)
        for part in variables:
            flat.drafts += read_entries(part, prefix, defaults, report)
            for module in part.all("module"):
                count += 1
                inner = _module(module, prefix, above, named, flat, report)
                if inner is None:
                    continue
                if count > MOST:
                    report.refuse(
                        module.at, f"there are more than {MOST:,} modules", "split the model"
                    )
                    return flat
                todo.append(inner)
                used.add(inner[2][-1])
    unused = [name_of(one) for name, one in named.items() if one is not main and name not in used]
    report.remarks += [f"the model {name!r} is no module of the main model" for name in unused]
    _connect(flat, report)
    return flat


def _variables(model: Element, report: Report) -> list[Element]:
    found = list(model.all("variables"))
    old = next(model.all("stock", "flow", "aux"), None)
    if not found and old is not None:
        report.unsupported(
            old.at,
            "this is a layout from before the XMILE standard: no <variables>",
            "open the model in Stella 1.0 or later and save it as .stmx",
        )
    elif not found and model.name != "model":
        report.refuse(
            model.at,
            f"there is no <model> in this file, whose outermost element is <{model.name}>",
            "is this an XMILE model? Its variables stand in <xmile><model><variables>",
        )
    return found


def _module(
    module: Element,
    prefix: str,
    above: tuple[str, ...],
    named: dict[str, Element],
    flat: Flat,
    report: Report,
) -> tuple[Element, str, tuple[str, ...]] | None:
    name, at = name_of(module), report.attribute(module, "name")
    if module.get("resource"):
        report.unsupported(
            report.attribute(module, "resource"),
            f"the module {name!r} lies in another file",
            "save it within the model",
            name,
        )
        return None
    model = named.get(key(name))
    if model is None:
        near = near_names(name, [name_of(one) for one in named.values()])
        report.refuse(
            at,
            f"no model is named {name!r}, as this module asks for",
            did_you_mean(near) or "add <model name=...> with this name",
            kind="unknown name",
            variable=name,
            near=near,
        )
        return None
    if key(name) in above:
        circle = " -> ".join([*above[above.index(key(name)) :], key(name)])
        report.refuse(
            at,
            f"the module {name!r} contains itself: {circle}",
            "take it out of the model that it is made of",
            kind="circular",
            variable=name,
        )
        return None
    inner = f"{prefix}{name}."
    for connect in module.all("connect"):
        to, source = connect.get("to"), connect.get("from")
        target = plain_name(to)
        own = f"{name}."
        if "." not in target:
            flat.connections.append((inner + target, source, prefix, connect.at))
        elif key(target).startswith(key(own)) or key(target.split(".")[0]) in named:
            # Stella lists with each module also the connections that lead out of it.
            flat.connections.append((prefix + target, source, prefix, connect.at))
        else:
            flat.connections.append((inner + target, source, prefix, connect.at))
    return model, inner, (*above, key(name))


def _connect(flat: Flat, report: Report) -> None:
    """Tell the inputs of modules where their values come from."""
    known = {key(draft.name): draft for draft in flat.drafts}
    for target, written, prefix, at in flat.connections:
        source = plain_name(written)
        draft = known.get(key(target))
        candidates = [prefix + source, source]
        if source.startswith("."):
            candidates = [prefix + source[1:], source[1:]]
        found = next((known[key(one)] for one in candidates if key(one) in known), None)
        for name, missing in ((target, draft is None), (source, found is None)):
            if missing:
                near = near_names(name, [one.name for one in known.values()])
                report.refuse(
                    at,
                    f"this module is connected to {name!r}, which is nowhere defined",
                    did_you_mean(near) or "correct the connection, or define it",
                    kind="unknown name",
                    variable=name,
                    near=near,
                )
        if draft is not None and found is not None and found is not draft:
            draft.source = found.name
