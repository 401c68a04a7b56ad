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
