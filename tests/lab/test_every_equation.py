"""Every equation on the page is true: what is written is read again, and computed in exact arithmetic."""

from fractions import Fraction
from typing import Any

import lab
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab.answer import computed
from lab.comparing.toolkits import compare_toolkits
from lab.results.result import Result

import quantcore as qc
from quantcore.rounding import round_fraction
from quantcore.toolkits.arithmetic import Scaling
from tests.core.oracle import FLOAT64, rounded
from tests.lab.reading import FLOATS, decimal, read, untruths, untruths_of
from tests.lab.valid_requests import valid_requests

Json = dict[str, Any]


TIES_AWAY = ("tflite", "tflite_x86", "tf_fake_quant")
"""Whose zero point is rounded by C's `round`: `TfLiteRound` and, in `Nudge` of fake_quant_ops_functor.h, `StdRound`."""


def check(request: dict[str, str]) -> None:
    """All the steps of an answer, those of the product and the text to be copied hold."""
    answer = lab.answer({**request, "show": "steps,table,product"})
    if not answer["ok"]:
        return
    rounding = answer["request"]["rounding"]
    if rounding == "half_even" and is_left_over(answer):
        rounding = "half_away"
    for step in answer["steps"]:
        own = rounding
        if step["key"] == "zero_point":  # chosen by the toolkit, however the codes are rounded
            own = "half_away" if answer["request"]["profile"] in TIES_AWAY else "half_even"
        assert untruths_of(step, own) == [], step["key"]
        assert step["latex"] in answer["copy"]["latex"]
        assert step["latex"] in answer["copy"]["markdown"]
    check_table(request, answer)
    for instrument in answer["instruments"]:
        for step in instrument.get("steps", []):
            assert untruths_of(step, "half_even") == [], step["key"]


def is_left_over(answer: Json) -> bool:
    """Whether the followed number is one that the default kernels of TFLite leave over from groups of eight."""
    settings, n = answer["request"], len(answer["values"])
    is_wide = settings["profile"] == "tflite_x86" and int(settings["bits"]) >= 9
    return is_wide and settings["granularity"] == "tensor" and int(settings["element"]) >= n - n % 8


def check_table(request: dict[str, str], answer: Json) -> None:
    """The errors in the table, and the values in steps, are those of the numbers, to the digits shown."""
    keys = [column["key"] for column in answer["table"]["columns"]]
    if "error" not in keys:
        return
    result = computed(request)
    assert isinstance(result, Result)
    for row in answer["table"]["rows"]:
        i = row["index"]
        x, x_hat = Fraction(answer["values"][i]), Fraction(answer["dequantized"][i])
        check_cell(row["cells"][keys.index("error")], x_hat - x, FLOAT64)
        scale, factor, _ = result.scale_of(i)
        is_factor = "S" in answer["table"]["columns"][keys.index("scaled")]["label"]
        in_steps = x * Fraction(factor.item()) if is_factor else x / Fraction(scale.item())
        check_cell(row["cells"][keys.index("scaled")], in_steps, FLOATS[precision_of_quotient(result)])


def precision_of_quotient(result: Result) -> str:
    """In which x / s is: the wider one of the two."""
    if result.kept.name == "bfloat16":
        return "bfloat16"
    return np.result_type(result.flat_x, result.scale).name


def check_cell(text: str, exact: Fraction, precision: tuple[int, int, int]) -> None:
    """The exact number in a floating-point precision, or the digits that are left of that."""
    if "∞" in text:
        assert abs(exact) >= 2 ** (precision[2] + 1) * (1 - Fraction(1, 2 ** (precision[0] + 1)))
    elif text.startswith("≈"):
        shown = decimal(text)
        assert abs(shown.value - rounded(exact, precision)) <= (shown.unit or 0) / 2
    else:
        assert rounded(decimal(text).value, precision) == rounded(exact, precision)


