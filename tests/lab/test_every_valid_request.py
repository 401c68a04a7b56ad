"""Every request whose fields are right is answered, truly, and in strict JSON, whatever the numbers."""

import json
import math
import random
from fractions import Fraction
from typing import Any

import lab
import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from lab.exports.export import EXPORTS, export
from lab.instruments import INSTRUMENTS
from lab.request.fields import FIELDS
from lab.request.settings import read
from lab.results.compute import arithmetic_of

from quantcore import ARITHMETICS
from tests.core.oracle import FLOAT32, FLOAT64, rounded
from tests.lab.reading import FLOATS
from tests.lab.strict_json import strict
from tests.lab.valid_requests import format_requests, valid_requests

EXAMPLES = 120
INFINITY = Fraction(10) ** 400
WHOLE_STEP = ("floor", "ceil", "toward_zero", "stochastic")


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(valid_requests())
def test_every_valid_request_is_answered(request: dict[str, str]) -> None:
    """No exception from any entry, strict JSON, and numbers that keep what they promise."""
    event(check(request))


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(format_requests())
def test_every_format_is_answered(request: dict[str, str]) -> None:
    """Likewise of floats, codebooks and blocks; what comes back as no number is null, and in no error figure."""
    event(check_format(request))


def check_format(request: dict[str, str]) -> str:
    """What is promised of a request whose codes are no plain integers."""
    _, whole, arrays = lab.respond(request)
    answer = strict(whole)
    other_entries(request, answer["ok"])
    if not answer["ok"]:
        assert {error["field"] for error in answer["errors"]} <= {"values", "source"}, answer["errors"]
        return "refused: " + answer["errors"][0]["message"][:60]
    x, x_hat = (arrays[name].tolist() for name in ("values", "dequantized"))
    for figure in answer["figures"].values():
        check_figure(figure)
    if request.get("direction") == "dequantize":
        return "decoded"
    pairs = [(a, b) for a, b in zip(x, x_hat, strict=True) if math.isfinite(b)]
    if pairs:
        check_metrics(answer["metrics"], *map(list, zip(*pairs, strict=True)))
    else:
        assert answer["metrics"]["mse"] is None
    return "answered"


