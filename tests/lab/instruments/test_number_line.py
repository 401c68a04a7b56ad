"""The decision about one number: interval, neighbours, error, and what happens at a decision threshold."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from lab.notation.display import MINUS

Ask = Callable[..., tuple[dict[str, Any], dict[str, Any]]]
GRID = {
    "profile": "onnx",
    "precision": "float64",
    "bits": "4",
    "calibration": "manual",
    "range_min": "-4",
    "range_max": "3.5",
}


def traced(figure: dict[str, Any], name: str) -> dict[str, Any]:
    """The first trace of a name that has marks or lines."""
    return next(trace for trace in figure["data"] if trace["name"] == name)


def number(text: str) -> float:
    """A cell as a number."""
    return float(text.replace("≈", "").replace(MINUS, "-").replace("∞", "inf"))


def test_the_notebooks_first_number(ask: Ask) -> None:
    """−3.0 gets code −128, whose interval and error in steps are computed here in exact fractions."""
    view, figure = ask("number_line")
    scale, zero_point = Fraction("6.2") / 255, -5
    level = (-128 - zero_point) * scale
    own = next(row for row in view["table"]["rows"] if row["selected"])
    assert [number(cell) for cell in own["cells"]] == pytest.approx(
        [-128, float(level), float(level - scale / 2), float(level + scale / 2), float((level + 3) / scale)], rel=1e-3
    )
    assert traced(figure, "error")["x"] == pytest.approx([-3.0, float(level)])
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert f"error +{float((level + 3) / scale):.3g} of a step" in texts


def test_decision_thresholds_are_where_the_code_changes(ask: Ask) -> None:
    """A hair to either side of each threshold, the code is the one or the other."""
    _, figure = ask("number_line", [0.2], **GRID)
    edges = traced(figure, "decision threshold")["x"][::3]
    assert edges == [-1.25, -0.75, -0.25, 0.25, 0.75, 1.25]
    hairs = [edge + side * 1e-9 for edge in edges for side in (-1, 1)]
    for index in range(len(edges)):
        codes = []
        for element in (2 * index, 2 * index + 1):
            view, _ = ask("number_line", hairs, element=str(element), **GRID)
            own = next(row for row in view["table"]["rows"] if row["selected"])
            codes.append(number(own["cells"][0]))
        assert codes[1] - codes[0] == 1


@pytest.mark.parametrize(
    ("rounding", "start", "end"),
    [
        ("half_even", -0.25, 0.25),
        ("half_away", -0.25, 0.25),
        ("floor", 0.0, 0.5),
        ("ceil", -0.5, 0.0),
        ("toward_zero", -0.5, 0.5),
        ("stochastic", -0.5, 0.5),
    ],
)
def test_the_interval_follows_the_rounding(ask: Ask, rounding: str, start: float, end: float) -> None:
    """With steps of a half and 0 at 0, the interval of 0 is where each rounding gives 0, or may give it."""
    view, figure = ask("number_line", [0.0], rounding=rounding, **GRID)
    own = next(row for row in view["table"]["rows"] if row["selected"])
    assert [number(cell) for cell in own["cells"][2:4]] == [start, end]
    band = next(shape for shape in figure["layout"]["shapes"] if shape["type"] == "rect")
    assert (band["x0"], band["x1"]) == (start, end)
    assert any(trace["name"] == "decision threshold" and trace["x"] for trace in figure["data"]) == (
        rounding != "stochastic"
    )


def test_the_notebook_cuts_toward_code_zero(ask: Ask) -> None:
    """Where the zero point is added before rounding, rounding toward zero is toward code 0, not toward the real 0."""
    values = np.linspace(-3, 3.2, 401)
    for element in range(0, 401, 50):
        view, _ = ask("number_line", values, rounding="toward_zero", bits="4", element=str(element))
        own = next(row for row in view["table"]["rows"] if row["selected"])
        low, high = number(own["cells"][2]), number(own["cells"][3])
        assert low - 1e-7 <= values[element] <= high + 1e-7
    assert "beyond" not in view["caption"]


@pytest.mark.parametrize(("value", "code", "ends"), [(9.0, 7, (3.25, np.inf)), (-90.0, -8, (-np.inf, -3.75))])
def test_clipped_numbers_lie_in_an_open_interval(ask: Ask, value: float, code: int, ends: tuple[float, float]) -> None:
    """The outermost codes take everything beyond, however far, and the caption says that the number is clipped."""
    view, figure = ask("number_line", [value], **GRID)
    own = next(row for row in view["table"]["rows"] if row["selected"])
    assert number(own["cells"][0]) == code
    assert tuple(number(cell) for cell in own["cells"][2:4]) == ends
    assert f"clipped to code {code}".replace("-", MINUS) in view["caption"]
    assert len(figure["layout"]["xaxis"]["tickvals"]) <= 14
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < value < high


def test_ties_are_told_by_the_rule_that_decides(ask: Ask) -> None:
    """ONNX rounds x / s to even before it adds the zero point, the notebook rounds the code itself; both are said."""
    view, _ = ask("number_line", [0.25], **GRID)
    assert "before the zero point is added" in view["caption"]
    assert next(row for row in view["table"]["rows"] if row["selected"])["cells"][0] == "0"
    view, _ = ask("number_line")
    assert "even one of the two codes" in view["caption"]
    view, _ = ask("number_line", [0.25], rounding="half_away", **GRID)
    assert "ties go away from zero" in view["caption"]
    assert next(row for row in view["table"]["rows"] if row["selected"])["cells"][0] == "1"


def test_a_code_alone_has_an_interval_too(ask: Ask) -> None:
    """Given only codes, the interval is told, and no value and no error is made up."""
    view, figure = ask("number_line", direction="dequantize", profile="onnx", codes="2", scale="0.5", zero_point="0")
    assert "from 0.75 to 1.25" in view["caption"]
    assert {trace["name"] for trace in figure["data"]} == {
        "reconstruction level",
        "decision threshold",
        "reconstruction x̂",
    }
    assert [column["key"] for column in view["table"]["columns"]] == ["q", "x_hat", "from", "to"]


@pytest.mark.parametrize("values", [[0.0], [2.0, 2.0], [1e300, -1e300], [1e-300, 3e-300]])
def test_extreme_numbers_have_a_line(ask: Ask, values: list[float]) -> None:
    """Whatever the magnitude, the number and its level are in the picture."""
    _, figure = ask("number_line", values)
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < values[0] < high
    assert low < traced(figure, "reconstruction x̂")["x"][0] < high
