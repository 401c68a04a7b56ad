"""The presets: each is answered, differs from the defaults in every field it names, and shows what it says."""

import lab
import pytest
from lab.data.presets import PRESETS, TABLE
from lab.request.fields import FIELDS, default_of


def test_names_are_unique() -> None:
    """A name stands for one preset."""
    assert len(PRESETS) == len(TABLE)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_answered(name: str) -> None:
    """Every preset is a right request, and its title and its lesson are there."""
    preset = PRESETS[name]
    answer = lab.answer(preset.request)
    assert answer["ok"], answer
    assert preset.title
    assert preset.lesson.endswith(".")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_names_only_what_differs(name: str) -> None:
    """A preset holds no field that has its default anyway, so that its link is as short as it can be."""
    request = PRESETS[name].request
    profile = request.get("profile", FIELDS["profile"].default)
    assert all(text != default_of(field, profile) for field, text in request.items())


def test_one_outlier_leaves_few_codes() -> None:
    """Beside the outlier, the other values share three codes."""
    codes = lab.answer(PRESETS["one_outlier"].request)["codes"]
    assert len(set(codes[:-1])) == 3
    assert codes[-1] == 7


def test_all_positive_has_its_zero_point_on_the_lowest_code() -> None:
    """The zero point of positive values is 0 with unsigned codes."""
    assert lab.answer(PRESETS["all_positive"].request)["params"]["zero_point"] == [0]


def test_constant_comes_back_exactly() -> None:
    """Equal values are reconstructed without error."""
    assert lab.answer(PRESETS["constant"].request)["metrics"]["max_abs"] == 0


def test_ties_go_to_even_codes() -> None:
    """Every value lies half-way, and the default rule takes the even neighbour."""
    answer = lab.answer(PRESETS["ties"].request)
    assert answer["params"]["scale"] == [1.0]
    assert answer["codes"] == [-4, -2, -2, 0, 0, 2, 2, 4]


def test_without_zero_wastes_codes() -> None:
    """Of the sixteen codes the values use only the upper ones, for the range begins at 0."""
    assert min(lab.answer(PRESETS["without_zero"].request)["codes"]) >= 3


def test_relu_keeps_zero_exact() -> None:
    """About half of the values are zero, and each comes back as exactly zero."""
    answer = lab.answer(PRESETS["relu"].request)
    zeros = [back for value, back in zip(answer["values"], answer["dequantized"], strict=True) if value == 0]
    assert 400 < len(zeros) < 624
    assert set(zeros) == {0.0}


def test_channels_vanish_under_one_scale() -> None:
    """The first row uses 8 bits with a scale of its own, and is all zeros with one scale for the tensor."""
    request = PRESETS["per_channel"].request
    assert -127 in lab.answer(request)["codes"][:6]
    assert set(lab.answer({**request, "granularity": "tensor"})["codes"][:6]) == {0}


def test_subnormals_have_a_subnormal_scale() -> None:
    """The scale is below the smallest normal float32, and not zero."""
    assert 0 < lab.answer(PRESETS["subnormals"].request)["params"]["scale"][0] < 2.0**-126


def test_picture_has_eight_greys() -> None:
    """Three bits leave the picture all of their eight levels."""
    answer = lab.answer(PRESETS["picture"].request)
    assert answer["shape"] == [96, 96]
    assert set(answer["codes"]) == set(range(8))
