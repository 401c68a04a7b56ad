"""The computation in the style of the seed notebook: functions with a comment on each step, called on the numbers."""

from .case import Case, array, program
from .with_numpy import helper, parameters, way_back, way_there


def as_notebook(case: Case) -> str:
    """The program."""
    if case.is_dequantize:
        return program(case.head("import numpy as np"), _dequantize(case), _call_dequantize(case))
    head, made = case.head("import numpy as np"), case.origin.functions
    if case.is_seed:
        return program(head, *made, _seed(case), _call_seed(case))
    return program(head, *made, helper(case), _quantize(case), _dequantize(case), _call(case))


def _seed(case: Case) -> list[str]:
    fmt = case.fmt
    if case.result.settings.scheme == "symmetric":
        return [
            "def absmax_quantize(X):",
            "    # Calculate scale",
            "    absmax = np.max(np.abs(X))",
            "    absmax = 1 if absmax == 0 else absmax",
            f"    scale = {fmt.qmax} / absmax",
            "",
            "    # Quantize",
            "    X_quant = np.round(scale * X)",
            "",
            "    # Dequantize",
            "    X_dequant = X_quant / scale",
            "    return X_quant, X_dequant",
        ]
    shift = f"- {-fmt.qmin}" if fmt.qmin < 0 else f"+ {fmt.qmin}"
    return [
        "def zeropoint_quantize(X):",
        "    # Calculate value range (denominator)",
        "    x_range = np.max(X) - np.min(X)",
        "    x_range = 1 if x_range == 0 else x_range",
        "",
        "    # Calculate scale",
        f"    scale = {fmt.qmax - fmt.qmin} / x_range",
        "",
        "    # Shift by zero-point",
        f"    zeropoint = np.round(-scale * np.min(X) {shift})",
        "",
        "    # Scale and round the inputs",
        "    X_quant = np.round(X * scale + zeropoint)",
        "",
        "    # Dequantize",
        "    X_dequant = (X_quant - zeropoint) / scale",
        "    return X_quant, X_dequant",
    ]


def _call_seed(case: Case) -> list[str]:
    name = "absmax_quantize" if case.result.settings.scheme == "symmetric" else "zeropoint_quantize"
    x = "X" if case.origin.is_written else "x"
    given = [f"X = {array(case.given)}"] if case.origin.is_written else case.numbers()
    return [*given, f"q, x_hat = {name}({x})", 'print("Codes:", q)', 'print("Reconstruction:", x_hat)']


def _quantize(case: Case) -> list[str]:
    names = _names(case)
    lines = [line for line in way_there(case) if not line.startswith("rng")]
    chance = ", rng" if case.arithmetic.rounding == "stochastic" else ""
    ends = ", qmin, qmax" if case.result.is_clipping else ""
    return [
        f"def quantize(x, {names}{ends}{chance}):",
        "    # Scale, round and shift the inputs" + ("; keep the codes in range" if ends else ""),
        *(f"    {line}" for line in lines),
        "    return q",
    ]


def _dequantize(case: Case) -> list[str]:
    return [
        f"def dequantize(q, {_names(case)}):",
        "    # Subtract the zero-point and undo the scale",
        *(f"    {line}" for line in way_back(case)),
        "    return x_hat",
    ]


def _names(case: Case) -> str:
    return f"{'scale_factor' if case.keeps_factor else 'scale'}, zero_point"


def _call(case: Case) -> list[str]:
    names = _names(case)
    ends = ", qmin, qmax" if case.result.is_clipping else ""
    chance = ", rng" if case.arithmetic.rounding == "stochastic" else ""
    seed = [f"rng = np.random.default_rng({case.result.settings.seed})"] if chance else []
    return [
        *case.numbers(),
        *parameters(case),
        *seed,
        f"q = quantize(x, {names}{ends}{chance})",
        f"x_hat = dequantize(q, {names})",
        'print("Codes:", q)',
        'print("Reconstruction:", x_hat)',
    ]


def _call_dequantize(case: Case) -> list[str]:
    return [
        *case.numbers(),
        *parameters(case),
        f"x_hat = dequantize(q, {_names(case)})",
        'print("Reconstruction:", x_hat)',
    ]
