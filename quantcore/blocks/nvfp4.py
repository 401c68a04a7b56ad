"""NVFP4: blocks of 16 with a scale in E4M3, and one float32 scale of the whole tensor.

Three libraries compute it in three ways, which differ in the last bit before rounding, so on ties; and in what they
store: torchao and modelopt a factor, compressed-tensors a divisor.
Sources: arXiv:2509.25149, appendix B; torchao 0.18.0, nvfp4_tensor.py; modelopt 0.47.0, nvfp4_tensor.py;
compressed-tensors 0.20.0, quantization/utils/helpers.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import one_of
from ..errors import QuantError
from ..formats.floats import FLOAT4_E2M1FN, FLOAT8_E4M3FN
from ..formats.format import Format
from .block import Blocks, Float32Array, Level
from .layout import Axes, Layout
from .scaled import Plan, ScaledBlocks, amax_of, encode_in_parts, level_of

_F32 = np.float32
_ELEMENT_MAX, _SCALE_MAX = _F32(6), _F32(448)


@dataclass(frozen=True, slots=True)
class Nvfp4Blocks(ScaledBlocks):
    """NVFP4, as those libraries store it that agree on what the tensor's number means.

    Args:
        name: In BLOCK_FORMATS.
        label: As people write it.
        library: Those whose rules these are.
        version: Theirs.
        summary: What is particular about it.
        rules: Names of rules, the default first.
        tensor_level: "tensor_scale", a factor, or "tensor_divisor".
    """

    name: str
    label: str
    library: str
    version: str
    summary: str
    rules: tuple[str, ...]
    tensor_level: str
    element: Format = FLOAT4_E2M1FN
    block_size: int = 16
    source: str = "arXiv:2509.25149, appendix B"
    options: tuple[str, ...] = ("rule", "tensor_scale", "rounding", "rng")
    axes: Axes = "any"
    is_partial_allowed: bool = False
    can_encode: bool = True
    is_high_first: bool = False

    @property
    def fields(self) -> tuple[tuple[str, int], ...]:
        """Codes, and the scale's byte."""
        return (("codes", self.block_size // 2), ("scale", 1))

    def quantize(self, x: Float32Array, **options: Any) -> Blocks:
        """Choose the tensor's scale, each block's scale, and the codes.

        Options: rule, one of `rules`. tensor_scale: "amax", from the largest magnitude; None, none at all; or a number
        above 0, the factor or the divisor. rounding and rng as for `encode`, for the elements.
        """
        rule = one_of(options.get("rule", self.rules[0]), "rule", self.rules)
        amax = amax_of(x)
        tensor = _tensor_scale(options.get("tensor_scale", "amax"), amax, rule)
        with np.errstate(over="ignore", divide="ignore"):
            codes, scaling, by = _RULES[rule](amax, tensor)
        scale = level_of("scale", FLOAT8_E4M3FN, codes)

        def scaled(part: slice) -> Float32Array:
            found: Float32Array = scaling(x[part], by[part])
            return np.clip(found, -_ELEMENT_MAX, _ELEMENT_MAX, out=found)

        rounding, rng = options.get("rounding", "half_even"), options.get("rng")
        elements = encode_in_parts(x, self.element, scaled, rounding, rng)
        levels: tuple[Level, ...] = (scale,)
        if tensor is not None:
            levels = (Level(self.tensor_level, "float32", np.full((), tensor, np.float32)), scale)
        return self.assemble(elements, levels)

    def plan(self, n_blocks: int, options: dict[str, Any]) -> Plan:
        """The tensor's scale, where there is one, and the blocks'."""
        blocks = ("scale", "float8_e4m3fn", n_blocks)
        return ((self.tensor_level, "float32", 1), blocks) if options["has_tensor_scale"] else (blocks,)

    def byte_options(self, n_bytes: int, layout: Layout) -> dict[str, Any]:
        """Four bytes more are a tensor's scale."""
        return {"has_tensor_scale": n_bytes == -(-layout.size // 2) + layout.n_blocks + 4}

    def assemble(self, codes: NDArray[Any], levels: tuple[Level, ...]) -> Blocks:
        """The block's scale times (or over) the tensor's, in float32."""
        scale = levels[-1].values.astype(np.float32).reshape(-1, 1)
        if len(levels) == 2:
            tensor = _F32(levels[0].values.item())
            with np.errstate(all="ignore"):
                scale = scale / tensor if self.tensor_level == "tensor_divisor" else scale * tensor
        return Blocks(codes, scale, None, levels)


Chosen = tuple[NDArray[Any], np.ufunc, Float32Array]  # codes of the block scales, and what elements meet, and how


def _torchao(amax: Float32Array, tensor: np.float32 | None) -> Chosen:
    """Multiplied by the reciprocal, which is (1 / tensor_scale) / scale."""
    wanted = amax / _ELEMENT_MAX
    wanted = wanted if tensor is None else wanted / tensor
    codes = FLOAT8_E4M3FN.encode(np.clip(wanted, _F32(2**-6), _SCALE_MAX))
    factor = _F32(1) if tensor is None else _F32(1) / tensor
    return codes, np.multiply, factor / FLOAT8_E4M3FN.decode(codes)


def _modelopt(amax: Float32Array, tensor: np.float32 | None) -> Chosen:
    """Divided by the product of both scales; a block of zeros has the scale 1."""
    second = _F32(1) if tensor is None else tensor
    wanted = amax / (_ELEMENT_MAX * second)
    wanted = np.where(wanted == 0, _F32(1), wanted)
    codes = FLOAT8_E4M3FN.encode(np.clip(wanted, _F32(2**-9), _SCALE_MAX))
    return codes, np.divide, FLOAT8_E4M3FN.decode(codes) * second


def _compressed_tensors(amax: Float32Array, tensor: np.float32 | None) -> Chosen:
    """Divided by scale over the tensor's divisor; a block of zeros has the scale 1/8."""
    divisor = _F32(1) if tensor is None else tensor
    codes = FLOAT8_E4M3FN.encode(divisor * (amax / _ELEMENT_MAX))
    codes = np.where(codes == 0, FLOAT8_E4M3FN.encode(np.full(1, 0.125, np.float32))[0], codes)
    return codes, np.divide, FLOAT8_E4M3FN.decode(codes) / divisor


_RULES = {"torchao": _torchao, "modelopt": _modelopt, "compressed_tensors": _compressed_tensors}


def _tensor_scale(given: Any, amax: Float32Array, rule: str) -> np.float32 | None:
    if given is None:
        return None
    if isinstance(given, str) and given == "amax":
        largest = amax.max(initial=np.float32(0))
        full = _ELEMENT_MAX * _SCALE_MAX
        if largest == 0:
            return _F32(1)  # the libraries divide by 0 here
        with np.errstate(over="ignore"):
            # PyTorch divides a number by a tensor as the product with the reciprocal
            found = _F32(1) / largest * full if rule == "compressed_tensors" else largest / full
            if 0 < found < np.inf and _F32(1) / _F32(found) < np.inf:
                return _F32(found)
        raise QuantError(
            f"values are at most {largest}; their tensor_scale, or its reciprocal, is no float32. Scale them.", "values"
        )
    try:
        number = float(given)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf or not 0 < _F32(number) < np.inf:
        raise QuantError(f'tensor_scale is {given!r}; it must be "amax", None, or a float32 above 0.', "tensor_scale")
    return _F32(number)


NVFP4 = Nvfp4Blocks(
    name="nvfp4",
    label="NVFP4",
    library="torchao, modelopt",
    version="0.18.0, 0.47.0",
    summary="A scale with a mantissa for each 16 elements, which in turn has one float32 scale for the tensor.",
    rules=("torchao", "modelopt"),
    tensor_level="tensor_scale",
)
NVFP4_DIVISOR = Nvfp4Blocks(
    name="nvfp4_compressed_tensors",
    label="NVFP4 (compressed-tensors)",
    library="compressed-tensors",
    version="0.20.0",
    summary="The tensor's number is a divisor: the reciprocal of what torchao and modelopt store.",
    rules=("compressed_tensors",),
    tensor_level="tensor_divisor",
)
