"""Every function that Vensim's manual and XMILE 1.0 list: offered here, or what to do instead.

The lists follow the function pages of Vensim's Reference Manual and the chapters on built-in
functions of XMILE 1.0. Whether one is offered follows from the registry, so that nothing can be
claimed here that does not run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sdmodel.functions.registry import REGISTRY
from sdmodel.names import key

# Offered, but not by a definition in the registry: readers and lowering know them by name.
ELSEWHERE: set[str] = {
    *("time", "inf", "pi", "if then else", "dt", "starttime", "stoptime", "self"),
    *("delayp", "tabbed array"),
    *(
        f"get {source} {what}"
        for source in ("direct", "xls")
        for what in ("constants", "data", "lookups", "subscript")
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A function of a manual; `meant` is the name it has here, `cure` what to do without it.

    Examples
    --------
    >>> from sdmodel.functions import MANUAL
    >>> next(one for one in MANUAL if one.name == "SMOOTH").offered
    True
    """

    name: str
    source: str
    meant: str
    cure: str

    @property
    def offered(self) -> bool:
        """Whether models that call it can be run."""
        return key(self.meant) in REGISTRY or key(self.meant) in ELSEWHERE


_QUEUE = "write the queue as a stock with a flow out of it, or as a delay"
_MARKET = "compute the price that balances demand and supply, or let a stock approach it"
_DATA = "give the statistic as a constant, or compute it with stocks while the model runs"
_CHECK = "use it in a reality check only; `sdmodel reality MODEL` runs these"
_FILE = "export the sheet or table to a file that GET DIRECT reads, or write the numbers"
_VECTOR = "write the elements out"
_DELAY = "use DELAY FIXED for a constant delay, or DELAY N with a high order"

# Names with what to do without them; a cure is only shown where the function is not offered.
_VENSIM: tuple[tuple[str, str], ...] = (
    (
        "ABS|ACTIVE INITIAL|ARCCOS|ARCSIN|ARCTAN|COS|COSH|DELAY FIXED|DELAY INFORMATION"
        "|DELAY MATERIAL|DELAY N|DELAY1|DELAY1I|DELAY3|DELAY3I|DEPRECIATE STRAIGHTLINE|EXP|FORECAST"
        "|GAME|GAMMA LN|GET DATA AT TIME|GET DATA BETWEEN TIMES|GET DATA FIRST TIME"
        "|GET DATA LAST TIME|GET DATA MEAN|GET DATA TOTAL POINTS|GET TIME VALUE|IF THEN ELSE"
        "|INITIAL|INTEG|INTEGER|LN|LOG|LOOKUP AREA"
        "|LOOKUP BACKWARD|LOOKUP EXTRAPOLATE|LOOKUP FORWARD|LOOKUP INVERT|LOOKUP SLOPE|MAX|MIN"
        "|MODULO|NPV|NPVE|POWER|PULSE|PULSE TRAIN|QUANTUM|RAMP|RANDOM 0 1|RANDOM BETA"
        "|RANDOM BINOMIAL|RANDOM EXPONENTIAL|RANDOM GAMMA|RANDOM LOOKUP|RANDOM NEGATIVE BINOMIAL"
        "|RANDOM NORMAL|RANDOM PINK NOISE|RANDOM POISSON|RANDOM TRIANGULAR|RANDOM UNIFORM"
        "|RANDOM WEIBULL|REINITIAL|SAMPLE IF TRUE|SIN|SINH|SINTEG|SMOOTH|SMOOTH3|SMOOTH3I|SMOOTHI"
        "|SMOOTH N|SQRT|STEP|TAN|TANH|TIME BASE|TREND|WITH LOOKUP|XIDZ|ZIDZ",
        "",
    ),
    ("A FUNCTION OF", "the equation is unfinished: write it"),
    ("ALLOCATE AVAILABLE|ALLOCATE BY PRIORITY|ALLOC P", "write the shares out"),
    ("CUMULATE|CUMULATEF", "cumulate with a stock: INTEG(data, 0)"),
    ("DELAY BATCH", "collect a batch in a stock, empty it by SAMPLE IF TRUE or PULSE TRAIN"),
    ("DELAY CONVEYOR|DELAY PROFILE", _DELAY),
    ("DELAYP", "use DELAY3, and a stock of what went in and did not come out for the pipeline"),
    ("DEMAND AT PRICE|FIND MARKET PRICE|MARKETP|SUPPLY AT PRICE", _MARKET),
    ("DEPRECIATE BY SCHEDULE", "use DEPRECIATE STRAIGHTLINE, or one DELAY FIXED for each period"),
    ("ELMCOUNT", "write the number of elements"),
    ("FIND ZERO|SIMULTANEOUS", "put a stock into the circle that approaches the solution"),
    ("GET 123 CONSTANTS|GET 123 DATA|GET 123 LOOKUPS", _FILE),
    ("GET VDF CONSTANTS|GET VDF DATA|GET VDF LOOKUPS", _FILE),
    (
        "GET DIRECT CONSTANTS|GET DIRECT DATA|GET DIRECT LOOKUPS|GET DIRECT SUBSCRIPT"
        "|GET XLS CONSTANTS|GET XLS DATA|GET XLS LOOKUPS|GET XLS SUBSCRIPT",
        "write the numbers into the model, as constants or lookups",
    ),
    ("GET DATA MAX|GET DATA MEDIAN|GET DATA MIN", _DATA),
    (
        "GET DATA STDV",
        "give it as a constant: the manual does not say whether it divides by the number of "
        "values or by one less",
    ),
    (
        "INTERNAL RATE OF RETURN",
        "let the rate be a constant, and look by overrides of it where NPV is zero",
    ),
    ("INVERT MATRIX", "write the inverse as constants"),
    ("MESSAGE", "leave it out: it only shows a text during a game"),
    ("PROD|SUM|VMAX|VMIN|VECTOR ELM MAP|VECTOR LOOKUP|VECTOR RANK|VECTOR REORDER", _VECTOR),
    ("VECTOR SELECT|VECTOR SORT ORDER", _VECTOR),
    (
        "SHIFT IF TRUE",
        "let each stock flow into the next: IF THEN ELSE(condition, stock/TIME STEP, 0)",
    ),
    ("QUEUE AGE AVERAGE|QUEUE AGE IN RANGE|QUEUE AGE OLDEST|QUEUE ATTRIB AVERAGE", _QUEUE),
    ("QUEUE ATTRIB IN RANGE|QUEUE ATTRIB MAX|QUEUE ATTRIB MIN|QUEUE ATTRIB QUANTITY", _QUEUE),
    ("QUEUE FIFO|QUEUE FIFO ATTRIB", _QUEUE),
    ("RC COMPARE|RC COMPARE CHECK|RC DECAY|RC DECAY CHECK|RC GROW|RC GROW CHECK", _CHECK),
    ("RC RAMP|RC RAMP CHECK|RC STEP|RC STEP CHECK", _CHECK),
    ("TABBED ARRAY", "write the numbers with commas between them"),
    ("TIME SHIFT", "read the data as a lookup at Time plus the shift"),
)

