"""The handle a user holds: load a model, look at it, run it, change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sdmodel import simulate
from sdmodel import units as _units
from sdmodel.editing import Edit, with_equation
from sdmodel.engines import Engines
from sdmodel.errors import OverrideError, Problem
from sdmodel.explain import Explanation, VariableInfo, info_of, uses_of
from sdmodel.integrators import Method
from sdmodel.lowering import problems, program_of
from sdmodel.names import element_key
from sdmodel.notebook.models import Shown
from sdmodel.parts import with_parts
from sdmodel.program import Program
from sdmodel.run import Run, RunBatch
from sdmodel.running import many_runs, one_run
from sdmodel.selection import definition_of, entry_of, selected
from sdmodel.settings import ModelSettings, Overrides, Scenario, values_of
from sdmodel.settings_file import read_settings
from sdmodel.source import SourceModel, SourceText, Variable

if TYPE_CHECKING:
    import pandas as pd

    from sdmodel.control.settings import VensimSettings
    from sdmodel.integration import IntegrationReport
    from sdmodel.reality import RealityReport
    from sdmodel.secondopinion.compare import CrossCheck

Files = tuple[Sequence[str | Path], Sequence[str | Path]]  # of data, and folders that may be read


def load(
    path: str | Path,
    *,
    data: Sequence[str | Path] = (),
    allow: Sequence[str | Path] = (),
) -> Model:
    """Read a model, and the TOML file of the same name beside it if there is one.

    Parameters
    ----------
    path
        The model file: Vensim's `.mdl`, or XMILE (`.xmile`, `.stmx`, `.itmx`, `.xml`).
    data
        Files with the series of data variables: `.dat`, `.tab`, `.csv`, `.xlsx`, `.xls`, `.vdf`.
    allow
        Folders beside the model's own from which it may take external data.

    Raises
    ------
    ReadError, ModelError
        With everything that is wrong in the file, each with line, column and cure.
    SettingsError
        If the TOML file contradicts the model.

    Examples
    --------
    >>> model = load("models/core.mdl")
    >>> model.name
    'core'
    """
    from sdmodel.frontends import read

    return loaded(read(path), (tuple(data), tuple(allow)))


def loaded(source: SourceModel, files: Files = ((), ()), toml: bytes | None = None) -> Model:
    """Return the model of a file that was read, with the TOML file beside it, or these bytes."""
    from sdmodel.external.resolve import resolve

    data, allow = files
    model = Model(resolve(source, data, allow=allow), files=files)
    model.program  # noqa: B018 - raises what is wrong with the model
    beside = model.path.with_suffix(".toml")
    if toml is not None or (beside.is_file() and beside.name != "pyproject.toml"):
        settings = read_settings(beside, model, content=toml)
        model = model.with_parts(settings.names)
        model.settings = settings
    return model


class Model(Shown):
    """A model: what its file says, and everything one can do with it.

    A model never changes; `replace` gives another one. Names may be written in any case, with
    blanks or underscores.

    Examples
    --------
    >>> import sdmodel as sd
    >>> model = sd.load("models/core.mdl")
    >>> run = model.run({"network exposure": 0.9}, name="open")
    >>> closed = model.run("autarky")
    >>> bool(run.values("relative knowledge")[-1] > closed.values("relative knowledge")[-1])
    True
    """

    def __init__(
        self,
        source: SourceModel,
        settings: ModelSettings | None = None,
        files: Files = ((), ()),
    ) -> None:
        self.source = source
        self.settings = settings or ModelSettings()
        self._files = files

    def __getstate__(self) -> dict[str, object]:
        """Leave machine code behind: it is made anew where the copy is used."""
        return {"source": self.source, "settings": self.settings, "_files": self._files}

    def __repr__(self) -> str:
        """Return name and size."""
        return (
            f"<Model {self.name!r}: {len(self.source.variables)} variables, "
            f"{len(self.stocks)} stocks>"
        )

    # What the model is ------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """Where the model was read from."""
        return Path(self.source.source.path)

    @property
    def data_files(self) -> tuple[Path, ...]:
        """The files of data series it was loaded with."""
        return tuple(map(Path, self._files[0]))

    @property
    def name(self) -> str:
        """The name of its file, without suffix."""
        return self.path.stem

    @property
    def digest(self) -> str:
        """SHA-256 of the model's text, in hexadecimal."""
        return self.source.source.digest

    @cached_property
    def program(self) -> Program:
        """What is computed, statement by statement."""
        return program_of(self.source)

    @cached_property
    def engines(self) -> Engines:
        """What computes the program, by name."""
        return Engines(self.program)

    @property
    def variables(self) -> list[str]:
        """All names, as the file has them and in its order."""
        return [v.name for v in self.source.by_key.values()]

    @cached_property
    def columns(self) -> list[str]:
        """Everything a run shows, by name; of a subscripted variable each element.

        Examples
        --------
        >>> load("models/core.mdl").columns[0]
        'Foreign frontier'
        """
        return [name for name, _ in self.program.columns.values()]

    @cached_property
    def constants(self) -> dict[str, float]:
        """The constants and their values: what a run may set."""
        columns = self.program.columns
        return {columns[k][0]: v for k, v in self.program.constants.items() if k in columns}

    @cached_property
    def stocks(self) -> list[str]:
        """The stocks, in the order of the file."""
        known = {stock.name for stock in self.program.stocks}
        return [v.name for v in self.source.by_key.values() if v.key in known]

    @cached_property
    def units(self) -> dict[str, str]:
        """The unit of every variable, as the file has it."""
        return self.source.units

    @property
    def vensim_settings(self) -> VensimSettings:
        """What the settings behind the sketch name, such as changes files; none of it is loaded."""
        from sdmodel.control.settings import vensim_settings

        return vensim_settings(self.source.settings)

    def definition(self, name: str) -> Variable:
        """Return what the file says of a variable, or say which name was meant."""
        return definition_of(self.source, name)

    def variable(self, name: str) -> VariableInfo:
        """Return equation, unit, range, comment, place, causes and uses of a variable."""
        v = self.definition(name)
        return info_of(self.source, self.program, v, self._uses)

    @cached_property
    def _uses(self) -> dict[str, tuple[str, ...]]:
        return uses_of(self.source)

    def explain(self, name: str) -> Explanation:
        """Return a variable with its causes, as text for people.

        Examples
        --------
        >>> import sdmodel as sd
        >>> print(sd.load("models/core.mdl").explain("relative knowledge").variable.units)
        dmnl
        """
        info = self.variable(name)
        return Explanation(info, tuple(map(self.variable, info.uses)), str(self.path))

    def problems(self) -> list[Problem]:
        """Return everything that is wrong with the model; nothing for one that was loaded."""
        return problems(self.source)

    def scenario(self, name: str) -> Scenario:
        """Return a scenario of the model's TOML file."""
        return self.settings.scenario(name, self.path.with_suffix(".toml"))

    # Running it -------------------------------------------------------------------------------

    def run(
        self,
        overrides: Overrides = None,
        *,
        method: str | Method = "auto",
        time_step: float | None = None,
        final_time: float | None = None,
        save_every: float | None = None,
        outputs: Sequence[str] | None = None,
        name: str | None = None,
        engine: str = "compiled",
        exact: bool = False,
    ) -> Run:
        """Run the model once.

        Parameters
        ----------
        overrides
            Values of constants by name, or the name of a scenario.
        method
            "auto" (SciPy's LSODA at rtol 1e-8 where the model is a system of differential
            equations, else the file's own method), "vensim" (the file's own), "euler", "rk2",
            "rk4", "heun", "difference", "rk2auto", "rk4auto", "RK45", "DOP853", "LSODA", "BDF",
            "Radau"; or a `FixedStep`, `AutoStep` or `SciPy`.
        time_step
            Width of the steps of a fixed-step method, in the model's unit of time. The variable
            TIME STEP keeps its value, so that a pulse one TIME STEP wide stays as wide; to change
            the variable too, override it by name.
        final_time
            Where to stop, in the model's unit of time.
        save_every
            Distance of the saved times; the file's SAVEPER when left out.
        outputs
            Names to keep; all when left out.
        name
            What tables and figures call the run.
        engine
            "compiled" (machine code), "reference" (NumPy, the definition) or "pysd" (PySD, by
            Euler, as a second opinion).
        exact
            Leave out the compiled engine's one short cut, which may change the last digit: the
            vector math library.

        Raises
        ------
        OverrideError
            If a value may not be set, or a scenario or method does not exist.
        SolverError
            If a stock leaves the finite numbers, or the solver gives up.
        """
        values, called = values_of(overrides, self.scenario)
        label = name or called or ("base" if not values else "run")
        if engine == "pysd":
            from sdmodel.secondopinion.pysd import run_pysd

            return run_pysd(self, values, label, time_step, final_time, save_every)
        timing = simulate.Timing(time_step, final_time, save_every)
        kernel = self.engines.named(engine, exact)
        return one_run(self.source, self.program, kernel, values, label, method, timing, outputs)

    def inspect(self, what: str = "llvm", *, outputs: Sequence[str] | None = None) -> str:
        """Return how the model is computed: "llvm" is the assembly of its fixed-step batch.

        Examples
        --------
        >>> import sdmodel as sd
        >>> text = sd.load("models/core.mdl").inspect("llvm")
        >>> "; relative knowledge" in text
        True
        """
        if what != "llvm":
            raise OverrideError(what, f'there is nothing called {what!r} to inspect; try "llvm"')
        from sdmodel.integrators import tableau_of

        names = selected(self.source, self.program, self.stocks if outputs is None else outputs)
        slots = [self.program.columns[element_key(name)][1] for name in names]
        method, _ = simulate.choose_method(self.program, "vensim")
        return self.engines.compiled.batch_text(slots, tableau_of(method.name))

    def run_many(
        self,
        table: pd.DataFrame,
        *,
        method: str | Method = "vensim",
        time_step: float | None = None,
        final_time: float | None = None,
        save_every: float | None = None,
        outputs: Sequence[str] | None = None,
        threads: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        engine: str = "compiled",
        exact: bool = False,
    ) -> RunBatch:
        """Run the model once for each row of a table.

        Parameters
        ----------
        table
            One column for each constant to set, by name; one row for each run.
        method, time_step, final_time, save_every
            As in `run`; the file's own method by default.
        outputs
            Names to keep; stocks when left out.
        threads
            How many runs are worked on at once; the result does not depend on it.
        progress
            Called with the runs done and the runs in all; a bar in a notebook when left out.

        Examples
        --------
        >>> import pandas as pd, sdmodel as sd
        >>> model = sd.load("models/core.mdl")
        >>> table = pd.DataFrame({"network exposure": [0.2, 0.8]})
        >>> model.run_many(table, outputs=["relative knowledge"]).values.shape
        (1, 61, 2)
        """
        timing = simulate.Timing(time_step, final_time, save_every)
        kernel, names = (
            self.engines.named(engine, exact),
            self.stocks if outputs is None else outputs,
        )
        plan = (self.source, self.program, kernel, table, method, timing)
        return many_runs(*plan, names, threads, progress)

    # Changing it, checking it -----------------------------------------------------------------

    def replace(self, name: str, equation: str) -> Model:
        """Return another model in which a variable has another equation.

        The equation is written as in Vensim; for a stock it is ``INTEG(rate, initial)``, for a
        lookup its points in brackets. Everything else of the text stays as it is.

        Examples
        --------
        >>> import sdmodel as sd
        >>> model = sd.load("models/core.mdl")
        >>> model.replace("network exposure", "0.2 + RAMP(0.01, 1980, 2000)").constants.keys() \
            == model.constants.keys() - {"network exposure"}
        True
        """
        return self._remade(with_equation(self.source, entry_of(self.source, name), equation))

    def with_changes(self, *files: str | Path | SourceText) -> Model:
        """Return another model, with the constants and lookups of changes files (`.cin`).

        Of two entries for one value the later counts, and so does the later file. Everything that
        is wrong in any of the files is told at once.

        Examples
        --------
        >>> model = load("models/epidemic.mdl").with_changes("models/epidemic_slow.cin")
        >>> model.constants["contacts"]
        6.0
        """
        from sdmodel.control.applying import changed

        return self._remade(changed(self.source, self.program, files))

    def _remade(self, changed: SourceModel) -> Model:
        """Return the model of a changed text, with the data, parts and settings of this one."""
        from sdmodel.external.resolve import resolve

        data, allow = self._files
        model = Model(resolve(changed, data, allow=allow), files=self._files)
        model.program  # noqa: B018 - raises what is wrong with the change
        model = model.with_parts(self.source.parts, strict=False)
        model.settings = self.settings.among(model.constants)
        return model

    def edit(self) -> Edit:
        """Begin to change the text of the model's file; see `Edit`.

        Examples
        --------
        >>> edit = load("models/core.mdl").edit().units("network exposure", "fraction")
        >>> edit.model.units["network exposure"]
        'fraction'
        """
        from sdmodel.frontends import parse

        source = self.source.source  # external data is no part of the text
        return Edit(source, parse(source), lambda one, toml: loaded(one, self._files, toml))

    def with_parts(self, names: Iterable[str], *, strict: bool = True) -> Model:
        """Return another model in which parts of lookups and stocks are constants too.

        Parameters
        ----------
        names
            ``scale of NAME``, ``stretch of NAME`` or ``shift of NAME`` for a lookup, whose points
            (x, y) are then at (stretch*x + shift, scale*y); ``initial of NAME`` for a stock. What
            is in the model already is passed over.
        strict
            Whether to refuse, with all that is wrong, what cannot be had; or to leave it out.

        Examples
        --------
        >>> abroad = "initial of Diaspora"
        >>> load("models/core.mdl").with_parts([abroad]).constants[abroad]
        0.0
        """
        engines = self.engines  # which make the reference kernel only if a stock is asked for
        source = with_parts(
            self.source, names, lambda one: simulate.starts(engines.reference, one), strict=strict
        )
        if source is self.source:
            return self
        model = Model(source, self.settings, self._files)
        model.program  # noqa: B018 - raises what is wrong with it
        return model

    def check_integration(self, overrides: Overrides = None) -> IntegrationReport:
        """Tell whether the file's method and TIME STEP are good enough.

        The run is repeated with half and a quarter of the step and with another method; what
        differs is named. See `IntegrationReport`.
        """
        from sdmodel.integration import check_integration

        return check_integration(self, overrides)

    def check_units(self) -> _units.UnitReport:
        """Compare every equation with the units that its variables declare. See `UnitReport`.

        Examples
        --------
        >>> print(load("models/core.mdl").check_units())
        nothing found; 69 of 69 equations have units all through
        """
        return _units.check_units(self.source)

    def reality_checks(
        self, overrides: Overrides = None, *, runs: Mapping[str, Run] | None = None
    ) -> RealityReport:
        """Run the model's reality checks, with some constants set. See `RealityReport`.

        They stand in its own file, or in MODEL.reality beside it; `runs` are those that RC COMPARE
        reads, by name.

        Examples
        --------
        >>> load("models/core.mdl").reality_checks().verdict
        'core: 6 held'
        """
        from sdmodel.reality import reality_checks

        return reality_checks(self, overrides, runs=runs)

    def crosscheck(self, without: Sequence[str] = (), *, limit: float = 60.0) -> CrossCheck:
        """Run the model by every engine there is, and compare all of them in every variable.

        Ours, compiled and in NumPy, PySD and, where it is installed, pysimlin; by Euler with the
        file's TIME STEP; but those in `without`. PySD may need minutes for a large model: it and
        pysimlin are stopped after `limit` seconds each, and the others still compared. See
        `CrossCheck`.

        Examples
        --------
        >>> import sdmodel as sd
        >>> sd.load("models/core.mdl").crosscheck().ok
        True
        """
        from sdmodel.secondopinion.compare import crosscheck

        return crosscheck(self, without, limit)
