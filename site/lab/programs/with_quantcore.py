"""The computation with this project's own package."""

from typing import Any

import numpy as np

import quantcore as qc
from quantcore.toolkits.arithmetic import Scaling

from ..notation import display
from ..results.result import Result
from .case import MAX_WRITTEN, Case, array


def quantcore(case: Case) -> str:
    """With this project's own package."""
    result, settings = case.result, case.result.settings
    lines = ["import numpy as np", "import quantcore as qc", ""]
    if settings.is_dequantize:
        lines += _dequantize(result)
    elif case.is_seed:
        lines += _seed(result)
    elif result.size > MAX_WRITTEN:
        lines += _first_of_slice(result)
    else:
        lines += _quantize(result)
    show = "print(x_hat)" if settings.is_dequantize else "print(q, x_hat)"
    return "\n".join([*lines, show]) + "\n"


def _seed(result: Result) -> list[str]:
    settings = result.settings
    function = "absmax_quantize" if settings.scheme == "symmetric" else "zeropoint_quantize"
    fmt = "" if settings.integers == qc.INT8 else f", {_format(settings.integers)}"
    return [
        f"x = {array(result.x)}",
        f"result = qc.notebook.{function}(x{fmt})",
        "print(result.scale_factor, result.zero_point)",
        "q, x_hat = result.x_quant, result.x_dequant",
    ]


def _quantize(result: Result) -> list[str]:
    settings = result.settings
    if settings.has_given_params:
        return [f"x = {array(result.x)}", _given(result), *_apply(result)]
    calibration = f'"{settings.calibration}"'
    if settings.calibration == "manual":
        assert result.ranges is not None
        low, high = (float(end.flat[0]) for end in (result.ranges.low, result.ranges.high))  # the same for all
        calibration = f"({low!r}, {high!r})"
    reduced = ", reduce_range=True" if settings.reduce_range else ""
    percentile = f", percentile={settings.percentile!r}" if settings.calibration == "percentile" else ""
    granularity, toolkit = _granularity(settings.granularity), settings.profile.toolkit
    return [
        f"x = {array(result.x)}",
        f"fmt = {_format(settings.integers)}",
        "params = qc.choose_qparams(",
        f'    x, fmt, scheme="{settings.scheme}", granularity={granularity}, calibration={calibration},',
        f"    include_zero={settings.include_zero}, dtype={_dtype(result)},",
        f'    toolkit="{toolkit}"{reduced}{percentile},',
        ")",
        *_apply(result),
    ]


def _first_of_slice(result: Result) -> list[str]:
    """Many numbers: the parameters are written out, and applied to some of the numbers."""
    x = result.slice_of(result.element).reshape(-1)[:MAX_WRITTEN]
    scale, factor, zero_point = result.scale_of(result.element)
    keeps_factor = qc.ARITHMETICS[result.arithmetic].scaling is Scaling.FACTOR
    more = f", scale_factor={display.ascii_shortest(factor)}" if keeps_factor else ""
    return [
        *_remark(result, x.size),
        f"x = {array(x)}",
        f"scale, zero_point = np.{scale.dtype}({display.ascii_shortest(scale)}), {_parameter(zero_point)}",
        f"params = qc.QuantParams(scale, zero_point, {_format(result.settings.integers)}{more}{precision_of(result)})",
        *_apply(result),
    ]


def _apply(result: Result) -> list[str]:
    settings = result.settings
    rng = f", rng=np.random.default_rng({settings.seed})" if settings.rounding == "stochastic" else ""
    return [
        f'q = qc.quantize(x, params, arithmetic="{result.arithmetic}", rounding="{settings.rounding}"{rng})',
        f'x_hat = qc.dequantize(q, params, arithmetic="{result.arithmetic}")',
    ]


def _dequantize(result: Result) -> list[str]:
    settings = result.settings
    q = result.q if result.size <= MAX_WRITTEN else result.flat_q[:MAX_WRITTEN]
    scale, zero_point, granularity = array(result.scale), array(result.zero_point), _granularity(settings.granularity)
    remark: list[str] = []
    if result.size > MAX_WRITTEN:
        place = np.arange(MAX_WRITTEN)
        index = result.parameter_index(place)
        scale, zero_point = array(result.scale.reshape(-1)[index]), array(result.zero_point.reshape(-1)[index])
        granularity, remark = "qc.PerAxis(0)", _remark(result, MAX_WRITTEN)
    more = f"{granularity}{precision_of(result)}"
    return [
        *remark,
        f"q = {array(q)}",
        f"params = qc.QuantParams({scale}, {zero_point}, {_format(settings.integers)}, {more})",
        f'x_hat = qc.dequantize(q, params, arithmetic="{result.arithmetic}")',
    ]


def _given(result: Result) -> str:
    """The parameters, written out."""
    settings = result.settings
    scale, zero_point, granularity = array(result.scale), array(result.zero_point), _granularity(settings.granularity)
    more = f"{granularity}{precision_of(result)}"
    return f"params = qc.QuantParams({scale}, {zero_point}, {_format(settings.integers)}, {more})"


def _remark(result: Result, n_written: int) -> list[str]:
    if n_written == result.size:
        return []
    return [f"# {display.count(n_written)} of the {display.count(result.size)} numbers"]


def _parameter(number: Any) -> str:
    return str(int(number)) if np.asarray(number).dtype.kind in "iu" else display.ascii_shortest(number)


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
