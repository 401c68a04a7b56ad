"""Scale and zero point that the request gives, where values are quantized."""

import lab
import numpy as np
import pytest
from lab.request.fields import PROFILES

from tests.lab.programs.record_programs import run

GIVEN = {"calibration": "given", "profile": "onnx"}
ROWS = {"values": "[[1, 2], [3, -4]]", "granularity": "axis", "axis": "0"}


def answered(**request: str) -> dict:
    """The answer to a request with given parameters."""
    found = lab.answer({**GIVEN, **request})
    assert found["ok"], found
    return found


def refused(**request: str) -> list[tuple[str, str]]:
    """Fields and messages of what is wrong with one."""
    found = lab.answer({**GIVEN, **request})
    assert not found["ok"]
    return [(error["field"], error["message"]) for error in found["errors"]]


def test_one_scale_and_zero_point() -> None:
    """The codes follow from the given numbers by hand: round(x / 0.5) + 3, clipped to int8."""
    found = answered(values="-1, 0.5, 100", scale="0.5", zero_point="3")
    assert found["params"] == {**found["params"], "scale": [0.5], "zero_point": [3], "scale_factor": [2.0]}
    assert found["codes"] == [1, 4, 127]
    assert found["dequantized"] == [-1.0, 0.5, 62.0]
    assert found["metrics"]["clipped_share"] == 1 / 3


def test_one_for_each_slice_or_block() -> None:
    """Rows and blocks have each their own; one number counts for all."""
    assert answered(**ROWS, scale="0.5, 1", zero_point="0, 1")["codes"] == [2, 4, 4, -3]
    assert answered(**ROWS, scale="0.5, 1", zero_point="1")["codes"] == [3, 5, 4, -3]
    blocks = {"granularity": "block", "axis": "0", "block_size": "2", "values": "1 2 3 4"}
    assert answered(**blocks, scale="1, 0.5", zero_point="0")["codes"] == [1, 2, 6, 8]


def test_scale_as_a_fraction() -> None:
    """1/128, and a fixed-point multiplier and shift, in both directions."""
    assert answered(values="1, -1", scale="1/128", zero_point="0")["codes"] == [127, -128]
    assert answered(scale="1527099593/2^37", zero_point="0")["params"]["scale"] == [
        float(np.float32(1527099593 / 2**37))
    ]
    back = lab.answer(
        {"direction": "dequantize", "profile": "onnx", "codes": "64", "scale": "1/128", "zero_point": "0"}
    )
    assert back["dequantized"] == [0.5]


def test_what_is_refused() -> None:
    """Parameters that cannot be ones, at the field that can settle it, with what is allowed."""
    assert refused(scale="0", zero_point="0")[0][0] == "scale"
    assert refused(scale="1/0", zero_point="0")[0][0] == "scale"
    assert refused(scale="1e-60", zero_point="0") == [
        ("scale", "“Scale” holds a number that float32 rounds to 0. Use a larger scale, or “Precision: float64”.")
    ]
    assert refused(scale="1", zero_point="128") == [
        (
            "zero_point",
            "“Zero point” holds 128 as entry 1; the codes of int8 are −128 to 127. Change it, or the format.",
        )
    ]
    assert refused(scale="1", zero_point="0.5")[0][0] == "zero_point"
    ((field, message),) = refused(**ROWS, scale="1, 2, 3", zero_point="0")
    assert (field, message.split(";")[1].strip()) == (
        "scale",
        "it must have one number, or 2 for these numbers and this granularity.",
    )


def test_the_notebook_takes_a_real_zero_point() -> None:
    """It adds the zero point before it rounds, so that one need not be whole: round(2 · 1.2 + 0.25) = 3."""
    assert answered(profile="notebook", values="1.2", scale="0.5", zero_point="0.25")["codes"] == [3]


def test_the_steps_say_that_both_are_given() -> None:
    """No range is made up from which they would follow, and no search offered."""
    found = answered(values="-1, 2", scale="1/128", zero_point="0")
    told = {step["key"]: step["text"] for step in found["steps"]}
    assert "range" not in told
    assert told["scale"] == "The scale is given."
    assert told["zero_point"] == "The zero point is given: the real 0 is 0."
    assert not next(view for view in found["instruments"] if view["name"] == "calibration")["applies"]


@pytest.mark.parametrize("profile", list(PROFILES))
@pytest.mark.parametrize(
    "more", [{"scale": "1/16", "zero_point": "2"}, {**ROWS, "scale": "0.3, 0.7", "zero_point": "1, -2"}]
)
def test_programs_have_the_given_numbers(profile: str, more: dict[str, str]) -> None:
    """NumPy's and the notebook's program give the answer's codes; each states the scale, and none computes it."""
    if profile == "notebook" and "granularity" in more:
        return
    found = answered(profile=profile, **{"values": "-1, 0.53, 100", "signed": "1", **more})
    for kind in ("numpy", "notebook"):
        outcome = run(found["code"][kind], found["request"])
        assert (outcome["q"], outcome["x_hat"]) == (found["codes"], found["dequantized"])
    for kind, program in found["code"].items():
        assert "choose" not in program, kind
        assert "min(" not in program, kind


def test_toolkits_are_compared_with_the_given_numbers() -> None:
    """With an odd zero point, PyTorch's ties go to the odd codes of ONNX; the reason is the order, not the scale."""
    request = {"values": "0.5, 1.5", "scale": "1", "zero_point": "1", "against": "pytorch", "show": "disagreement"}
    view = next(view for view in answered(**request)["instruments"] if view["name"] == "disagreement")
    assert [row["cells"][-1] for row in view["table"]["rows"]] == ["order of adding the zero point"] * 2
