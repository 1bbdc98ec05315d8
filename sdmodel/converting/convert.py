"""From one format of models to the other: written, read back, run, and only then put in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sdmodel.converting.checking import Comparison, compared
from sdmodel.converting.drawing import drawing
from sdmodel.converting.names import bare
from sdmodel.converting.notes import Collector, ConversionNote
from sdmodel.converting.trees import tell_macros
from sdmodel.converting.vensim_file import vensim_file
from sdmodel.converting.xmile_file import xmile_file
from sdmodel.errors import Problem, SDError, UnsupportedError
from sdmodel.expr import literal
from sdmodel.external.resolve import resolve
from sdmodel.frontends import SUFFIXES, XMILE, parse, read
from sdmodel.model import Model
from sdmodel.names import key
from sdmodel.program import CONTROL
from sdmodel.run import atomic
from sdmodel.simulate import starts
from sdmodel.source import SourceText

MOST_NAMED = 5


@dataclass(frozen=True)
class Conversion:
    """A model in another format, and what became of it on the way.

    Attributes
    ----------
    path
        The file that was written.
    text
        Its text.
    notes
        What was lost, or had to be said in another way: see `ConversionNote`.
    comparison
        How far the new model's run is from the old one's; None where that was not asked for.

    Examples
    --------
    >>> import tempfile, sdmodel as sd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = sd.convert("models/core.mdl", f"{folder}/core.xmile")
    >>> done.lost, done.comparison.compared, "<stock name=" in done.text
    ((), 69, True)
    """

    path: Path
    text: str
    notes: tuple[ConversionNote, ...]
    comparison: Comparison | None = None

    @property
    def lost(self) -> tuple[ConversionNote, ...]:
        """What the new file says less than the old one."""
        return tuple(note for note in self.notes if note.lost)

    def __str__(self) -> str:
        """Say what was done, and what is to be known of it."""
        lines = [str(note) for note in self.notes]
        found = self.comparison
        if found is not None:
            at = f" (in {found.where})" if found.where else ""
            lines.append(
                f"{found.compared} trajectories compared, largest difference "
                f"{found.largest:.2g} of its peak{at}"
            )
        return "\n".join([*lines, f"written: {self.path}"])


def convert(
    source: str | Path | Model,
    target: str | Path,
    *,
    strict: bool = False,
    check: bool = True,
    sketch: bool = False,
    data: Sequence[str | Path] = (),
    allow: Sequence[str | Path] = (),
) -> Conversion:
    """Write a model in the other format: Vensim's `.mdl` as XMILE, or XMILE as `.mdl`.

    The new file is read back, and runs, before it takes its place. A model that would then give
    other numbers is refused.

    Parameters
    ----------
    source
        The model, or its file.
    target
        The file to write: `.xmile`, `.stmx` or `.xml` from Vensim, `.mdl` from XMILE.
    strict
        Refuse a model of which anything would be lost.
    check
        Run both models and compare them.
    sketch
        Draw the model anew in a new `.mdl` file, view by view, which may take minutes for a large
        one. Otherwise the drawing of the old file becomes that of the new one.
    data, allow
        As for `load`: where the series of data variables lie. They become part of the new file.

    Raises
    ------
    UnsupportedError
        With everything that the other format cannot say.
    SDError
        If the new file does not read, or runs in another way.

    Examples
    --------
    >>> import tempfile, sdmodel as sd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = sd.convert("models/epidemic.mdl", f"{folder}/epidemic.xmile")
    >>> len(done.notes), done.comparison.largest < 1e-9
    (0, True)
    """
    place = Path(target)
    old = _loaded(source, data, allow)
    to_xmile = _direction(old.path, place)
    collector = Collector(old.source.source)
    tell_macros(old.source, collector)
    for remark in parse(old.source.source).remarks:
        collector.note("", -1, f"left out: {remark}", "keep it beside the new file", lost=True)
    if to_xmile:
        _refuse_changing_clock(old, collector)
    if to_xmile:
        text, renamed = xmile_file(old.source, old.name, _controls(old), collector)
    else:
        text, renamed = vensim_file(old.source, collector)
    if collector.problems:
        raise UnsupportedError(sorted(collector.problems, key=lambda one: (one.line, one.column)))
    notes = tuple(sorted(collector.notes, key=lambda note: note.line))
    _refuse_loss(notes, old.path, strict)
    if not to_xmile:
        text = _drawn(place, text, old, renamed, anew=sketch)
    new = Model(parse(SourceText(str(place), text)))
    _readable(new, old)
    found = compared(old, new, renamed) if check else None
    if found is not None:
        _refuse_change(found, old.path)
    with atomic(place) as part:
        part.write_bytes(text.encode())
    return Conversion(place, text, notes, found)


def _drawn(place: Path, text: str, old: Model, renamed: Mapping[str, str], *, anew: bool) -> str:
    """Return a `.mdl` file with the drawing of the old file, or one made anew."""
    from sdmodel.sketch.layout import lay_out
    from sdmodel.sketch.structure import structure_of
    from sdmodel.sketch.write import with_sketch

    source = SourceText(str(place), text)
    model = parse(source)
    if anew:
        views = lay_out(model)
        return with_sketch(source, views) if views else text

    def named(name: str) -> str:
        known = model.by_key.get(key(renamed.get(key(name), name)))
        return bare(known.name) if known is not None else ""

    view = drawing(old.source.source, named, structure_of(model).ends())
    return with_sketch(source, [view]) if view is not None else text


def _loaded(
    source: str | Path | Model, data: Sequence[str | Path], allow: Sequence[str | Path]
) -> Model:
    """Return a model as its file has it, without what a TOML file adds."""
    if isinstance(source, Model):
        data = data or source.data_files
        model = Model(resolve(parse(source.source.source), data, allow=allow))
    else:
        model = Model(resolve(read(source), data, allow=allow))
    model.program  # noqa: B018 - raises what is wrong with the model
    return model


def _direction(source: Path, target: Path) -> bool:
    """Return whether Vensim's format becomes XMILE; refuse what is no conversion."""
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        shown = suffix or "no suffix"
        cure = f"{target}: no format that is written ({shown}): use .mdl, .xmile or .stmx"
        raise SDError(cure)
    was, will = source.suffix.lower() in XMILE, suffix in XMILE
    if was == will:
        kind = "XMILE" if was else "Vensim's .mdl"
        raise SDError(f"{target}: both files are {kind}: copy the file instead")
    return will


