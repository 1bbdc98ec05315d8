"""The public names of the packages, as directives that autodoc fills from their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from types import ModuleType

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import sdmodel
import sensitivity

PACKAGES: dict[str, ModuleType] = {"sdmodel": sdmodel, "sensitivity": sensitivity}


def described(package: str, names: Iterable[str]) -> str:
    """Return reStructuredText that describes each of these names of a package."""
    return "\n".join(_directive(package, name) for name in names)


def _directive(package: str, name: str) -> str:
    value = getattr(PACKAGES[package], name)
    if not inspect.isclass(value):
        kind = "function" if inspect.isroutine(value) else "data"
        return f".. auto{kind}:: {package}.{name}\n"
    if issubclass(value, BaseException):
        return f".. autoexception:: {package}.{name}\n   :show-inheritance:\n"
    return f".. autoclass:: {package}.{name}\n   :members:\n"


def unknown(package: str, names: Iterable[str]) -> list[str]:
    """Return those names that the package does not offer."""
    offered = set(PACKAGES[package].__all__)
    return [name for name in names if name not in offered]


def home(target: str) -> str:
    """Return the public name of a type, however an annotation spells it; nothing if it has none.

    >>> home("sd.Model"), home("sdmodel.model.Model"), home("Run"), home("sdmodel.names.Model")
    ('sdmodel.Model', 'sdmodel.Model', 'sdmodel.Run', '')
    """
    path, _, name = target.rpartition(".")
    for package, module in PACKAGES.items():
        if name in module.__all__:
            inside = getattr(getattr(module, name), "__module__", None)
            if path in ("", "sd", "sa", package, inside):
                return f"{package}.{name}"
    return ""


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Node | None:
    """Link a type to its public name; leave one that has none as plain text.

    The types of other libraries are described on their own sites, which the build does not ask:
    it needs no network. Roles other than those of annotations are left to Sphinx, which warns.
    """
    if node["refdomain"] != "py" or node["reftype"] not in ("class", "exc", "obj"):
        return None
    if found := home(node["reftarget"]):
        python = env.domains.python_domain
        return python.resolve_xref(env, node["refdoc"], app.builder, "obj", found, node, content)
    return content if re.fullmatch(r"[\w.]+", node["reftarget"]) else None


def signature(
    app: Sphinx, what: str, name: str, thing: object, options: object, said: str, gives: str
) -> tuple[str, str] | None:
    """Return a signature in which a default that has no spelling is three dots."""
    return (re.sub(r"<[^<>]*>", "...", said), gives) if said else None


def bases(app: Sphinx, name: str, thing: type, options: object, found: list[type]) -> None:
    """Leave out private classes: what those are made of stands for them, in place."""
    found[:] = [one for base in found for one in (_public(base) if base is not object else ())]


def _public(base: type) -> list[type]:
    if not base.__name__.startswith("_"):
        return [base]
    return [one for further in base.__bases__ for one in _public(further)]
