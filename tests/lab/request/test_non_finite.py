"""NaN and infinity in the values: refused, or with the codes that the profile's library gives them."""

import lab
import pytest

GIVEN = {"calibration": "given", "scale": "0.1", "zero_point": "3", "non_finite": "library"}
VALUES = "1, NaN, inf, [-0.5], -Infinity".replace("[", "").replace("]", "")


def warning_of(request: dict[str, str]) -> str:
    """The one notice about NaN and infinity."""
    found = lab.answer(request)
    assert found["ok"], found["errors"]
    assert (found["values"], found["codes"]) == ([1.0, -0.5], [13, -2])
    (told,) = [note["message"] for note in found["notices"] if note["message"].startswith("NaN and infinity as")]
    return str(told)


@pytest.mark.parametrize(
    ("profile", "nan", "source"),
    [
        ("onnxruntime", "−128", "QuantizeLinear, ONNX Runtime 1.32.0"),
        ("pytorch", "127", "torch.quantize_per_tensor, PyTorch 2.13.0"),
        ("pytorch_fake_quantize", "−128", "torch.fake_quantize_per_tensor_affine"),
        ("pytorch_pt2e", "0", "quantized_decomposed.quantize_per_tensor"),
        ("torchao", "0", "quantize_affine, torchao 0.18.0"),
    ],
)
def test_each_library_has_its_own_code(profile: str, nan: str, source: str) -> None:
    """The code of NaN, infinity saturates, where it was observed, and that the rest is of the finite numbers."""
    told = warning_of({**GIVEN, "profile": profile, "values": VALUES})
    assert f"entry 2, NaN, has the code {nan} and" in told
    assert "entry 3, ∞, has the code 127 and comes back as 12.4;" in told
    assert "entry 5, −∞, has the code −128 and comes back as −13.1." in told
    assert source in told
    assert "of the 2 finite numbers" in told


def test_a_range_of_one_s_own_will_do() -> None:
    """Both ends are given, so no smallest or largest value is needed."""
    request = {**GIVEN, "profile": "torchao", "values": "[[nan, 1], [0.5, -inf]]", "calibration": "manual"}
    found = lab.answer({**request, "range_min": "-1", "range_max": "1"})
    assert found["ok"]
    assert found["values"] == [1.0, 0.5]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"non_finite": "refuse"}, "values"),
        ({"calibration": "minmax"}, "calibration"),
        ({"calibration": "manual", "range_min": "-1"}, "calibration"),
        ({"granularity": "axis", "values": "[[1, nan], [2, 3]]"}, "granularity"),
        ({"profile": "onnx"}, "non_finite"),
        ({"profile": "tflite"}, "non_finite"),
        ({"profile": "awq"}, "non_finite"),
        ({"profile": "notebook"}, "non_finite"),
        ({"values": "nan"}, "values"),
        ({"values": "nan, 1e999"}, "values"),
        ({"values": "nan, nano"}, "values"),
        ({"non_finite": "perhaps"}, "non_finite"),
        ({"format": "float8_e4m3fn", "profile": "onnx"}, "values"),
    ],
)
def test_it_is_refused_where_nothing_is_known(change: dict[str, str], field: str) -> None:
    """At the field that can settle it."""
    errors = lab.answer({"profile": "torchao", "values": VALUES, **GIVEN, **change})["errors"]
    assert field in [error["field"] for error in errors]


def test_finite_values_are_answered_as_before() -> None:
    """The field changes nothing where there is no NaN and no infinity."""
    for profile in ("notebook", "torchao", "onnx"):
        request = {"profile": profile, "values": "1, 2, -3.5"}
        plain, other = (lab.answer({**request, **more}) for more in ({}, {"non_finite": "library"}))
        assert plain["codes"] == other["codes"]
        assert plain["notices"] == other["notices"]