# XMILE's names, and what each is here; the reader of XMILE files writes them so.
_XMILE: tuple[tuple[str, str, str], ...] = (
    ("ABS", "ABS", ""),
    ("ARCCOS", "ARCCOS", ""),
    ("ARCSIN", "ARCSIN", ""),
    ("ARCTAN", "ARCTAN", ""),
    ("COS", "COS", ""),
    ("EXP", "EXP", ""),
    ("INF", "inf", ""),
    ("INT", "XMILE INT", ""),
    ("LN", "LN", ""),
    ("LOG10", "LOG", ""),
    ("MAX", "MAX", ""),
    ("MIN", "MIN", ""),
    ("PI", "pi", ""),
    ("SIN", "SIN", ""),
    ("SQRT", "SQRT", ""),
    ("TAN", "TAN", ""),
    ("EXPRND", "RANDOM EXPONENTIAL", ""),
    ("LOGNORMAL", "XMILE LOGNORMAL", ""),
    ("NORMAL", "RANDOM NORMAL", ""),
    ("POISSON", "RANDOM POISSON", ""),
    ("RANDOM", "RANDOM UNIFORM", ""),
    ("DELAY", "XMILE DELAY", ""),
    ("DELAY1", "DELAY1", ""),
    ("DELAY3", "DELAY3", ""),
    ("DELAYN", "DELAY N", ""),
    ("FORCST", "FORECAST", ""),
    ("SMTH1", "SMOOTH", ""),
    ("SMTH3", "SMOOTH3", ""),
    ("SMTHN", "SMOOTH N", ""),
    ("TREND", "TREND", ""),
    ("PULSE", "XMILE PULSE", ""),
    ("RAMP", "RAMP", ""),
    ("STEP", "STEP", ""),
    ("DT", "dt", ""),
    ("STARTTIME", "starttime", ""),
    ("STOPTIME", "stoptime", ""),
    ("TIME", "time", ""),
    ("IF THEN ELSE", "IF THEN ELSE", ""),
    ("INIT", "INITIAL", ""),
    ("PREVIOUS", "PREVIOUS", ""),
    ("SELF", "self", "write PREVIOUS of the variable's own name"),
    ("MOD", "XMILE MOD", ""),
    ("ROUND", "XMILE ROUND", ""),
    ("SAFEDIV", "SAFEDIV", ""),
    ("LOOKUP", "WITH LOOKUP", ""),
    ("MEAN", "mean", _VECTOR),
    ("RANK", "rank", _VECTOR),
    ("SIZE", "SIZE", "write the number of elements"),
    ("STDDEV", "stddev", _VECTOR),
    ("SUM", "SUM", _VECTOR),
)


def _entries() -> Iterable[Entry]:
    for names, cure in _VENSIM:
        for name in names.split("|"):
            yield Entry(name, "Vensim", name, cure)
    for name, meant, cure in _XMILE:
        yield Entry(name, "XMILE", meant, cure)


MANUAL: tuple[Entry, ...] = tuple(sorted(_entries(), key=lambda one: (one.source, one.name)))
# Of functions that neither list has, but models call.
_OTHERS = {
    "get": "write the numbers into the model, as constants or lookups",
    "history": "use DELAY FIXED, or PREVIOUS for one TIME STEP",
    "endval": "write the end value of the other run as a constant",
    "counter": "use MODULO of Time",
    "random": "draw with RANDOM UNIFORM or RANDOM NORMAL, which are offered",
}


def advice(name: str) -> str:
    """Return what to do instead of a function that is not offered; empty where nothing is known.

    >>> advice("MESSAGE")
    'leave it out: it only shows a text during a game'
    """
    folded = key(name)
    for entry in MANUAL:
        if key(entry.name) == folded and not entry.offered:
            return entry.cure
    return next((cure for start, cure in _OTHERS.items() if folded.split(" ")[0] == start), "")
