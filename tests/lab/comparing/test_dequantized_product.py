"""The product in floats, codebooks and blocks: both sides quantized alike, and multiplied as real numbers."""

import json
from typing import Any

import lab
import numpy as np
import pytest
from plotly import graph_objects

from tests.lab.reading import untruths

RNG = np.random.default_rng(12)
VALUES = RNG.normal(size=(4, 40)).round(3)
WEIGHTS = RNG.normal(size=(40, 3)).round(3)
FORMATS = ("float8_e4m3fn", "float4_e2m1fn", "dynamic8_bnb", "mxfp4", "nvfp4", "nf4", "int4_f16", "q4_k", "q8_0")

Json = dict[str, Any]


def view_of(values: Any = VALUES, weights: Any = WEIGHTS, **fields: str) -> Json:
    """The instrument of an answer, with its figure."""
    given = {} if weights is None else {"weights": json.dumps(np.asarray(weights).tolist())}
    request = {"values": json.dumps(np.asarray(values).tolist()), "show": "product", **given, **fields}
    found = lab.answer(request)
    assert found["ok"], found
    json.dumps(found, allow_nan=False)
    view: Json = next(item for item in found["instruments"] if item["name"] == "product")
    assert view["applies"]
    return {**view, "figure": found["figures"].get("product")}


def outputs_of(view: Json) -> np.ndarray:
    """What the chart's marks say of every output: the original plus its error."""
    trace = view["figure"]["data"][0]
    graph_objects.Figure(view["figure"])
    return np.add(trace["x"], trace["y"])


def back(values: Any, **fields: str) -> np.ndarray:
    """What comes back of values that are asked for alone."""
    values = np.asarray(values)
    found = lab.answer({"values": json.dumps(values.tolist()), "show": "table", **fields})
    return np.array(found["dequantized"]).reshape(values.shape)


def test_e2m1_by_hand() -> None:
    """Ties of E2M1 with scale 1 go to even mantissas on both sides, and what comes back is multiplied."""
    view = view_of([[0.25, 0.75], [1.25, 3.5]], [[5, 1], [2.5, 6]], format="float4_e2m1fn")
    assert [row["cells"][:2] for row in view["table"]["rows"]] == [
        ["[0, 0]", "2.0"], ["[0, 1]", "6.0"], ["[1, 0]", "12.0"], ["[1, 1]", "25.0"],
    ]  # fmt: skip
    assert outputs_of(view).tolist() == [2, 6, 12, 25]


@pytest.mark.parametrize("name", FORMATS)
def test_weights_are_quantized_along_the_sum(name: str) -> None:
    """A column of the weights comes back as it would as a row of values, which is what blocks run along."""
    scaled = {"calibration": "minmax"} if name in ("float8_e4m3fn", "float4_e2m1fn", "dynamic8_bnb") else {}
    view = view_of(format=name, **scaled)
    x_hat, w_hat = back(VALUES, format=name, **scaled), back(WEIGHTS.T, format=name, **scaled).T
    assert outputs_of(view) == pytest.approx((x_hat @ w_hat).reshape(-1), rel=1e-12, abs=1e-12)


def test_one_scale_for_each_row_is_one_for_each_column_of_weights() -> None:
    """A scale for each row of the values is one for each column of the weights, both taken from minmax."""
    rows = {"format": "float8_e4m3fn", "calibration": "minmax", "granularity": "axis", "axis": "0"}
    w_hat = back(WEIGHTS.T, **rows).T
    assert outputs_of(view_of(**rows)) == pytest.approx((back(VALUES, **rows) @ w_hat).reshape(-1), rel=1e-12)
    given = {**rows, "calibration": "given", "scale": "0.01, 0.02, 0.03, 0.04"}
    assert outputs_of(view_of(**given)) == pytest.approx((back(VALUES, **given) @ w_hat).reshape(-1), rel=1e-12)


def test_importance_of_the_weights() -> None:
    """Squares are the weights' own; a number for each place of a row holds for both; others are left out."""
    places = " ".join(map(str, range(1, 41)))
    for text, for_weights in (("squares", "squares"), (places, places), (" ".join(["2"] * 160), "")):
        w_hat = back(WEIGHTS.T, format="q4_k", importance=for_weights).T
        x_hat = back(VALUES, format="q4_k", importance=text)
        found = outputs_of(view_of(format="q4_k", importance=text))
        assert found == pytest.approx((x_hat @ w_hat).reshape(-1), rel=1e-12, abs=1e-12), text


@pytest.mark.parametrize("name", FORMATS)
def test_steps_are_true(name: str) -> None:
    """The sums of the followed output are written as they are, and its error is their difference."""
    view = view_of(format=name, element="85")
    assert [step["key"] for step in view["steps"]] == ["products", "originals", "output_error"]
    assert [untruths(step["latex"], "half_even") for step in view["steps"]] == [[], [], []]
    assert [row["index"] for row in view["table"]["rows"] if row["selected"]] == [6]  # element 85 is in row 2


def test_no_figures_of_integers() -> None:
    """There is no accumulator and no code of the output; the errors of three are compared."""
    view = view_of(format="mxfp4")
    assert view["title"] == "A product of what comes back"
    assert [column["key"] for column in view["table"]["columns"]] == ["place", "y_hat", "y", "error"]
    assert [row["cells"][0] for row in view["tables"][0]["rows"]] == ["the values", "the weights", "the output"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weights": [[1, 2], [3, 4]], "format": "mxfp4"}, "must have 40"),
        (
            {"values": [[1e4, 1.0]], "weights": [[1.0], [2.0]], "format": "float8_e4m3fn", "overflow": "overflow"},
            "1 of the values come back as infinity or NaN",
        ),
        ({"values": [[1.0]], "weights": [[1e39]], "format": "mxfp4"}, "cannot be quantized"),
    ],
)
def test_obstacles_are_explained(fields: Json, words: str) -> None:
    """What has no product is said in words, without a chart."""
    view = view_of(**fields)
    assert words in view["caption"]
    assert view["has_figure"] is False


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.full((2, 2), 1e30), np.full((3, 1), -1e-30)])
@pytest.mark.parametrize("name", ["float8_e4m3fn", "mxfp4", "q4_0"])
def test_odd_values(values: np.ndarray, name: str) -> None:
    """Zeros, constants, huge and tiny values give an answer that is JSON."""
    view_of(values, None, format=name)
