"""Two edited copies of one model made into one, variable by variable.

Where only one side changed a part of a variable (its equation, its units, its comment), that change
is taken; layout alone gives way to a change of meaning. What both changed differently is a
conflict: both versions then stand in the text between the marks that git uses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sdmodel.comparing.drawings import merge_drawings
from sdmodel.comparing.parted import Key, Part, meaning, parted
from sdmodel.comparing.sequences import three_way
from sdmodel.comparing.settings import merge_settings
from sdmodel.editing.text import UTF8, says_utf8, with_text
from sdmodel.errors import Problem, ReadError
from sdmodel.frontends import XMILE, parse, read_bytes
from sdmodel.frontends.text import decode
from sdmodel.lowering import problems
from sdmodel.names import key
from sdmodel.source import SourceText

OURS, MIDDLE, THEIRS = "<<<<<<< ours", "=======", ">>>>>>> theirs"


@dataclass(frozen=True, slots=True)
class Conflict:
    """What both sides changed in different ways.

    `what` is "equation", "units", "comment", "flags", "head" (of a macro), "deleted", "added" or
    "settings"; the three texts are empty where that side has nothing.

    Examples
    --------
    >>> print(Conflict("birth rate", "equation", "0.1", "0.2", "0.3"))
    birth rate: equation changed on both sides
      ours:   0.2
      theirs: 0.3
    """

    name: str
    what: str
    base: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        """Say it in a line or three."""
        if self.what == "deleted":
            which = ("ours", "theirs") if not self.ours else ("theirs", "ours")
            return f"{self.name}: deleted in {which[0]}, changed in {which[1]}"
        said = "added" if self.what == "added" else f"{self.what} changed"
        both = [" ".join(text.split()) for text in (self.ours, self.theirs)]
        return f"{self.name}: {said} on both sides\n  ours:   {both[0]}\n  theirs: {both[1]}"


@dataclass(frozen=True)
class Merge:
    """Two edited copies made into one.

    Attributes
    ----------
    text
        The merged text, with conflicts between marks.
    raw
        The same as bytes, in the encoding of ours; in UTF-8 where one side says ``{UTF-8}``, or
        theirs has what the encoding of ours cannot hold.
    conflicts
        What has to be settled by hand.
    broken
        What is wrong with the merged model though it was not with either copy, such as a variable
        that one side deleted and the other began to use.
    notes
        What was decided about the drawing and about Vensim's own graphs.

    Examples
    --------
    >>> import sdmodel as sd
    >>> same = sd.merge("models/core.mdl", "models/core.mdl", "models/core.mdl")
    >>> same.conflicts, same.raw == sd.load("models/core.mdl").source.source.raw
    ((), True)
    """

    text: str
    raw: bytes
    conflicts: tuple[Conflict, ...]
    broken: tuple[Problem, ...]
    notes: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is left to be settled."""
        return not (self.conflicts or self.broken)


def merge(base: str | Path, ours: str | Path, theirs: str | Path) -> Merge:
    """Make two edited copies of a `.mdl` file into one.

    Parameters
    ----------
    base
        The file that both copies were made from.
    ours, theirs
        The copies. Order, encoding and line ends are those of ours.

    Raises
    ------
    ReadError
        If a file cannot be read, or is no `.mdl` file.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.merge("models/core.mdl", "models/core.mdl", "models/core.mdl").clean
    True
    """
    texts = [_read(Path(one)) for one in (base, ours, theirs)]
    return merge_texts(*texts)


def _read(path: Path) -> SourceText:
    # Git hands over files with names of its own, so the suffix is no guide but for what is known.
    if path.suffix.lower() in (*XMILE, ".toml"):
        cure = "leave these files to git's own merge, which goes by lines"
        raise ReadError([Problem("only .mdl files are merged", path=str(path), cure=cure)])
    return decode(str(path), read_bytes(path))


