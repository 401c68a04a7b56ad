"""What every program states: the numbers or where they are from, and the parameters that belong to them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.toolkits.arithmetic import Scaling

from ..notation import display
from ..results.result import Result
from .origin import FEW, Origin, origin_of, saved

WIDTH = 110  # characters of a line


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A request as a program states it.

    Attributes:
        result: of the request.
        given: the values, or the codes when dequantizing.
        origin: where a program has them from.
        scale, zero_point: in the shape that belongs to the numbers and the granularity.
        granularity: which of the numbers share a scale.
        arithmetic: how it is computed, with the request's rounding.
        stored: the numbers in blocks, where the format has them, filled up to whole ones; None elsewhere.
    """

    result: Result
    given: NDArray[Any]
    origin: Origin
    scale: NDArray[Any]
    zero_point: NDArray[Any]
    granularity: qc.PerTensor | qc.PerAxis | qc.PerBlock
    arithmetic: qc.Arithmetic
    stored: qc.Stored | None = None

    @property
    def element(self) -> qc.Format:
        """What a code stands for."""
        return self.result.settings.fmt

    @property
    def fmt(self) -> qc.IntFormat:
        """The codes."""
        return self.result.settings.integers

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision that the request asks for."""
        return self.result.settings.dtype

    @property
    def working(self) -> np.dtype[Any]:
        """The precision that the arithmetic computes in."""
        return np.dtype(self.arithmetic.dtype or self.result.kept.dtype)

    @property
    def given_back(self) -> np.dtype[Any]:
        """The precision of the reconstruction."""
        return np.dtype(self.arithmetic.result_dtype or self.working)

    @property
    def wide(self) -> np.dtype[Any]:
        """The precision of codes and zero points, of which float16 does not hold all."""
        return np.result_type(self.working, np.float32)

    @property
    def is_dequantize(self) -> bool:
        """Whether codes are given."""
        return self.result.settings.is_dequantize

    @property
    def is_fused(self) -> bool:
        """Whether product and sum are rounded once, together."""
        return self.arithmetic.is_fused(self.fmt.bits)

    @property
    def keeps_factor(self) -> bool:
        """Whether it is computed with the scale factor, and not with the scale."""
        return self.arithmetic.scaling is Scaling.FACTOR

    @property
    def is_seed(self) -> bool:
        """Whether the notebook's own functions compute just this."""
        settings = self.result.settings
        is_plain = settings.calibration == "minmax" and settings.rounding == "half_even"
        is_other = settings.include_zero or settings.reduce_range or self.is_dequantize
        return settings.is_notebook and is_plain and not is_other

    @property
    def has_whole_zero_point(self) -> bool:
        """Whether every zero point is a code of the format."""
        z = self.zero_point
        return bool(((z == np.rint(z)) & (z >= self.fmt.qmin) & (z <= self.fmt.qmax)).all())

    @property
    def name(self) -> str:
        """What the given numbers are called."""
        return "q" if self.is_dequantize else "x"

    @property
    def text(self) -> str:
        """The given numbers as a nested list, where they are written out."""
        return nested(self.given)

    def numbers(self) -> list[str]:
        """Lines that leave them in NumPy."""
        return [f"{self.name} = {array(self.given)}"] if self.origin.is_written else [*self.origin.lines]

    def head(self, *imports: str) -> list[str]:
        """Imports of a program, with NumPy and what reads the numbers."""
        more = [] if self.origin.is_written else ["import numpy as np", *self.origin.imports]
        found = dict.fromkeys([*imports, *more])
        return sorted(found, key=lambda line: (line.startswith("from "), line.split()[1].lower()))