def check_disagreement(request: dict[str, str]) -> None:
    """What both toolkits round is the exact number but for rounding errors, and becomes the code beside it."""
    answer = lab.answer({**request, "show": "disagreement"})
    if not answer["ok"]:
        return
    view = next(view for view in answer["instruments"] if view["name"] == "disagreement")
    if not view["applies"] or view["caption"].startswith("No comparison"):
        return
    result = computed(request)
    assert isinstance(result, Result)
    found = compare_toolkits(result)
    for row in view["table"]["rows"]:
        i, cells = row["index"], row["cells"]
        sides = (found.a.arithmetic, found.first, cells[2:4]), (found.b.arithmetic, found.second, cells[4:6])
        for rules, side, (shown, q) in sides:
            if "∞" not in shown:
                check_rounded(rules, side, i, shown, int(q.replace("−", "-")))


def check_rounded(rules: qc.Arithmetic, side: Result, i: int, text: str, q: int) -> None:
    """A number that was rounded, for an element of one toolkit's result, and its code."""
    if side.settings.granularity == qc.PerTensor():
        rules = rules.of_element(i, side.size, side.settings.fmt.bits)
    shown, (scale, _, zero_point) = decimal(text), side.scale_of(i)
    in_steps, z = Fraction(side.flat_x[i].item()) / Fraction(scale.item()), Fraction(zero_point.item())
    exact = in_steps + z if rules.zero_point_first else in_steps
    precision = FLOATS[np.dtype(rules.dtype).name if rules.dtype is not None else side.kept.name]
    tiniest = Fraction(2) ** (precision[1] - precision[0] + 1)  # a step of subnormal reciprocals and quotients
    way = abs(side.settings.fmt.qmin) if rules.scaling is Scaling.FROM_LOWEST else 0  # goes by the lowest code
    error = 4 * Fraction(2) ** (1 - precision[0]) * (abs(in_steps) + abs(z) + way)
    error += (1 + abs(Fraction(side.flat_x[i].item()))) * tiniest
    assert abs(shown.value - exact) <= error + (shown.unit or 0) / 2
    if rules.rounding != "stochastic":
        wide = max(precision, FLOATS["float32"])  # zero points are added in it, for float16 lacks some codes
        before = rounded(shown.value, wide if rules.zero_point_first else precision)
        before = shown.value if text.startswith("≈") else before
        code = Fraction(round_fraction(before, rules.rounding))
        code = code if rules.zero_point_first else rounded(code + rounded(z, wide), wide)
        fmt = side.settings.fmt
        assert q == (min(max(code, fmt.qmin), fmt.qmax) if rules.clips else code)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(valid_requests())
def test_every_equation_is_true(request: dict[str, str]) -> None:
    """For numbers of every size, each profile, both directions: "=" is equality, "≈" to the last digit shown."""
    check(request)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(valid_requests())
def test_what_toolkits_round_is_true(request: dict[str, str]) -> None:
    """For numbers of every size, against any toolkit: the numbers beside two codes are those that became them."""
    check_disagreement(request)


@pytest.mark.parametrize("against", ["", "tflite", "onnx", "pytorch"])
def test_a_range_that_was_searched_is_not_rounded_again(against: str) -> None:
    """What a library with another precision rounds follows from the range that it found, as its codes do."""
    blocks = {"granularity": "block", "axis": "0", "block_size": "2", "calibration": "percentile"}
    request = {"profile": "brevitas", "scheme": "symmetric", "bits": "7", "precision": "bfloat16", "against": against}
    check_disagreement({**request, **blocks, "rounding": "toward_zero", "values": "0, 0.5"})


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-500, 500).map(lambda n: n / 8), min_size=1, max_size=6),
    st.sampled_from(["notebook", "onnx", "pytorch", "tflite"]),
    st.sampled_from(["", "notebook", "onnx", "pytorch", "tflite", "torchao"]),
    st.floats(-30, 30),
)
def test_what_toolkits_round_near_ties_is_true(values: list[float], profile: str, against: str, end: float) -> None:
    """Numbers of which many lie halfway between codes, or nearly."""
    ends = {"calibration": "manual", "range_min": repr(end), "range_max": repr(end + 31.875)}
    check_disagreement({"values": repr(values), "profile": profile, "against": against, **ends})


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=6),
    st.sampled_from(["notebook", "onnx", "pytorch", "tflite"]),
    st.sampled_from(["3", "4", "8", "16"]),
    st.sampled_from(["affine", "symmetric"]),
)
def test_equations_of_ordinary_numbers_are_true(values: list[float], profile: str, bits: str, scheme: str) -> None:
    """Numbers of a size that people type."""
    check({"values": repr(values), "profile": profile, "bits": bits, "scheme": scheme})


