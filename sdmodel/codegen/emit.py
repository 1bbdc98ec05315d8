"""Lines of LLVM's assembly language, for any number of runs side by side.

A value is either a number (one double for each lane) or a truth (one bit for each lane); truths
become numbers only where arithmetic is done with them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """The name of something computed, and whether it is a truth."""

    name: str
    truth: bool = False


def literal(value: float) -> str:
    """Return a double as LLVM writes it without loss.

    >>> literal(1.0)
    '0x3FF0000000000000'
    """
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Emitter:
    """Collects the lines of one function; `width` lanes are computed in lock-step."""

    def __init__(self, width: int, vector_math: bool = True) -> None:
        self.width, self.vector_math = width, vector_math
        self.lines: list[str] = []
        self.declared: dict[str, str] = {}
        self.tables: dict[tuple[float, ...], str] = {}
        self.wholes: dict[tuple[int, ...], str] = {}
        self.places: list[str] = []
        self._count = 0

    @property
    def number(self) -> str:
        """The type of a number."""
        return "double" if self.width == 1 else f"<{self.width} x double>"

    @property
    def truth(self) -> str:
        """The type of a truth."""
        return "i1" if self.width == 1 else f"<{self.width} x i1>"

    @property
    def whole(self) -> str:
        """The type of an index."""
        return "i64" if self.width == 1 else f"<{self.width} x i64>"

    @property
    def suffix(self) -> str:
        """How intrinsics name the type of a number."""
        return "f64" if self.width == 1 else f"v{self.width}f64"

    def counted(self) -> int:
        """Return a number that no other name in the function has."""
        self._count += 1
        return self._count

    def body(self) -> list[str]:
        """Return the lines of the function, its places in memory first."""
        return ["entry:", *self.places, *self.lines]

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append("  " + text)

    def new(self, text: str, truth: bool = False) -> Value:
        """Add a line that computes something, and return it."""
        name = f"%x{self._count}"
        self._count += 1
        self.lines.append(f"  {name} = {text}")
        return Value(name, truth)

    def splat(self, value: float) -> str:
        """Return a constant for all lanes."""
        one = literal(value)
        if self.width == 1:
            return one
        return "<" + ", ".join([f"double {one}"] * self.width) + ">"

    def splat_whole(self, value: int) -> str:
        """Return a whole constant for all lanes."""
        if self.width == 1:
            return str(value)
        return "<" + ", ".join([f"i64 {value}"] * self.width) + ">"

    def constant(self, value: float) -> Value:
        """Return a constant as a value."""
        return Value(self.splat(value))

    def as_number(self, value: Value) -> str:
        """Return the name of a value as a number: 1 or 0 for a truth."""
        if not value.truth:
            return value.name
        one, zero = self.splat(1.0), self.splat(0.0)
        return self.new(
            f"select {self.truth} {value.name}, {self.number} {one}, {self.number} {zero}"
        ).name

    def as_truth(self, value: Value) -> str:
        """Return the name of a value as a truth: whatever is not zero."""
        if value.truth:
            return value.name
        zero = self.splat(0.0)
        return self.new(f"fcmp une {self.number} {value.name}, {zero}", True).name

    def binary(self, what: str, a: str, b: str) -> Value:
        """Add an instruction on two numbers."""
        return self.new(f"{what} {self.number} {a}, {b}")

    def compare(self, how: str, a: str, b: str) -> Value:
        """Add a comparison."""
        return self.new(f"fcmp {how} {self.number} {a}, {b}", True)

    def select(self, condition: str, yes: str, no: str) -> Value:
        """Add a choice, lane by lane."""
        return self.new(f"select {self.truth} {condition}, {self.number} {yes}, {self.number} {no}")

    def intrinsic(self, name: str, *args: str) -> Value:
        """Call one of LLVM's own functions of numbers."""
        full = f"@llvm.{name}.{self.suffix}"
        types = ", ".join([self.number] * len(args))
        self.declared[full] = f"declare {self.number} {full}({types})"
        return self.new(f"call {self.number} {full}({self._typed(args)})")

    def call(self, symbol: str, *args: str) -> Value:
        """Call a function on all lanes at once, by its symbol."""
        types = ", ".join([self.number] * len(args))
        self.declared["@" + symbol] = f"declare {self.number} @{symbol}({types})"
        return self.new(f"call {self.number} @{symbol}({self._typed(args)})")

    def call_each(self, symbol: str, *args: str) -> Value:
        """Call a scalar function on one lane after the other."""
        types = ", ".join(["double"] * len(args))
        self.declared["@" + symbol] = f"declare double @{symbol}({types})"
        if self.width == 1:
            return self.new(f"call double @{symbol}({self._typed(args)})")
        result = Value("undef")
        for lane in range(self.width):
            single = [
                self.new(f"extractelement {self.number} {arg}, i32 {lane}").name for arg in args
            ]
            typed = ", ".join(f"double {one}" for one in single)
            one = self.new(f"call double @{symbol}({typed})")
            result = self.new(
                f"insertelement {self.number} {result.name}, double {one.name}, i32 {lane}"
            )
        return result

    def _typed(self, args: Sequence[str]) -> str:
        return ", ".join(f"{self.number} {arg}" for arg in args)

    def table(self, values: Sequence[float]) -> str:
        """Return the name of an array of constants."""
        key = tuple(values)
        return self.tables.setdefault(key, f"@table{len(self.tables)}")

    def whole_table(self, values: Sequence[int]) -> str:
        """Return the name of an array of whole constants."""
        key = tuple(values)
        return self.wholes.setdefault(key, f"@whole{len(self.wholes)}")

    def spread(self, name: str) -> str:
        """Return a single number on all lanes."""
        if self.width == 1:
            return name
        one = self.new(f"insertelement {self.number} undef, double {name}, i32 0").name
        zeros = f"<{self.width} x i32> zeroinitializer"
        return self.new(f"shufflevector {self.number} {one}, {self.number} undef, {zeros}").name

    def spread_whole(self, name: str) -> str:
        """Return a single whole number on all lanes."""
        if self.width == 1:
            return name
        one = self.new(f"insertelement {self.whole} undef, i64 {name}, i32 0").name
        zeros = f"<{self.width} x i32> zeroinitializer"
        return self.new(f"shufflevector {self.whole} {one}, {self.whole} undef, {zeros}").name

    def variable(self, kind: str) -> str:
        """Return a place in memory for a value that changes in a loop."""
        name = f"%place{len(self.places)}"
        self.places.append(f"  {name} = alloca {kind}, align 64")
        return name

    def gather(self, base: str, index: str) -> Value:
        """Return the numbers that lie so many places behind an address, one for each lane."""
        if self.width == 1:
            place = self.new(f"getelementptr inbounds double, ptr {base}, i64 {index}").name
            return self.new(f"load double, ptr {place}, align 8")
        pointers = f"<{self.width} x ptr>"
        places = self.new(f"getelementptr inbounds double, ptr {base}, {self.whole} {index}").name
        symbol = f"@llvm.masked.gather.v{self.width}f64.v{self.width}p0"
        self.declared[symbol] = (
            f"declare {self.number} {symbol}({pointers}, i32 immarg, {self.truth}, {self.number})"
        )
        ones = "<" + ", ".join(["i1 true"] * self.width) + ">"
        return self.new(
            f"call {self.number} {symbol}({pointers} {places}, i32 8, {self.truth} {ones}, "
            f"{self.number} undef)"
        )

    def address(self, slot: int | str) -> str:
        """Return the place of a slot in the values `%v`."""
        return self.new(f"getelementptr inbounds {self.number}, ptr %v, i64 {slot}").name

    def load(self, slot: int | str) -> Value:
        """Read a slot."""
        place = self.address(slot)
        return self.new(f"load {self.number}, ptr {place}, align 8")

    def store(self, value: Value, slot: int | str) -> None:
        """Write a slot."""
        number = self.as_number(value)
        place = self.address(slot)
        self.line(f"store {self.number} {number}, ptr {place}, align 8")


