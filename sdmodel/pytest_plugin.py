"""Model files as tests of pytest: ``pytest --sdmodel models/``.

Every model file below the folders given becomes one test that it loads, one that its units agree
where it declares any, one for each of its reality checks, and one for its file of expectations.
Without the option nothing of sdmodel is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sdmodel.model import Model
    from sdmodel.reality import RealityResult
    from sdmodel.reality.cases import Case
    from sdmodel.source import SourceModel

# Not .xml: few of these are models.
SUFFIXES = (".mdl", ".xmile", ".stmx", ".itmx")
# The confidence tests that a file of expectations is for.
EXPECTED = ("V2", "V3", "V4", "V5", "V10", "V11", "V13", "V14", "V17", "V20")
DRAWS = 200
BUDGET = 100


class Broken(Exception):
    """What is wrong with a model; pytest shows it without a traceback."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that makes tests of model files."""
    group = parser.getgroup("sdmodel", "system dynamics models")
    group.addoption(
        "--sdmodel",
        action="store_true",
        help="collect model files too (.mdl, .xmile, .stmx, .itmx): whether they load, their units "
        "agree, their reality checks hold and their expectations are met",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a model file, if that was asked for."""
    if not parent.config.getoption("sdmodel", default=False):
        return None
    if file_path.suffix.lower() not in SUFFIXES:
        return None
    return ModelFile.from_parent(parent, path=file_path)


class ModelFile(pytest.File):
    """One model file; it is loaded once for all of its tests."""

    _loaded: Model | None = None

    @property
    def model(self) -> Model:
        """The model."""
        import sdmodel as sd

        if self._loaded is None:
            self._loaded = sd.load(self.path)
        return self._loaded

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the tests; of a file that cannot even be read, the one that says so."""
        yield Loads.from_parent(self, name="loads")
        source = self._source()
        if source is None:
            return
        if any(one.units for one in source.variables):
            yield Units.from_parent(self, name="units")
        yield from self._reality(source)
        if self.path.with_suffix(".expectations.toml").is_file():
            yield Expected.from_parent(self, name="expectations")

    def _reality(self, source: SourceModel) -> Iterator[pytest.Item]:
        from sdmodel.errors import SDError
        from sdmodel.reality.cases import SUFFIX, cases_of

        try:
            cases = cases_of(source)
        except SDError as error:
            yield Unreadable.from_parent(self, name=self.path.stem + SUFFIX, reason=str(error))
            return
        names: dict[str, int] = {}
        for place, case in enumerate(cases):
            name = case.constraint.name
            names[name] = names.get(name, 0) + 1
            again = f" ({names[name]})" if names[name] > 1 else ""
            yield Reality.from_parent(self, name=name + again, case=case, place=place)

    def _source(self) -> SourceModel | None:
        from sdmodel.errors import SDError
        from sdmodel.frontends import read

        try:
            return read(self.path)
        except SDError:
            return None


class ModelTest(pytest.Item):
    """A test of a model: its failure is a message, not a traceback."""

    @property
    def model(self) -> Model:
        """The model of the file this test belongs to."""
        assert isinstance(self.parent, ModelFile)
        return self.parent.model

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what a person needs to know."""
        from sdmodel.errors import SDError

        if isinstance(excinfo.value, Broken | SDError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the test stands, and what it is called."""
        return self.path, 0, f"{self.path.name}: {self.name}"


class Loads(ModelTest):
    """Whether the file can be loaded."""

    def runtest(self) -> None:
        """Load it; what is wrong is an error of sdmodel, with all problems."""
        _ = self.model


class Unreadable(ModelTest):
    """A file of reality checks that cannot be read."""

    def __init__(self, *, reason: str, **others: Any) -> None:
        super().__init__(**others)
        self.reason = reason

    def runtest(self) -> None:
        """Say why."""
        raise Broken(self.reason)


class Units(ModelTest):
    """Whether the units that the file declares agree."""

    def runtest(self) -> None:
        """Check them."""
        report = self.model.check_units()
        if not report.ok:
            raise Broken("\n".join(map(str, (*report.syntax, *report.mismatches))))


class Reality(ModelTest):
    """One reality check, all of its elements."""

    def __init__(self, *, case: Case, place: int, **others: Any) -> None:
        super().__init__(**others)
        self.case, self.place = case, place

    def runtest(self) -> None:
        """Run it; one that was never active is skipped, which is no pass."""
        from sdmodel.reality import FAILED, NEVER_ACTIVE, REFUSED
        from sdmodel.reality.cases import cases_of
        from sdmodel.reality.checks import judged

        # The model may have read data since, which the file alone has not.
        results = judged(self.model, cases_of(self.model.source)[self.place], {})
        wrong = [one for one in results if one.verdict in (FAILED, REFUSED)]
        if wrong:
            raise Broken("\n".join(self._told(one) for one in wrong))
        idle = [str(one) for one in results if one.verdict == NEVER_ACTIVE]
        if idle:
            pytest.skip("; ".join(idle))

    def _told(self, one: RealityResult) -> str:
        from sdmodel.reality import FAILED, counterexamples

        told = f"{self.case.path}:{one.line}: {one}"
        if one.verdict == FAILED and one.under:
            (found,) = counterexamples(self.model, one.name, budget=BUDGET)
            told += f"\n  {found}"
        return told

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the line of the check too."""
        return Path(self.case.path), self.case.line - 1, f"{self.path.name}: {self.name}"


class Expected(ModelTest):
    """Whether what is expected of the model comes true."""

    def runtest(self) -> None:
        """Run the confidence tests that the file of expectations is for."""
        import sdmodel as sd

        report = sd.validate(self.model, only=EXPECTED, draws=DRAWS)
        failed = [one for one in report.results if one.status == "fail"]
        if failed:
            rows = [f"{one}\n{_rows(one)}" for one in failed]
            raise Broken("\n".join(rows))


def _rows(result: Any) -> str:
    shown = result.rows[:8]
    return "\n".join("  " + ", ".join(str(cell) for cell in row if cell != "") for row in shown)