@pytest.mark.parametrize(
    "fields",
    [
        {"profile": "pytorch", "narrow": "1", "values": "-2.5, 251.5"},
        {"profile": "pytorch_dynamic", "include_zero": "0", "granularity": "axis", "values": "[[1677735], [1677735]]"},
        {"profile": "tflite", "values": "-510.0"},
        {"profile": "tflite", "signed": "0", "scheme": "symmetric", "values": "0"},
        {"profile": "pytorch", "scheme": "symmetric", "values": "-1, 0.3, 1.5", "element": "2"},
        {"profile": "onnx", "values": "-91.48772, 30", "bits": "16"},
        {"profile": "onnx", "values": "0.35", "calibration": "manual", "range_min": "0", "range_max": "0.7"},
        {"profile": "onnx", "values": "3e38, 1", "calibration": "manual", "range_min": "-0.5", "range_max": "0.5"},
        {
            "profile": "pytorch",
            "values": "3e38",
            "calibration": "manual",
            "range_min": "-1",
            "range_max": "1",
            "rounding": "stochastic",
        },
        {"profile": "onnx", "values": "[[1, 2.5], [0.3, -4]]", "weights": "[[1, 2], [3, 4]]"},
        {"profile": "onnx", "values": "-1e-5, 1e-5", "precision": "float16"},
        {"profile": "onnx", "values": "-1e-5", "precision": "float16"},
        {"profile": "tflite", "values": "5.605193857299268e-45", "bits": "3", "scheme": "symmetric"},
        {
            "profile": "pytorch_float_zero_point",
            "values": "0.16762684",
            "signed": "0",
            "calibration": "manual",
            "range_min": "-1",
            "range_max": "0",
        },
        {"profile": "torchao_dont_preserve_zero", "values": "-5.74e36, -5.74e36"},
        {"profile": "torchao_dont_preserve_zero", "values": "-2e37 -2e37", "bits": "3", "include_zero": "0"},
        {
            "profile": "pytorch_float_zero_point",
            "values": "2, 0.5, 1",
            "calibration": "manual",
            "range_min": "-1.4e-45",
            "range_max": "1",
            "reduce_range": "1",
            "element": "1",
        },
        {
            "profile": "xnnpack",
            "values": "-8.740067046587061",
            "precision": "float64",
            "bits": "15",
            "include_zero": "0",
        },
        {"profile": "tflite_x86", "values": "-3.4e38, 3.4e38", "bits": "13", "narrow": "1", "reduce_range": "1"},
        {
            "profile": "tf_fake_quant",
            "bits": "2",
            "include_zero": "0",
            "values": "-1.0",
            "calibration": "manual",
            "range_min": "-1.5",
            "range_max": "-0.5",
        },
        {
            "profile": "coremltools",
            "precision": "float64",
            "bits": "2",
            "granularity": "axis",
            "axis": "0",
            "source": "normal",
            "shape": "2,3",
            "calibration": "manual",
            "range_min": "0.0",
            "range_max": "1.79e+308",
        },
        {
            "profile": "tflite_x86",
            "values": "0.5, 1.5, 2.5",
            "bits": "16",
            "calibration": "given",
            "scale": "1",
            "zero_point": "0",
        },
    ],
)
def test_equations_that_were_not_true(fields: dict[str, str]) -> None:
    """Requests whose steps once said what was not so."""
    check(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {
            "profile": "onnx",
            "scheme": "symmetric",
            "bits": "3",
            "narrow": "1",
            "calibration": "percentile",
            "values": "-3.4e38",
            "against": "notebook",
        },
        {
            "profile": "onnx",
            "precision": "float16",
            "bits": "9",
            "values": "-5.3589, 4.49102, 6.68925",
            "calibration": "manual",
            "range_max": "7.689254",
            "against": "pytorch_float_zero_point",
        },
        {
            "profile": "brevitas",
            "precision": "float64",
            "bits": "4",
            "scheme": "symmetric",
            "values": "1e29, 3",
            "calibration": "manual",
            "range_min": "-1e-306",
            "range_max": "0",
        },
        {
            "profile": "custom",
            "precision": "float16",
            "rounding": "toward_zero",
            "granularity": "axis",
            "axis": "0",
            "values": "[[0.0, 0.0, 0.0], [0.0, 0.5, 65000.0]]",
            "against": "torch_pt2e_per_token",
        },
        {
            "profile": "custom",
            "precision": "float64",
            "bits": "9",
            "rounding": "ceil",
            "values": "0, 0, 0, 0, 0, 0, 1.4e-159",
            "calibration": "given",
            "scale": "1e-30",
            "zero_point": "0",
            "against": "tflite_x86",
        },
        {
            "profile": "custom",
            "precision": "float64",
            "include_zero": "0",
            "granularity": "axis",
            "axis": "0",
            "values": "[[1, 1.000000000004], [1.000000000005, 1.000000000009]]",
            "against": "torch_fake_quantize",
        },
        {
            "profile": "pytorch_pt2e",
            "scheme": "symmetric",
            "bits": "4",
            "narrow": "1",
            "rounding": "floor",
            "values": "1.0, 0.0",
            "calibration": "manual",
            "range_min": "-1.0",
            "against": "tf_fake_quant",
        },
    ],
)
def test_comparisons_that_were_not_true(fields: dict[str, str]) -> None:
    """Searches find another range for another toolkit, and codes that are not clipped may be infinite."""
    check_disagreement(fields)