def merge_texts(base: SourceText, ours: SourceText, theirs: SourceText) -> Merge:
    """Merge three texts; see `merge`."""
    end = _line_end(ours.text)
    was, our, their = (parted(_with_ends(one, end)) for one in (base, ours, theirs))
    conflicts: list[Conflict] = []
    notes: list[str] = []

    def settle(one: Key, was: Part | None, our: Part | None, their: Part | None) -> Part | None:
        return _settle(was, our, their, end, conflicts)

    entries = three_way(was.entries, our.entries, their.entries, settle)
    text = "".join(one.text for one in entries.values())
    text += merge_drawings(was.sketch, our.sketch, their.sketch, notes)
    found, methods = merge_settings(was.settings, our.settings, their.settings, notes)
    conflicts += [Conflict("integration", "settings", *one) for one in methods]
    text += found
    broken = () if conflicts else _broken(text, ours, theirs)
    merged = _encoded(text, ours, theirs, end)
    return Merge(merged.text, merged.raw, tuple(conflicts), broken, tuple(notes))


def _settle(
    was: Part | None,
    our: Part | None,
    their: Part | None,
    end: str,
    conflicts: list[Conflict],
) -> Part | None:
    """Merge one entry that both sides touched."""
    if our is None or their is None:
        kept = our or their
        if kept is None or was is None or kept.meaning == was.meaning:
            return None  # the other only laid it out anew
        texts = [one.entry if one else "" for one in (was, our, their)]
        conflicts.append(Conflict(kept.name, "deleted", *texts))
        return _marked(kept, our, their, end)
    if our.meaning == their.meaning:
        return our
    if was is None:
        conflicts.append(Conflict(our.name, "added", "", our.entry, their.entry))
        return _marked(our, our, their, end)
    count = max(len(one.fields) for one in (was, our, their))
    padded = [[*one.fields, *[""] * (count - len(one.fields))] for one in (was, our, their)]
    fields: list[str] = []
    found: list[Conflict] = []
    for place, versions in enumerate(zip(*padded, strict=True)):
        field = _field(place, *versions)
        if field is None:
            found.append(Conflict(our.name, our.called[place], *versions))
        fields.append(field or "")
    if found:
        conflicts += found
        return _marked(our, our, their, end)
    lead = their.lead if our.lead == was.lead else our.lead
    return replace(our, lead=lead, fields=tuple(fields))


def _field(place: int, was: str, our: str, their: str) -> str | None:
    """Return one field of three versions, or None where both sides changed what it means."""
    if our in (was, their) or their == was:
        return their if our == was else our
    before, here, there = (meaning(place, text) for text in (was, our, their))
    if here == before:
        return their
    return our if there in (before, here) else None


def _marked(part: Part, our: Part | None, their: Part | None, end: str) -> Part:
    """Return both versions of an entry, between the marks that git and editors know."""
    both = [one.entry + end if one else "" for one in (our, their)]
    text = f"{OURS}{end}{both[0]}{MIDDLE}{end}{both[1]}{THEIRS}{end}"
    return Part(part.name, part.lead + text)


def _broken(text: str, ours: SourceText, theirs: SourceText) -> tuple[Problem, ...]:
    """Return what is wrong with the result alone."""
    found = _problems(text, ours.path)
    if not found:
        return ()
    known = {_about(one) for side in (ours, theirs) for one in _problems(side.text, side.path)}
    return tuple(one for one in found if _about(one) not in known)


def _problems(text: str, path: str) -> list[Problem]:
    return problems(parse(SourceText(path, text)))


def _about(problem: Problem) -> tuple[str, str]:
    return key(problem.variable or problem.name), problem.message


def _line_end(text: str) -> str:
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


def _with_ends(source: SourceText, end: str) -> SourceText:
    """Return a text with the line ends of ours: git may have changed those of one side."""
    if _line_end(source.text) == end:
        return source
    return replace(source, text=source.text.replace("\r\n", "\n").replace("\n", end))


def _encoded(text: str, ours: SourceText, theirs: SourceText, end: str) -> SourceText:
    """Return the text in the encoding of ours, or in UTF-8 where it says so or needs it."""
    # Plain ASCII is in any encoding: then that of theirs tells more.
    frame = replace(theirs, path=ours.path) if ours.text.isascii() and not ours.bom else ours
    if frame.encoding.startswith("utf-16") or not says_utf8(text):
        try:
            return with_text(frame, text)
        except ReadError:
            text = f"{UTF8}{end}{text}"
    bom = frame.bom if frame.encoding == "utf-8" else b""
    return SourceText(ours.path, text, "utf-8", bom)
