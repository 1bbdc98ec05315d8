"""What goes into the page besides the model: our scripts and styles, Bokeh's code, who may run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from importlib.resources import files
from importlib.util import find_spec

from sdmodel import style as look
from sdmodel.errors import SDError

# In the order in which the parts build on each other; all share one scope.
SCRIPTS = (
    "text.js",
    "numbers.js",
    "state.js",
    "runs.js",
    "plots.js",
    "chart.js",
    "charts.js",
    "levers.js",
    "scenarios.js",
    "address.js",
    "kept.js",
    "inspector.js",
    "sketch.js",
    "sweep.js",
    "start.js",
)
STYLES = (
    "page.css",
    "levers.css",
    "charts.css",
    "sketch.css",
    "study.css",
    "phone.css",
    "print.css",
)
_INLINE = re.compile(r"<script(?P<said>[^>]*)>(?P<body>.*?)</script\s*>", re.DOTALL | re.IGNORECASE)


def text_of(name: str) -> str:
    """Return a file of this folder."""
    return files("sdmodel.publishing").joinpath(name).read_text(encoding="utf-8")


def script() -> str:
    """Return our own scripts as one, whose names nobody else sees."""
    parts = "\n".join(f"// {name}\n{text_of(name)}" for name in SCRIPTS)
    return f'(function () {{\n"use strict";\n{parts}\n}})();'


def style() -> str:
    """Return our own styles as one sheet."""
    own = f":root {{ --now: {look.BLUE}; --flow: {look.SKY}; --against: {look.AMBER}; }}"
    return "\n".join([look.css(), own, *map(text_of, STYLES)])


def charts_script() -> str:
    """Return Bokeh's own code, as much of it as draws charts.

    Raises
    ------
    SDError
        If Bokeh is not there.
    """
    if find_spec("bokeh") is None:
        raise SDError("the page needs Bokeh: install it with pip install 'sdmodel[page]'")
    from bokeh.resources import Resources

    # The library comes first; after it only how much it is to tell, which we set ourselves.
    code = Resources(mode="inline", components=["bokeh"]).js_raw[0]
    return code.replace("\r\n", "\n")


def as_data(value: object) -> str:
    r"""Return a value as JSON that may stand in a script element, whatever its texts hold.

    >>> as_data({"name": "</script>"})
    '{"name":"\\u003c/script>"}'
    """
    written = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in "<\u2028\u2029":
        written = written.replace(mark, f"\\u{ord(mark):04x}")
    return written


def scripts_in(html: str) -> list[str]:
    """Return the scripts that stand in a piece of HTML.

    >>> scripts_in('<p>a</p><script>let a = 1;</script><script type="application/json">1</script>')
    ['let a = 1;', '1']
    """
    return [found["body"] for found in _INLINE.finditer(html)]


def policy(scripts: Iterable[str], *, connect: bool = False) -> str:
    """Return the rules the browser is to hold the page to: these scripts alone, and no network.

    Bokeh styles its charts with style elements of its own, so styles cannot be named one by one.
    """
    allowed = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'"
        for one in scripts
    )
    rules = {
        "default-src": "'none'",
        "script-src": allowed,
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "connect-src": "'self'" if connect else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