@pytest.mark.parametrize(
    ("latex", "holds"),
    [
        (r"x=\frac{1}{4}=0.25", True),
        (r"\frac{1}{3}=0.333", False),
        (r"\frac{1}{3}\approx 0.333", True),
        (r"\frac{1}{3}\approx 0.334", False),
        (r"2\cdot (1+2)/(3)=2", True),
        (r"6/3/2=4", False),
        (r"\frac{-1.5}{-3}\approx 5\times 10^{-1}", True),
        (r"\operatorname{round}(2.5)=2", True),
        (r"\operatorname{round}(2.5)=3", False),
        (r"\operatorname{round}(\frac{5}{3})\approx \operatorname{round}(1.667)=2", True),
        (r"\operatorname{round}(\frac{5}{3})\approx \operatorname{round}(1.6)=2", False),
        (r"\operatorname{clip}(3\cdot (-2)+1,-4,7)=-4", True),
        (r"\operatorname{max}(|-3.0|,|2|)-1=2", True),
        (r"q+2^{8}=-5+2^{8}=251=1111\,1011_{2}", True),
        (r"\frac{1}{3}=\operatorname{float32}(\frac{1}{3})", False),
        (r"\operatorname{float32}(\frac{1}{10})=0.100000001490116119384765625", True),
    ],
)
def test_what_is_not_true_is_seen(latex: str, holds: bool) -> None:
    """The reader of formulas tells true ones from others."""
    assert (untruths(latex, "half_even") == []) is holds


def test_symbols_are_worth_nothing() -> None:
    """What holds a symbol is no number."""
    assert read(r"\frac{q-z}{S}", "half_even") is None
    assert read(r"\text{max}|x|", "half_even") is None
