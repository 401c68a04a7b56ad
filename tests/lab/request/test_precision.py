"""Scales and values in float16, and ranges over half the codes."""

import lab
import pytest
from lab.answer import computed
from lab.programs import snippets
from lab.results.result import Result

from tests.lab.programs.test_code import run


def test_a_tie_of_float32_is_none_in_float16() -> None:
    """x is half the scale but for the last bit of float16, which decides: the code is ±1, and not 0."""
    request = {"profile": "onnx", "precision": "float16", "calibration": "given", "zero_point": "0"}
    found = lab.answer({**request, "values": "0.050018310546875, -0.050018310546875", "scale": "0.0999755859375"})
    assert found["codes"] == [1, -1]
    assert found["dequantized"] == [0.0999755859375, -0.0999755859375]


def test_a_scale_that_float16_does_not_hold_is_told() -> None:
    """A channel of ±1e-6 has the scale 7.9e-9, which float16 rounds to 0: it says so and what is taken instead."""
    rows = {"values": "[[1e-6, -1e-6], [1, 2]]", "granularity": "axis", "scheme": "symmetric", "profile": "onnx"}
    found = lab.answer({**rows, "precision": "float16"})
    (told,) = [notice for notice in found["notices"] if "would be 0 in float16" in notice["message"]]
    assert told["level"] == "warning"
    assert told["message"].startswith("1 of 2 scales would be 0 in float16")
    assert "; 0.00787 is taken instead" in told["message"]
    assert not [notice for notice in lab.answer(rows)["notices"] if "would be 0" in notice["message"]]


def test_the_notebook_has_no_float16() -> None:
    """Its codes are floating-point numbers, which float16 does not hold from 2,049 on: refused at the precision."""
    errors = lab.answer({"precision": "float16"})["errors"]
    assert [error["field"] for error in errors] == ["precision"]


@pytest.mark.parametrize(
    ("reduce_range", "scale", "zero_point"), [("1", 0.6967094540596008, 77), ("0", 0.34698861837387085, 154)]
)
def test_an_observer_with_reduce_range(reduce_range: str, scale: float, zero_point: int) -> None:
    """What MinMaxObserver(dtype=quint8, reduce_range=...) of PyTorch answered."""
    request = {"profile": "pytorch", "signed": "0", "reduce_range": reduce_range}
    found = lab.answer({**request, "values": "-53.58397674560547, 34.898128509521484"})
    assert (found["params"]["scale"], found["params"]["zero_point"]) == ([scale], [zero_point])
    text = next(step["text"] for step in found["steps"] if step["key"] == "scale")
    assert ("codes 0 to 127" in text) == (reduce_range == "1")


def test_toolkits_reduce_to_different_codes() -> None:
    """ONNX Runtime's signed range ends at 64, PyTorch's at 63, and of two that agree nothing is told."""
    request = {"values": "[-1.0, 0.3, 1]", "profile": "pytorch", "against": "onnx", "show": "disagreement"}
    for reduce_range in ("0", "1"):
        view = next(
            view
            for view in lab.answer({**request, "reduce_range": reduce_range})["instruments"]
            if view["name"] == "disagreement"
        )
        rules = [row["cells"][0] for row in view["tables"][0]["rows"]]
        assert "codes of a reduced range" not in rules or reduce_range == "1"


BFLOAT16 = {"precision": "bfloat16", "values": "-1 0.1 0.7 2.3 -0.33 1.7"}


def test_bfloat16_is_what_torchao_computes() -> None:
    """Recorded with torchao 0.18.0 on a bfloat16 tensor, affine int8; nothing says that it were another toolkit's."""
    found = lab.answer({**BFLOAT16, "profile": "torchao"})
    assert (found["params"]["scale"], found["params"]["zero_point"]) == ([0.012939453125], [-50])
    assert found["codes"] == [-128, -42, 4, 127, -76, 82]
    assert found["dequantized"] == [-1.0078125, 0.103515625, 0.69921875, 2.296875, -0.3359375, 1.7109375]
    assert not [notice for notice in found["notices"] if "Precision is changed" in notice["message"]]


def test_the_steps_round_to_bfloat16() -> None:
    """Quotients and products say that they are rounded to it; a tie is said to be one only because of that."""
    found = lab.answer({**BFLOAT16, "profile": "onnx", "element": "4"})
    steps = {step["key"]: step for step in found["steps"]}
    assert r"\operatorname{bfloat16}(\frac{3.296875}{255})" in steps["scale"]["latex"]
    assert r"\operatorname{bfloat16}(\frac{-0.33007812}{0.012939453})=-25.5" in steps["scaled"]["latex"]
    assert "only because bfloat16 rounded it to one" in steps["rounded"]["text"]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"profile": "pytorch"}, "computes in float32"),
        ({"profile": "onnxruntime"}, "computes in float32"),
        ({"profile": "xnnpack"}, "keeps it in float64"),
        ({"profile": "coremltools"}, "NumPy, which has no bfloat16"),
        ({"profile": "awq", "bits": "9"}, "does not hold all of 9 bits"),
        ({"profile": "notebook"}, "does not hold all of them"),
        ({"profile": "onnx", "values": "1, 3.4e38"}, "beyond bfloat16 (up to about 3.39e+38)"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["profile"],
)
def test_bfloat16_is_refused_where_the_library_computes_otherwise(request_: dict[str, str], why: str) -> None:
    """PyTorch's and ONNX Runtime's kernels take float32; others keep in it what it does not hold."""
    errors = lab.answer({**BFLOAT16, **request_})["errors"]
    assert [error["field"] for error in errors] == ["values" if "values" in request_ else "precision"]
    assert why in errors[0]["message"]


def test_only_quantcore_programs_have_bfloat16() -> None:
    """NumPy has no such type; quantcore's program names it."""
    for request in ({"profile": "torchao"}, {"format": "float8_e4m3fn"}):
        result = computed({**BFLOAT16, **request})
        assert isinstance(result, Result)
        programs = snippets(result)
        assert list(programs) == ["quantcore"]
        assert "bfloat16" in programs["quantcore"]
        found = run(programs["quantcore"])
        assert (found["q"].tolist(), found["x_hat"].tolist()) == (result.q.tolist(), result.x_hat.tolist())