class Loop:
    """A counted loop from 0; ``with`` blocks would hide how little there is to it."""

    def __init__(self, e: Emitter, size: int) -> None:
        self.e = e
        self.name = name = f"loop{e.counted()}"
        self.counter = e.variable("i64")
        e.line(f"store i64 0, ptr {self.counter}")
        e.line(f"br label %{name}")
        e.lines.append(f"{name}:")
        self.i = e.new(f"load i64, ptr {self.counter}").name
        self.size = size

    def close(self) -> None:
        """End the body, and go on after the last round."""
        e = self.e
        following = e.new(f"add i64 {self.i}, 1").name
        e.line(f"store i64 {following}, ptr {self.counter}")
        more = e.new(f"icmp slt i64 {following}, {self.size}").name
        e.line(f"br i1 {more}, label %{self.name}, label %{self.name}.end")
        e.lines.append(f"{self.name}.end:")


def whole_definition(name: str, values: Sequence[int]) -> str:
    """Return the definition of an array of whole constants."""
    inside = ", ".join(f"i64 {value}" for value in values)
    return f"{name} = private unnamed_addr constant [{len(values)} x i64] [{inside}], align 64"


def array_definition(name: str, values: Sequence[float]) -> str:
    """Return the definition of an array of constants."""
    inside = ", ".join(f"double {literal(value)}" for value in values)
    return f"{name} = private unnamed_addr constant [{len(values)} x double] [{inside}], align 64"
