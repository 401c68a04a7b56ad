"""The computation in NumPy alone, each step of the arithmetic on a line of its own."""

from typing import Any

import numpy as np

import quantcore as qc
from quantcore.parameters.derive import code_range, symmetric_steps, symmetric_zero_point
from quantcore.toolkits.arithmetic import Scaling, Unscaling

from .case import Case, fused_multiply_add, listed, nested, program

ROUNDED = {
    "half_even": "np.rint({0})",
    "half_away": "np.trunc({0}) + np.copysign(np.abs({0} - np.trunc({0})) >= 0.5, {0})",
    "half_up": "np.floor({0}) + ({0} - np.floor({0}) >= 0.5)",
    "toward_zero": "np.trunc({0})",
    "floor": "np.floor({0})",
    "ceil": "np.ceil({0})",
    "stochastic": "np.floor({0}) + (rng.random({0}.shape) < {0} - np.floor({0}))",
}


def numpy_alone(case: Case) -> str:
    """The program."""
    return program(
        case.head("import numpy as np"),
        helper(case),
        *case.origin.functions,
        case.numbers(),
        parameters(case),
        _computed(case),
        [f"print({shown(case)})"],
    )


def shown(case: Case) -> str:
    """What the program prints."""
    return "x_hat" if case.is_dequantize else "q, x_hat"


def _computed(case: Case) -> list[str]:
    return way_back(case) if case.is_dequantize else [*way_there(case), *way_back(case)]


# Scale and zero point


def parameters(case: Case) -> list[str]:
    """Lines that leave `scale` (or the notebook's `scale_factor`), `zero_point`, and the ends of the codes."""
    fmt = case.fmt
    ends = [f"qmin, qmax = {fmt.qmin}, {fmt.qmax}"]
    if case.keeps_factor:
        return _notebook(case, ends)
    lines = for_slices(case)
    is_one_for_all = case.result.settings.calibration == "manual" and _is_computable(case)  # of one given range
    if isinstance(case.granularity, qc.PerBlock) and not is_one_for_all:
        axis, size = case.granularity.axis, case.granularity.block_size
        lines.append(f"block = np.arange({case.name}.shape[{axis}]) // {size}")
        spread = (f"np.take({name}, block, axis={axis})" for name in ("scale", "zero_point"))
        lines.append(f"scale, zero_point = {', '.join(spread)}")
    return [*([] if case.is_dequantize else ends), *lines]


def for_slices(case: Case) -> list[str]:
    """Lines that leave `scale` and `zero_point`, one for each slice; they may need the ends of the codes."""
    settings = case.result.settings
    if _is_computable(case):
        return _from_data(case)
    z = case.zero_point.astype(case.wide)
    origin = [] if settings.has_given_params else [f"# as {settings.profile.label} chooses them for these settings"]
    if not case.scale.ndim:
        lines = [f"scale = np.{case.scale.dtype}({nested(case.scale)})", f"zero_point = np.{z.dtype}({nested(z)})"]
    else:
        lines = [f"scale = {listed(case, case.scale, 'scale')}", f"zero_point = {listed(case, z, 'zero_point')}"]
    return [*origin, *lines]


def _notebook(case: Case, ends: list[str]) -> list[str]:
    settings, dtype = case.result.settings, f"np.{case.dtype}"
    z = f"zero_point = {dtype}({nested(case.zero_point)})"
    if case.is_dequantize:
        return [f"scale_factor = 1 / {dtype}({nested(case.scale)})", z]
    is_plain = settings.calibration == "minmax" and not (settings.include_zero or settings.reduce_range)
    low, high = case.given.min(), case.given.max()
    if not is_plain or low == high:
        return [f"scale_factor = {dtype}({nested(case.result.scale_factor)})", z]
    if settings.scheme == "symmetric":
        return [f"scale_factor = {case.fmt.qmax} / np.max(np.abs(x))", "zero_point = 0"]
    return [
        *ends,
        "scale_factor = (qmax - qmin) / (np.max(x) - np.min(x))",
        "zero_point = np.round(-scale_factor * np.min(x) + qmin)",
    ]