MANUAL = {"calibration": "manual"}
PINNED: list[dict[str, str]] = [
    {
        "profile": "custom",
        "precision": "float16",
        "bits": "16",
        "calibration": "given",
        "scale": "2.0",
        "zero_point": "0",
        "values": "0.5",
    },
    {
        "profile": "coremltools",
        "precision": "float16",
        "bits": "16",
        "signed": "0",
        "calibration": "manual",
        "range_min": "0.0",
        "range_max": "65000.0",
        "values": "0.125",
    },
    {"profile": "torchao_dont_preserve_zero", "signed": "0", "values": "9.806258233580749"},
    {"profile": "awq", "precision": "float16", "bits": "4", "signed": "0", "values": "50, 50.00000000005"},
    {
        "direction": "dequantize",
        "profile": "onnx",
        "precision": "float64",
        "codes": "0",
        "scale": "1e308",
        "zero_point": "0",
    },
    {**MANUAL, "range_max": "0"},
    {**MANUAL, "range_min": "-1e-18", "range_max": "1e-18"},
    {**MANUAL, "range_min": "-1.79e308", "scheme": "symmetric"},
    {**MANUAL, "values": "1e20, 3", "range_min": "-1", "range_max": "1"},
    {**MANUAL, "values": "1e20, 3", "range_min": "-1", "range_max": "1", "profile": "onnx"},
    {**MANUAL, "values": "3e38, 1", "range_min": "-0.5", "range_max": "0.5", "profile": "onnx"},
    {**MANUAL, "values": "3e38", "range_min": "-33.5", "range_max": "85", "scheme": "symmetric"},
    {**MANUAL, "values": "-3e38, 1", "range_min": "-5", "range_max": "0", "profile": "tflite"},
    {
        **MANUAL, "values": "-0, 1e308", "range_max": "1", "profile": "onnx", "granularity": "axis",
        "precision": "float64",
    },
    {**MANUAL, "source": "bimodal", "shape": "4,4", "spread": "0.01", "bits": "2", "range_min": "-3.4e38"},
    {"values": "5, 5.0000000001", "calibration": "mse"},
    {"values": "0", "profile": "tflite", "signed": "0", "scheme": "symmetric"},
    {"values": "0", "profile": "tflite", "signed": "0", "scheme": "symmetric", "granularity": "axis"},
    {"values": "-1, 0.3, 1.5", "profile": "pytorch", "scheme": "symmetric"},
    {"values": "-2.5, 251.5", "profile": "pytorch", "narrow": "1"},
    {"values": "1e30, -1e-30", "profile": "onnx", "granularity": "axis"},
    {"values": "1e37", "against": "bitsandbytes"},
    {"values": "1e17, 1e17", "calibration": "percentile"},
    {"profile": "custom", "values": "0, 3", "signed": "0", "narrow": "1", "reduce_range": "1"},
    {"profile": "pytorch_float_zero_point", "values": "[[-1.2e38, -1.2e38]]", "calibration": "mse"},
    {"profile": "custom", "precision": "float64", "values": "1e-4, 1.79e308", **MANUAL, "range_max": "3e-37"},
    {"values": "2.0", "profile": "onnx", "narrow": "1", "include_zero": "0"},
    {**MANUAL, "range_min": "0", "range_max": "5e-324", "profile": "onnx", "precision": "float16", "bits": "16"},
    {
        **MANUAL, "values": "-1.79e308, 7", "profile": "custom", "precision": "float64", "range_min": "1",
        "range_max": "86",
    },
    {"values": "0.5, 0", "profile": "xnnpack", "precision": "float16", "bits": "13", "signed": "0", "include_zero": "0",
     "granularity": "axis"},
    {"values": "24", "profile": "torchao", "bits": "3", "include_zero": "0", "precision": "bfloat16"},
    {
        "values": "1e308", "profile": "custom", "precision": "float64", "scheme": "symmetric", "bits": "2",
        "narrow": "1", "rounding": "toward_zero",
    },
    {
        "profile": "custom", "precision": "float16", "include_zero": "0", "source": "normal", "shape": "7",
        "spread": "63", "granularity": "block", "axis": "0", "block_size": "1",
    },
    {
        "profile": "custom", "precision": "float16", "bits": "13", "include_zero": "0", "granularity": "block",
        "axis": "0", "block_size": "1", "values": "[[0, 8]]",
    },
    {"profile": "bitsandbytes", "bits": "2", "values": "0, 2.143511091510181e37", "calibration": "entropy"},
    {**MANUAL, "range_min": "0", "range_max": "3.4e38", "profile": "tf_fake_quant", "scheme": "symmetric"},
    {**MANUAL, "range_min": "0", "range_max": "3.4e38", "profile": "coremltools", "scheme": "affine"},
]  # fmt: skip


@pytest.mark.parametrize("request_", PINNED)
def test_requests_that_once_were_not_answered(request_: dict[str, str]) -> None:
    """Each stopped the page or told it something false; now they keep what every request does."""
    check({"profile": "notebook", "direction": "quantize", **request_})


@pytest.mark.parametrize(
    "request_",
    [
        {"format": "nvfp4_compressed_tensors", "direction": "dequantize", "bytes": "00" * 40},
        {"format": "iq1_s", "source": "values", "values": "[0, 83, -93, 3.4e38]"},
        {
            **MANUAL,
            "format": "float16",
            "values": "1.79e308",
            "precision": "float64",
            "range_min": "0",
            "range_max": "1",
        },
        {"format": "q4_0", "source": "values", "values": "[[0.0, 0.0, 0.0], [0.0, 0.0, 3.4e+38]]"},
        {"format": "q4_0", "source": "values", "values": "[[0.0, 0.0, 0.5], [0.0, 0.0, 524160.0]]"},
    ],
)
def test_formats_that_once_were_not_answered(request_: dict[str, str]) -> None:
    """A scale of 0 that is divided by; importance, scale and quotient beyond float32, float16 and float64."""
    check_format(request_)


