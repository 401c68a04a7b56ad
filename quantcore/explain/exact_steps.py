"""Named steps whose equations are true: an operation on exact operands, rounded once to the precision it is kept in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

import numpy as np

from ..formats.floats import FloatFormat
from ..formats.integers import IntFormat
from ..formats.table import FORMATS
from ..precision import PRECISIONS
from ..rounding import round_fraction

Level = Literal["tensor", "block", "sub_block", "element"]


def _floor_log2(a: Fraction) -> Fraction:
    found = a.numerator.bit_length() - a.denominator.bit_length()
    return Fraction(found - (Fraction(2) ** found > a))


def _ceil_log2(a: Fraction) -> Fraction:
    low = _floor_log2(a)
    return low + (Fraction(2) ** int(low) != a)


def _round_mantissa(a: Fraction, bits: Fraction) -> Fraction:
    step = Fraction(2) ** int(_floor_log2(a) - bits)
    return round_fraction(a / step, "half_away") * step


OPERATIONS: Mapping[str, Callable[..., Fraction]] = MappingProxyType(
    {
        "same": lambda a: a,  # where only the precision changes
        "absolute": abs,
        "negate": lambda a: -a,
        "add": lambda a, b: a + b,
        "subtract": lambda a, b: a - b,
        "multiply": lambda a, b: a * b,
        "divide": lambda a, b: a / b,
        "maximum": max,
        "minimum": min,
        "clamp": lambda a, low, high: min(max(a, low), high),
        "mean": lambda *terms: sum(terms, Fraction(0)) / len(terms),
        "instead_of_zero": lambda a, b: b if a == 0 else a,
        "sign": lambda a: Fraction(1 if a >= 0 else -1),
        "floor_log2": _floor_log2,
        "ceil_log2": _ceil_log2,
        "power_of_two": lambda a: Fraction(2) ** int(a),
        "round_mantissa": _round_mantissa,
        "midpoint": lambda a, b: (a + b) / 2,
    }
)
"""What a step does with its operands, before its result is rounded to the step's precision.

