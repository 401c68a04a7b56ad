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
    fmt = request.get("format", FIELDS["format"].default)
    assert all(text != default_of(field, profile, fmt) for field, text in request.items() if field != "format")
    assert request.get("format") != FIELDS["format"].default


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


def test_e4m3_ends_at_448() -> None:
    """A value that rounds beyond 448 is NaN, code 0x7F with its sign; saturating it is 448, code 0x7E."""
    request = PRESETS["e4m3_limit"].request
    unsaturated, saturated = lab.answer(request), lab.answer({**request, "overflow": "saturate"})
    assert unsaturated["codes"] == [0x7F, 0x7E, 0x7E, 0x7F, 0xFF]
    assert unsaturated["dequantized"] == [None, 448, 448, None, None]
    assert saturated["codes"] == [0x7E, 0x7E, 0x7E, 0x7E, 0xFE]
    assert saturated["dequantized"] == [448, 448, 448, 448, -448]


def test_ties_of_fp4_go_to_even_codes() -> None:
    """Every value lies half-way between two numbers of E2M1, and the code that it gets ends in 0."""
    answer = lab.answer(PRESETS["e2m1_ties"].request)
    assert answer["dequantized"] == [0, 1, 1, 2, 2, 4, 4]
    assert answer["codes"] == [0, 2, 2, 4, 4, 6, 6]


def test_floor_clips_the_largest_of_an_mx_block() -> None:
    """The scale byte is 118, 127.99999 becomes 112, and E5M2 has two bits for what lies below it."""
    answer = lab.answer(PRESETS["mx_floor"].request)
    assert bytes.fromhex(answer["stored"]["hex"])[-1] == 118
    assert [answer["dequantized"][at] for at in (28, 29, 31)] == [28, 32, 112]
    assert answer["metrics"]["clipped_share"] == 1 / 32


@pytest.mark.parametrize(("mode", "byte", "last"), [("floor", 126, 2**-10), ("ceil", 127, 0), ("rceil", 126, 2**-10)])
def test_the_mode_decides_whether_a_small_value_is_lost(mode: str, byte: int, last: float) -> None:
    """150 gets the scale 1 from ceil, and 1/2 from floor and rceil, whose smallest number is half as large."""
    answer = lab.answer({**PRESETS["mx_modes"].request, "scale_mode": mode})
    assert bytes.fromhex(answer["stored"]["hex"])[-1] == byte
    assert answer["dequantized"][-1] == last


def test_nf4_is_not_symmetric() -> None:
    """The ends and zero come back exactly; −1 and 1 move by different amounts."""
    answer = lab.answer(PRESETS["nf4_block"].request)
    assert answer["codes"] == [0, 2, 7, 12, 15]
    assert answer["dequantized"] == pytest.approx([-2, -1.0501461, 0, 0.8814197, 2], abs=5e-8)


def test_q4_k_has_scales_of_two_levels() -> None:
    """256 weights take 144 bytes: 4 bits each, eight scales and minima of 6 bits, and two numbers of float16."""
    answer = lab.answer(PRESETS["q4_k_weights"].request)
    stored = answer["stored"]
    assert (stored["bits_per_value"], stored["block_size"]) == (4.5, 256)
    assert [(level["name"], level["format"]) for level in stored["levels"]] == [
        ("d", "float16"),
        ("scales", "uint6"),
        ("dmin", "float16"),
        ("mins", "uint6"),
    ]
