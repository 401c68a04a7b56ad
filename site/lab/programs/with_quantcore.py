"""The computation with this project's own package."""

import quantcore as qc

from ..results.result import Result
from .case import Case, listed, program


def quantcore(case: Case) -> str:
    """With this project's own package."""
    settings = case.result.settings
    if settings.is_dequantize or settings.has_given_params:
        lines = _given(case)
    else:
        lines = _seed(case.result) if case.is_seed else _quantize(case.result)
    show = "print(x_hat)" if settings.is_dequantize else "print(q, x_hat)"
    head = case.head("import numpy as np", "import quantcore as qc")
    return program(head, *case.origin.functions, [*case.numbers(), *lines, show])


def _seed(result: Result) -> list[str]:
    settings = result.settings
    function = "absmax_quantize" if settings.scheme == "symmetric" else "zeropoint_quantize"
    fmt = "" if settings.integers == qc.INT8 else f", {_format(settings.integers)}"
    return [
        f"result = qc.notebook.{function}(x{fmt})",
        "print(result.scale_factor, result.zero_point)",
        "q, x_hat = result.x_quant, result.x_dequant",
    ]


def _quantize(result: Result) -> list[str]:
    settings = result.settings
    calibration = f'"{settings.calibration}"'
    if settings.calibration == "manual":
        assert result.ranges is not None
        low, high = (float(end.flat[0]) for end in (result.ranges.low, result.ranges.high))  # the same for all
        calibration = f"({low!r}, {high!r})"
    reduced = ", reduce_range=True" if settings.reduce_range else ""
    percentile = f", percentile={settings.percentile!r}" if settings.calibration == "percentile" else ""
    granularity, toolkit = _granularity(settings.granularity), settings.profile.toolkit
    return [
        f"fmt = {_format(settings.integers)}",
        "params = qc.choose_qparams(",
        f'    x, fmt, scheme="{settings.scheme}", granularity={granularity}, calibration={calibration},',
        f"    include_zero={settings.include_zero}, dtype={_dtype(result)},",
        f'    toolkit="{toolkit}"{reduced}{percentile},',
        ")",
        *_apply(result),
    ]


def _apply(result: Result) -> list[str]:
    settings = result.settings
    rng = f", rng=np.random.default_rng({settings.seed})" if settings.rounding == "stochastic" else ""
    return [
        f'q = qc.quantize(x, params, arithmetic="{result.arithmetic}", rounding="{settings.rounding}"{rng})',
        f'x_hat = qc.dequantize(q, params, arithmetic="{result.arithmetic}")',
    ]


def _given(case: Case) -> list[str]:
    """With parameters that are written out."""
    result, settings = case.result, case.result.settings
    scale, zero_point = listed(case, result.scale, "scale"), listed(case, result.zero_point, "zero_point")
    more = f"{_granularity(settings.granularity)}{precision_of(result)}"
    params = f"params = qc.QuantParams({scale}, {zero_point}, {_format(settings.integers)}, {more})"
    back = f'x_hat = qc.dequantize(q, params, arithmetic="{result.arithmetic}")'
    return [params, back] if settings.is_dequantize else [params, *_apply(result)]


def _dtype(result: Result) -> str:
    return f"np.{result.kept}" if result.kept.is_numpy_type else f'"{result.kept}"'


def precision_of(result: Result) -> str:
    """The last argument of `QuantParams`, where NumPy's type of the scale does not say its precision."""
    return "" if result.kept.is_numpy_type else f', precision="{result.kept}"'


def _format(fmt: qc.IntFormat) -> str:
    extra = "" if fmt.signed else ", signed=False"
    return f"qc.IntFormat({fmt.bits}{extra}{', narrow=True' if fmt.narrow else ''})"


def _granularity(granularity: qc.PerTensor | qc.PerAxis | qc.PerBlock) -> str:
    return f"qc.{granularity!r}"
