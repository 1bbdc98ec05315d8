"""`python models/fit_archetypes.py FOLDER`: fit the country archetypes to series in a folder.

Settings are in archetypes.toml. Fitted are parameters that all countries share and three scalars
of each country, by least squares on log errors, with nothing later than `fitted_to`. What comes
out is compared with the data before and after, and with two forecasts that know no model.
"""

from __future__ import annotations

import csv
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

import sdmodel as sd

HERE = Path(__file__).resolve().parent
Floats = NDArray[np.float64]
Series = dict[int, float]
Data = dict[str, dict[str, Series]]  # variable -> country -> year -> value
# The largest error of a point, in logs and before its weight: a run that broke down, not a fit.
WORST = 5.0
SMALLEST = 1e-6
# Half a thousandth of a range: far above rounding, far below where an answer bends.
STEP = 5e-4
EDGE = 1e-3


@dataclass(frozen=True)
class Problem:
    """What is fitted to what: the model, the settings, the data, and the names in order."""

    model: sd.Model
    settings: Mapping[str, Any]
    data: Data
    shared: tuple[str, ...]
    country: tuple[str, ...]
    low: Floats
    high: Floats
    start: Floats

    @property
    def countries(self) -> tuple[str, ...]:
        """ISO codes, in the order of the settings."""
        return tuple(self.settings["countries"])

    @property
    def variables(self) -> tuple[str, ...]:
        """Variables of the model that have a series."""
        return tuple(self.settings["series"])

    @property
    def names(self) -> list[str]:
        """Names of what is fitted: shared parameters, then scalars country by country."""
        own = [f"{code}: {name}" for code in self.countries for name in self.country]
        return [*self.shared, *own]

    @property
    def steps(self) -> Floats:
        """What each fitted value is rounded to."""
        shared = [self.settings["shared"][name]["step"] for name in self.shared]
        own = [self.settings["country"][name]["step"] for name in self.country]
        return np.array(shared + own * len(self.countries), float)


def read_series(path: Path, where: Mapping[str, str], over: str | None) -> dict[str, Series]:
    """Return the values of a tidy file (country,year,value[,extra]) by country and year.

    Rows that do not have the values of `where` are left out. With `over` each value is divided
    by that country's of the same year.

    Raises
    ------
    ClickException
        If a column is missing, or a row is no number.
    """
    found: dict[str, Series] = {}
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        missing = {"country", "year", "value", *where} - set(table.fieldnames or ())
        if missing:
            raise click.ClickException(f"{path}: no column {', '.join(sorted(missing))}")
        for row in table:
            if not row["value"] or any(row[key] != value for key, value in where.items()):
                continue
            try:
                found.setdefault(row["country"], {})[int(row["year"])] = float(row["value"])
            except ValueError as error:
                raise click.ClickException(f"{path}, line {table.line_num}: {error}") from None
    if over is None:
        return found
    base = found.get(over, {})
    return {
        code: {year: value / base[year] for year, value in one.items() if year in base}
        for code, one in found.items()
    }


def read_data(folder: Path, settings: Mapping[str, Any]) -> Data:
    """Read every series of the settings from the folder, in the units of the model.

    Raises
    ------
    ClickException
        If files are missing: all of them are named.
    """
    missing = [
        f"  {one['file']} ({variable})"
        for variable, one in settings["series"].items()
        if not (folder / one["file"]).is_file()
    ]
    if missing:
        raise click.ClickException(
            f"{folder} lacks\n" + "\n".join(missing) + "\n"
            "The sources of the series are named in models/reference_points.toml; each file has "
            "the columns country, year and value."
        )
    data: Data = {}
    for variable, one in settings["series"].items():
        raw = read_series(folder / one["file"], one.get("where", {}), one.get("over"))
        data[variable] = {
            code: {year: value * one["unit"] for year, value in raw.get(code, {}).items()}
            for code in settings["countries"]
        }
    return data


