"""The TOML file beside a model: read right, and every mistake in it told."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.model import Model

ROOT = Path(__file__).resolve().parents[2]
Maker = Callable[..., Model]

BASIN = """
********
  .Levers
********~ ~ |
tax rate = 0.2 ~ 1/Year [0,0.5,0.1] ~ |
switch = 1 ~ dmnl [0,1] ~ |
open ended = 3 ~ m [0,?] ~ |
boundless = 3 ~ m [-inf, inf] ~ |
plain = 4 ~ ~ |
stock = INTEG(tax rate, 0) ~ kg ~ |
effect((0,0),(1,1)) ~ ~ |
"""


@pytest.fixture
def basin(model: Maker) -> Model:
    """Return a model with constants of every kind of range."""
    return model(BASIN)


@pytest.fixture
def read(basin: Model, tmp_path: Path) -> Callable[[str], sd.ModelSettings]:
    """Return a reader of settings written in the test."""

    def from_text(text: str) -> sd.ModelSettings:
        path = tmp_path / "basin.toml"
        path.write_text(text, encoding="utf-8")
        return sd.read_settings(path, basin)

    return from_text


Reader = Callable[[str], sd.ModelSettings]


# What is read -----------------------------------------------------------------------------------


def test_nothing(read: Reader) -> None:
    assert read("") == sd.ModelSettings()


def test_a_factor_takes_from_the_model_what_is_not_said(read: Reader) -> None:
    settings = read('[levers."Tax_Rate"]')
    assert settings.levers == {
        "tax rate": sd.Factor("tax rate", 0.0, 0.5, 0.2, "1/Year", group="Levers")
    }
    assert settings.uncertainties == {}


def test_a_factor_with_everything_said(read: Reader) -> None:
    settings = read(
        '[uncertainties."tax rate"]\nlow = 0.1\nhigh = 1\nlabel = "Tax"\ngroup = "money"\n'
        'distribution = "triangular"\nkind = "integer"\n[levers.switch]\nkind = "switch"'
    )
    assert settings.uncertainties["tax rate"] == sd.Factor(
        "tax rate", 0.1, 1.0, 0.2, "1/Year", "Tax", "money", "triangular", "integer"
    )
    assert isinstance(settings.uncertainties["tax rate"].high, float)
    assert settings.levers["switch"].kind == "switch"


def test_values_parameters_and_correlations(read: Reader) -> None:
    settings = read(
        "[levers.plain]\nvalues = [1, 4, 9]\nweights = [2, 1, 1]\nlabels = ['a', 'b', 'c']\n"
        '[uncertainties."tax rate"]\ndistribution = "normal"\nmean = 0.3\nsd = 0.1\n'
        "[uncertainties.switch]\n[correlations]\nTax_Rate = { Switch = -0.5 }"
    )
    plain, tax = settings.levers["plain"], settings.uncertainties["tax rate"]
    assert (plain.low, plain.high, plain.distribution) == (1.0, 9.0, "discrete")
    assert (plain.values, plain.weights, plain.labels) == ((1, 4, 9), (2, 1, 1), ("a", "b", "c"))
    assert (tax.parameters, tax.values) == ({"mean": 0.3, "sd": 0.1}, ())
    assert settings.correlations == (("tax rate", "switch", -0.5),)
    assert settings.names == ["plain", "tax rate", "switch"]
    assert settings.among({"plain": 4.0, "switch": 1.0}).correlations == ()


FACTOR_MISTAKES = [
    ("values = 3", "values = 3 is of the wrong kind"),
    ("values = ['a']", "values = ['a'] must be a list of numbers"),
    ("values = [1, true]", "values = [1, True] must be a list of numbers"),
    ("values = [4, 1e999]", "values = [4, inf] must be a list of numbers"),
    ("values = [1, 2]", "the default 4 is not among its values (1, 2)"),
    ("values = [4, 5]\nlabels = ['a', '']", "labels = ['a', ''] must be a list of texts"),
    ("weights = [1]", "has weights but no values: give values, one for each"),
    ("values = [4, 5]\nhigh = 9", "has high beside values, which say it all: leave high out"),
    ("kind = 'categorical'", "is categorical: give its values, such as values = [1, 2, 3]"),
    ("scale = [1]", "scale = [1] must be [low, high]"),
    ("scale = [1, 2]\nlow = 3", "has scale beside low: give one or the other"),
]


@pytest.mark.parametrize(("text", "reason"), FACTOR_MISTAKES)
def test_mistakes_in_a_factor(read: Reader, text: str, reason: str) -> None:
    with pytest.raises(sd.SettingsError) as refused:
        read(f"[levers.plain]\n{text}")
    first = refused.value.reason.splitlines()[0]
    assert first.removeprefix('[levers."plain"]').lstrip(": ") == reason


def test_mistakes_of_several_factors_are_told_together(read: Reader) -> None:
    with pytest.raises(sd.SettingsError) as refused:
        read(
            "[levers.plan]\n[levers.stock]\n[levers.switch]\nkind = 'on'\nlow = 2\n"
            "[uncertainties.plain]\nlow = 'a'\n"
            "[correlations]\nswitch = { 'tax rote' = 0.1, plain = 'x' }"
        )
    assert refused.value.reason.splitlines() == [
        "[uncertainties.\"plain\"]: low = 'a' is of the wrong kind",
        "[levers.\"plan\"]: the model has no variable 'plan'; did you mean 'plain'?",
        "[levers.\"stock\"]: 'stock' is computed by the model; only constants can be set",
        '[levers."switch"]: low (2) must be below high (1)',
        "[levers.\"switch\"]: kind is 'on', but must be one of continuous, integer, categorical, "
        "switch",
        "[correlations]: 'tax rote' is no lever or uncertainty here; name it there first",
        "[correlations]: switch with plain = 'x' is no number",
    ]


def test_correlations_of_another_form(read: Reader) -> None:
    for text in ("correlations = 3", 'correlations = [["a", "b", 0.5]]', "[correlations]\na = 1"):
        with pytest.raises(sd.SettingsError, match="correlations must be as in \\[correlations\\]"):
            read(text)


def test_ranges_that_are_open_in_the_model_are_closed_here(read: Reader) -> None:
    settings = read(
        '[levers."open ended"]\nhigh = 9\n[levers.plain]\nlow = 0\nhigh = 8\n'
        "[levers.boundless]\nlow = -1\nhigh = 5"
    )
    assert {n: (f.low, f.high) for n, f in settings.levers.items()} == {
        "open ended": (0.0, 9.0),
        "plain": (0.0, 8.0),
        "boundless": (-1.0, 5.0),
    }


def test_outcomes_that_compare_runs(read: Reader) -> None:
    settings = read(
        'never_negative = ["STOCK"]\n'
        '[scenarios.open]\nset = {"tax rate" = 0.1}\n'
        '[outcomes.lost]\nof = "stock"\nreduce = "area_below"\nreference = "open"\n'
        '[outcomes.then]\nof = "stock"\narm = "open"\n'
        '[outcomes.gain]\nexpression = "a - b"\nlet = {a = "then", b = "stock"}\nunit = "kg"\n'
    )
    assert settings.never_negative == ("stock",)
    assert settings.outcomes == {
        "lost": sd.OutcomeSpec("lost", "stock", "area_below", reference="open"),
        "then": sd.OutcomeSpec("then", "stock", arm="open"),
        "gain": sd.OutcomeSpec(
            "gain", unit="kg", expression="a - b", let={"a": "then", "b": "stock"}
        ),
    }


def test_outcomes(read: Reader) -> None:
    settings = read(
        '[outcomes.one]\nof = "STOCK"\n[outcomes.two]\nof = "stock"\nreduce = "year_when"\n'
        'at = 1\nnever = 99\nlabel = "When"\nunit = "Year"'
    )
    assert settings.outcomes == {
        "one": sd.OutcomeSpec("one", "stock"),
        "two": sd.OutcomeSpec("two", "stock", "year_when", 1.0, 99.0, "When", "Year"),
    }


def test_scenarios(read: Reader) -> None:
    settings = read(
        '[scenarios.high]\nlabel = "High"\ndescription = "More."\n'
        'set = { "TAX RATE" = 0.4, plain = 1 }\n[scenarios.base]'
    )
    assert settings.scenarios == {
        "high": sd.Scenario("high", "High", "More.", {"tax rate": 0.4, "plain": 1.0}),
        "base": sd.Scenario("base"),
    }


def test_scenarios_may_have_groups(read: Reader) -> None:
    settings = read('[scenarios.high]\ngroup = " roles "\n[scenarios.low]')
    assert {name: one.group for name, one in settings.scenarios.items()} == {
        "high": "roles",
        "low": "",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('group = " "', "group is empty: name one, or leave the key out"),
        ("group = 3", "group = 3 is of the wrong kind"),
        ('groop = "a"', "has no key 'groop'; did you mean 'group'"),
    ],
)
def test_a_wrong_group_is_refused(read: Reader, text: str, reason: str) -> None:
    with pytest.raises(sd.SettingsError, match=reason) as refused:
        read(f"[scenarios.high]\n{text}")
    assert '[scenarios."high"]' in str(refused.value)


def test_title_highlights_and_what_others_read(read: Reader) -> None:
    settings = read('title = "Basin"\nhighlights = ["Stock", "tax_rate"]\n[expectations.a]\nb = 1')
    assert settings.title == "Basin"
    assert settings.highlights == ("stock", "tax rate")


def test_a_byte_order_mark_does_no_harm(read: Reader) -> None:
    assert read('\ufefftitle = "Basin"').title == "Basin"


def test_the_settings_of_the_core_model(core: Model) -> None:
    raw = tomllib.loads((ROOT / "models" / "core.toml").read_text(encoding="utf-8"))
    settings = core.settings
    assert settings.title == raw["title"]
    assert list(settings.highlights) == raw["highlights"]
    for kind in ("levers", "uncertainties"):
        factors = getattr(settings, kind)
        assert list(factors) == list(raw[kind])
        for name, factor in factors.items():
            said, written = core.variable(name), raw[kind][name]
            assert factor.default == core.constants[name] == said.default
            assert (factor.unit, factor.low, factor.high) == (
                said.units,
                written.get("low", said.low),
                written.get("high", said.high),
            )
            assert factor.low <= factor.default <= factor.high
            assert factor.label == written["label"]
            assert factor.distribution == written.get("distribution", "uniform")
    assert len(settings.levers) == 7
    assert {o.of for o in settings.outcomes.values()} <= set(core.variables)
    assert {n: s.values for n, s in settings.scenarios.items()} == {
        n: one["set"] for n, one in raw["scenarios"].items()
    }
    for scenario in settings.scenarios.values():
        for name, value in scenario.values.items():
            low, high = core.variable(name).low, core.variable(name).high
            assert low is not None
            assert high is not None
            assert low <= value <= high


# What is left when a model changes --------------------------------------------------------------


def test_among(read: Reader) -> None:
    settings = read(
        'title = "T"\n[levers."tax rate"]\n[levers.switch]\n[uncertainties.plain]\nlow=0\nhigh=9\n'
        '[outcomes.o]\nof = "stock"\n[scenarios.s]\nset = { "tax rate" = 0.1, switch = 0 }'
    )
    left = settings.among({"tax rate": 0.3, "plain": 10.0})
    assert {n: f.default for n, f in left.levers.items()} == {"tax rate": 0.3}
    assert left.uncertainties == {}  # the new value is outside its range
    assert left.scenarios["s"].values == {"tax rate": 0.1}
    assert (left.title, left.outcomes) == (settings.title, settings.outcomes)
    assert settings.levers["tax rate"].default == 0.2
    everything = settings.among({"tax rate": 0.2, "switch": 1.0, "plain": 4.0})
    assert everything == settings


# Every mistake ----------------------------------------------------------------------------------

MISTAKES = [
    ("title = 3", "title must be a text and highlights a list of variables"),
    ('highlights = "stock"', "title must be a text and highlights a list of variables"),
    (
        'highlights = ["stok"]',
        "highlights: the model has no variable 'stok'; did you mean 'stock'?",
    ),
    ('highlights = ["zzzz"]', "highlights: the model has no variable 'zzzz'"),
    ("highlights = [3]", "highlights: 3 is not the name of a variable"),
    (
        'highlights = ["effect"]',
        "highlights: 'effect' is a lookup and has no course in time: name the variable that reads "
        "it",
    ),
    ("levrs = 3", "nothing is called 'levrs' here; did you mean 'levers'?"),
    (
        "zzzz = 3",
        "nothing is called 'zzzz' here; there are: title, highlights, levers, "
        "uncertainties, outcomes, scenarios, correlations, expectations, never_negative, checks",
    ),
    ("levers = 3", "'levers' must be tables such as [levers.\"name\"]"),
    ("[levers]\nplain = 3", '[levers."plain"] must be a table'),
    ("[levers.plain]\nlou = 3", "[levers.\"plain\"] has no key 'lou'; did you mean 'low'?"),
    (
        "[scenarios.a]\nzzzz = 3",
        "[scenarios.\"a\"] has no key 'zzzz'; label, description, group, set",
    ),
    ('[levers.plain]\nlow = "3"', "[levers.\"plain\"]: low = '3' is of the wrong kind"),
    ("[levers.plain]\nlow = true", '[levers."plain"]: low = True is of the wrong kind'),
    ("[levers.plain]\nlabel = 3", '[levers."plain"]: label = 3 is of the wrong kind'),
    ("[scenarios.a]\nset = 3", '[scenarios."a"]: set = 3 is of the wrong kind'),
    ("[levers.plain]\nlow = nan", '[levers."plain"]: low must be a finite number'),
    ("[levers.plain]\nhigh = inf", '[levers."plain"]: high must be a finite number'),
    (f"[levers.plain]\nhigh = 1{'0' * 400}", '[levers."plain"]: high must be a finite number'),
    (
        '[levers."tax rte"]',
        "[levers.\"tax rte\"]: the model has no variable 'tax rte'; did you mean 'tax rate'?",
    ),
    (
        "[levers.stock]",
        "[levers.\"stock\"]: 'stock' is computed by the model; only constants can be set",
    ),
    (
        "[levers.plain]",
        '[levers."plain"] has no range: give low and high here, or [low,high] behind the unit in '
        "the .mdl",
    ),
    (
        '[levers."open ended"]',
        '[levers."open ended"] has no range: give low and high here, or [low,high] behind the '
        "unit in the .mdl",
    ),
    (
        "[levers.boundless]\nlow = 1",
        '[levers."boundless"]: its range in the .mdl is open: give low and high here',
    ),
    ('[levers."tax rate"]\nlow = 3', '[levers."tax rate"]: low (3) must be below high (0.5)'),
    ('[levers."tax rate"]\nlow = 0.5', '[levers."tax rate"]: low (0.5) must be below high (0.5)'),
    (
        '[levers."tax rate"]\nlow = 0.3',
        '[levers."tax rate"]: the default 0.2 is outside 0.3 to 0.5',
    ),
    (
        '[levers."tax rate"]\nkind = "real"',
        "[levers.\"tax rate\"]: kind is 'real', but must be one of continuous, integer, "
        "categorical, switch",
    ),
    (
        '[levers."tax rate"]\n[levers."Tax Rate"]',
        '[levers."Tax Rate"] is there twice: leave one out',
    ),
    (
        '[levers."tax rate"]\n[uncertainties."tax_rate"]',
        "'tax rate' is both a lever and an uncertainty: leave one out",
    ),
    (
        '[outcomes.a]\nof = "stock"\narm = "opn"\n[scenarios.open]\nset = {"tax rate" = 0.1}',
        "[outcomes.\"a\"]: arm = 'opn' is no scenario of this file; did you mean 'open'?",
    ),
    (
        '[outcomes.a]\nof = "stock"\nreduce = "area_below"\nreference = "past"',
        "[outcomes.\"a\"]: reference = 'past' is no scenario of this file; it names none",
    ),
    (
        '[outcomes.a]\nexpression = "a - b"',
        '[outcomes."a"] needs both: expression = "a - b" and '
        'let = {a = "one outcome", b = "another"}',
    ),
    (
        '[outcomes.a]\nexpression = "a"\nlet = {a = "b"}\nreduce = "peak"\nat = 3',
        '[outcomes."a"] is worked out from other outcomes, so it has no use for at, reduce: '
        "say that of the outcomes it is worked out from",
    ),
    (
        '[outcomes.a]\nexpression = "a"\nlet = {a = 3}',
        '[outcomes."a"]: let.a must be the name of an outcome, not 3',
    ),
    ("never_negative = true", "never_negative must be a list of variables"),
    (
        'never_negative = ["stok"]',
        "never_negative: the model has no variable 'stok'; did you mean 'stock'?",
    ),
    (
        "[outcomes.a]",
        '[outcomes."a"] must say which variable it is of: of = "name", or what it is worked out '
        'from: expression = "a - b" and let = {a = "one outcome", b = "another"}',
    ),
    (
        '[outcomes.a]\nof = "stok"',
        "[outcomes.\"a\"]: the model has no variable 'stok'; did you mean 'stock'?",
    ),
    (
        '[outcomes.a]\nof = "effect"',
        "[outcomes.\"a\"]: 'effect' is a lookup and has no course in time: name the variable that "
        "reads it",
    ),
    ('[outcomes.a]\nof = "stock"\nat = inf', '[outcomes."a"]: at must be a finite number'),
    (
        '[scenarios.a]\nset = { plain = "much" }',
        "[scenarios.\"a\"]: 'plain' must be set to a number, not 'much'",
    ),
    (
        "[scenarios.a]\nset = { plain = true }",
        "[scenarios.\"a\"]: 'plain' must be set to a number, not True",
    ),
    (
        "[scenarios.a]\nset = { plain = nan }",
        "[scenarios.\"a\"]: 'plain' must be set to a finite number",
    ),
    (
        "[scenarios.a]\nset = { plain = 1, PLAIN = 2 }",
        "[scenarios.\"a\"]: 'PLAIN' is set twice: keep one value",
    ),
    (
        "[scenarios.a]\nset = { stock = 1 }",
        "[scenarios.\"a\"]: 'stock' is computed by the model; only constants can be set",
    ),
    (
        "[scenarios.a]\nset = { plane = 1 }",
        "[scenarios.\"a\"]: the model has no variable 'plane'; did you mean 'plain'?",
    ),
    ("x = ", "this is not valid TOML: Invalid value (at end of document)"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_mistakes(text: str, message: str, read: Reader, tmp_path: Path) -> None:
    with pytest.raises(sd.SettingsError) as caught:
        read(text)
    assert str(caught.value) == f"{tmp_path / 'basin.toml'}: {message}"
    assert caught.value.path == str(tmp_path / "basin.toml")


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"a = " + b"[" * 100_000, b"title = '\x00'"])
def test_files_that_are_no_toml(raw: bytes, basin: Model, tmp_path: Path) -> None:
    path = tmp_path / "basin.toml"
    path.write_bytes(raw)
    with pytest.raises(sd.SettingsError, match="basin.toml: this is not valid TOML: "):
        sd.read_settings(path, basin)


def test_files_that_cannot_be_read(
    basin: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(sd.SettingsError) as caught:
        sd.read_settings(tmp_path / "none.toml", basin)
    assert str(caught.value) == f"{tmp_path / 'none.toml'}: cannot be read: " + (
        "No such file or directory"
    )
    with pytest.raises(sd.SettingsError, match="cannot be read: Is a directory"):
        sd.read_settings(tmp_path, basin)
    (tmp_path / "large.toml").write_text("# much\n" * 100)
    monkeypatch.setattr("sdmodel.settings_file._LARGEST", 100)
    with pytest.raises(sd.SettingsError, match="the file is larger than 100 bytes"):
        sd.read_settings(tmp_path / "large.toml", basin)


def test_load_and_the_command_line_tell_it_too(tmp_path: Path, mdl: Callable[..., str]) -> None:
    (tmp_path / "basin.mdl").write_text(mdl(BASIN), encoding="utf-8")
    (tmp_path / "basin.toml").write_text("levrs = 3", encoding="utf-8")
    message = "nothing is called 'levrs' here; did you mean 'levers'?"
    with pytest.raises(sd.SettingsError, match=message.replace("?", "\\?")):
        sd.load(tmp_path / "basin.mdl")
    for verb in ("run", "check", "show", "compare"):
        result = CliRunner().invoke(main, [verb, str(tmp_path / "basin.mdl")])
        assert result.exit_code == 1
        assert message in result.output
        assert "Traceback" not in result.output
