"""What codes cost: the bits that are stored for a value, and those that an entropy coder would need."""

import math

import numpy as np
import numpy.typing as npt

from .blocks.block import Stored
from .checks import as_array, shape_of, whole_number
from .errors import QuantError
from .formats.format import Format
from .formats.integers import IntFormat
from .formats.table import find_format
from .parameters.granularity import Granularity, PerTensor, parameter_shape

_CHUNK = 65_536  # codes at a time: temporaries stay in the cache


def bits_per_value(
    fmt: str | Format | Stored,
    granularity: Granularity | None = None,
    shape: tuple[int, ...] | None = None,
    *,
    scale_bits: int = 32,
    zero_point_bits: int | None = None,
) -> float:
    """Bits stored for one value: its code, and its part of the scales and zero points.

    Args:
        fmt: the codes' format, or its name; or an array as it is stored, whose bytes are counted and which needs no
            other argument.
        granularity: which values share a scale and a zero point; PerTensor() by default.
        shape: of the array; the more values share them, the less they cost.
        scale_bits: of one scale.
        zero_point_bits: of one zero point. None: as many as an integer code, and 0 for floats and codebooks, which
            have none. Say 0 where a symmetric scheme of integers stores none.

    Raises:
        QuantError: no shape, one without values, or one given for a stored array.

    >>> from quantcore.formats.integers import INT4
    >>> from quantcore.parameters.granularity import PerBlock
    >>> bits_per_value(INT4, PerBlock(32), (8, 64), scale_bits=16, zero_point_bits=0)
    4.5
    """
    if isinstance(fmt, Stored):
        if granularity is not None or shape is not None:
            field = "granularity" if granularity is not None else "shape"
            raise QuantError(f"{field} is given for a stored array, which has its own. Leave it out.", field)
        _value_count(fmt.shape)
        return fmt.bits_per_value
    if shape is None:
        raise QuantError("shape is missing; the cost of a scale depends on it. Give the shape of the array.", "shape")
    fmt, shape = find_format(fmt), shape_of(shape)
    n_values = _value_count(shape)
    n_parameters = math.prod(parameter_shape(PerTensor() if granularity is None else granularity, shape))
    own_bits = fmt.bits if isinstance(fmt, IntFormat) else 0
    bits = {"scale_bits": scale_bits, "zero_point_bits": own_bits if zero_point_bits is None else zero_point_bits}
    each = sum(whole_number(value, field, "a whole number") for field, value in bits.items())
    return fmt.bits + n_parameters * each / n_values


def _value_count(shape: tuple[int, ...]) -> int:
    n_values = math.prod(shape)
    if n_values == 0:
        raise QuantError(f"shape is {shape}; it must hold at least one value.", "shape")
    return n_values


def code_entropy(q: npt.ArrayLike | Stored) -> float:
    """Shannon entropy of the codes, -sum p log2 p, in bits per code: what a perfect entropy coder would need.

    Args:
        q: codes of any format, any shape, not empty; or an array as it is stored, whose elements' codes are counted
            without padding.

    Raises:
        QuantError: not integers, or empty.

    >>> code_entropy([0, 0, 1, 1, 2, 2, 3, 3])
    2.0
    """
    codes = as_array(q.element_codes() if isinstance(q, Stored) else q, "codes")
    if codes.dtype.kind not in "iu":
        raise QuantError(f"codes are of type {codes.dtype}; they must be whole numbers.", "codes")
    if codes.size == 0:
        raise QuantError("codes are empty; an entropy needs at least one.", "codes")
    low, high = int(codes.min()), int(codes.max())
    if high - low >= 1 << 20:  # wider than any integer format of this package: sort instead of counting into bins
        counts = np.unique(codes, return_counts=True)[1]
    else:
        counts = np.zeros(high - low + 1, np.int64)
        flat = codes.reshape(-1)
        for start in range(0, flat.size, _CHUNK):
            index = (flat[start : start + _CHUNK].astype(np.int64) - low).astype(np.intp)
            counts += np.bincount(index, minlength=counts.size)
    p = counts[counts > 0] / codes.size
    return abs(float(-(p * np.log2(p)).sum()))  # abs: a single code gives -0.0
