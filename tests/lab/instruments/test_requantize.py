"""Sums that become codes again: what libraries answered for sums near ties, and bounds."""

import lab
import pytest

LAYER = {"profile": "onnx", "show": "requantize"}


def view_of(**request: str) -> dict:
    """The instrument of a request."""
    answer = lab.answer({**LAYER, **request})
    assert answer["ok"], answer
    return next(view for view in answer["instruments"] if view["name"] == "requantize")


def codes_of(view: dict) -> dict[str, str]:
    """The code by each rule."""
    return {row["cells"][0]: row["cells"][4] for row in view["table"]["rows"]}


def test_a_sum_near_a_tie() -> None:
    """585 is 6.500000468 steps: a float32 multiplier makes a tie of it, and the even code; fixed point does not."""
    view = view_of()
    found = codes_of(view)
    assert {name for name, code in found.items() if code == "−120"} == {"ONNX Runtime, XNNPACK fp32"}
    assert set(found.values()) == {"−119", "−120"}
    steps = {row["cells"][0]: (row["cells"][1], row["cells"][2]) for row in view["table"]["rows"]}
    assert steps["ONNX Runtime, XNNPACK fp32"][1] == "6.5"
    assert steps["gemmlowp, TensorFlow Lite"][0] == "1527099593 / 2^37"
    assert "≈6.50000046775" in view["caption"]
    assert "−120: ONNX Runtime, XNNPACK fp32" in view["reply"]


def test_codes_saturate() -> None:
    """100 · 100 in steps of 0.2 is 50,000: the highest code."""
    scales = {"input_scale": "1", "weight_scale": "1", "output_scale": "0.2", "output_zero_point": "0"}
    found = codes_of(view_of(acc="10000", signed="0", **scales))
    assert {name: code for name, code in found.items() if code != "255"} == {"QNNPACK": "–"}  # it needs m below 1


def test_a_relu_leaves_codes_from_the_zero_point_on() -> None:
    """ReLU6 with steps of 0.5: from the zero point, -10, to 12 steps above it."""
    scales = {"input_scale": "0.25", "weight_scale": "1", "output_scale": "0.5", "output_zero_point": "-10"}
    for acc, relu, relu6 in (("-40", "−10", "−10"), ("20", "0", "0"), ("90", "35", "2")):
        assert set(codes_of(view_of(acc=acc, activation="relu", **scales)).values()) == {relu}
        assert set(codes_of(view_of(acc=acc, activation="relu6", **scales)).values()) == {relu6}


def test_many_sums_have_a_table_of_their_own() -> None:
    """One row for each, one column for each rule."""
    (table,) = view_of(acc="585, -585, 0")["tables"]
    assert [row["cells"][0] for row in table["rows"]] == ["−585", "0", "585"]
    assert set(table["rows"][1]["cells"][1:]) == {"−126"}


@pytest.mark.parametrize("acc", ["0.5", "2147483648", "a"])
def test_what_is_no_sum_is_refused(acc: str) -> None:
    """At the field, in words."""
    assert [error["field"] for error in lab.answer({**LAYER, "acc": acc})["errors"]] == ["acc"]


def test_a_zero_point_that_is_no_code_is_told() -> None:
    """The default one is none of uint8's: said in the instrument, and the rest of the page is answered."""
    view = view_of(signed="0")
    assert "is none of the codes 0 to 255" in view["caption"]
    assert view["table"]["rows"] == []