def _is_computable(case: Case) -> bool:
    """Whether the few lines of `_from_data` give the page's parameters bit for bit."""
    settings, ranges = case.result.settings, case.result.ranges
    is_simple = settings.calibration in ("minmax", "manual") and not settings.has_given_params
    is_one_for_many = settings.calibration == "manual" and case.scale.ndim > 0  # the same range for every slice
    if case.is_dequantize or not is_simple or ranges is None or is_one_for_many:
        return False
    with np.errstate(all="ignore"):
        low, high = ranges.low.astype(case.dtype), ranges.high.astype(case.dtype)
        codes, middle = _codes(case)
        if middle is not None:
            n_steps = case.dtype.type(symmetric_steps(codes, middle, _rules(case)))
            scale, zero_point = np.maximum(-np.minimum(low, 0), np.maximum(high, 0)) / n_steps, np.asarray(middle)
        else:
            qmin, qmax = case.fmt.qmin, case.fmt.qmax
            if settings.include_zero:
                low, high = np.minimum(low, 0), np.maximum(high, 0)
            scale = (high - low) / case.dtype.type(qmax - qmin)
            zero_point = np.rint(qmin - low / scale)
            zero_point = np.clip(zero_point, qmin, qmax) if settings.include_zero else zero_point
    is_same = scale.dtype == case.scale.dtype and bool((scale == case.scale).all())
    return is_same and bool((zero_point == case.zero_point).all())


def _rules(case: Case) -> qc.Toolkit:
    return qc.TOOLKITS[case.result.settings.profile.toolkit]


def _codes(case: Case) -> tuple[tuple[int, int], int | None]:
    """The codes that the range is divided into, and the code of 0 where it does not follow from the range."""
    rules, scheme = _rules(case), case.result.settings.scheme
    codes = code_range(case.fmt, scheme, rules, False)
    return codes, symmetric_zero_point(case.fmt, codes, rules) if scheme == "symmetric" else None


def manual_range(case: Case) -> tuple[float, float]:
    """The range that the request gives, with the data's own ends where it gives none."""
    assert case.result.ranges is not None
    return float(case.result.ranges.low.flat[0]), float(case.result.ranges.high.flat[0])


def _from_data(case: Case) -> list[str]:
    settings, dtype = case.result.settings, f"np.{case.dtype}"
    lines = _ends_of_range(case)
    codes, middle = _codes(case)
    if middle is not None:
        n_steps = symmetric_steps(codes, middle, _rules(case))
        lines.append(f"scale = np.maximum(-np.minimum(low, 0), np.maximum(high, 0)) / {dtype}({n_steps})")
        zero_point = f"np.full_like(scale, {middle})" if case.scale.ndim else f"{dtype}({middle})"
        return [*lines, f"zero_point = {zero_point}"]
    if settings.include_zero:
        lines.append("low, high = np.minimum(low, 0), np.maximum(high, 0)  # 0 has a code of its own")
    lines.append(f"scale = (high - low) / {dtype}(qmax - qmin)")
    rounded = "np.rint(qmin - low / scale)"
    return [*lines, f"zero_point = {f'np.clip({rounded}, qmin, qmax)' if settings.include_zero else rounded}"]


def _ends_of_range(case: Case) -> list[str]:
    settings = case.result.settings
    if settings.calibration == "manual":
        return ["low, high = " + ", ".join(f"np.{case.dtype}({end!r})" for end in manual_range(case))]
    low, high = reduced(case, "minimum", "x"), reduced(case, "maximum", "x")
    if isinstance(case.granularity, qc.PerBlock):
        return [f"low = {low}", f"high = {high}"]
    return [f"low, high = {low}, {high}"]


def reduced(case: Case, what: str, name: str) -> str:
    """The minimum or maximum of each slice, as an expression."""
    granularity = case.granularity
    if isinstance(granularity, qc.PerAxis):
        n = case.given.ndim
        pooled = tuple(axis for axis in range(n) if axis != granularity.axis % n)
        return f"{name}.{what[:3]}(axis={pooled}, keepdims=True)"
    if isinstance(granularity, qc.PerBlock):
        first = f"range(0, x.shape[{granularity.axis}], {granularity.block_size})"
        return f"np.{what}.reduceat({name}, {first}, axis={granularity.axis})"
    return f"{name}.{what[:3]}()"


