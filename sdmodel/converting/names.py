"""Names that a new file may hold: readable, and no two the same."""

from __future__ import annotations

from collections.abc import Collection

from sdmodel.names import key, readable


def bare(name: str) -> str:
    r"""Return a name without the quotes that a `.mdl` file needs round some characters.

    >>> bare('"GDP \\"real\\" (2000)"'), bare("birth rate")
    ('GDP "real" (2000)', 'birth rate')
    """
    if len(name) > 1 and name[0] == name[-1] == '"':
        return name[1:-1].replace('\\"', '"')
    return name


class Names:
    """Gives every variable of a model the name it has in the new file.

    Hidden ones get names that people can read; `taken` are keys of names that mean something else
    there.

    Examples
    --------
    >>> names = Names(taken={"dt"})
    >>> names.add("#SSHAPE 3 > input"), names.add("DT"), names["dt"]
    ('input in macro SSHAPE', 'DT 2', 'DT 2')
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._taken = set(taken)
        self._given: dict[str, str] = {}

    def add(self, name: str) -> str:
        """Return the new name of a variable, which is from now on taken."""
        if key(name) not in self._given:
            self._given[key(name)] = self.fresh(bare(readable(name)))
        return self._given[key(name)]

    def fresh(self, wanted: str) -> str:
        """Return a name like the one wanted that nothing has; it is from now on taken."""
        name, number = wanted, 1
        while key(name) in self._taken:
            number += 1
            name = f"{wanted} {number}"
        self._taken.add(key(name))
        return name

    def __getitem__(self, name: str) -> str:
        return self._given.get(key(name)) or bare(name)

    def changed(self) -> dict[str, str]:
        """Return the new names, by the keys of the old ones, of what was renamed."""
        return {old: new for old, new in self._given.items() if key(new) != old}
