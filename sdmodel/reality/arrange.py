"""A model arranged for one reality check: inputs behind switches, what is asked as variables.

Every variable that the condition sets keeps its equations under another name, ``ordinary NAME``,
and gets one that follows the test input where its switch is on. So one model serves every element,
every way in which the condition can be true and the run without test inputs; they are rows of one
table of runs. A switch between 0 and 1 is an input at part of its strength.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sdmodel.dimensions import Dimensions
from sdmodel.errors import did_you_mean, near_names
from sdmodel.expr import Call, Const, Expr, Op, Ref, Table, apply, rewrite, walk, where
from sdmodel.functions.registry import REGISTRY
from sdmodel.names import key
from sdmodel.program import CONTROL, TIME, Program
from sdmodel.reality.logic import MOST_WAYS, TURNED, Leaf, Tree, leaves, sides, tree_of, ways
from sdmodel.reality.pieces import Arrangement, Ask, Basis, Cause, Drive, Elements, element_name
from sdmodel.reality.profiles import Profile, Refused, is_profile, no_profiles, profile_of, refused
from sdmodel.reality.words import written
from sdmodel.run import Run
from sdmodel.source import RealityConstraint, RealityInput, SourceModel, Variable

# What a test input cannot hold (Vensim User Guide, "Test Inputs").
_DYNAMIC = frozenset({"smooth and delay", "stock and memory"})
MOST_STATEMENTS = 100


def arrange(
    source: SourceModel, program: Program, one: RealityConstraint, runs: Mapping[str, Run]
) -> Arrangement:
    """Arrange a model for a constraint; `runs` are those that RC COMPARE may name.

    Raises
    ------
    Refused
        If what the constraint says cannot be run.
    """
    return _Builder(source, program, one, runs).build()


class _Builder:
    def __init__(
        self, source: SourceModel, program: Program, one: RealityConstraint, runs: Mapping[str, Run]
    ) -> None:
        self.source, self.program, self.one, self.runs = source, program, one, runs
        self.dimensions = Dimensions(source)
        self.added: list[Variable] = []
        self.taken = set(source.by_key) | {key(name) for name in self.dimensions.names}
        self.drives: dict[str, Drive] = {}
        self.targets: dict[str, list[Drive]] = {}
        self.renamed: dict[str, str] = {}

    def build(self) -> Arrangement:
        one = self.one
        assert one.consequence is not None
        condition = None if one.condition is None else tree_of(one.condition)
        causes: dict[int, Cause] = {}
        found: list[tuple[Leaf, ...]] = []
        if condition is not None:
            self._few(condition, one.condition)
            for leaf in leaves(condition):
                causes[id(leaf)] = self._cause(leaf)
            found = ways(condition)
            if len(found) > MOST_WAYS:
                what = f"the condition can be true in more than {MOST_WAYS} ways"
                cure = "split the check into several"
                raise refused(self.source, one.condition or Const(0.0), what, cure)
        consequence = tree_of(one.consequence)
        self._few(consequence, one.consequence)
        asks = {id(leaf): self._ask(leaf, check=True) for leaf in leaves(consequence)}
        conjoined = isinstance(consequence, Tree) and consequence.all_of
        parts = consequence.parts if conjoined and isinstance(consequence, Tree) else (consequence,)
        self._replace_targets()
        changed = tuple(self._ordinary(v) for v in self.source.variables)
        source = replace(self.source, variables=(*changed, *self.added), constraints=(), inputs=())
        return Arrangement(
            one,
            source,
            self._instances(one.subscripts),
            condition,
            causes,
            found,
            list(parts),
            asks,
            self.renamed,
            list(self.drives.values()),
        )

    def _few(self, tree: Tree | Leaf, expr: Expr | None) -> None:
        if len(list(itertools.islice(leaves(tree), MOST_STATEMENTS + 1))) > MOST_STATEMENTS:
            what = f"this joins more than {MOST_STATEMENTS} statements"
            raise refused(self.source, expr or Const(0.0), what, "split the check into several")

    # Names and places ---------------------------------------------------------------------------

    def _name(self, stem: str) -> str:
        for number in itertools.count(1):
            name = f"{stem} {number}"
            if key(name) not in self.taken:
                self.taken.add(key(name))
                return name
        raise AssertionError

    def _add(self, stem: str, value: Expr, own: tuple[str, ...]) -> str:
        """Add a variable with these subscripts, and return its name."""
        name = self._name(stem)
        self.added.append(Variable(name, value, at=self.one.at, subscripts=own))
        return name

    def _instances(self, own: tuple[str, ...]) -> list[Elements]:
        spelled = [
            [self.dimensions.shown(element) for element in self.dimensions.elements(name)]
            for name in own
        ]
        return list(itertools.product(*spelled))

    # Conditions ---------------------------------------------------------------------------------

    def _cause(self, leaf: Leaf) -> Cause:
        expr = leaf.expr
        if isinstance(expr, Ref) and key(expr.name) not in self.source.by_key:
            entries = [one for one in self.source.inputs if one.key == key(expr.name)]
            if entries:
                return self._by_name(leaf, expr, entries)
        left, op, right = sides(leaf)
        if is_profile(left) and not is_profile(right):
            left, op, right = right, TURNED[op], left
        if not isinstance(left, Ref) and isinstance(right, Ref) and not is_profile(right):
            left, op, right = right, TURNED[op], left
        forced = is_profile(right) or (op is not Op.NE and self._settable(left))
        if not forced:
            no_profiles(self.source, expr)
            return Cause(self._ask(leaf, check=False), None, _itself)
        drive = self._drive(self.one.subscripts, left, op, right, _text(leaf))
        ask = None if is_profile(right) else self._ask(leaf, check=False)
        return Cause(ask, drive, _itself)

    def _settable(self, left: Expr) -> bool:
        if not isinstance(left, Ref) or any(one.endswith("!") for one in left.subscripts):
            return False
        known = self.source.by_key.get(key(left.name))
        return known is not None and known.key not in (TIME, *CONTROL)

    def _by_name(self, leaf: Leaf, name: Ref, entries: list[RealityInput]) -> Cause:
        for one in entries:
            if one.problem is not None:
                raise Refused(one.problem)
        if any(len(one.subscripts) != len(name.subscripts) for one in entries):
            wanted = ",".join(entries[0].subscripts)
            told = f"the subscripts [{wanted}]" if wanted else "no subscripts"
            what = f"the test input {name.name!r} has {told}"
            raise refused(self.source, name, what, "write it here as there")
        drives = {}
        for one in entries:
            assert one.target is not None
            assert one.equation is not None
            drives[one] = self._drive(
                one.subscripts, one.target, one.comparison, one.equation, one.text, one
            )
        first = next(iter(drives.values()))
        if len(drives) > 1:
            what = f"the test input {name.name!r} has several entries"
            raise refused(self.source, name, what, "give each a name of its own")
        picked = self._picker(name, self.one.subscripts)
        return Cause(None, first, picked, leaf.negated)

    def _picker(self, name: Ref, own: tuple[str, ...]) -> Callable[[Elements], Elements]:
        """Return which elements of a test input are meant where the constraint has some."""
        chosen: list[Callable[[Elements], str]] = []
        for subscript in name.subscripts:
            chosen.append(self._chosen(name, subscript, own))
        return lambda elements: tuple(one(elements) for one in chosen)

    def _chosen(self, name: Ref, subscript: str, own: tuple[str, ...]) -> Callable[[Elements], str]:
        dimensions = self.dimensions
        if not dimensions.is_range(subscript):
            spelled = dimensions.shown(key(subscript))
            return lambda elements: spelled
        for place, present in enumerate(own):
            if key(present) == key(subscript):
                return lambda elements, place=place: elements[place]  # type: ignore[misc]
        for place, present in enumerate(own):
            turned = (
                dimensions.counterparts(subscript, present)
                if dimensions.is_range(present)
                else None
            )
            if turned is not None:
                return lambda elements, place=place, turned=turned: dimensions.shown(  # type: ignore[misc]
                    turned[key(elements[place])]
                )
        what = f"which element of {subscript!r} is meant here is not said"
        cure = f"write {self.one.name}[{subscript}] on the left, or an element here"
        raise refused(self.source, name, what, cure)

    # Test inputs --------------------------------------------------------------------------------

    def _drive(
        self,
        own: tuple[str, ...],
        target: Expr,
        op: Op,
        equation: Expr,
        text: str,
        identity: RealityInput | None = None,
    ) -> Drive:
        # What is set in a condition has a sign in its text, and so is no name of a test input.
        known_as = text if identity is None else identity.key
        known = self.drives.get(known_as)
        if known is not None:
            return known
        if not isinstance(target, Ref):
            what = "an RC function in a condition is what a variable is set to"
            raise refused(self.source, equation, what, "write variable = RC ...(...)")
        self._check_target(target)
        if op is Op.NE:
            what = "a test input cannot make two values different"
            raise refused(self.source, target, what, "write what the variable is to be: name = ...")
        profile = None
        if is_profile(equation):
            profile = profile_of(self.source, equation, check=False)
            if op is not Op.EQ:
                what = "an RC function in a condition is what a variable is set to"
                raise refused(self.source, equation, what, "write variable = RC ...(...)")
        else:
            no_profiles(self.source, equation)
        self._check_equation(equation)
        earlier = self.targets.setdefault(key(target.name), [])
        before = earlier[-1].after if earlier else self._ordinary_name(target)
        own_name = Ref(before, target.subscripts, target.at)

        def renamed(expr: Expr) -> Expr:
            def change(node: Expr) -> Expr:
                same = isinstance(node, Ref) and key(node.name) == key(target.name)
                return replace(node, name=before) if same and isinstance(node, Ref) else node

            return rewrite(expr, change)

        switch = self._add("reality switch", Const(0.0), own)
        begun, basis = "", None
        value = renamed(equation)
        if profile is not None:
            profile = profile.mapped(renamed)
            begun = self._add("reality begun", profile.begun, own)
            course, basis = self._course(profile, own)
            value = where(profile.on, course, own_name)
        elif op is not Op.EQ:
            value = where(apply(op, own_name, value), own_name, value)
        name = self._add("reality input", value, own)
        after = self._name("reality stage")
        made = Drive(
            text, own, target, op, equation, profile, switch, name, before, after, begun, basis
        )
        self.drives[known_as] = made
        earlier.append(made)
        return made

    def _course(self, profile: Profile, own: tuple[str, ...]) -> tuple[Expr, Basis | None]:
        """Return the course of a profile, and what it starts from."""
        if profile.kind == "rc compare":
            return profile.course(self._in_other_run(profile, own)), None
        basis = Basis(
            self._add("reality basis", Const(0.0), own),
            self._add("reality basis before", profile.basis, own),
            self._add("reality start", profile.start, own),
        )
        return profile.course(Ref(basis.constant, own)), basis

    def _in_other_run(self, profile: Profile, own: tuple[str, ...]) -> Expr:
        """Return the variable of RC COMPARE as it is in the run that is named."""
        at, other = Const(0.0, profile.at), profile.compared
        run = next((r for name, r in self.runs.items() if key(name) == key(profile.run)), None)
        if run is None:
            what = f"the run {profile.run!r} was not given"
            cure = f"model.reality_checks(runs={{{profile.run!r}: run}})"
            raise refused(self.source, at, what, cure, "RC COMPARE")
        if not isinstance(other, Ref):
            what = "RC COMPARE reads a variable of another run, not an expression"
            raise refused(self.source, at, what, "give the expression a variable of its own")
        name = self._name("reality course")
        picked = self._picker(other, own)
        for elements in self._instances(own):
            column = element_name(other.name, picked(elements))
            if column not in run or run.values(column).ndim > 1:
                what = f"the run {profile.run!r} has no variable {column!r}"
                raise refused(self.source, at, what, "name one that it saved")
            values = run.values(column)
            known = np.isfinite(values)
            table = Table(tuple(run.times[known].tolist()), tuple(values[known].tolist()))
            self.added.append(
                Variable(name, None, table=table, lookup=True, at=self.one.at, subscripts=elements)
            )
        return Call(name, (Ref("Time"),), subscripts=own)

    def _check_target(self, target: Ref) -> None:
        known = self.source.by_key.get(key(target.name))
        if known is None:
            if key(target.name) == TIME:
                what = "Time is the clock of every run, and no test input can set it"
                raise refused(self.source, target, what, "set a variable that depends on it")
            near = near_names(target.name, [v.name for v in self.source.by_key.values()])
            cure = did_you_mean(near) or "define it, or correct the name"
            raise refused(self.source, target, f"no variable is named {target.name!r}", cure)
        if known.key in CONTROL:
            what = f"{known.name!r} says how long and how finely a run is made; it stays as it is"
            raise refused(self.source, target, what, "set another variable")
        if known.lookup:
            what = f"{known.name!r} is a lookup, and has no value that could be set"
            raise refused(self.source, target, what, "set a variable that reads it")
        if bool(known.subscripts) != bool(target.subscripts):
            what = f"{known.name!r} has {'' if known.subscripts else 'no '}subscripts"
            raise refused(self.source, target, what, "write them as where it is defined")

    def _check_equation(self, equation: Expr) -> None:
        for node in walk(equation):
            info = REGISTRY.get(key(node.function)) if isinstance(node, Call) else None
            if info is not None and (info.family in _DYNAMIC or info.name == "ACTIVE INITIAL"):
                what = f"{info.name} cannot stand in a test input"
                cure = "give it a variable of its own, and name that here"
                raise refused(self.source, node, what, cure, info.name)

    def _ordinary_name(self, target: Ref) -> str:
        known = self.source.by_key[key(target.name)]
        if known.key not in self.renamed:
            bare = known.name[1:-1] if known.name.startswith('"') else known.name
            name = f"ordinary {bare}"
            name = name if key(name) not in self.taken else self._name(name)
            self.taken.add(key(name))
            self.renamed[known.key] = f'"{name}"'
        return self.renamed[known.key]

    def _ordinary(self, variable: Variable) -> Variable:
        name = self.renamed.get(variable.key)
        return variable if name is None else replace(variable, name=name)

    def _replace_targets(self) -> None:
        """Let every target take what its last drive leaves of it."""
        for name, drives in self.targets.items():
            first = self.source.by_key[name]
            places = self._places(name) if first.subscripts else [()]
            for drive in drives:
                instances = self._instances_at(name, drive)
                for elements in places:
                    before = Ref(drive.before, elements)
                    value: Expr = before
                    for instance in instances.get(_keys(elements), []):
                        value = _switched(drive, instance, value, before)
                    self.added.append(_plain(first, drive.after, value, elements))
            for elements in places:
                value = Ref(drives[-1].after, elements)
                self.added.append(_plain(first, first.name, value, elements))

    def _places(self, name: str) -> list[Elements]:
        """Return the elements of a variable, but those without an equation."""
        shape = self.program.shapes[name]
        every = enumerate(itertools.product(*shape.elements))
        return [elements for place, elements in every if place not in shape.undefined]

    def _instances_at(self, name: str, drive: Drive) -> dict[Elements, list[Elements]]:
        """Return for each element of a variable, by its keys, the elements of a drive that set it.

        A variable without subscripts has the element ().
        """
        found: dict[Elements, list[Elements]] = {}
        subscripted = name in self.program.shapes
        known = {_keys(one) for one in (self._places(name) if subscripted else [()])}
        picked = self._picker(drive.target, drive.own)
        for instance in self._instances(drive.own):
            elements = picked(instance)
            if _keys(elements) not in known:
                what = f"the model has no {element_name(drive.target.name, elements)}"
                raise refused(self.source, drive.target, what, "correct the subscripts")
            found.setdefault(_keys(elements), []).append(instance)
        return found

    # Statements ---------------------------------------------------------------------------------

    def _ask(self, leaf: Leaf, *, check: bool) -> Ask:
        own = self.one.subscripts
        left, op, right = sides(leaf)
        if is_profile(left) and not is_profile(right):
            left, op, right = right, TURNED[op], left
        asked, basis = "", None
        if check and is_profile(right):
            no_profiles(self.source, left)
            profile = profile_of(self.source, right, check=True)
            asked = self._add("reality asked", profile.on, own)
            right, basis = self._course(profile, own)
        else:
            no_profiles(self.source, left)
            no_profiles(self.source, right)
        text = _text(leaf)
        return Ask(
            text,
            op,
            self._add("reality left", left, own),
            self._add("reality right", right, own),
            asked,
            basis,
        )


def _itself(elements: Elements) -> Elements:
    return elements


def _keys(elements: Sequence[str]) -> Elements:
    return tuple(map(key, elements))


def _text(leaf: Leaf) -> str:
    return f":NOT: {written(leaf.expr)}" if leaf.negated else written(leaf.expr)


def _plain(first: Variable, name: str, value: Expr, subscripts: Elements) -> Variable:
    """Return an entry in the place of those of a variable."""
    return Variable(
        name, value, units=first.units, at=first.at, span=first.span, subscripts=subscripts
    )


def _switched(drive: Drive, elements: Elements, otherwise: Expr, ordinary: Expr) -> Expr:
    """Return the input where its switch is on, part of the way to it where it is partly on."""
    switch, value = Ref(drive.switch, elements), Ref(drive.value, elements)
    part = apply(Op.ADD, ordinary, apply(Op.MUL, switch, apply(Op.SUB, value, ordinary)))
    return where(switch >= 1, value, where(switch > 0, part, otherwise))