def case_of(result: Result) -> Case:
    """The case of a result."""
    settings, stored = result.settings, result.stored
    given = result.q if settings.is_dequantize and stored is None else result.x
    given = given if stored is None else np.atleast_1d(given)
    arithmetic = qc.ARITHMETICS[result.arithmetic]
    return Case(
        result=result,
        given=given,
        origin=origin_of(result, given),
        scale=result.scale,
        zero_point=result.zero_point,
        granularity=settings.granularity,
        arithmetic=arithmetic if stored is not None else arithmetic.with_rounding(settings.rounding),
        stored=stored,
    )


def nested(numbers: Any) -> str:
    """An array as a list in a program; every number reads back as itself in its precision."""
    if numbers.ndim == 0:
        return display.ascii_shortest(numbers[()])
    if numbers.ndim > 1:
        return f"[{', '.join(nested(part) for part in numbers)}]"
    if numbers.dtype == np.float32:
        return f"[{', '.join(map(str, numbers))}]"  # str of a float32 is the shortest for float32
    return f"[{', '.join(map(repr, numbers.tolist()))}]"


def array(numbers: Any) -> str:
    """An array as it is written with NumPy."""
    dtype = {"float64": "", "int64": ""}.get(str(numbers.dtype), f", np.{numbers.dtype}")
    return f"np.array({nested(numbers)}{dtype})"


def listed(case: Case, numbers: Any, name: str) -> str:
    """Parameters in NumPy: written out where they are few, else out of the saved file."""
    is_written = case.origin.is_written or numbers.size <= FEW
    return array(numbers) if is_written else f"{saved(name)}.astype(np.{numbers.dtype})"


def fused_multiply_add(module: str, exact: str, addend: str, widen: str, narrow: str) -> list[str]:
    """A function of that name in a program with NumPy or PyTorch.

    Args:
        module: "np" or "torch".
        exact: x times factor, in float64.
        addend: the addend in float64; empty where it becomes that by itself.
        widen: what makes the choice between two infinities float64.
        narrow: what makes float64 float32.
    """
    return [
        "def fused_multiply_add(x, factor, addend):",
        "    # x * factor + addend, rounded once to float32: the product is exact in float64; where the sum is not,",
        "    # its neighbour with an odd last bit is taken, which float32 rounds as it would round the exact sum",
        f"    product, addend = {exact}, {addend}" if addend else f"    product = {exact}",
        "    total = product + addend",
        "    shadow = total - product",
        "    error = (product - (total - shadow)) + (addend - shadow)",
        f"    is_even = total.view({module}.int64) % 2 == 0",
        f"    neighbour = {module}.nextafter(total, {module}.where(error > 0, {module}.inf, -{module}.inf){widen})",
        f"    return {module}.where((error != 0) & is_even, neighbour, total){narrow}",
    ]


def wrapped(line: str) -> str:
    """A line of a program, broken after commas inside brackets where it is too long to be read.

    >>> print(wrapped("x = np.array([" + ", ".join(map(str, range(1000, 1020))) + "], np.float32)"))
    x = np.array([1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
        1016, 1017, 1018, 1019], np.float32)
    """
    if len(line) <= WIDTH or line.lstrip().startswith("#"):
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    done: list[str] = []
    begin, cut, depth, quote = 0, 0, 0, ""
    for place, sign in enumerate(line):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        else:
            depth += (sign in "([{") - (sign in ")]}")
            is_break = sign == "," and depth > 0 and line[place + 1 : place + 2] == " "
            if cut > begin and place - begin >= WIDTH - len(indent) * bool(done):
                done.append(line[begin:cut])
                begin = cut + 1
            cut = place + 1 if is_break else cut
    return f"\n{indent}".join([*done, line[begin:]])


def program(*parts: list[str]) -> str:
    """Paragraphs of lines as one text, with two empty lines around a function."""
    text = ""
    was_function = False
    for part in parts:
        if not part:
            continue
        is_function = part[0].startswith("def ")
        if text:
            text += "\n\n" if is_function or was_function else "\n"
        text += "".join(wrapped(line) + "\n" for line in "\n".join(part).split("\n"))
        was_function = is_function
    return text
