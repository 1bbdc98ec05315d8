"""Models written in the test: one equation a line; run controls are added where missing."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType

import pytest

from sdmodel.frontends import parse as parse_file
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.model import Model
from sdmodel.source import SourceModel

ROOT = Path(__file__).resolve().parents[2]
CONTROLS = {"INITIAL TIME": "0", "FINAL TIME": "4", "TIME STEP": "1", "SAVEPER": "TIME STEP"}
SETTINGS = (
    "\\\\\\---/// Sketch information - do not modify anything except names\n"
    "V300  Do not put anything below this section - it will be ignored\n"
    "///---\\\\\\\n:L<%^E!@\n15:0,0,0,{number},0,0\n"
)
METHODS = {"euler": 0, "rk4": 5, "rk2": 4, "rk4auto": 1, "difference": 2, "rk2auto": 3}


def mdl_text(equations: str, method: str = "euler", **controls: object) -> str:
    """Return the text of a `.mdl` file.

    Each line of `equations` is one entry, ``name = expression``; a line may add ``~ unit ~ comment
    |`` itself, and equations with a ``|`` in them may run over several lines.
    """
    text = equations.strip("\n")
    if "|" not in text:
        text = "\n".join(f"{line.strip()} ~ ~ |" for line in text.splitlines() if line.strip())
    given = {name.replace("_", " ").upper(): str(value) for name, value in controls.items()}
    for name, value in (CONTROLS | given).items():
        written = rf"^\s*{name.replace(' ', '[ _]')}\s*[=(]"
        if name in given or not re.search(written, text, re.M | re.I):
            text += f"\n{name} = {value} ~ ~ |"
    return "{UTF-8}\n" + text + "\n" + SETTINGS.format(number=METHODS[method])


TANK = """{UTF-8}
level= INTEG (inflow-outflow, 100)
    ~ litre
    ~ Water in the tank.
    |
inflow= 5
    ~ litre/Minute [0,10,1]
    ~ |
outflow= level/emptying time
    ~ litre/Minute
    ~ |
emptying time= 10
    ~ Minute [1,60]
    ~ |
INITIAL TIME = 0
    ~ Minute ~ |
FINAL TIME = 20
    ~ Minute ~ |
SAVEPER = 1
    ~ Minute ~ |
TIME STEP = 0.125
    ~ Minute ~ |
"""

SIR = """
*****
  .Disease
***** ~ comment of a group |
Susceptible people = INTEG(-infections, 990) ~ person ~ Who may fall ill. |
Infected = INTEG(infections - recoveries, 10) ~ person ~ |
infections = contacts*effect of crowding(Infected/population)*Susceptible people*Infected/population
  ~ person/Day ~ |
recoveries = Infected/illness ~ person/Day ~ |
contacts = 2 ~ 1/Day [0,10,0.5] ~ Meetings that would infect. |
illness = 5 ~ Day [1,?] ~ |
population = INITIAL(Susceptible people + Infected) ~ person ~ |
half the contacts = contacts/2 ~ 1/Day ~ |
"share of ill/total" = Infected/population ~ dmnl ~ |
effect of crowding([(0,0)-(1,1)],(0,1),(1,0.5)) ~ dmnl ~ |
weekday = MODULO(Time, 7) ~ Day ~ |
"""


@pytest.fixture
def mdl() -> Callable[..., str]:
    """Return the maker of `.mdl` texts."""
    return mdl_text


@pytest.fixture
def model() -> Callable[..., Model]:
    """Return a maker of models: ``model("a = 3", FINAL_TIME=8)``."""

    def make(equations: str, method: str = "euler", **controls: object) -> Model:
        text = mdl_text(equations, method, **controls)
        made = Model(parse(decode("test.mdl", text.encode())))
        made.program  # noqa: B018 - raises what is wrong with the model
        return made

    return make


@pytest.fixture
def values(model: Callable[..., Model]) -> Callable[..., list[float]]:
    """Return a maker of the values of `x` at every saved time, by the definition of all engines."""

    def compute(equations: str, method: str = "euler", **controls: object) -> list[float]:
        made = model(equations, method, **controls)
        run = made.run(method="vensim", outputs=["x"], engine="reference")
        return [float(value) for value in run.values("x")]

    return compute


@pytest.fixture
def core() -> Model:
    """Return the core model, with its settings."""
    import sdmodel as sd

    return sd.load(ROOT / "models" / "core.mdl")


@pytest.fixture
def core_text() -> str:
    """Return the text of the core model."""
    return (ROOT / "models" / "core.mdl").read_text(encoding="utf-8")


@pytest.fixture
def limited() -> Callable[[float], AbstractContextManager[None]]:
    """Return a time limit: what hangs must fail and not wait for ever."""

    @contextmanager
    def limit(seconds: float) -> Iterator[None]:
        def stop(number: int, frame: FrameType | None) -> None:
            raise TimeoutError(f"still running after {seconds:g} s")

        if not hasattr(signal, "SIGALRM"):  # Windows
            yield
            return
        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    return limit


@pytest.fixture
def sir(model: Callable[..., Model]) -> Model:
    """Return an epidemic with a stock, a lookup and every other kind of variable."""
    return model(SIR, FINAL_TIME=20, TIME_STEP=0.25, SAVEPER=1)


# The definition, and what a run uses unless told otherwise.
ENGINES = tuple(dict.fromkeys(("reference", Model.run.__kwdefaults__["engine"])))


@pytest.fixture(params=ENGINES)
def every_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let a test hold for every engine: each is the default of `run` and `run_many` in turn."""
    for verb in (Model.run, Model.run_many):
        monkeypatch.setitem(verb.__kwdefaults__, "engine", request.param)
    return str(request.param)


SPECS = "<sim_specs><start>0</start><stop>4</stop><dt>1</dt></sim_specs>"


def xmile_text(variables: str, outside: str = "", specs: str = SPECS) -> str:
    """Return an XMILE file with these variables; `outside` stands beside its model."""
    return (
        f'<xmile version="1.0">\n{specs}\n{outside}\n<model>\n<variables>\n{variables}\n'
        "</variables>\n</model>\n</xmile>\n"
    )


@pytest.fixture
def xmile() -> Callable[..., SourceModel]:
    """Return a reader of XMILE: ``xmile('<aux name="a"><eqn>1</eqn></aux>')``."""

    def read(variables: str, outside: str = "", specs: str = SPECS) -> SourceModel:
        return parse_file(decode("test.xmile", xmile_text(variables, outside, specs).encode()))

    return read


@pytest.fixture
def run_xmile(xmile: Callable[..., SourceModel]) -> Callable[..., dict[str, list[float]]]:
    """Return a runner of XMILE: the values of every variable at every saved time."""

    def run(
        variables: str, outside: str = "", specs: str = SPECS, **more: object
    ) -> dict[str, list[float]]:
        made = Model(xmile(variables, outside, specs))
        done = made.run(method="vensim", engine="reference", **more)  # type: ignore[arg-type]
        return {name: [float(v) for v in done.values(name)] for name in done.columns}

    return run


@pytest.fixture
def conformance() -> Path:
    """Return the folder of other people's models; skip the test where there is none."""
    from tests.conformance.recorded import PLACE

    if PLACE is None:
        pytest.skip("there are no conformance models: set SDMODEL_CONFORMANCE to their folder")
    return PLACE / "models"
