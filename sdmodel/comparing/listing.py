"""A model as plain text, one block for each variable by name: what git compares line by line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sdmodel.comparing.wording import check_text, checks_of, elements, limits, shown
from sdmodel.source import SourceModel, Variable


def listing(model: SourceModel) -> str:
    """Return everything a model says, in an order and layout that other edits do not touch."""
    if model.problems and not model.variables:  # such as a conflict that is not settled
        return model.source.text
    lines = [f"method: {model.method}", ""]
    for dimension in sorted(model.dimensions, key=lambda one: one.key):
        lines += [f"{dimension.name}: {elements(dimension)}", ""]
    for one in sorted(model.variables, key=lambda one: (one.key, one.subscripts)):
        lines += [*_block(one), ""]
    for macro in sorted(model.macros, key=lambda one: one.name.casefold()):
        lines.append(f"macro {macro.name}({', '.join(macro.inputs)})")
        lines += [f"    {line}" for one in macro.variables for line in _block(one)]
        lines.append("")
    for check in sorted(checks_of(model), key=lambda one: one.name.casefold()):
        lines += [f"{check.name} {check_text(check)}"]
        lines += [f"    comment: {check.comment}"] * bool(check.comment) + [""]
    for what, text in (("drawing", model.sketch), ("settings", model.settings)):
        if text:
            lines.append(f"{what}: {hashlib.sha256(text.encode()).hexdigest()[:12]}")
    return "\n".join(lines) + "\n"


def _block(one: Variable) -> Iterator[str]:
    yield f"{shown(one)} = {one.text}"
    for word, text in (
        ("units", one.units),
        ("range", limits(one)),
        ("group", one.group),
        ("comment", one.comment),
        ("supplementary", "yes" if one.supplementary else ""),
    ):
        if text:
            yield f"    {word}: {text}"
