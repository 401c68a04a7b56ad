"""The best schemes of a comparison in a sentence, and the rows and marks that are taken with a click."""

from dataclasses import replace
from typing import Any

import lab
import pytest
from lab.comparing.measuring import measure
from lab.comparing.sampling import sample_of
from lab.comparing.schemes import SCHEMES
from lab.comparing.verdict import verdict
from lab.request.settings import read

from tests.lab.comparing.test_comparison import MATRIX, ask


def reply_and_rows(**request: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The view of a comparison of the matrix, and the rows of its table by name."""
    view = ask(MATRIX, profile="onnx", **request)
    return view, {row["name"]: row for row in view["table"]["rows"]}


def test_the_best_at_this_size_and_error_is_named() -> None:
    """Found anew from the rows: the most exact of no more bits, and the smallest of no more error."""
    view, rows = reply_and_rows(bits="4")
    _, bits, ratio = rows[""]["sort"][:3]
    exact = max((row for row in rows.values() if row["sort"][1] <= bits), key=lambda row: row["sort"][2])
    assert exact["name"]
    assert f"the most exact is {exact['cells'][0]}: {exact['brief']['2']} instead of" in view["reply"]
    small = min((row for row in rows.values() if row["sort"][2] >= ratio), key=lambda row: row["sort"][1])
    assert (
        f"the smallest is {small['cells'][0]}: {small['cells'][1].removesuffix('.0')} bits per value" in view["reply"]
    )
    assert view["offers"][0]["fields"] == exact["fields"]


def test_a_tie_is_no_win() -> None:
    """The same scheme again, as the only rival, beats nothing; nor does one that is worse in one of the two."""
    again, _ = reply_and_rows(scheme="symmetric", compare="int8_tensor")
    assert "are the best in this list: nothing as small is more exact" in again["reply"]
    assert "offers" not in again
    neither, _ = reply_and_rows(bits="4", scheme="symmetric", compare="int8_tensor,int3_tensor")
    assert "are the best in this list" in neither["reply"]


def test_schemes_that_tie_are_all_named() -> None:
    """Of two rivals with the same bits and the same ratio, none is said to be the best alone."""
    base = measure(SCHEMES["int4_tensor"], sample_of(MATRIX))
    present = replace(base, name="", bits_per_value=base.bits_per_value + 1)
    found = verdict([present, base, replace(base, name="other")])
    assert found is not None
    assert (found.exact, [scheme.name for scheme in found.small]) == ((), ["int4_tensor", "other"])


def test_no_ratio_no_verdict() -> None:
    """Of zeros alone nobody says what is better."""
    assert "reply" not in ask([0.0, 0.0, 0.0], profile="onnx")


@pytest.mark.parametrize(
    "name",
    [
        "int8_tensor",
        "uint4_affine",
        "uint8_affine_channel",
        "float8_e4m3fn",
        "float8_e5m2_tensor",
        "float4_e2m1fn_channel",
        "mxfp4",
        "nvfp4",
        "q4_k",
        "q8_0",
    ],
)
def test_a_row_is_taken_whole(name: str) -> None:
    """The fields of a row, over any settings before, give the figures of the row."""
    before = {"bits": "5", "narrow": "1", "rounding": "floor", "precision": "float64", "calibration": "percentile"}
    row = reply_and_rows(compare=name)[1][name]
    present = ask(MATRIX, **{**before, "compare": "int8_tensor", **row["fields"]})["table"]["rows"][0]
    assert present["sort"][1:7] == pytest.approx(row["sort"][1:7])


def test_blocks_are_taken_with_scales_of_the_precision() -> None:
    """Taken, integers in blocks have float32 scales, 16 bits more than those that are compared; the codes agree."""
    row = reply_and_rows(compare="int4_block32")[1]["int4_block32"]
    present = ask(MATRIX, compare="int8_tensor", **row["fields"])["table"]["rows"][0]
    assert present["sort"][1] == row["sort"][1] + 16 / 32
    assert present["sort"][2] == pytest.approx(row["sort"][2], abs=0.05)


def test_every_scheme_can_be_taken() -> None:
    """The fields of each make a request that is answered, or cannot be because of the values."""
    for scheme in SCHEMES.values():
        assert read({"source": "normal", "shape": "4,512", **scheme.fields}).fmt == scheme.fmt


def test_marks_know_their_rows() -> None:
    """Each mark of the chart stands for a row of the table: the one of its bits and its ratio."""
    answer = lab.answer({"source": "normal", "shape": "8,256", "show": "comparison"})
    rows = next(view for view in answer["instruments"] if view["name"] == "comparison")["table"]["rows"]
    found = []
    for trace in answer["figures"]["comparison"]["data"]:
        for x, y, index in zip(trace["x"], trace["y"], trace.get("meta", {}).get("rows", ()), strict=False):
            assert [x, y] == rows[index]["sort"][1:3]
            found.append(index)
    assert sorted(found) == [row["index"] for row in rows]
