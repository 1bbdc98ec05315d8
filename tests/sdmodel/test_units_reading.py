"""How units are written, and which are the same."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sdmodel.source import UnitDefinition
from sdmodel.units.algebra import DIMENSIONLESS, Unit
from sdmodel.units.names import UnitNames, fold
from sdmodel.units.reading import UnitError


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("Widget/(Month*Person)", "Widget/(Month*Person)"),
        ("Widget/Month/Person", "Widget/(Month*Person)"),
        ("(Widget)/((Month)*(Person))", "Widget/(Month*Person)"),
        ("Person*Person", "Person^2"),
        ("Meter^2", "Meter^2"),
        ("Meter**2", "Meter^2"),
        ("Meter^(-2)", "1/Meter^2"),
        ("Meter ^ -2", "1/Meter^2"),
        ("Meter^(1/2)", "Meter^0.5"),
        ("Meter^(1/3)", "Meter^(1/3)"),
        ("Meter^2^2", "Meter^4"),
        ("1/Year", "1/Year"),
        ("/Year", "1/Year"),
        ("1", "Dmnl"),
        ("", "Dmnl"),
        ("Dmnl", "Dmnl"),
        ("dmnl*Fraction", "Dmnl"),
        ("Dimensionless/Year", "1/Year"),
        ("Year/years", "Dmnl"),
        ("$/Dollar", "Dmnl"),
        ("People/person", "Dmnl"),
        ("thousand  persons/Year", "thousand persons/Year"),
        ("Thousand_Persons/thousand person", "Dmnl"),
        ("Widget/widgets*Box/boxes", "Dmnl"),
        ("% / Year", "%/Year"),
        ("1000 tons", "1000 tons"),
        ("10^6*$", "10^6*$"),
        ("US$/m²", "US$/m²"),
        ("kg-m", "kg-m"),
    ],
)
def test_units_are_read(text: str, spelled: str) -> None:
    names = UnitNames()
    assert names.spell(names.read(text)) == spelled


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("Widget/", 7, "the name of a unit must stand here"),
        ("Widget**/Month", 8, "the power of a unit is a number"),
        ("Meter^Month", 6, "the power of a unit is a number"),
        ("Meter^99999", 6, "the power of a unit is a number"),
        ("Meter^500^500", 13, "absurd"),
        ("(Widget/Month", 0, "never closed"),
        ("Widget/Month)", 12, "closes nothing"),
        ("Widget(Month)", 6, "missing behind 'Widget'"),
        ("Year, Month", 4, "',' cannot stand in a unit"),
        ("Year/?", 5, "'?' cannot stand in a unit"),
        ("--", 0, "'--' is no unit"),
        ("(" * 60 + "a" + ")" * 60, 50, "brackets are open"),
        ("* Year", 0, "not '*'"),
    ],
)
def test_what_is_no_unit_is_refused_with_its_place(text: str, at: int, says: str) -> None:
    with pytest.raises(UnitError) as caught:
        UnitNames().read(text)
    assert says in caught.value.message
    assert caught.value.at == at
    assert caught.value.cure


def test_units_are_a_group() -> None:
    metre, year = Unit.of("metre"), Unit.of("year")
    speed = metre / year
    assert speed * year == metre
    assert hash(metre * year) == hash(year * metre)
    assert speed / speed == DIMENSIONLESS == speed**0
    assert (speed ** Fraction(1, 2)) ** 2 == speed
    assert not DIMENSIONLESS
    assert speed


def test_different_names_are_different_units() -> None:
    names = UnitNames()
    units = [names.read(one) for one in ("Month", "Year", "person", "thousand persons", "%", "gas")]
    assert len(set(units)) == len(units)


def test_synonyms_and_definitions_are_followed() -> None:
    names = UnitNames(
        [
            UnitDefinition("Nail", ("pin", "Peg")),
            UnitDefinition("peg", ("stud",)),
            UnitDefinition("Joule", ("J",), "kg*m^2/s^2"),
            UnitDefinition("Watt", ("W",), "J/s"),
            UnitDefinition("Euro", (), "EUR"),
            UnitDefinition("Share", ("ratio",), "1"),
            UnitDefinition("own", (), "own*x"),
        ]
    )
    same = [
        ("pins/Month", "Studs/month"),
        ("W", "kg*m^2/s^3"),
        ("Euros", "EUR"),
        ("own", "OWN"),
        ("ratio", "Dmnl"),
    ]
    for one, other in same:
        assert names.read(one) == names.read(other)
    assert not names.wrong


def test_a_plural_is_folded_and_what_only_ends_in_s_is_not() -> None:
    same = [("Year", "years"), ("box", "Boxes"), ("Country", "countries"), ("dish", "dishes")]
    assert all(fold(one) == fold(other) for one, other in same)
    assert [fold(one) for one in ("mass", "bus", "gas", "basis")] == ["mass", "bus", "gas", "basis"]
