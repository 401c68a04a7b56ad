"""The steps of one number: its own numbers in the formulas, "=" only where it holds, ties and clipping in words."""

import lab
import pytest


def steps(**request: str) -> dict[str, dict[str, str]]:
    """The steps of an answer by their key."""
    answer = lab.answer(request)
    assert answer["ok"], answer
    return {step["key"]: step for step in answer["steps"]}


def test_the_notebooks_steps() -> None:
    """The default request tells the notebook's calculation in its order, with its numbers."""
    found = steps()
    assert list(found) == ["range", "scale_factor", "zero_point", "scaled", "rounded", "bits", "dequantized", "error"]
    assert found["range"]["latex"].endswith(r"=3.2-(-3.0)=6.2")
    assert found["scale_factor"]["latex"].endswith(r"=\frac{127-(-128)}{6.2}\approx 41.1290322580645")
    assert found["zero_point"]["latex"].endswith(r"\operatorname{round}(-4.6129032)=-5")
    assert found["scaled"]["latex"].endswith(r"\approx -123.3870968")
    assert found["rounded"]["latex"].endswith(r"\operatorname{round}(-128.3870968)=-128")
    assert found["dequantized"]["latex"].endswith(r"\frac{-123}{41.12903226}\approx -2.990588235")
    assert found["error"]["text"] == "That is about 0.387 of a step."


def test_a_toolkits_steps() -> None:
    """A toolkit divides by the scale, rounds, adds the zero point and clips."""
    assert list(steps(profile="onnx")) == [
        "range", "scale", "zero_point", "scaled", "rounded", "clipped", "bits", "dequantized", "error",
    ]  # fmt: skip


def test_a_reciprocal_is_a_step_of_its_own() -> None:
    """PyTorch multiplies by the reciprocal, and the steps show it."""
    found = steps(profile="pytorch")
    assert "reciprocal" in found
    assert "x\\cdot r" in found["scaled"]["latex"]


@pytest.mark.parametrize(
    ("rounding", "code", "words"),
    [("half_even", "2", "ties go to the even one: 2."), ("half_away", "3", "ties go away from zero: 3.")],
)
def test_ties_are_explained(rounding: str, code: str, words: str) -> None:
    """A number halfway between two codes is called a tie, with the rule that decides it."""
    request = {"values": "2.5", "calibration": "manual", "range_min": "-128", "range_max": "127", "rounding": rounding}
    found = steps(profile="onnx", **request)["rounded"]
    assert "2.5 is a tie, exactly halfway between 2 and 3" in found["text"]
    assert words in found["text"]
    assert found["latex"].endswith(f"={code}")


def test_a_tie_made_by_floating_point_is_told() -> None:
    """Where float32 rounds a quotient to a tie that it is not, the words say so."""
    # 0.35 / 0.1 is 3.4999999… in exact arithmetic of these two float32 numbers and 3.5 in float32
    request = {
        "values": "0.35",
        "calibration": "manual",
        "range_min": "0",
        "range_max": "0.7",
        "bits": "3",
        "signed": "0",
    }
    text = steps(profile="onnx", **request)["rounded"]["text"]
    assert "It is a tie only because float32 rounded it to one: the exact number lies a little" in text


def test_clipping_is_explained() -> None:
    """A value beyond the range says that it is clipped, and to what."""
    request = {"values": "1 9", "element": "1", "calibration": "manual", "range_min": "-1", "range_max": "4"}
    assert (
        "is beyond the highest code, 127, and is clipped to it" in steps(profile="onnx", **request)["clipped"]["text"]
    )


def test_the_notebook_says_that_it_does_not_clip() -> None:
    """A code beyond the format is told where it arises."""
    assert "The notebook does not clip: 128" in steps(values="-129.5 0 125.5", element="2")["rounded"]["text"]


def test_a_range_of_zero_is_told() -> None:
    """Constant values are no range; the step says what it counts as."""
    assert "That is no range at all; the range counts as 1.0." in steps(values="5 5 5")["range"]["text"]


def test_the_followed_slice_is_the_one_explained() -> None:
    """With a scale for each row, the range is that of the followed number's row."""
    found = steps(profile="onnx", values="[[1, 2], [30, -40]]", granularity="axis", element="3")
    assert "−40.0 to 30.0" in found["range"]["text"]


def test_the_smallest_scale_of_a_toolkit_is_told() -> None:
    """Where a toolkit has a smallest scale, the step says that it is taken instead of the quotient."""
    assert (
        "smallest scale that is allowed here, 1.1920929×10⁻⁷"
        in steps(profile="pytorch", values="0 1e-9")["scale"]["text"]
    )