# There and back


def way_there(case: Case) -> list[str]:
    """Lines from `x` to `q`."""
    rules, rounding = case.arithmetic, case.arithmetic.rounding
    rng = []
    if rounding == "stochastic":
        rng = [f"rng = np.random.default_rng({case.result.settings.seed})"]
        if isinstance(case.granularity, qc.PerBlock):
            rng = ["# chance is drawn in another order than on the page, block by block: codes may differ by one", *rng]
    x, scale = _in(case, "x", case.dtype), _in(case, "scale", case.scale.dtype)
    if case.is_fused:
        lines = [f"scaled = fused_multiply_add({x}, 1 / {scale}, zero_point)"]
    else:
        lines = [f"scaled = {_scaled(case, x, scale)}{' + zero_point' if rules.zero_point_first else ''}"]
    rounded = ROUNDED[rounding].format("scaled")
    code = rounded if rules.zero_point_first else f"{rounded} + zero_point"
    if not rules.clips:
        return [*rng, *lines, f"q = {code}"]
    return [*rng, *lines, f"q = np.clip({code}, qmin, qmax).astype(np.{case.fmt.dtype})"]


def _in(case: Case, name: str, dtype: Any) -> str:
    """A name in the working precision."""
    return name if np.dtype(dtype) == case.working else f"{name}.astype(np.{case.working})"


def _scaled(case: Case, x: str, scale: str) -> str:
    if case.arithmetic.scaling is Scaling.DIVIDE:
        return f"{x} / {scale}"
    if case.arithmetic.scaling is Scaling.FROM_LOWEST:
        return f"({x} - (qmin - zero_point) * {scale}) / {scale} + (qmin - zero_point)"
    if case.keeps_factor:
        return f"{x} * scale_factor"
    if case.arithmetic.scaling is Scaling.RECIPROCAL_FLOAT64:
        return f"{x} * (1 / scale.astype(np.float64)).astype(np.{case.working})"
    if case.arithmetic.scaling is Scaling.ABSMAX:
        qmax = case.fmt.qmax
        return f"{x} * (1 / (scale.astype(np.float64) * {qmax}).astype(np.{case.working}) * {qmax})"
    return f"{x} * (1 / {scale})"


def helper(case: Case) -> list[str]:
    """The function that `way_there` calls, if any."""
    if case.is_dequantize or not case.is_fused:
        return []
    return fused_multiply_add("np", "x.astype(np.float64) * factor", "", "", ".astype(np.float32)")


def way_back(case: Case) -> list[str]:
    """Lines from `q` to `x_hat`."""
    difference = f"(q.astype(np.{case.wide}) - zero_point)"
    match case.arithmetic.unscaling:
        case Unscaling.MULTIPLY if case.wide != case.working:
            return [f"x_hat = ({difference} * scale.astype(np.{case.wide})).astype(np.{case.working})"]
        case Unscaling.MULTIPLY if case.given_back != case.working:
            return [f"x_hat = ({difference} * scale).astype(np.{case.given_back})"]
        case Unscaling.MULTIPLY:
            return [f"x_hat = {difference} * {_in(case, 'scale', case.scale.dtype)}"]
        case Unscaling.MULTIPLY_FLOAT64:
            return [f"x_hat = ({difference} * scale.astype(np.float64)).astype(np.{case.given_back})"]
        case Unscaling.DIVIDE_FLOAT64:
            return [f"x_hat = {difference} / (1 / scale.astype(np.float64)).astype(np.{case.working})"]
        case Unscaling.FACTOR:
            return ["x_hat = (q - zero_point) / scale_factor"]
        case Unscaling.ABSMAX:
            absmax = f"(scale.astype(np.float64) * {case.fmt.qmax}).astype(np.{case.working})"
            return [f"x_hat = {difference} * {absmax} * np.{case.working}({1 / case.fmt.qmax!r})"]
