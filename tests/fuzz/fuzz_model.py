"""Coverage-guided fuzzing of everything between the bytes of a file and its first steps.

Each kind of failure is kept once, in `out/fuzz/found`, and the search goes on.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import resource
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path
from types import FrameType

import atheris

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE)]
FOUND = ROOT / "out" / "fuzz" / "found"
SECONDS = 5.0
MEMORY = 2**30
MOST_SOUND = 400
LARGEST = 8_000  # bytes of one input

with atheris.instrument_imports(include=["sdmodel", "examine"]):
    # Readers are imported late by sdmodel: here, so that their branches are counted.
    from examine import examine

    import sdmodel.external.vdf
    import sdmodel.frontends.mdl
    import sdmodel.frontends.xmile  # noqa: F401
    from sdmodel.functions.registry import REGISTRY

_TOKEN = re.compile(
    rb"[A-Za-z_][\w $]*|\d+\.?\d*(?:[eE][-+]?\d+)?|\s+|<!?/?|->|:\w*:?|.", re.DOTALL
)
_WORDS = [
    *(f"{name}(".encode() for name in REGISTRY),
    *rb"""INTEG( SUM( VMAX( WITH_LOOKUP( :EXCEPT: :AND: :OR: :NOT: :NA: :RAW: := == -> <-> ! @
    :MACRO: :END_OF_MACRO: TABBED_ARRAY( GET_DIRECT_CONSTANTS( 'm.csv' { } [ ] ( ) , ; | ~ \
    1e9 -1 0 1e308 1e-308 nan inf (a1-a9) (a1-a999999999) A: TIME_STEP ? * : " ' # $ % &
    <dim <eqn> </eqn> <gf> <xpts> <ypts> <stock <aux <flow &amp; <![CDATA[ ]]> <!-- <parm>
    <non_negative/> <module <connect <macro <conveyor> <len> SELF DT STOPTIME x[*]""".split(),
]
_seen: set[tuple[str, ...]] = set()
_sound: list[bytes] = []  # what ran, to be changed further
_count: dict[str, int] = {}
_began = time.monotonic()


def mutate(data: bytes, size: int, seed: int) -> bytes:
    """Change words and entries rather than bytes, mostly; often such that the file stays sound."""
    dice = random.Random(seed)
    if _sound and dice.random() < 0.6:  # else nearly all of them are refused early
        data = dice.choice(_sound)
    if dice.random() < 0.15 or not data:
        return bytes(atheris.Mutate(data, size))
    entries = dice.random() < 0.2
    parts = re.split(rb"(?<=\|)|(?<=>)", data) if entries else _TOKEN.findall(data)
    for _ in range(dice.choice((1, 1, 2, 3))):
        if not parts:
            break
        i, j = dice.randrange(len(parts)), dice.randrange(len(parts))
        if not entries and dice.random() < 0.6:  # a name by a name, a number by a number
            solid = [k for k, part in enumerate(parts) if part.strip()]
            i = dice.choice(solid or [i])
            j = dice.choice([k for k in solid if _kind(parts[k]) == _kind(parts[i])] or [i])
            parts[i] = parts[j]
            continue
        match dice.randrange(7):
            case 0:
                del parts[i]
            case 1:
                parts.insert(i, parts[j])
            case 2:
                parts[i], parts[j] = parts[j], parts[i]
            case 3:
                parts[i] = parts[j]
            case 4:
                parts[i] = dice.choice(_WORDS)
            case 5:
                parts.insert(i, dice.choice(_WORDS))
            case _:
                j = min(len(parts), i + dice.randint(1, 12))
                parts[i:i] = parts[i:j]
    return b"".join(parts)[:size]


def _kind(word: bytes) -> int:
    return 0 if word[:1].isalpha() else 1 if word[:1].isdigit() else 2


def check(data: bytes) -> None:
    """Examine one input; keep it if it fails as none has before."""
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        how = examine(data)
    except (Exception, RecursionError) as error:
        how = "FAILED"
        _keep(data, error)
    else:
        if how in ("run", "large", "lowered", "stopped"):
            _sound.append(data)
            if len(_sound) > MOST_SOUND:
                del _sound[random.randrange(MOST_SOUND)]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    _count[how] = _count.get(how, 0) + 1
    total = sum(_count.values())
    if total % 1000 == 0:
        minutes = (time.monotonic() - _began) / 60
        print(f"{minutes:.1f} min, {total} inputs: {_count}", file=sys.stderr, flush=True)


def _keep(data: bytes, error: BaseException) -> None:
    frames = traceback.extract_tb(error.__traceback__)[-1:]
    where = type(error).__name__, *(f"{Path(f.filename).name}:{f.lineno}" for f in frames)
    if where in _seen or (isinstance(error, TimeoutError) and len(_seen) > 200):
        return
    _seen.add(where)
    name = hashlib.sha256(data).hexdigest()[:12]
    FOUND.mkdir(parents=True, exist_ok=True)
    (FOUND / name).write_bytes(data)
    text = "".join(traceback.format_exception(error, limit=-12))
    (FOUND / f"{name}.txt").write_text(text, encoding="utf-8")
    print(f"FOUND {name} {' '.join(where)}: {error}"[:300], file=sys.stderr, flush=True)


def _late(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"still running after {SECONDS:g} s")


def main() -> None:
    """Run until stopped; `libFuzzer`'s options may be given."""
    warnings.simplefilter("error")
    signal.signal(signal.SIGVTALRM, _late)
    used = int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_DATA, (used + MEMORY,) * 2)
    corpus = ROOT / "out" / "fuzz" / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    places = [str(corpus), str(HERE / "corpus"), str(HERE / "regressions")]
    options = [
        f"-max_len={LARGEST}",
        "-timeout=60",
        "-mutate_depth=1",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
    ]
    arguments = [sys.argv[0], *options, *sys.argv[1:], *places]
    atheris.Setup(arguments, check, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
