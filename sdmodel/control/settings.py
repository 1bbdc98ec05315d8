"""What the settings behind the sketch of a `.mdl` file name: the run, and the files it was set to.

Codes as they stand in published models; nothing is loaded because of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sdmodel.external.paths import read_tags

_LINE = re.compile(r"^(\d+):(.*)$", re.M)


@dataclass(frozen=True, slots=True)
class VensimSettings:
    r"""The names that Vensim's settings hold; empty where they name none.

    Examples
    --------
    >>> vensim_settings("9:slow\n10:slow.cin,found.out\n13:history\n").changes
    ('slow.cin', 'found.out')
    """

    run_name: str = ""
    runs: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    save_list: str = ""
    sensitivity: str = ""
    optimisation: str = ""
    payoff: str = ""
    workbooks: tuple[tuple[str, str], ...] = ()

    @property
    def files(self) -> dict[str, str]:
        """What each file is for, and its name; only what is named."""
        told = {
            "changes": ", ".join(self.changes),
            "data": ", ".join(self.data),
            "save list of a sensitivity run": self.save_list,
            "sensitivity control": self.sensitivity,
            "optimisation control": self.optimisation,
            "payoff": self.payoff,
            "workbooks": ", ".join(f"{tag} = {file}" for tag, file in self.workbooks),
        }
        return {what: name for what, name in told.items() if name}


def vensim_settings(text: str) -> VensimSettings:
    """Return what the settings of a `.mdl` file name."""
    found: dict[int, list[str]] = {}
    for code, rest in _LINE.findall(text.replace("\r\n", "\n").replace("\r", "\n")):
        names = (one.strip().strip('"') for one in rest.split(","))
        found.setdefault(int(code), []).extend(one for one in names if one)

    def one(code: int) -> str:
        return ", ".join(found.get(code, ()))

    return VensimSettings(
        run_name=one(9),
        runs=tuple(found.get(1, ())),
        changes=tuple(found.get(10, ())),
        data=tuple(found.get(13, ())),
        save_list=one(20),
        sensitivity=one(18),
        optimisation=one(11),
        payoff=one(12),
        workbooks=tuple(read_tags(text).items()),
    )
