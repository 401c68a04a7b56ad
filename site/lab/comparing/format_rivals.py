"""A number format held against another, or against another rule of the same: which numbers come back differently.

Why they do is quantcore's to say, from the way of a number through each.
"""

from dataclasses import dataclass, replace

import numpy as np

import quantcore as qc
from quantcore.explain.format_differences import reasons_between
from quantcore.formats.format import Overflow

from ..request.fields.formats import BLOCKS, ELEMENTS, VARIANTS
from ..request.number_format import NumberFormat
from ..request.settings import Settings
from ..results.blocks import padded
from ..results.compute import compute
from ..results.result import Indices, Result
from .schemes import SCHEMES

MODES = ("rceil", "floor", "even", "ceil")
TRIED_FIRST: dict[str, tuple[str, ...]] = {
    "mxfp4": (*MODES, "gguf_mxfp4"),
    "gguf_mxfp4": ("mxfp4", "gguf_nvfp4"),
    "nvfp4": ("modelopt", "nvfp4_compressed_tensors", "gguf_nvfp4"),
    "nvfp4_compressed_tensors": ("nvfp4", "gguf_nvfp4"),
    "gguf_nvfp4": ("nvfp4", "gguf_mxfp4"),
    "nf4": ("fp4_bnb", "float4_e2m1fn"),
    "nf4_double": ("nf4", "fp4_bnb"),
    "fp4_bnb": ("float4_e2m1fn", "nf4"),
    "float8_e4m3fn": ("overflow", "saturate", "float8_e4m3fnuz", "float8_e5m2"),
    "int4_f16": ("q4_0", "int4_e4m3"),
    "int4_e4m3": ("int4_f16", "q4_0"),
    "int4_e8m0": ("int4_f16", "q4_0"),
    "uint4_f16": ("q4_1", "mlx_affine4"),
    "q4_0": ("int4_f16", "q4_k"),
    "q4_1": ("uint4_f16", "mlx_affine4"),
    "q4_k": ("q4_0", "q4_1"),
    "iq4_nl": ("nf4", "q4_0"),
    "q8_0": ("int8_f16", "mxint8"),
    "int8_f16": ("q8_0", "mxint8"),
}
"""Until one differs: for each format those whose difference teaches most. Of others, variants and formats as wide."""
MOST_TRIED = 4


@dataclass(frozen=True, slots=True, eq=False)
class FormatComparison:
    """Two formats on the same values.

    Attributes:
        a, b: what they are called, the page's own first.
        first, second: their results.
        differing: the elements that come back differently.
    """

    a: str
    b: str
    first: Result
    second: Result
    differing: Indices


def compare_formats(result: Result) -> FormatComparison:
    """The result held against the format that the request names, or the one that shows most.

    Raises:
        quantcore.QuantError: if the other cannot store these values, or the own has no such variant.
    """
    name = result.settings.questions.against_format
    return _against(result, name) if name else _most_instructive(result)


def _against(result: Result, name: str) -> FormatComparison:
    second = compute(rival_settings(result.settings, name))
    both = result.flat_x_hat, second.flat_x_hat
    if both[0].dtype != both[1].dtype:
        both = both[0].astype(np.float32), both[1].astype(np.float32)
    is_same = (both[0] == both[1]) | (np.isnan(both[0]) & np.isnan(both[1]))
    a, b = label_of(result.settings, ""), label_of(second.settings, name)
    if name in VARIANTS:
        a = label_of(result.settings, VARIANTS[name][0])
    return FormatComparison(a=a, b=b, first=result, second=second, differing=np.flatnonzero(~is_same))


def _most_instructive(result: Result) -> FormatComparison:
    """The first of some formats that differs; if none does, the first that can store the values."""
    found: FormatComparison | None = None
    wrong: qc.QuantError | None = None
    for name in _tried(result.settings):
        try:
            tried = _against(result, name)
        except qc.QuantError as error:
            wrong = error
            continue
        if tried.differing.size:
            return tried
        found = found or tried
    if found is None:
        raise wrong or qc.QuantError("no other format is as wide. Choose one.", "against_format")
    return found


