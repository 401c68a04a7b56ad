"""The product in whole numbers: every sum against loops over Python's integers, the output against fractions."""

import json
from fractions import Fraction
from typing import Any

import lab
import numpy as np
import pytest
from lab.comparing import layer as product
from lab.request.settings import read
from lab.results.compute import compute
from plotly import graph_objects

RNG = np.random.default_rng(11)
VALUES = np.round(RNG.normal(size=(5, 7)) + 0.4, 3)
WEIGHTS = np.round(RNG.normal(size=(7, 3)), 3)

Json = dict[str, Any]


def request(values: Any = VALUES, weights: Any = WEIGHTS, **fields: str) -> dict[str, str]:
    """A request for the product of two matrices."""
    given = {} if weights is None else {"weights": json.dumps(np.asarray(weights).tolist())}
    return {"values": json.dumps(np.asarray(values).tolist()), "profile": "onnx", "show": "product", **given, **fields}


def view_of(**fields: Any) -> Json:
    """The instrument of an answer, with its figure."""
    found = lab.answer(request(**fields))
    assert found["ok"], found
    view: Json = next(item for item in found["instruments"] if item["name"] == "product")
    return {**view, "figure": found["figures"].get("product")}


def multiplied(**fields: Any) -> product.Product:
    """The product itself."""
    result = compute(read(request(**fields)))
    assert product.applies(result)
    assert not product.obstacle(result)
    return product.multiply(result)


CASES: list[dict[str, str]] = [
    {},
    {"scheme": "symmetric"},
    {"bits": "4", "signed": "0"},
    {"granularity": "axis", "axis": "0"},
    {"granularity": "axis", "axis": "-2", "profile": "pytorch"},
    {"profile": "notebook"},
    {"profile": "tflite", "bits": "16"},
]


@pytest.mark.parametrize("fields", CASES)
def test_sums(fields: dict[str, str]) -> None:
    """All four sums and their total are what loops over whole numbers give."""
    found = multiplied(**fields)
    q_x, q_w = found.q_x.tolist(), found.q_w.tolist()
    z_x = np.broadcast_to(found.z_x, (5, 1)).reshape(-1).tolist()
    for i in range(5):
        for j in range(3):
            column = [row[j] for row in q_w]
            assert found.terms.product[i, j] == sum(a * b for a, b in zip(q_x[i], column, strict=True))
            assert np.broadcast_to(found.terms.columns, (5, 3))[i, j] == z_x[i] * sum(column)
            assert np.broadcast_to(found.terms.rows, (5, 3))[i, j] == found.z_w * sum(q_x[i])
            assert np.broadcast_to(found.terms.constant, (5, 3))[i, j] == 7 * z_x[i] * found.z_w
            total = sum((a - z_x[i]) * (b - found.z_w) for a, b in zip(q_x[i], column, strict=True))
            assert found.terms.total[i, j] == total