def build(model: sd.Model, settings: Mapping[str, Any], data: Data) -> Problem:
    """Put the problem together; bounds and starts in the order of `Problem.names`."""
    shared, country = settings["shared"], settings["country"]
    bounds = [one["bounds"] for one in shared.values()]
    bounds += [one["bounds"] for one in country.values()] * len(settings["countries"])
    start = [one["judgement"] for one in shared.values()]
    start += [one["start"] for one in country.values()] * len(settings["countries"])
    low, high = np.array(bounds, float).T
    return Problem(
        model, settings, data, tuple(shared), tuple(country), low, high, np.array(start, float)
    )


def observed(problem: Problem, code: str) -> dict[str, float]:
    """Return the scalars of a country that are set from the data, as rounded in its scenario."""
    given = problem.settings["observed"]
    return {
        name: float(f"{problem.data[variable][code][given['year']]:.3g}")
        for name, variable in given.items()
        if name != "year"
    }


def simulate(
    problem: Problem, points: Sequence[Floats], held: Mapping[str, float], final: int | None = None
) -> Floats:
    """Run all countries at all points; return values as (variable, year, point, country)."""
    size = len(problem.shared)
    rows = []
    for point in points:
        for place, code in enumerate(problem.countries):
            own = point[size + place * len(problem.country) :]
            row = dict(held) | dict(zip(problem.shared, point, strict=False))
            rows.append(
                row | dict(zip(problem.country, own, strict=False)) | observed(problem, code)
            )
    batch = problem.model.run_many(
        pd.DataFrame(rows),
        outputs=problem.variables,
        time_step=problem.settings["time_step"],
        final_time=final or problem.settings["fitted_to"],
        save_every=1.0,
    )
    values = np.asarray(batch.values, float)
    return values.reshape(*values.shape[:2], len(points), len(problem.countries))


def residuals(problem: Problem, points: Sequence[Floats], held: Mapping[str, float]) -> Floats:
    """Return the weighted log errors of each point, and its distances from the judgements."""
    values = simulate(problem, points, held)
    columns = []
    for row, variable in enumerate(problem.variables):
        one = problem.settings["series"][variable]
        for place, code in enumerate(problem.countries):
            series = problem.data[variable][code]
            for year in one["years"]:
                if year in series and year <= problem.settings["fitted_to"]:
                    model = values[row, year - problem.settings["observed"]["year"], :, place]
                    with np.errstate(invalid="ignore"):
                        error = np.log(np.maximum(model, SMALLEST) / series[year])
                    error = np.nan_to_num(error, nan=WORST)
                    columns.append(one["weight"] * np.clip(error, -WORST, WORST))
    size = len(problem.shared)
    span = (problem.high - problem.low)[:size]
    pull = [problem.settings["pull"] * (x[:size] - problem.start[:size]) / span for x in points]
    return np.hstack([np.array(columns).T, np.array(pull)])


def improve(
    problem: Problem, start: Floats, free: NDArray[np.bool_], held: Mapping[str, float]
) -> tuple[float, Floats, Floats]:
    """Fit what is free from a start; return half the sum of squares, the point, the Jacobian.

    The Jacobian is per range of each free value.
    """
    low, span = problem.low[free], (problem.high - problem.low)[free]

    def point(unit: Floats) -> Floats:
        full = start.copy()
        full[free] = low + unit * span
        return full

    def errors(unit: Floats) -> Floats:
        return np.asarray(residuals(problem, [point(unit)], held)[0])

    def slopes(unit: Floats) -> Floats:
        moves = np.where(unit + STEP <= 1, STEP, -STEP)
        moved = [point(unit), *(point(unit + row) for row in np.diag(moves))]
        table = residuals(problem, moved, held)
        return np.asarray(((table[1:] - table[0]) / moves[:, None]).T)

    unit = np.clip((start[free] - low) / span, EDGE, 1 - EDGE)
    found = least_squares(
        errors, unit, jac=slopes, bounds=(0, 1), max_nfev=problem.settings["steps"]
    )
    return float(found.cost), point(found.x), np.asarray(found.jac)


