"""What every confidence test is given: the model, what is expected of it, and its runs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from sdmodel.editing import without_ranges
from sdmodel.errors import SDError, SettingsError
from sdmodel.kernel import Array
from sdmodel.model import Model
from sdmodel.reduction import alone, measure
from sdmodel.run import NonFiniteWarning, Run
from sdmodel.settings import OutcomeSpec
from sdmodel.validation.expectations import Expectations, Setting
from sdmodel.validation.lines import line_of
from sdmodel.validation.probes import Probes

Progress = Callable[[str, int, int], None]


class ValidationStudy:
    """A model under test: what is expected of it, the runs that several tests share, and the seed.

    `model` is the model as it was loaded; `free` the same without ranges on its constants, so that
    extreme values can be set; `expectations` what its file says. Runs use the file's own method and
    time step.

    Examples
    --------
    >>> import sdmodel as sd
    >>> study = ValidationStudy(sd.load("models/core.mdl"))
    >>> len(study.base.times), sorted(study.scenarios)[:2]
    (61, ['autarky', 'blended'])
    """

    def __init__(
        self,
        model: Model,
        expectations: Expectations | None = None,
        *,
        draws: int = 10_000,
        seed: int = 1,
        progress: Progress | None = None,
    ) -> None:
        self.model = model
        self.expectations = expectations or Expectations()
        self.draws, self.seed, self._progress = draws, seed, progress
        self.at = ""  # the test that is being run

    def tell(self, done: int, total: int) -> None:
        """Report how far the present test is."""
        if self._progress is not None:
            self._progress(self.at, done, total)

    @cached_property
    def free(self) -> Model:
        """The model without ranges on its constants."""
        return Model(without_ranges(self.model.source), self.model.settings, self.model._files)

    @cached_property
    def probes(self) -> Probes:
        """The expressions of the expectations, with what they are in the base run."""
        first = Probes(self.free, self.expectations.expressions())
        inner = list(first.inner)
        if not inner:
            return first
        base = self.run(first.extended(self.free))
        courses = {text: (base.times, base.values(first.names[text])) for text in inner}
        return Probes(self.free, self.expectations.expressions(), courses)

    @cached_property
    def probed(self) -> Model:
        """The model with a variable for each expression of the expectations."""
        return self.probes.extended(self.free)

    def check_expressions(self) -> None:
        """Refuse expectations with an expression that the model cannot compute."""
        found = Probes(self.free, self.expectations.expressions()).problems()
        if not found:
            return
        path = self.expectations.path
        text = _text_of(path)
        lines = []
        for expression, reason in found.items():
            line = line_of(text, "", "", expression)
            lines.append((f"{path}:{line}" if line else path, f"'{expression}': {reason}"))
        (where, first), *others = lines
        reason = "\n".join([first, *(f"{place}: {told}" for place, told in others)])
        raise SettingsError(where, reason)

    # Runs ---------------------------------------------------------------------------------------

    def run(
        self,
        model: Model | None = None,
        values: Mapping[str, float] | None = None,
        *,
        save_every: float | None = None,
    ) -> Run:
        """Run a model, `free` if none is given, by the file's own method.

        What an auxiliary variable that is no number does is left to the test: it warns of nothing.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NonFiniteWarning)
            chosen = self.free if model is None else model
            return chosen.run(dict(values or {}), method="vensim", save_every=save_every)

    def changed(self, setting: Setting, model: Model | None = None) -> Model:
        """Return a model, `free` if none is given, with the equations of a setting replaced."""
        chosen = self.free if model is None else model
        if not setting.replace:
            return chosen
        for name, equation in setting.replace.items():
            chosen = chosen.replace(name, equation)
        return Model(without_ranges(chosen.source), chosen.settings, chosen._files)

    @cached_property
    def base(self) -> Run:
        """The base run."""
        return self.run()

    @cached_property
    def scenarios(self) -> dict[str, Run]:
        """A run of every scenario of the model's TOML file."""
        found = self.model.settings.scenarios
        return {name: self.run(values=one.values) for name, one in found.items()}

    # Outcomes -----------------------------------------------------------------------------------

    @cached_property
    def outcomes(self) -> dict[str, OutcomeSpec]:
        """The outcomes of the model's TOML file; where it names none, its stocks at the end.

        Those that compare runs are left out: they are a sweep's.
        """
        named = {n: one for n, one in self.model.settings.outcomes.items() if alone(one)}
        if named:
            return named
        columns = [name for name in self.model.columns if _head(name) in self.model.stocks]
        return {f"final {name}": OutcomeSpec(f"final {name}", of=name) for name in columns}

    def measured(self, run: Run) -> dict[str, float]:
        """Return every outcome of a run; NaN where it has none."""
        return {
            name: float(measure(one, run.times, run.values(one.of)[:, None])[0])
            for name, one in self.outcomes.items()
        }

    @cached_property
    def base_outcomes(self) -> dict[str, float]:
        """The outcomes of the base run."""
        return self.measured(self.base)

    def courses(self, run: Run, names: Sequence[str]) -> Array:
        """Return variables of a run side by side, shape (times, elements)."""
        parts = [run.values(name).reshape(len(run.times), -1) for name in names]
        return np.concatenate(parts, axis=1)


def _head(name: str) -> str:
    return name.partition("[")[0]


def _text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except OSError as error:
        raise SDError(f"{path}: {error.strerror}") from None