@pytest.mark.parametrize("fields", CASES)
def test_output_is_the_product_of_the_reconstructions(fields: dict[str, str]) -> None:
    """Scales times sum is the product of both reconstructions, but for floating point."""
    found = multiplied(**fields)
    assert found.y == pytest.approx(VALUES.astype(found.x.dtype) @ WEIGHTS, rel=1e-5, abs=1e-5)
    assert found.y_hat == pytest.approx(found.x_hat @ found.w_hat, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("fields", CASES)
def test_requantized_codes(fields: dict[str, str]) -> None:
    """The output's codes are the exact ones, rounded to nearest, but for a sum that lies at a tie within float32."""
    found = multiplied(**fields)
    assert found.q_y is not None
    fmt = found.y_params.fmt
    s_x = np.broadcast_to(found.s_x, (5, 1)).reshape(-1)
    for i in range(5):
        for j in range(3):
            multiplier = Fraction(float(s_x[i])) * Fraction(found.s_w) / Fraction(float(found.y_params.scale))
            exact = int(found.terms.total[i, j]) * multiplier + int(found.y_params.zero_point)
            nearest = min(max(round(exact), fmt.qmin), fmt.qmax)
            is_near_tie = abs(exact % 1 - Fraction(1, 2)) < Fraction(abs(exact) + 1) / 2**21
            assert int(found.q_y[i, j]) == nearest or (is_near_tie and abs(int(found.q_y[i, j]) - nearest) == 1)


def test_error_table_has_weight_and_output_errors() -> None:
    """The output's error stands beside those of values and weights, by root mean square and at most."""
    view, found = view_of(), multiplied()
    rows = view["tables"][0]["rows"]
    for row, (a, b) in zip(
        rows,
        [(found.x, found.x_hat), (found.w, found.w_hat), (found.y, found.y_hat), (found.y, found.y_back)],
        strict=True,
    ):
        error = np.asarray(b) - a
        rms, largest = (float(cell.lstrip("≈").replace("−", "-")) for cell in row["cells"][2:])
        assert rms == pytest.approx(float(np.sqrt(np.mean(error**2))), rel=1e-3)
        assert largest == pytest.approx(float(np.abs(error).max()), rel=1e-3)


def test_table_is_the_charts_twin() -> None:
    """Every output has a row; the chart's marks stand at the same numbers; the followed row is marked."""
    view, found = view_of(element="15"), multiplied()
    assert len(view["table"]["rows"]) == 15
    assert [row["index"] for row in view["table"]["rows"] if row["selected"]] == [6]  # element 15 is in row 2
    sums = next(trace for trace in view["figure"]["data"] if trace["name"] == "from the sums")
    assert sums["x"] == found.y.reshape(-1).tolist()
    assert sums["y"] == (found.y_hat - found.y).reshape(-1).tolist()
    graph_objects.Figure(view["figure"])


def test_steps_follow_one_output() -> None:
    """Steps name the sums of the first output of the followed number's row, and end with its error."""
    view, found = view_of(element="15"), multiplied()
    steps = {step["key"]: step for step in view["steps"]}
    assert list(steps) == [
        "products", "columns", "rows", "constant", "accumulator", "real", "requantized", "output_error",
    ]  # fmt: skip
    for key, term in (("products", found.terms.product), ("accumulator", found.terms.total)):
        assert steps[key]["latex"].endswith(f"={int(term[2, 0])}")
    assert found.q_y is not None
    assert steps["requantized"]["latex"].endswith(f"={int(found.q_y[2, 0])}")
    assert all(step["latex"] in text for step in view["steps"] for text in view["copy"].values())


def test_signs_do_not_meet_in_a_sum() -> None:
    """A product that begins with a minus is in parentheses after a plus."""
    steps = {step["key"]: step for step in view_of(values=[[1, -2, 3]], weights=[[1], [2], [3]])["steps"]}
    assert "+(-" in steps["products"]["latex"].replace(" ", "")
    assert "+-" not in steps["products"]["latex"].replace(" ", "")
    real = {"values": [[1, -2, 3]], "weights": [[1], [2], [3]], "format": "float8_e4m3fn"}
    latex = next(step["latex"] for step in view_of(**real)["steps"] if step["key"] == "products")
    assert "+(-2.0" in latex.replace(" ", "")


def test_symmetric_needs_no_correction() -> None:
    """With both zero points 0 the corrections are 0, and the steps say that there is nothing to correct."""
    view = view_of(scheme="symmetric")
    assert all(row["cells"][2:5] == ["0", "0", "0"] for row in view["table"]["rows"])
    assert sum("nothing to correct" in step["text"] for step in view["steps"]) == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weights": [[1, 2], [3, 4]]}, "must have 7"),
        ({"granularity": "axis", "axis": "1"}, "cannot be taken out of that sum"),
        ({"granularity": "block", "axis": "1", "block_size": "4"}, "cannot be taken out of that sum"),
    ],
)
def test_obstacles_are_explained(fields: dict[str, Any], words: str) -> None:
    """What cannot be multiplied in whole numbers is said in words, without a chart."""
    view = view_of(**fields)
    assert words in view["caption"]
    assert view["has_figure"] is False


def test_zero_point_outside_the_codes() -> None:
    """The notebook's zero point may be no code: sums are shown, codes of the output are not."""
    view = view_of(values=[[10, 10.25], [11, 10.5]], weights=[[1.0], [2.0]], profile="notebook")
    assert "no code here" in view["caption"]
    assert view["table"]["rows"][0]["cells"][-1] == "–"
    found = multiplied(values=[[10, 10.25], [11, 10.5]], weights=[[1.0], [2.0]], profile="notebook")
    assert found.y_hat == pytest.approx(np.array([[30.5], [32.0]]), rel=0.02)


def test_overflow_is_told() -> None:
    """16-bit codes overflow 32 bits soon, and the caption says what hardware would do."""
    view = view_of(values=np.ones((2, 40)).tolist(), weights=np.ones((40, 2)).tolist(), bits="16", signed="0")
    assert "wrap around" in view["caption"]


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [[[1.0, 2.0]]]])
def test_only_for_matrices(values: Any) -> None:
    """Lists and arrays of more axes have no product here; nor have codes that are given."""
    found = lab.answer(request(values=values, weights=None))
    view = next(item for item in found["instruments"] if item["name"] == "product")
    assert view["applies"] is False


def test_weights_must_be_a_matrix() -> None:
    """A list of weights is an error at its field."""
    errors = lab.answer(request(weights=[1.0, 2.0]))["errors"]
    assert [error["field"] for error in errors] == ["weights"]


def test_generated_weights_come_from_the_seed() -> None:
    """The same seed gives the same weights, another seed others; they fit the values."""
    one, same, other = (multiplied(weights=None, seed=seed) for seed in ("1", "1", "2"))
    assert one.is_generated
    assert one.w.shape == (7, 8)
    assert (one.w == same.w).all()
    assert (one.w != other.w).any()


def test_only_so_many_rows_are_multiplied() -> None:
    """Of a large matrix the rows around the followed number are multiplied."""
    values = RNG.normal(size=(700, 300)).round(2)
    found = multiplied(values=values, weights=None, element=str(699 * 300))
    assert found.x.shape == (218, 300)
    assert found.first_row == 482
    assert (found.x == values[482:].astype(np.float32)).all()


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.full((2, 2), 1e30), np.full((3, 1), -1e-30)])
def test_odd_values(values: Any) -> None:
    """Zeros, constants, huge and tiny values give an answer that is JSON."""
    json.dumps(view_of(values=values, weights=None), allow_nan=False)