Not among them, and without operands: "given" (an element of the array), "stored" (read from the bytes), "searched" (by
trying many), "table" (the number of a code). "nearest" is one of two neighbours of a number, by the step's rounding.
"""


@dataclass(frozen=True, slots=True)
class Operand:
    """A number that goes into a step.

    Attributes:
        name: Of the step that it comes from, or what the constant is.
        value: The number.
    """

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class StoredStep:
    """One equation: value = round(operation(operands)), to `dtype` by `rounding`.

    Attributes:
        name: What is computed, unique within a trace.
        level: Whose number it is: of the tensor, the block, a sub-block or the element.
        operation: A name in OPERATIONS, or "given", "stored", "searched", "table", "nearest".
        operands: What it is computed from, in the order of the operation.
        value: The result, in float64.
        exact: The operation without rounding; None where a number is not finite.
        dtype: What the result is rounded to: "float32", "integer", a name in FORMATS, or "exact".
        rounding: By which rule: a name in ROUNDINGS, or "lower" or "upper" of codebooks' ties.
        code: The bits that are stored for it, where they are: its code in `dtype`.
        note: In words, where a tie, clipping or a rule for an empty block decided something; else empty.
    """

    name: str
    level: Level
    operation: str
    operands: tuple[Operand, ...]
    value: float
    exact: Fraction | None
    dtype: str
    rounding: str = "half_even"
    code: int | None = None
    note: str = ""


class Walk:
    """Builds steps: each names its operands, which are earlier steps or constants."""

    def __init__(self) -> None:
        self.steps: list[StoredStep] = []
        self.level: Level = "block"
        self._exact: dict[str, Fraction | None] = {}

    def __getitem__(self, name: str) -> StoredStep:
        """The step of this name."""
        return next(step for step in self.steps if step.name == name)

    def __contains__(self, name: str) -> bool:
        """Whether there is a step of this name."""
        return name in self._exact

    def take(
        self,
        name: str,
        operation: str,
        value: float,
        dtype: str = "float32",
        code: int | None = None,
        note: str = "",
        operands: tuple[Operand, ...] = (),
    ) -> float:
        """A number that is not computed here: "given", "stored", "searched" or "table"."""
        exact = Fraction(float(value)) if math.isfinite(value) else None
        return self._append(
            StoredStep(name, self.level, operation, operands, float(value), exact, dtype, code=code, note=note), exact
        )

    def add(
        self,
        name: str,
        operation: str,
        *operands: str | tuple[str, float],
        dtype: str = "float32",
        rounding: str = "half_even",
        code: int | None = None,
        note: str = "",
    ) -> float:
        """The result of an operation on earlier steps, named, and on constants, each with its name."""
        named = tuple(
            Operand(one, self[one].value) if isinstance(one, str) else Operand(one[0], float(one[1]))
            for one in operands
        )
        exact = None
        if all(math.isfinite(one.value) for one in named) and not (operation == "divide" and named[1].value == 0):
            fractions = [self._exact[one] if isinstance(one, str) else Fraction(float(one[1])) for one in operands]
            exact = OPERATIONS[operation](*fractions)
        value = _not_finite(operation, named) if exact is None else rounded_to(exact, dtype, rounding)
        kept = exact if dtype == "exact" else Fraction(value) if math.isfinite(value) else None
        step = StoredStep(name, self.level, operation, named, value, exact, dtype, rounding, code, note)
        return self._append(step, kept)

    def neighbours(self, below: float, above: float) -> None:
        """Two neighbouring numbers of a format, and the threshold between them."""
        self.take("below", "table", below, "exact")
        self.take("above", "table", above, "exact")
        self.add("threshold", "midpoint", "below", "above", dtype="exact")

    def nearest(self, value: str, below: float, above: float, taken: float, rounding: str, note: str) -> float:
        """Which of two neighbours of a number was taken; the threshold between them is a step of its own."""
        self.neighbours(below, above)
        operands = tuple(Operand(name, self[name].value) for name in (value, "below", "above"))
        exact = Fraction(taken)
        step = StoredStep("rounded", self.level, "nearest", operands, taken, exact, "exact", rounding, note=note)
        return self._append(step, exact)

    def exact(self, name: str) -> Fraction | None:
        """The value of a step as later steps use it."""
        return self._exact[name]

    def _append(self, step: StoredStep, exact: Fraction | None) -> float:
        assert step.name not in self._exact, step.name
        self.steps.append(step)
        self._exact[step.name] = exact
        return step.value


def rounded_to(exact: Fraction, dtype: str, rounding: str = "half_even") -> float:
    """An exact number in a precision; too large, it is infinite in those of PRECISIONS, else the greatest.

    >>> rounded_to(Fraction(1, 3), "float8_e4m3fn")
    0.34375
    """
    if dtype == "exact":
        return float(exact)
    if dtype == "integer":
        return float(round_fraction(exact, rounding))
    if dtype == "float32":
        mantissa, least, highest = 23, -126, Fraction(float(np.finfo(np.float32).max))
    elif dtype == "float64":
        mantissa, least, highest = 52, -1022, Fraction(float(np.finfo(np.float64).max))
    else:
        fmt = FORMATS[dtype]
        if isinstance(fmt, IntFormat):
            return float(min(max(round_fraction(exact, rounding), fmt.qmin), fmt.qmax))
        assert isinstance(fmt, FloatFormat)
        mantissa, least, highest = fmt.mantissa_bits, fmt.least_exponent, Fraction(fmt.highest)
        exact = min(max(exact, Fraction(fmt.lowest)), highest) if not fmt.signed else exact
    if exact == 0:
        return 0.0
    exponent = max(int(_floor_log2(abs(exact))), least)
    step = Fraction(2) ** (exponent - mantissa)
    found = round_fraction(exact / step, rounding) * step
    if abs(found) <= highest:
        return float(found)
    largest = math.inf if dtype in PRECISIONS else float(highest)
    return largest if found > 0 else -largest


def _not_finite(operation: str, operands: tuple[Operand, ...]) -> float:
    """What floating point gives where a number is not finite."""
    numbers = [np.float64(one.value) for one in operands]
    functions: dict[str, Callable[..., np.float64]] = {
        "same": lambda a: a,
        "negate": np.negative,
        "add": np.add,
        "subtract": np.subtract,
        "multiply": np.multiply,
        "divide": np.divide,
        "absolute": np.abs,
        "maximum": np.maximum,
        "minimum": np.minimum,
        "clamp": np.clip,
    }
    with np.errstate(all="ignore"):
        return float(functions[operation](*numbers))