def fit(
    problem: Problem, starts: int, tell: Callable[[str], None], held: Mapping[str, float]
) -> tuple[float, Floats, Floats]:
    """Return the best of several starts of a fit of everything at once."""
    rng = np.random.default_rng(problem.settings["seed"])
    everything = np.ones(len(problem.start), bool)
    best: tuple[float, Floats, Floats] | None = None
    for number in range(starts):
        start = problem.start.copy()
        if number:
            start = problem.low + rng.uniform(0.1, 0.9, len(start)) * (problem.high - problem.low)
            size = len(problem.shared)
            start[:size] = (start[:size] + problem.start[:size]) / 2
        found = improve(problem, start, everything, held)
        tell(f"  start {number + 1}: cost {found[0]:.4f}")
        if best is None or found[0] < best[0]:
            best = found
    assert best is not None
    return best


def finish(problem: Problem, point: Floats, held: Mapping[str, float]) -> tuple[float, Floats]:
    """Round the shared parameters, fit the scalars of the countries again, round those."""
    size = len(problem.shared)
    rounded = point.copy()
    rounded[:size] = (np.round(point / problem.steps) * problem.steps)[:size]
    free = np.arange(len(point)) >= size
    _, rounded, _ = improve(problem, rounded, free, held)
    rounded = np.round(np.round(rounded / problem.steps) * problem.steps, 6)
    rounded = np.clip(rounded, problem.low, problem.high)
    return cost(problem, rounded, held), rounded


def cost(problem: Problem, point: Floats, held: Mapping[str, float]) -> float:
    """Return half the sum of squares at a point."""
    return float((residuals(problem, [point], held)[0] ** 2).sum() / 2)


def committed(problem: Problem) -> Floats:
    """Return the values that the model and its scenarios hold now."""
    values = [float(problem.model.constants[name]) for name in problem.shared]
    for scenario in problem.settings["countries"].values():
        given = problem.model.scenario(scenario).values
        values += [float(given[name]) for name in problem.country]
    return np.array(values)


def narrowed(problem: Problem, point: Floats, jacobian: Floats) -> Floats:
    """Return by how much the data narrow each shared parameter: 0 not at all, 1 to a point.

    One minus the spread of the fit over that of its judgement alone, in a linear approximation
    and with the weights taken as they are. The scalars of the countries are fitted along, except
    those at a bound.
    """
    edge = set(at_bound(problem, point))
    size = len(problem.shared)
    free = [i for i, name in enumerate(problem.names) if i < size or name not in edge]
    table = jacobian[:, free]
    spread = np.sqrt(np.diag(np.linalg.inv(table.T @ table)))[:size]
    return np.asarray(1 - spread * problem.settings["pull"])


def theil(model: Floats, data: Floats) -> tuple[float, float, float]:
    """Return the shares of the mean squared error by bias, unequal variation, unequal covariation.

    They add up to 1 (Theil 1966; Sterman 1984).

    Examples
    --------
    >>> theil(np.array([2.0, 3.0, 4.0]), np.array([1.0, 2.0, 3.0]))
    (1.0, 0.0, 0.0)
    """
    whole = float(((model - data) ** 2).mean())
    if whole == 0:
        return (0.0, 0.0, 0.0)
    one, other = float(model.std()), float(data.std())
    together = float(((model - model.mean()) * (data - data.mean())).mean())
    bias = float(model.mean() - data.mean()) ** 2 / whole
    return (bias, (one - other) ** 2 / whole, 2 * (one * other - together) / whole)


def log_error(model: Floats, data: Floats) -> float:
    """Return the root of the mean squared log error."""
    return float(np.sqrt((np.log(np.maximum(model, SMALLEST) / data) ** 2).mean()))


def measures(model: Floats, data: Floats) -> list[str]:
    """Return count, log error, MAPE, Theil's three parts and R², as text; a dash where undefined.

    R² is the squared correlation: whether the course is alike, apart from level and scale.
    """
    if not len(data):
        return ["0", *["-"] * 6]
    error = log_error(model, data)
    mape = float(np.abs(model / data - 1).mean())
    if len(data) < 3 or model.std() == 0 or data.std() == 0:
        return [str(len(data)), f"{error:.2f}", f"{mape:.0%}", *["-"] * 4]
    parts = theil(model, data)
    fit_of_course = float(np.corrcoef(model, data)[0, 1]) ** 2
    return [
        str(len(data)),
        f"{error:.2f}",
        f"{mape:.0%}",
        *(f"{part:.2f}" for part in parts),
        f"{fit_of_course:.2f}",
    ]