def check(request: dict[str, str]) -> str:
    """All that is promised of a request; what came of it, for the statistics."""
    view, whole, arrays = lab.respond(request)
    answer, seen = strict(whole), strict(view)
    assert answer["ok"] is seen["ok"]
    other_entries(request, answer["ok"])
    if not answer["ok"]:
        check_refused(request, answer)
        return "refused: " + answer["errors"][0]["message"][:60]
    assert all(math.isfinite(number) for array in arrays.values() for number in array.tolist())
    x, q, x_hat = (arrays[name].tolist() for name in ("values", "codes", "dequantized"))
    for figure in answer["figures"].values():
        check_figure(figure)
    if request["profile"] != "notebook":
        assert all(answer["params"]["qmin"] <= code <= answer["params"]["qmax"] for code in q)
    if request["direction"] == "quantize":
        check_metrics(answer["metrics"], x, x_hat)
        check_clipping(request, answer, x, q, x_hat)
        check_given_back(request, answer, q, x_hat)
    return "answered"


def other_entries(request: dict[str, str], is_ok: bool) -> None:
    """The entries beside `respond`: one instrument each, one file each."""
    chance = random.Random(json.dumps(request, sort_keys=True))
    assert strict(json.dumps(lab.more(request, chance.choice(list(INSTRUMENTS))), allow_nan=False))["ok"] is is_ok
    kind = chance.choice(list(EXPORTS))
    made = export(request, kind)
    json.dumps(made, allow_nan=False)
    assert made["ok"] is is_ok
    if chance.random() < 0.2:
        assert strict(json.dumps(lab.answer(request), allow_nan=False))["ok"] is is_ok


def check_given_back(request: dict[str, str], answer: dict[str, Any], q: list[float], x_hat: list[float]) -> None:
    """What is shown is taken in the other direction, and gives the same reconstruction."""
    kept = {name: text for name, text in request.items() if name not in ("values", "weights")}
    shape, (scale, zero_point) = answer["shape"], (answer["params"][name] for name in ("scale", "zero_point"))
    if not all(math.isfinite(1 / s) for s in scale):
        return  # a subnormal scale, which is told
    given = {"codes": q, "scale": scale, "zero_point": zero_point}
    texts = {
        name: " ".join(str(int(n)) if n == int(n) else repr(n) for n in numbers) for name, numbers in given.items()
    }
    back = lab.answer({**kept, **texts, "direction": "dequantize", "shape": ",".join(map(str, shape)), "show": "table"})
    assert back["ok"], back["errors"]
    if request["profile"] == "notebook":  # keeps the scale factor, of which the scale is the rounded reciprocal
        assert back["dequantized"] == pytest.approx(x_hat, rel=1e-5)
    else:
        assert back["dequantized"] == x_hat


def check_refused(request: dict[str, str], answer: dict[str, Any]) -> None:
    """Only numbers near the ends of the precision may be refused, at a field, in words."""
    assert all(error["field"] in FIELDS and error["message"] for error in answer["errors"])
    if request.get("include_zero") == "0" and all("Include zero" in error["message"] for error in answer["errors"]):
        return  # a range of one value has no width, whatever the value is
    names = ("values", "range_min", "range_max", "spread", "scale", "outlier_size")
    texts = " ".join(request.get(name, "") for name in names)
    sizes = [abs(float(part)) for part in texts.replace("[", " ").replace("]", " ").replace(",", " ").split()]
    far, near = 1e30, 1e-20
    if request.get("precision") == "float16":
        # a width is twice as large as its ends; 1 / scale is at most 65504, and a scale the width by the steps
        far, near = 65504 / 2, 2.0 ** (int(request.get("bits", "8")) - 16)
        if request.get("source", "values") not in ("values", "file"):  # drawn: far out in a heavy tail, or as outliers
            size = float(request.get("spread", "1")) * float(request.get("outlier_size", "20"))
            sizes += [30 * float(request.get("spread", "1")), size]
    assert any(size > far or 0 < size < near for size in sizes), answer["errors"]