def _tried(settings: Settings) -> list[str]:
    """Names of variants and formats, the most instructive first."""
    own = settings.codes.name
    block = settings.codes.block
    modes = MODES if block is not None and "scale_mode" in block.options else ()
    overflows = ("overflow", "saturate") if isinstance(settings.fmt, qc.FloatFormat) and block is None else ()
    names = ELEMENTS if block is None else [name for name in BLOCKS if qc.BLOCK_FORMATS[name].can_encode]
    alike = [name for name in names if SCHEMES[name].fmt.bits == settings.fmt.bits and name != own]
    tried = TRIED_FIRST.get(own) or (*modes, *overflows, *alike[:MOST_TRIED])
    return [name for name in tried if not _is_own(settings, name)]


def _is_own(settings: Settings, name: str) -> bool:
    """Whether this variant is what the request has."""
    if name not in VARIANTS:
        return False
    option, value, _ = VARIANTS[name]
    return _option_of(settings, option) == value


def _option_of(settings: Settings, option: str) -> str:
    if option == "overflow":
        return settings.codes.overflow
    first = {"scale_mode": "floor", "rule": getattr(settings.codes.block, "rules", ("",))[0]}
    return str(settings.codes.options.get(option, first[option]))


def rival_settings(settings: Settings, name: str) -> Settings:
    """The same values to another format, or to a variant of the own.

    An element format without blocks gets a scale from the values: one for as many as share one in the own format.

    Raises:
        quantcore.QuantError: if the own format has no such variant.
    """
    if name in VARIANTS:
        return _varied(settings, name)
    if name in BLOCKS:
        block = qc.BLOCK_FORMATS[name]
        codes = NumberFormat(name, block.element, block, _importance_for(block, settings))
        return replace(settings, codes=codes, granularity=qc.PerTensor(), precision=qc.PRECISIONS["float32"])
    codes = NumberFormat(name, qc.FORMATS[name], overflow=settings.codes.overflow)
    own = settings.codes.block
    if own is None:
        return replace(settings, codes=codes)
    return replace(settings, codes=codes, calibration="minmax", granularity=qc.PerBlock(own.block_size))


def _importance_for(block: qc.BlockFormat, settings: Settings) -> dict[str, object]:
    """The request's importance, if there is one; a format that needs it and gets none weighs all alike."""
    if "importance" not in block.options:
        return {}
    if "importance" in settings.codes.options:
        return {"importance": settings.codes.options["importance"]}
    return {"importance": np.ones(settings.data.shape)} if getattr(block, "importance", "") == "needed" else {}


def _varied(settings: Settings, name: str) -> Settings:
    option, value, _ = VARIANTS[name]
    block, codes = settings.codes.block, settings.codes
    if option == "overflow" and block is None and isinstance(codes.element, qc.FloatFormat):
        overflow: Overflow = "overflow" if value == "overflow" else "saturate"
        return replace(settings, codes=replace(codes, overflow=overflow))
    has_rule = option != "rule" or value in getattr(block, "rules", ())
    if block is None or option not in block.options or not has_rule:
        raise qc.QuantError(f"{codes.name} has no {option} {value}. Choose another, or a format.", "against_format")
    return replace(settings, codes=replace(codes, options={**codes.options, option: value}))


def label_of(settings: Settings, name: str) -> str:
    """What a request's format is called; with the option of a variant, or of its kind."""
    own = settings.codes.name
    label = SCHEMES[own].label.removesuffix(", cast")
    option = VARIANTS[name][0] if name in VARIANTS else name if name in ("scale_mode", "rule", "overflow") else ""
    return f"{label}, {_option_of(settings, option)}" if option else label


# Why


def reasons_for(found: FormatComparison, places: Indices) -> list[tuple[str, ...]]:
    """For each of some differing elements, names in quantcore.FORMAT_REASONS."""
    ways = [_Tracer(result) for result in (found.first, found.second)]
    return [
        reasons_between(ways[0].trace(place), ways[1].trace(place), found.first.settings.fmt, found.second.settings.fmt)
        for place in places.tolist()
    ]


class _Tracer:
    """Follows elements of one result."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.stored = result.stored
        self.x = result.x if self.stored is None else padded(result.x, self.stored.fmt)

    def trace(self, place: int) -> qc.StoredTrace:
        """The way of the element at a flat index."""
        result, settings = self.result, self.result.settings
        index = result.place_of(place)
        if self.stored is not None:
            return qc.trace_stored(self.stored, index or (0,), self.x)
        params = qc.QuantParams(result.scale, 0, settings.fmt, settings.granularity, precision=result.kept)
        rng = np.random.default_rng(settings.seed)
        return qc.trace_element(
            result.x, params, index, result.arithmetic, settings.rounding, rng, settings.codes.overflow
        )
