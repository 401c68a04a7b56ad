"""What every program writes out: the numbers, as many as are readable, and the parameters that belong to them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.toolkits.arithmetic import Scaling

from ..notation import display
from ..results.blocks import padded
from ..results.result import Result

MAX_WRITTEN = 1000
"""More numbers than this are not written out: a program then takes the first of the followed number's slice."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A request as a program states it.

    Attributes:
        result: of the request.
        given: the values, or the codes when dequantizing; all of them or the first ones.
        text: the same as a nested list.
        scale, zero_point: in the shape that belongs to the numbers and the granularity.
        granularity: which of the numbers share a scale.
        arithmetic: how it is computed, with the request's rounding.
        stored: the numbers in blocks, where the format has them, filled up to whole ones; None elsewhere.
    """

    result: Result
    given: NDArray[Any]
    text: str
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
    def is_decoding(self) -> bool:
        """Whether bytes are given, or have to be: with an importance, a part of a row is not encoded like the whole."""
        has_importance = "importance" in self.result.settings.codes.options
        return self.is_dequantize or (self.is_cut and has_importance)

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
        is_plain = settings.calibration == "minmax" and settings.rounding == "half_even" and not settings.include_zero
        return settings.is_notebook and is_plain and not self.is_cut and not self.is_dequantize

    @property
    def is_cut(self) -> bool:
        """Whether only some of the numbers are written."""
        return self.given.size < self.result.size

    @property
    def has_whole_zero_point(self) -> bool:
        """Whether every zero point is a code of the format."""
        z = self.zero_point
        return bool(((z == np.rint(z)) & (z >= self.fmt.qmin) & (z <= self.fmt.qmax)).all())

    def remark(self) -> list[str]:
        """A comment on what is left out."""
        if not self.is_cut:
            return []
        return [f"# {display.count(self.given.size)} of the {display.count(self.result.size)} numbers"]


def case_of(result: Result) -> Case:
    """The case of a result."""
    settings = result.settings
    if result.stored is not None:
        return _of_blocks(result, result.stored)
    arithmetic = qc.ARITHMETICS[result.arithmetic].with_rounding(settings.rounding)
    given, scale, zero_point, granularity = _numbers(result)
    return Case(
        result=result,
        given=given,
        text=nested(given),
        scale=scale,
        zero_point=zero_point,
        granularity=granularity,
        arithmetic=arithmetic,
    )


def _of_blocks(result: Result, stored: qc.Stored) -> Case:
    """The case of a block format: all numbers, or whole blocks from the one of the followed number on."""
    given = np.atleast_1d(result.x)
    if result.size > MAX_WRITTEN and not result.settings.is_dequantize:
        given, stored = _some_blocks(result, stored)
    return Case(
        result=result,
        given=given,
        text=nested(given),
        scale=stored.scale,
        zero_point=np.zeros(stored.scale.shape, np.int32),
        granularity=qc.PerTensor(),
        arithmetic=qc.ARITHMETICS[result.arithmetic],
        stored=stored,
    )


def is_divisible(result: Result, stored: qc.Stored) -> bool:
    """Whether some blocks are stored alone as among all; not where the scales of all are quantized together."""
    is_whole = result.size <= MAX_WRITTEN or result.settings.is_dequantize
    return is_whole or not getattr(stored.fmt, "is_double", False)


def _some_blocks(result: Result, stored: qc.Stored) -> tuple[NDArray[Any], qc.Stored]:
    block, size = stored.fmt, stored.fmt.block_size
    rows = result.x.reshape(
        1 if block.axes == "flat" else -1, result.size if block.axes == "flat" else result.x.shape[-1]
    )
    row, place = divmod(result.element, rows.shape[1])
    start, count = place // size * size, max(size, MAX_WRITTEN // size * size)
    given = rows[row, start : start + count]
    options = dict(result.settings.codes.options)
    if "importance" in options:
        first, n_bytes = row * stored.layout.blocks_per_row + start // size, block.block_bytes
        filled = padded(given, block)
        data = stored.to_bytes()[first * n_bytes : (first + filled.size // size) * n_bytes]
        return given, block.from_bytes(data, filled.shape)
    if "tensor_scale" in block.options:
        options["tensor_scale"] = float(stored.levels[0].values.item())
    return given, qc.store(padded(given, block), block, **options)


def _numbers(result: Result) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], Any]:
    granularity = result.settings.granularity
    if result.size <= MAX_WRITTEN:
        given = result.q if result.settings.is_dequantize else result.x
        return given, result.scale, result.zero_point, granularity
    array = result.q if result.settings.is_dequantize else result.x
    given = array[result.slice_index(result.element)].reshape(-1)[:MAX_WRITTEN]
    scale, _, zero_point = result.scale_of(result.element)
    return given, np.asarray(scale), np.asarray(zero_point), qc.PerTensor()


def nested(numbers: Any) -> str:
    """An array as a list in a program; every number reads back as itself in its precision."""
    if numbers.ndim == 0:
        return display.ascii_shortest(numbers[()])
    if numbers.ndim > 1:
        return f"[{', '.join(nested(part) for part in numbers)}]"
    if numbers.dtype == np.float32:
        return f"[{', '.join(map(str, numbers))}]"  # str of a float32 is the shortest for float32
    return f"[{', '.join(map(repr, numbers.tolist()))}]"


def array(numbers: Any, text: str = "") -> str:
    """An array as it is written with NumPy."""
    dtype = {"float64": "", "int64": ""}.get(str(numbers.dtype), f", np.{numbers.dtype}")
    return f"np.array({text or nested(numbers)}{dtype})"


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
        text += "\n".join(part) + "\n"
        was_function = is_function
    return text