def check_figure(content: Any) -> None:
    """Axes and shapes have finite numbers, and a range is one."""
    layout = content["layout"]

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            for value in part.values():
                walk(value)
            if "range" in part:
                assert part["range"][0] != part["range"][1], part
        elif isinstance(part, list):
            for value in part:
                walk(value)
        else:
            assert part is not None

    walk(layout)


def check_metrics(metrics: dict[str, Any], x: list[float], x_hat: list[float]) -> None:
    """The figures of the error, computed again exactly."""
    pairs = [(Fraction(a), Fraction(b)) for a, b in zip(x, x_hat, strict=True)]
    errors = [abs(a - b) for a, b in pairs]
    squares, signal, other = (sum(e * e for e in part) for part in (errors, *zip(*pairs, strict=True)))
    assert metrics["max_abs"] == near(max(errors))
    assert metrics["mae"] == near(sum(errors) / len(x))
    assert metrics["mse"] == near(squares / len(x))
    if squares and signal:
        assert metrics["sqnr_db"] == pytest.approx(10 * log10(signal / squares), rel=1e-9, abs=1e-6)
    if signal and other:
        product = sum(a * b for a, b in pairs)
        cosine = math.sqrt(product * product / (signal * other)) * (1 if product > 0 else -1)
        assert metrics["cosine"] == pytest.approx(cosine, rel=1e-6, abs=1e-12)


def near(exact: Fraction) -> Any:
    """What float64 makes of an exact number, nearly; None where it is too large."""
    try:
        return pytest.approx(float(exact), rel=1e-9, abs=1e-320)
    except OverflowError:
        return None


def log10(ratio: Fraction) -> float:
    """Of a ratio of any size."""
    shift = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    return math.log10(ratio / Fraction(2) ** shift) + shift * math.log10(2)


def check_clipping(
    request: dict[str, str], answer: dict[str, Any], x: list[float], q: list[float], x_hat: list[float]
) -> None:
    """Who is clipped, by exact arithmetic with its roundings; and how large the error of the others may be."""
    settings_ = read(request)
    fmt, rounding, parameters = settings_.fmt, settings_.rounding, answer["params"]
    index = parameter_indices(settings_, len(x))
    is_notebook = settings_.is_notebook
    rules = ARITHMETICS[arithmetic_of(settings_)]
    kept = settings_.scale_precision.name
    bits = FLOATS[kept if rules.dtype is None else np.dtype(rules.dtype).name]
    result_bits = FLOATS[kept if rules.result_dtype is None else np.dtype(rules.result_dtype).name]
    epsilon = 2.0 ** (1 - min(bits[0], result_bits[0]))
    n_clipped, is_sure = 0, True
    for i, (value, code, back) in enumerate(zip(x, q, x_hat, strict=True)):
        scale, z = parameters["scale"][index[i]], parameters["zero_point"][index[i]]
        if is_notebook:
            outside = not fmt.qmin <= code <= fmt.qmax
        else:
            arithmetic, own, precision = arithmetic_of(settings_), rounding, bits
            is_wide = arithmetic == "tflite_x86" and fmt.bits >= 9 and len(parameters["scale"]) == 1
            if is_wide and i >= len(x) - len(x) % 8:
                own = "half_away" if rounding == "half_even" else rounding
                arithmetic, precision = "tflite", FLOAT64
            numbers = Fraction(value), Fraction(scale), Fraction(z)
            real = before_rounding(arithmetic, *numbers, fmt.qmin, fmt.bits, precision)
            codes = possible(real, own, 0 if arithmetic in FIRST else Fraction(z))
            outside = codes[0] > fmt.qmax or codes[-1] < fmt.qmin
            is_sure &= len(codes) == 1 or all(fmt.qmin <= c <= fmt.qmax for c in codes) or outside
        n_clipped += outside
        if not outside and is_sure:
            step = Fraction(scale) if rounding in WHOLE_STEP else Fraction(scale) / 2
            sizes = (
                abs(Fraction(value)) + abs(Fraction(back)) + (abs(Fraction(z)) + abs(Fraction(code))) * Fraction(scale)
            )
            slack = sizes * Fraction(epsilon) * 8 + Fraction(5e-324)
            assert abs(Fraction(back) - Fraction(value)) <= step + slack
    if is_sure:
        assert answer["metrics"]["clipped_share"] == pytest.approx(n_clipped / len(x))