def logistic_trend(years: Floats, data: Floats, ceiling: float = 2.0) -> Callable[[Floats], Floats]:
    """Fit K/(1 + exp(-(a + b t))) to logs of the data by least squares; K is at most `ceiling`."""
    first = float(years[0])

    def curve(x: Floats, when: Floats) -> Floats:
        return np.asarray(-np.logaddexp(0, -(x[1] + x[2] * (when - first) / 10)) + x[0])

    lowest = float(np.log(data.max()))
    fits = []
    for top in np.linspace(lowest, np.log(ceiling), 5):
        level = np.clip(data / np.exp(top), 1e-3, 1 - 1e-3)
        rate, shift = np.polyfit((years - first) / 10, np.log(level / (1 - level)), 1)
        fits.append(
            least_squares(
                lambda x: curve(x, years) - np.log(data),
                np.clip([top, shift, rate], [lowest - 0.5, -20, -20], [np.log(ceiling), 20, 20]),
                bounds=([lowest - 0.5, -20, -20], [np.log(ceiling), 20, 20]),
            )
        )
    best = min(fits, key=lambda one: one.cost).x
    return lambda when: np.exp(curve(best, np.asarray(when, float)))


def at_bound(problem: Problem, point: Floats) -> list[str]:
    """Return the names of what is at a bound."""
    unit = (point - problem.low) / (problem.high - problem.low)
    return [
        name for name, part in zip(problem.names, unit, strict=True) if not EDGE <= part <= 1 - EDGE
    ]


def report_errors(problem: Problem, point: Floats, held: Mapping[str, float]) -> None:
    """Print, for each series and country, the errors before and after the end of the fit."""
    values = simulate(problem, [point], held, 2020)[:, :, 0]
    first, limit = problem.settings["observed"]["year"], problem.settings["fitted_to"]
    head = ["n", "log", "MAPE", "U^M", "U^S", "U^C", "R2"]
    print(f"\nErrors to {limit} and after, model against data")
    print(f"{'':28s}" + "".join(f"{word:>6s}" for word in head + head))
    for row, variable in enumerate(problem.variables):
        print(variable)
        for place, code in enumerate(problem.countries):
            series = {y: v for y, v in problem.data[variable][code].items() if first < y <= 2020}
            cells = []
            for chosen in (
                [year for year in series if year <= limit],
                [year for year in series if year > limit],
            ):
                model = np.array([values[row, year - first, place] for year in chosen])
                cells += measures(model, np.array([series[year] for year in chosen]))
            print(f"  {code:26s}" + "".join(f"{cell:>6s}" for cell in cells))
    report_forecasts(problem, values)


def report_forecasts(problem: Problem, values: Floats) -> None:
    """Print the log errors of relative income after the fit beside two forecasts without model."""
    first, limit = problem.settings["observed"]["year"], problem.settings["fitted_to"]
    print(f"\nRelative income after {limit}: log errors")
    print(f"  {'':6s}{'model':>8s}{'walk':>8s}{'logistic':>10s}{'ceiling':>9s}{'last':>7s}")
    row = problem.variables.index("relative income")
    table = []
    for place, code in enumerate(problem.countries):
        series = problem.data["relative income"][code]
        before = np.array([year for year in series if first <= year <= limit], float)
        after = [year for year in series if limit < year <= 2020]
        data = np.array([series[year] for year in after])
        trend = logistic_trend(before, np.array([series[int(year)] for year in before]))
        errors = [
            log_error(np.array([values[row, year - first, place] for year in after]), data),
            log_error(np.full(len(data), series[limit]), data),
            log_error(trend(np.array(after, float)), data),
        ]
        table.append(errors)
        far = float(trend(np.array([1e5]))[0])
        print(
            f"  {code:6s}{errors[0]:8.3f}{errors[1]:8.3f}{errors[2]:10.3f}{far:9.2f}{after[-1]:7d}"
        )
    mean = np.sqrt((np.array(table) ** 2).mean(axis=0))
    print(f"  {'all':6s}{mean[0]:8.3f}{mean[1]:8.3f}{mean[2]:10.3f}")


