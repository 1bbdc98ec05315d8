"""The manuals' lists: every function is offered, or there is a word on what to do instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import sdmodel as sd
from sdmodel.functions import MANUAL, REGISTRY, Entry
from sdmodel.functions.manual import ELSEWHERE
from sdmodel.model import Model
from sdmodel.names import key

Maker = Callable[..., Model]
MISSING = [entry for entry in MANUAL if not entry.offered]


def test_every_function_is_offered_or_has_a_cure() -> None:
    assert all(entry.offered or entry.cure for entry in MANUAL)
    assert len({(entry.source, entry.name) for entry in MANUAL}) == len(MANUAL)
    assert {entry.source for entry in MANUAL} == {"Vensim", "XMILE"}


def test_every_function_of_the_registry_is_in_a_list() -> None:
    listed = {key(entry.meant) for entry in MANUAL}
    assert set(REGISTRY) <= listed


def test_offered_means_registered() -> None:
    for entry in MANUAL:
        assert entry.offered == (key(entry.meant) in REGISTRY or key(entry.meant) in ELSEWHERE)
    assert Entry("SMOOTH", "Vensim", "SMOOTH", "").offered
    assert not Entry("NOBODY", "Vensim", "NOBODY", "nothing").offered


def test_most_of_both_lists_is_offered() -> None:
    for source, least in (("Vensim", 75), ("XMILE", 42)):
        assert sum(entry.offered for entry in MANUAL if entry.source == source) >= least


@pytest.mark.parametrize(
    "entry",
    [entry for entry in MISSING if entry.source == "Vensim" and " OF" not in entry.name],
    ids=lambda entry: entry.name,
)
def test_what_is_not_offered_is_refused_with_its_cure(entry: Entry, model: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        model(f"x = {entry.name}(1, 2)")
    problem = next(one for one in caught.value.problems if one.kind == "unsupported")
    assert problem.cure == entry.cure
    assert entry.name in problem.message
