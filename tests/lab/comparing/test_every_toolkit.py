"""All toolkits in one table: what each line says is what the page answers under that profile."""

import json
from typing import Any

import lab
import numpy as np
import pytest
from lab.request.fields import PROFILES

VALUES = np.random.default_rng(8).normal(0.4, 2, 60).round(3)
LIBRARIES = [name for name in PROFILES if name != "custom"]


def lines_of(**request: str) -> dict[str, list[str]]:
    """The cells of the table, by the name of the profile."""
    asked = {"profile": "onnx", "values": json.dumps(VALUES.tolist()), "show": "disagreement", "signed": "1", **request}
    view = next(view for view in lab.answer(asked)["instruments"] if view["name"] == "disagreement")
    rows = next(table for table in view["tables"] if table["caption"] == "Every toolkit on these values")["rows"]
    return {name: row["cells"] for name, row in zip(LIBRARIES, rows, strict=True)}


def number(text: str) -> Any:
    """A number as it is written for people."""
    return float(text.removeprefix("≈").replace("−", "-"))


@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
@pytest.mark.parametrize("granularity", ["tensor", "axis"])
def test_each_line_is_the_answer_of_that_profile(scheme: str, granularity: str) -> None:
    """Scale, zero point, first codes, and how many codes differ from the page's own."""
    request = {"scheme": scheme, "granularity": granularity, "shape": "4,15", "element": "20", "signed": "1"}
    lines = lines_of(**request)
    own = lab.answer({"profile": "onnx", "values": json.dumps(VALUES.tolist()), **request})
    for name, cells in lines.items():
        if cells[1] == "–":
            assert name == "notebook"  # which has one scale for the tensor
            continue
        its = {**request, "scheme": "symmetric"} if PROFILES[name].is_symmetric else request
        answer = lab.answer({"profile": name, "values": json.dumps(VALUES.tolist()), **its, "show": "table"})
        if not answer["ok"]:
            assert (name, granularity) == ("notebook", "axis")
            continue
        which = 1 if granularity == "axis" else 0
        assert number(cells[1]) == pytest.approx(answer["params"]["scale"][which], rel=6e-8)  # half a unit of float32
        assert number(cells[2]) == pytest.approx(answer["params"]["zero_point"][which], rel=6e-8)
        assert [number(code) for code in cells[3].split(", ")] == answer["codes"][:6]
        assert number(cells[4]) == sum(a != b for a, b in zip(answer["codes"], own["codes"], strict=True))
        assert (cells[5] != "–") == (cells[4] != "0" or (PROFILES[name].is_symmetric and scheme == "affine")), name


def test_the_rule_is_named() -> None:
    """PyTorch's symmetric scale is absmax / 127.5, that of brevitas absmax / 128: the denominator."""
    lines = lines_of(scheme="symmetric")
    assert lines["pytorch"][5].startswith("denominator of a symmetric scale: computes absmax / ((qmax - qmin) / 2)")
    assert lines["brevitas"][5].startswith("denominator of a symmetric scale: computes absmax / -qmin")
    assert lines["onnx"][5] == "–"


def test_given_parameters_are_the_same_for_all() -> None:
    """Where scale and zero point are given, every line has them."""
    lines = lines_of(calibration="given", scale="0.0625", zero_point="1")
    assert {tuple(cells[1:3]) for cells in lines.values()} == {("0.0625", "1")}