def _controls(model: Model) -> dict[str, float]:
    """Return the numbers of the run, where the file may have equations."""
    return {name: next(iter(starts(model.engines.reference, name).values())) for name in CONTROL}


def _refuse_changing_clock(model: Model, collector: Collector) -> None:
    """Refuse run controls that change during a run: in XMILE they are numbers."""
    if model.program.dynamic_control:
        for name in CONTROL:
            one = model.source.by_key.get(name)
            if one is not None and one.equation is not None and literal(one.equation) is None:
                cure = "give it a number, or keep this model as .mdl"
                collector.refuse(one.name, one.at, "may change during a run", cure)


def _refuse_loss(notes: tuple[ConversionNote, ...], path: Path, strict: bool) -> None:
    lost = [note for note in notes if note.lost]
    if strict and lost:
        raise UnsupportedError(
            [
                Problem(
                    f"{note.variable!r} {note.what}" if note.variable else note.what,
                    kind="unsupported",
                    path=str(path),
                    line=note.line,
                    variable=note.variable,
                    cure=note.cure or "convert it without --strict",
                )
                for note in lost
            ]
        )


def _readable(new: Model, old: Model) -> None:
    try:
        new.program  # noqa: B018 - raises what is wrong with it
    except SDError as error:
        problem = getattr(error, "problems", (Problem(str(error)),))[0]
        what = f"{old.path}: it cannot be converted: {problem.message}"
        raise SDError(f"{what} (line {problem.line} of the new file)") from error


def _refuse_change(found: Comparison, path: Path) -> None:
    wrong = [*found.apart, *found.missing]
    if wrong:
        named = ", ".join(map(repr, wrong[:MOST_NAMED]))
        more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        what = f"{path}: converted, it would run in another way, in {named}{more} (largest "
        what += f"difference {found.largest:.2g} of its peak in {found.where!r})"
        raise SDError(what + ": nothing was written")
