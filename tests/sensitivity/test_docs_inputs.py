"""The examples of docs/inputs.md, read against a model that has what they name."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

import sensitivity as sa
from sensitivity.distributions import DISTRIBUTIONS, KINDS

DOCS = Path(__file__).parents[2] / "docs" / "inputs.md"
MODEL = """
yield of land = 1 ~
dam height = 20 ~ m
crop = 2 ~
effect of rain((0,0),(1,1)) ~
Water = INTEG(effect of rain(yield of land/2) - crop/9, 40) ~ m3
"""


def test_the_examples_are_read(written) -> None:
    text = DOCS.read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 3
    model = written(MODEL, "\n".join(examples))
    space = sa.Space.from_settings(model)
    assert len(space) == 7
    assert space["crop"].labels[1] == "maize"
    assert len(space.correlations) == 2
    assert space.scale(np.full((1, 7), 0.5)).shape == (1, 7)


def test_the_tables_list_what_there_is() -> None:
    text = DOCS.read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)`", text, re.MULTILINE)
    assert sorted(told) == sorted(["kind", *KINDS, "distribution", *DISTRIBUTIONS])
