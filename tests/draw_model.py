"""`make picture`: draw the core model's sketch, as its file lays it out, into docs/.

pysimlin reads the sketch and writes the drawing; there is no wheel of it for Windows, so the
drawing is kept in the repository and a test sees to it that it shows every variable.
"""

import re
from pathlib import Path

import simlin

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write docs/model_core.svg."""
    drawing = simlin.load(ROOT / "models" / "core.mdl").project.render_svg_string()
    # Without units these lengths say nothing; a browser then has no size to scale the picture by.
    size = re.compile(r'style="width: (\d+); height: (\d+);"')
    sized, found = size.subn(r'width="\1" height="\2"', drawing, count=1)
    if not found:
        raise SystemExit("pysimlin writes the size of its drawing in another way now: look again")
    target = ROOT / "docs" / "model_core.svg"
    target.write_text(sized, encoding="utf-8", newline="\n")
    print(f"written: {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
