"""Boxes from the leaves of a classification tree, by scikit-learn."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import AnalysisError, MethodError
from sensitivity.search.prim import Step
from sensitivity.search.regions import HIGH, LOW, Ranked, Region

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

LEAVES = 32


def leaves(ranked: Ranked, cases: Flags, least: int) -> list[Step]:
    """Grow a tree on ranks; return the whole space, then its leaves, those with most cases first.

    Parameters
    ----------
    least
        Runs that a leaf must hold.
    """
    try:
        trees = import_module("sklearn.tree")
    except ImportError as error:
        raise MethodError(
            "method cart needs scikit-learn, which is not installed: pip install "
            "'sdmodel[search]', or use method prim"
        ) from error
    if ranked.categorical.any():
        raise AnalysisError(
            "method cart splits factors by their order, and some here have categories: use prim"
        )
    grown = trees.DecisionTreeClassifier(
        max_leaf_nodes=LEAVES, min_samples_leaf=least, random_state=0
    ).fit(ranked.ranks.astype(np.float32), cases)
    tree = grown.tree_
    found = []
    todo = [(0, Region.whole(ranked))]
    while todo:
        node, region = todo.pop()
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left >= 0:
            place, middle = int(tree.feature[node]), int(np.floor(tree.threshold[node]))
            todo.append((right, region.cut((place, LOW), middle + 1)))
            todo.append((left, region.cut((place, HIGH), middle)))
            continue
        inside = region.inside(ranked)
        limited = len({side[0] for side in region.sides(ranked)})
        found.append(Step(region, int(inside.sum()), int((inside & cases).sum()), limited))
    whole = Step(Region.whole(ranked), len(cases), int(cases.sum()), 0)
    return [whole, *sorted(found, key=lambda step: -step.cases)]
