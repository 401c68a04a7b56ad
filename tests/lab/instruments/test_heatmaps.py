"""The heat maps: the numbers themselves or true summaries of them, linked axes, lines between scales."""

import base64
from collections.abc import Callable
from typing import Any

import lab
import numpy as np
import pytest

Ask = Callable[..., tuple[dict[str, Any], dict[str, Any]]]


def maps(figure: dict[str, Any]) -> dict[str, np.ndarray]:
    """The cells of every heat map, by its title."""
    found = {}
    for trace in figure["data"]:
        if trace["type"] == "heatmap":
            cells = trace["z"]
            if isinstance(cells, dict):
                shape = tuple(int(length) for length in cells["shape"].split(","))
                cells = np.frombuffer(base64.b64decode(cells["bdata"]), "<f4").reshape(shape)
            found[trace["name"]] = np.asarray(cells, np.float64)
    return found


def test_small_matrices_are_drawn_as_they_are(ask: Ask) -> None:
    """Every cell is a number of the answer, and the error is what is left between the two."""
    values = np.array([[1.0, -2.0, 3.0], [0.5, 100.0, -7.0]])
    _, figure = ask("heatmaps", values, profile="onnx")
    answer = lab.answer({"values": "1 -2 3 .5 100 -7", "shape": "2,3", "profile": "onnx"})
    drawn = maps(figure)
    assert list(drawn) == ["original x", "codes q", "reconstruction x̂", "error x̂ − x"]
    assert drawn["original x"].tolist() == values.tolist()
    assert drawn["codes q"].reshape(-1).tolist() == answer["codes"]
    assert drawn["reconstruction x̂"].reshape(-1).tolist() == answer["dequantized"]
    assert (drawn["error x̂ − x"] == drawn["reconstruction x̂"] - values).all()


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(300, 20), (513, 700), (256, 1000)])
def test_large_matrices_are_drawn_in_blocks(ask: Ask, shape: tuple[int, int]) -> None:
    """A cell is the mean of its block, in the error map its farthest error; both computed here block by block."""
    values = np.random.default_rng(5).normal(size=shape) + np.arange(shape[1]) / 100
    view, figure = ask("heatmaps", values, profile="onnx", bits="4")
    drawn = maps(figure)
    rows, columns = -(-shape[0] // 256), -(-shape[1] // 256)
    assert f"up to {rows} × {columns} numbers" in view["caption"]
    heat = next(trace for trace in figure["data"] if trace["type"] == "heatmap")
    assert (heat["dx"], heat["dy"]) == (columns, rows)
    x = values.astype(np.float32).astype(np.float64)
    scale = np.float32((np.float32(x.max()) - np.float32(x.min())) / np.float32(15))
    x_hat = np.clip(np.rint(x / scale), *np.rint([x.min() / scale, x.min() / scale + 15])) * scale
    for i, j in ((0, 0), (3, 5), (-1, -1)):
        n_rows, n_columns = drawn["original x"].shape
        start, left = i % n_rows * rows, j % n_columns * columns
        block = np.s_[start : start + rows, left : left + columns]
        assert drawn["original x"][i, j] == pytest.approx(x[block].mean(), rel=1e-5)
        errors = (x_hat - x)[block].reshape(-1)
        assert drawn["error x̂ − x"][i, j] == pytest.approx(errors[np.abs(errors).argmax()], abs=1e-5)


def test_axes_are_linked_and_colours_comparable(ask: Ask) -> None:
    """All axes move with the first; values before and after share one symmetric scale; row 0 is at the top."""
    _, figure = ask("heatmaps", np.random.default_rng(6).normal(size=(6, 9)), profile="onnx", bits="3")
    layout = figure["layout"]
    assert all(layout[f"xaxis{number}"]["matches"] == "x" for number in (2, 3, 4))
    assert all(layout[f"yaxis{number}"]["matches"] == "y" for number in (2, 3, 4))
    assert layout["xaxis"]["range"] == [-0.5, 8.5]
    assert layout["yaxis"]["range"] == [5.5, -0.5]
    heat = {trace["name"]: trace for trace in figure["data"] if trace["type"] == "heatmap"}
    for name in ("original x", "reconstruction x̂", "error x̂ − x"):
        assert heat[name]["zmin"] == -heat[name]["zmax"]
    assert heat["original x"]["zmax"] == heat["reconstruction x̂"]["zmax"]
    assert (heat["codes q"]["zmin"], heat["codes q"]["zmax"]) == (-4, 3)


@pytest.mark.parametrize(
    ("request_", "rows", "columns"),
    [
        ({}, [], []),
        ({"granularity": "axis", "axis": "0"}, [0.5, 1.5, 2.5], []),
        ({"granularity": "axis", "axis": "1"}, [], [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]),
        ({"granularity": "block", "axis": "1", "block_size": "3"}, [0.5, 1.5, 2.5], [2.5, 5.5]),
        ({"granularity": "block", "axis": "0", "block_size": "2"}, [1.5], [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]),
    ],
)
def test_lines_part_what_has_different_scales(
    ask: Ask, request_: dict[str, str], rows: list[float], columns: list[float]
) -> None:
    """Lines lie exactly between slices, in all four maps."""
    values = np.random.default_rng(7).normal(size=(4, 7))
    view, figure = ask("heatmaps", values, profile="onnx", **request_)
    lines = [trace for trace in figure["data"] if trace["type"] == "scatter" and trace["mode"] == "lines"]
    assert len(lines) == 4
    for trace in lines:
        assert trace["y"][: 3 * len(rows) : 3] == rows
        assert trace["x"][3 * len(rows) :: 3] == columns
    assert ("Lines separate" in view["caption"]) == bool(rows or columns)


def test_too_many_lines_are_left_out_and_it_is_said(ask: Ask) -> None:
    """A hundred slices have no lines: they would hide the cells."""
    view, figure = ask("heatmaps", np.ones((100, 3)), profile="onnx", granularity="axis", axis="0")
    assert not any(trace["x"] for trace in figure["data"] if trace.get("mode") == "lines")
    assert "left out" in view["caption"]


def test_the_followed_number_is_ringed_in_all(ask: Ask) -> None:
    """The ring stands at the followed number's row and column, and the table is around it."""
    view, figure = ask("heatmaps", np.arange(24.0).reshape(4, 6), profile="onnx", element="15")
    rings = [trace for trace in figure["data"] if trace["name"] == "followed"]
    assert [(ring["x"], ring["y"]) for ring in rings] == [([3.0], [2.0])] * 4
    own = next(row for row in view["table"]["rows"] if row["selected"])
    assert own["cells"][:2] == ["[2, 3]", "15.0"]
    assert len(view["table"]["rows"]) == 4 * 5  # rows 0 to 3, columns 1 to 5


def test_codes_alone_have_two_maps(ask: Ask) -> None:
    """When dequantizing there is no original and no error to show."""
    _, figure = ask(
        "heatmaps", direction="dequantize", profile="onnx", codes="1 2 3 4", shape="2,2", scale="0.5", zero_point="0"
    )
    assert {name: cells.tolist() for name, cells in maps(figure).items()} == {
        "codes q": [[1, 2], [3, 4]],
        "reconstruction x̂": [[0.5, 1], [1.5, 2]],
    }


@pytest.mark.parametrize("values", ["1 2 3", "[[1, 2, 3]]", "[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]"])
def test_only_matrices_have_heat_maps(values: str) -> None:
    """A list, a single row and a stack of matrices are no matrix to be drawn."""
    views = {view["name"]: view for view in lab.answer({"values": values})["instruments"]}
    assert not views["heatmaps"]["applies"]
