"""All calibrations at once: ranges and errors against quantizing anew, the best in a sentence, and 5 dB lost."""

from typing import Any

import lab
import numpy as np
import pytest
from lab.comparing import calibrations

import quantcore as qc

Json = dict[str, Any]
OUTLIERS = {"source": "outliers", "shape": "1,4096", "profile": "onnx"}


def ask(**request: str) -> tuple[Json, list[Json], Json]:
    """The instrument, the rows of all calibrations, and the whole answer."""
    answer = lab.answer({**request, "show": "calibration"})
    assert answer["ok"], answer
    view = next(view for view in answer["instruments"] if view["name"] == "calibration")
    return view, view["tables"][0]["rows"], answer


def by_name(rows: list[Json]) -> dict[str, list[str]]:
    """The cells of the rows that can be taken."""
    return {row["fields"]["calibration"]: row["cells"] for row in rows if "fields" in row}


@pytest.mark.parametrize("request_", [OUTLIERS, {**OUTLIERS, "bits": "4"}, {**OUTLIERS, "scheme": "symmetric"}])
def test_each_row_is_what_its_calibration_gives(request_: Json) -> None:
    """Taken, a calibration has the ratio that its row has told."""
    _, rows, _ = ask(**request_)
    for name, cells in by_name(rows).items():
        answer = ask(**request_, calibration=name)[2]
        shown = {tile["key"]: tile.get("digits") for tile in answer["summary"]}
        assert cells[2] == shown["sqnr_db"]


def test_ranges_are_those_of_quantcore() -> None:
    """The range of the least squared error is the one that quantcore searches."""
    _, rows, answer = ask(**OUTLIERS, bits="4")
    x = np.array(answer["values"], np.float32)
    low, high = qc.choose_ranges(x, qc.INT4, "affine", qc.PerTensor(), "mse", True, "onnx").covered
    told = by_name(rows)["mse"][1].replace("−", "-").split(" to ")
    assert [float(end) for end in told] == pytest.approx([float(low), float(high)], rel=1e-3)


def test_the_values_that_share_a_scale_are_calibrated() -> None:
    """Of a matrix with a scale for each row, the ranges are those of the followed number's row."""
    values = "[[1, 2, 4], [10, 20, 40]]"
    _, rows, _ = ask(values=values, profile="onnx", granularity="axis", axis="0", element="4", include_zero="0")
    assert by_name(rows)["minmax"][1] == "10.0 to 40.0"


def test_the_best_is_named_and_can_be_taken() -> None:
    """Four bits for outliers: min–max is not the best, and the sentence and its button say what is."""
    view, rows, _ = ask(**OUTLIERS, bits="4")
    ratios = {name: float(cells[2].removesuffix(" dB")) for name, cells in by_name(rows).items()}
    best = max(ratios, key=lambda name: ratios[name])
    assert [offer["fields"] for offer in view["offers"]] == [{"calibration": best}]
    assert "The best of these is “least squared error”" in view["reply"]
    assert f"“smallest and largest value”, in use, has {ratios['minmax']:.4g} dB" in view["reply"]


def test_who_loses_five_decibels_is_told() -> None:
    """A range of one's own that clips a third of normal values loses much; so would the entropy of eight bits."""
    request = {"source": "normal", "shape": "1000", "profile": "onnx"}
    view, rows, _ = ask(**request, calibration="manual", range_min="-1", range_max="1")
    own = rows[-1]
    assert "fields" not in own
    assert own["cells"][0] == "a range of your own, in use"
    lost = max(float(row["cells"][2].removesuffix(" dB")) for row in rows) - float(own["cells"][2].removesuffix(" dB"))
    assert own["cells"][3] == f"loses {lost:.1f} dB"
    assert f"and loses {lost:.1f} dB." in view["reply"]
    assert "“least divergence (entropy)” would lose 5 dB or more" in view["reply"]


def test_a_tie_with_the_one_in_use_is_no_win() -> None:
    """Three numbers: no calibration is better by more than a tenth of a decibel, and nothing is offered."""
    view, rows, _ = ask()
    assert view["reply"].startswith("No calibration here is better than the one in use: “smallest and largest value”")
    assert "offers" not in view
    assert [row["cells"][3] for row in rows] == ["the best", "as good", "as good", "as good"]


def test_floats_have_no_entropy_but_may_go_without_a_scale() -> None:
    """What the form does not offer for a format is not in the table."""
    _, rows, _ = ask(format="float8_e4m3fn", source="normal", shape="500")
    assert list(by_name(rows)) == ["minmax", "percentile", "mse", "none"]


def test_many_values_are_searched_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more values than are searched, the ends are kept, and the caption says how many they are."""
    monkeypatch.setattr(calibrations, "SEARCHED", 100)
    view, rows, answer = ask(**OUTLIERS)
    low, high = min(answer["values"]), max(answer["values"])
    told = by_name(rows)["minmax"][1].replace("−", "-").split(" to ")
    assert [float(end) for end in told] == pytest.approx([low, high], rel=1e-3)
    assert "They are searched among 102 of 4,096 values" in view["caption"]


def test_rings_know_their_rows() -> None:
    """Each ring of the chart is at the upper end of the range of its row."""
    view, rows, answer = ask(**OUTLIERS, bits="4", scheme="symmetric")
    rings = next(t for t in answer["figures"]["calibration"]["data"] if t["name"] == "other calibrations")
    assert len(rings["x"]) == 3
    for x, index in zip(rings["x"], rings["meta"]["rows"], strict=True):
        assert float(rows[index]["cells"][1].split(" to ")[1]) == pytest.approx(x, rel=1e-3)
    assert "The rings are the other calibrations" in view["caption"]