def report_fit(problem: Problem, point: Floats, final: Floats, jacobian: Floats) -> None:
    """Print what was fitted, what is at a bound, and how far the data narrow it."""
    print(f"\n{'':36s}{'fitted':>9s}{'final':>9s}{'in model':>9s}{'narrowed':>9s}")
    shares = [f"{part:9.2f}" for part in narrowed(problem, point, jacobian)]
    edge = at_bound(problem, point)
    rows = zip(problem.names, point, final, committed(problem), strict=True)
    for place, (name, fitted, rounded, now) in enumerate(rows):
        share = shares[place] if place < len(shares) else ""
        note = "  at a bound" if name in edge else ""
        print(f"{name:36s}{fitted:9.4f}{rounded:9.4g}{now:9.4g}{share:>9s}{note}")


def report_profiles(problem: Problem, point: Floats, best: float, errors: int) -> None:
    """Print the cost with something held at several levels and all else fitted again."""
    everything = np.ones(len(point), bool)
    # The likelihood ratio of one parameter, with the variance that the fit leaves.
    margin = 3.84 * best / (errors - len(point))
    print(f"\nCosts less than {margin:.3f} above the lowest cannot be told from it (95 %, and that")
    print("only if the errors of a series were independent from year to year).")
    for name, one in problem.settings["profiles"].items():
        print(f"\nProfile over {name}: level, cost, values at a bound")
        for level in one["levels"]:
            held = dict(zip(one["names"], level, strict=True))
            got, at, _ = min(
                (improve(problem, x, everything, held) for x in (point, problem.start)),
                key=lambda found: found[0],
            )
            told = " ".join(f"{value:g}" for value in level)
            print(f"  {told:18s}{got:8.4f}  {', '.join(at_bound(problem, at))}")


def report_series(problem: Problem, point: Floats) -> None:
    """Print what each fitted value becomes when one series is left out of the fit."""
    everything = np.ones(len(point), bool)
    columns = {"all": point}
    for name, one in problem.settings["series"].items():
        if one["weight"]:
            series = problem.settings["series"] | {name: one | {"weight": 0.0}}
            rest = replace(problem, settings={**problem.settings, "series": series})
            columns[name] = improve(rest, point, everything, {})[1]
    print("\nFitted values with one series left out: " + ", ".join(columns))
    for place, name in enumerate(problem.names):
        cells = "".join(f"{column[place]:9.3f}" for column in columns.values())
        print(f"{name:36s}{cells}")


def check(problem: Problem, best: float) -> bool:
    """Say whether the committed values fit the data nearly as well as the fitted ones do."""
    now = cost(problem, committed(problem), {})
    good = now <= best * (1 + problem.settings["tolerance"])
    wrong = []
    for code, scenario in problem.settings["countries"].items():
        given = problem.model.scenario(scenario).values
        wrong += [
            f"  {scenario}: {name} is {given.get(name)}, the data say {value:g}"
            for name, value in observed(problem, code).items()
            if given.get(name) != value
        ]
    print(f"\ncost of the committed values {now:.4f}, of the fitted ones {best:.4f}")
    for line in wrong:
        print(line)
    print(
        "The committed values are the fit's." if good and not wrong else "They differ: fit again."
    )
    return good and not wrong


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--starts", type=click.IntRange(1), help="Starts of the fit; see archetypes.toml.")
@click.option(
    "--check", "checks", is_flag=True, help="Only compare the committed values: 1 if off."
)
def main(folder: Path, starts: int | None, checks: bool) -> None:
    """Fit the country archetypes to the series in FOLDER, and report."""
    settings = tomllib.loads((HERE / "archetypes.toml").read_text(encoding="utf-8"))
    model = sd.load(HERE / settings["model"])
    problem = build(model, settings, read_data(folder, settings))
    best, point, jacobian = fit(problem, starts or settings["starts"], print, {})
    last, final = finish(problem, point, {})
    print(
        f"cost {best:.4f}; rounded {last:.4f}; {len(jacobian)} errors, {len(point)} values fitted"
    )
    report_fit(problem, point, final, jacobian)
    good = check(problem, last)
    if checks:
        sys.exit(0 if good else 1)
    report_errors(problem, committed(problem), {})
    report_series(problem, point)
    report_profiles(problem, point, best, len(jacobian))


if __name__ == "__main__":
    main()