# How the arithmetics scale a value, from the formulas of semantics: by the reciprocal where they do not divide.
FIRST = (
    "torch_per_tensor", "torch_per_channel", "torch_pt2e_group", "torch_pt2e_per_token", "torch_float_zero_point",
)  # fmt: skip
RECIPROCAL = (*FIRST, "torch_fake_quantize", "torch_pt2e_per_channel", "torchao", "tflite_x86")
RECIPROCAL_FLOAT64 = ("torch_pt2e", "modelopt")


def before_rounding(
    arithmetic: str, x: Fraction, s: Fraction, z: Fraction, qmin: int, width: int, bits: tuple[int, int, int]
) -> Fraction:
    """What is rounded: every operation rounded to the precision."""
    if arithmetic in RECIPROCAL:
        r = near_float(1 / s, bits)
    elif arithmetic in RECIPROCAL_FLOAT64:
        r = near_float(near_float(1 / s, FLOAT64), bits)
    elif arithmetic == "bitsandbytes":
        highest = 2 ** (width - 1) - 1
        r = near_float(near_float(1 / near_float(s * highest, bits), bits) * highest, bits)
    elif arithmetic == "tf_fake_quant":
        from_lowest = near_float(x - near_float((qmin - z) * s, bits), bits)
        return near_float(near_float(from_lowest / s, bits) + (qmin - z), bits)
    else:
        return near_float(x / s, bits)
    if arithmetic not in FIRST:
        return near_float(x * r, bits)
    is_fused = arithmetic == "torch_per_tensor" and width <= 8
    return near_float(x * r + z, bits) if is_fused else near_float(near_float(x * r, bits) + z, max(bits, FLOAT32))


def near_float(value: Fraction, bits: tuple[int, int, int]) -> Fraction:
    """Rounded to the precision; where that is infinity, a number that is clipped whatever is added to it."""
    beyond = (2 - Fraction(2) ** -bits[0]) * 2 ** bits[2]
    if abs(value) < beyond:
        return rounded(value, bits)
    return INFINITY if value > 0 else -INFINITY


def possible(value: Fraction, rounding: str, z: Fraction) -> list[Fraction]:
    """The whole number, or both where chance decides, with the zero point added."""
    low = math.floor(value)
    part = value - low
    up = {
        "half_even": part > Fraction(1, 2) or (part == Fraction(1, 2) and low % 2 == 1),
        "half_away": part > Fraction(1, 2) or (part == Fraction(1, 2) and low >= 0),
        "half_up": part >= Fraction(1, 2),
        "toward_zero": part > 0 and low < 0,
        "floor": False,
        "ceil": part > 0,
    }
    if rounding == "stochastic":
        return [low + z, low + 1 + z] if part else [low + z]
    return [low + up[rounding] + z]


def parameter_indices(settings_: Any, n: int) -> list[int]:
    """Which scale each number has, counted out in plain Python."""
    shape, granularity = settings_.data.shape, settings_.granularity
    name = type(granularity).__name__
    if name == "PerTensor":
        return [0] * n
    axis = granularity.axis % len(shape)
    inner = math.prod(shape[axis + 1 :])
    along = [i // inner % shape[axis] for i in range(n)]
    if name == "PerAxis":
        return along
    size = granularity.block_size
    n_blocks = -(-shape[axis] // size)
    return [(i // inner // shape[axis] * n_blocks + along[i] // size) * inner + i % inner for i in range(n)]
