"""Twenty faults put into one sound model, one at a time: what is told of each, word for word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sdmodel as sd
from sdmodel.checks.registry import PROFILES
from sdmodel.checks.rules import Rules

TOLD = Path(__file__).with_name("faults.txt").read_text(encoding="utf-8")

# A workshop: orders are worked off, workers hired and lost, and the pressure of work tells.
SOUND = """{UTF-8}
craft: smiths, joiners
	~
	~	Two kinds of workers.
	|

Backlog= INTEG (orders-deliveries, 40)
	~	piece
	~	Orders not delivered yet.
	|

orders= base orders
	~	piece/Week
	~	What customers order.
	|

base orders= 10
	~	piece/Week [0,100,1]
	~	A year's mean.
	|

deliveries= SUM(Workers[craft!])*productivity*effect of pressure(pressure)
	~	piece/Week
	~	What is delivered.
	|

pressure= Backlog/normal backlog
	~	Dmnl
	~	How much there is to do.
	|

normal backlog= 40
	~	piece [10,80]
	~	Two to five weeks of work.
	|

effect of pressure([(0,0)-(4,2)],(0,0),(1,1),(2,1.4),(4,1.4))
	~	Dmnl
	~	People work faster with much to do.
	|

productivity= 1
	~	piece/(Week*person)
	~	Pieces that a worker finishes.
	|

Workers[craft]= INTEG (hiring[craft], 5)
	~	person
	~	Those who work.
	|

hiring[craft]= (wanted workers-Workers[craft])/hiring time
	~	person/Week
	~	Towards what is wanted.
	|

wanted workers= orders/productivity/ELMCOUNT(craft)
	~	person
	~	Enough for the orders.
	|

hiring time= 8
	~	Week [1,20]
	~	From the notice to the first day.
	|

seen orders= SMOOTH(orders, noticing time)
	~	piece/Week
	~	What the owner thinks of the orders.
	~	:SUPPLEMENTARY:
	|

noticing time= 4
	~	Week
	~	A month.
	|

INITIAL TIME= 0
	~	Week
	~	Begin.
	|

FINAL TIME= 50
	~	Week
	~	End.
	|

SAVEPER= 1
	~	Week
	~	Saved each week.
	|

TIME STEP= 0.25
	~	Week
	~	Quarter of a week.
	|
"""

# What is put in the place of what, and the profile; all that is then told is in `faults.txt`.
FAULTS: dict[str, tuple[str, str, str]] = {
    "a bracket without its partner": ("-Workers[craft])/", "-Workers[craft]/", "default"),
    "a misspelt variable": ("Backlog/normal backlog", "Backlog/normal backlogg", "default"),
    "a circle": ("base orders= 10", "base orders= orders", "default"),
    "an unknown function": ("SMOOTH(", "SMOTH(", "default"),
    "a name defined twice": ("noticing time= 4", "hiring time= 4", "default"),
    "a lookup used as a number": ("pressure(pressure)", "pressure", "default"),
    "a constant that nothing uses": ("orders, noticing time)", "orders, hiring time)", "default"),
    "an output without its mark": ("\n\t~\t:SUPPLEMENTARY:", "", "vensim-classic"),
    "a stock without flows": ("INTEG (orders-deliveries, ", "INTEG (0, ", "default"),
    "an element named like a variable": ("smiths, joiners", "smiths, pressure", "default"),
    "a constant outside of its range": ("backlog= 40", "backlog= 4", "default"),
    "a number in several equations": (
        "orders= base orders\n",
        "orders= base orders*0.85/(0.85+0.85)\n",
        "all",
    ),
    "a division by zero": (
        "orders= base orders\n",
        "orders= base orders*Time/(Time-hiring time*2.1)\n",
        "default",
    ),
    "an equality of fractions": (
        "orders= base orders\n",
        "orders= IF THEN ELSE(pressure = 1, base orders, 2*base orders)\n",
        "default",
    ),
    "missing units": ("piece/(Week*person)", "", "default"),
    "units that differ": ("orders/productivity/ELMCOUNT(craft)", "orders", "default"),
    "a step that does not fit": ("TIME STEP= 0.25", "TIME STEP= 0.3", "default"),
    "a step that is too long": ("noticing time= 4", "noticing time= 0.3", "default"),
    "a lookup that is left": ("(1,1),(2,1.4),(4,1.4)", "(0.5,0.7)", "default"),
    "a name out of style": ("Backlog= ", "backlog= ", "vensim-classic"),
}


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # so that the messages name the file alone


def told(text: str, profile: str) -> str:
    Path("shop.mdl").write_text(text, encoding="utf-8")
    return "".join(f"{one}\n" for one in sd.check("shop.mdl", Rules(profile=profile)))


def expected() -> dict[str, str]:
    """Return what the file tells of each fault, by its name."""
    parts = (part.partition("\n") for part in TOLD.split("== ")[1:])
    return {name: text for name, _, text in parts}


@pytest.mark.parametrize("profile", ["default", "vensim-classic"])
def test_nothing_is_told_of_the_sound_model(profile: str) -> None:
    assert told(SOUND, profile) == ""


def test_the_other_profiles_mind_names_and_numbers_alone() -> None:
    for profile in sorted(PROFILES.keys() - {"default", "vensim-classic"}):
        Path("shop.mdl").write_text(SOUND, encoding="utf-8")
        codes = {one.code for one in sd.check("shop.mdl", Rules(profile=profile))}
        assert codes <= {"SD202", "SD601"}


def test_there_are_twenty_faults() -> None:
    assert len(FAULTS) == 20
    assert list(expected()) == list(FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_place_caret_and_cure(fault: str) -> None:
    old, new, profile = FAULTS[fault]
    assert SOUND.count(old) == 1
    said = told(SOUND.replace(old, new), profile)
    assert said == expected()[fault]
    assert "cure: " in said
    assert "^\n" in said


def test_the_faults_are_of_twenty_kinds() -> None:
    """Every code that one of them is meant for stands in its text, and no two share all codes."""
    codes = [frozenset(re.findall(r"SD\d{3}", text)) for text in expected().values()]
    assert len(set(codes)) == 20
