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

    def address(self, slot: int) -> str:
        """Return the place of a slot in the values `%v`."""
        return self.new(f"getelementptr inbounds {self.number}, ptr %v, i64 {slot}").name

    def load(self, slot: int) -> Value:
        """Read a slot."""
        place = self.address(slot)
        return self.new(f"load {self.number}, ptr {place}, align 8")

    def store(self, value: Value, slot: int) -> None:
        """Write a slot."""
        number = self.as_number(value)
        place = self.address(slot)
        self.line(f"store {self.number} {number}, ptr {place}, align 8")


def array_definition(name: str, values: Sequence[float]) -> str:
    """Return the definition of an array of constants."""
    inside = ", ".join(f"double {literal(value)}" for value in values)
    return f"{name} = private unnamed_addr constant [{len(values)} x double] [{inside}], align 64"
