"""The profiles of libraries: what each answers for numbers that were observed, and that each stands in its group."""

import lab
import pytest
from lab.request.fields import FIELDS, PROFILES

import quantcore as qc


def test_the_clamped_zero_point_of_awq() -> None:
    """A range far from 0 in uint4: the zero point -30 becomes 0, and all values the highest code, 1.0."""
    found = lab.answer({"profile": "awq", "bits": "4", "signed": "0", "values": "2, 2.5, 3"})
    assert (found["codes"], found["dequantized"], found["params"]["zero_point"]) == ([15] * 3, [1.0] * 3, [0])
    narrow = lab.answer({"profile": "awq", "bits": "4", "signed": "0", "values": "0, 1e-6"})
    assert narrow["params"]["scale"] == [pytest.approx(1e-5 / 15, rel=1e-6)]  # a range counts as 1e-5 at least


def test_brevitas_divides_by_128() -> None:
    """The scale of 1 to 5 is 5/128, and 5 itself is clipped by a step."""
    found = lab.answer({"profile": "brevitas", "values": "1,2,3,4,5"})
    assert (found["params"]["scale"], found["codes"]) == ([0.0390625], [26, 51, 77, 102, 127])


def test_fake_quant_moves_the_range() -> None:
    """-1 to 1 has no code for 0: it is moved by half a step, and 1, a tie in float32 only, goes up."""
    manual = {"calibration": "manual", "range_min": "-1", "range_max": "1"}
    found = lab.answer({"profile": "tf_fake_quant", "values": "-1, 0, 1", **manual})
    assert (found["params"]["zero_point"], found["codes"]) == ([127], [0, 127, 255])
    assert found["dequantized"] == pytest.approx([-0.9960785, 0, 1.0039216], abs=5e-8)
    assert found["request"]["rounding"] == "half_up"
    step = next(
        step
        for step in lab.answer({"profile": "tf_fake_quant", **manual})["steps"]
        if step["title"].lower() == "scaled"
    )
    assert "measured from what the lowest code, 0, stands for" in step["text"]


def test_coremltools_leaves_out_the_lowest_code() -> None:
    """Its symmetric scale is 5/127 on signed and on unsigned codes, whose zero point is 127."""
    for signed, codes in (("1", [25, 51, 76, 102, 127]), ("0", [152, 178, 203, 229, 254])):
        found = lab.answer({"profile": "coremltools", "values": "1,2,3,4,5", "signed": signed})
        assert (found["params"]["scale"], found["codes"]) == ([pytest.approx(5 / 127)], codes)
    affine = lab.answer({"profile": "coremltools", "values": "-1, 0, 1", "signed": "0", "scheme": "affine"})
    assert affine["params"]["zero_point"] == [128]  # 127.5, a tie; by way of the scale it would be 127
    step = next(step for step in affine["steps"] if step["title"] == "Zero point")
    assert step["text"].startswith("0 divides the range as it divides the codes 0 to 255")


def test_the_smallest_scale_on_arm() -> None:
    """2^-12 for QNNPACK and XNNPACK, and symmetric codes from -127 on."""
    small = lab.answer({"profile": "qnnpack", "values": "1e-5, 2e-5"})
    assert (small["params"]["scale"], small["params"]["zero_point"]) == ([2.0**-12], [-128])
    found = lab.answer({"profile": "qnnpack", "values": "-1, 1, 0.5", "scheme": "symmetric"})
    assert (found["params"]["scale"], found["codes"]) == ([pytest.approx(1 / 127)], [-127, 127, 64])


@pytest.mark.parametrize("profile", [name for name, profile in PROFILES.items() if profile.is_symmetric])
def test_an_affine_scheme_is_refused_where_there_is_none(profile: str) -> None:
    """Said at the scheme; by default it is symmetric."""
    assert lab.answer({"profile": profile})["ok"]
    assert [error["field"] for error in lab.answer({"profile": profile, "scheme": "affine"})["errors"]] == ["scheme"]


def test_a_real_zero_point() -> None:
    """-min/s as it is, which becomes what the lowest value stands for: 1 = (0 + 63.75) · 4/255."""
    found = lab.answer({"profile": "pytorch_float_zero_point", "signed": "0", "values": "1,2,3,4,5"})
    assert found["params"]["zero_point"] == [pytest.approx(-63.75)]
    assert found["dequantized"] == pytest.approx([1, 2, 3, 4, 5], abs=2 / 255)
    given = {"calibration": "given", "scale": "0.5", "zero_point": "0.25", "values": "1.2"}
    assert lab.answer({"profile": "pytorch_float_zero_point", "signed": "0", **given})["codes"] == [3]


def test_scales_are_kept_as_the_toolkit_keeps_them() -> None:
    """In float64 by modelopt, whose reciprocal is rounded once; in float32 by most."""
    values = "0.1, -0.73, 1.1"
    kept = lab.answer({"profile": "modelopt", "values": values})["params"]["scale"][0]
    expected = qc.choose_qparams([0.1, -0.73, 1.1], qc.INT8, "symmetric", toolkit="modelopt")
    assert kept == pytest.approx(expected.scale.item(), rel=1e-7)
    assert kept != float(expected.scale.astype("float32"))


def test_every_toolkit_is_offered_in_its_group() -> None:
    """But for those that only differ in what the page has other fields for: blocks and one number at a time."""
    offered = {profile.toolkit for profile in PROFILES.values()}
    assert qc.TOOLKITS.keys() - offered == {"onnxruntime_blocked", "torch_per_token"}
    assert set(FIELDS["profile"].groups) == set(FIELDS["profile"].choices)
    assert [name for name, group in FIELDS["profile"].groups.items() if not group] == ["notebook", "custom"]
