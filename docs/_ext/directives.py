"""The directives that the pages of the reference are made with."""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from _ext import commands, docstrings, look, names, registries

# Vensim's files, for which Pygments has no colours.
LANGUAGES = ("mdl", "vsc", "voc", "vpd", "cmd")


class CommandLine(SphinxDirective):
    """All verbs of one of the commands."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a section for each verb."""
        text = commands.reference(self.arguments[0])
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class Registry(SphinxDirective):
    """One of the tables made from a registry."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        return self.parse_text_to_nodes(registries.TABLES[self.arguments[0]]())


class Names(SphinxDirective):
    """Public names of a package, in the order given; with `:rest:` all that were not given yet."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[OptionSpec] = {"rest": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Return what autodoc makes of the docstrings."""
        package = self.arguments[0]
        said: set[str] = self.env.temp_data.setdefault(f"names of {package}", set())  # type: ignore[assignment]
        wanted = " ".join(self.content).split()
        if wrong := names.unknown(package, wanted):
            raise self.error(f"{package} has no public name {', '.join(wrong)}")
        if "rest" in self.options:
            wanted += [name for name in names.PACKAGES[package].__all__ if name not in said]
        said.update(wanted)
        text = names.described(package, wanted)
        return self.parse_text_to_nodes(f"```{{eval-rst}}\n{text}\n```")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives and the colours."""
    app.add_directive("command-line", CommandLine)
    app.add_directive("registry", Registry)
    app.add_directive("names", Names)
    app.connect("autodoc-process-docstring", docstrings.sections)
    app.connect("autodoc-process-signature", names.signature)
    app.connect("autodoc-process-bases", names.bases)
    app.connect("missing-reference", names.resolve)
    app.connect("builder-inited", look.write)
    app.add_css_file(look.FILE)
    for language in LANGUAGES:
        app.add_lexer(language, TextLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
