"""The comparison of schemes: its figures against sums written out here, its question, its sample, its chart."""

import json
import math
from typing import Any

import lab
import numpy as np
import pytest
from lab.comparing import measuring, sampling, schemes
from lab.instruments import comparison_figure
from plotly import graph_objects

RNG = np.random.default_rng(7)
MATRIX = np.round(RNG.normal(size=(8, 256)) * np.geomspace(0.1, 10, 8)[:, None], 4)

Json = dict[str, Any]


def ask(values: Any, **fields: str) -> Json:
    """The comparison of an answer, with its figure."""
    found = lab.answer({"values": json.dumps(np.asarray(values).tolist()), "show": "comparison", **fields})
    assert found["ok"], found
    view: Json = next(item for item in found["instruments"] if item["name"] == "comparison")
    return {**view, "figure": found["figures"]["comparison"], "metrics": found["metrics"]}


def figures_of(view: Json, name: str) -> Json:
    """The raw figures of one scheme, by column."""
    row = next(row for row in view["table"]["rows"] if row["name"] == name)
    return dict(zip((column["key"] for column in view["table"]["columns"]), row["sort"], strict=True))


def symmetric_by_hand(blocks: Any, bits: int, half_scales: bool) -> Any:
    """absmax / qmax for each row of `blocks`, nearest code with ties to even, clipped, and back."""
    qmax = 2 ** (bits - 1) - 1
    scale = (np.abs(blocks).max(axis=1, keepdims=True).astype(np.float32) / np.float32(qmax)).astype(np.float32)
    if half_scales:
        scale = scale.astype(np.float16).astype(np.float32)
    codes = np.clip(np.rint(blocks.astype(np.float32) / scale), -qmax - 1, qmax)
    return (codes * scale).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "shape", "bits", "n_scales", "scale_bits"),
    [
        ("int8_tensor", (1, 2048), 8, 1, 32),
        ("int4_channel", (8, 256), 4, 8, 32),
        ("int4_block32", (64, 32), 4, 64, 16),
        ("int3_block128", (16, 128), 3, 16, 16),
        ("int2_block16", (128, 16), 2, 128, 16),
    ],
)
def test_symmetric_schemes(name: str, shape: tuple[int, int], bits: int, n_scales: int, scale_bits: int) -> None:
    """Every column equals the formula written out in NumPy, and the bits count codes and scales."""
    found = figures_of(ask(MATRIX, compare=name), name)
    back = symmetric_by_hand(MATRIX.reshape(shape), bits, scale_bits == 16).astype(np.float64).reshape(-1)
    x = MATRIX.reshape(-1)
    error = back - x
    assert found["bits"] == bits + n_scales * scale_bits / 2048
    assert found["mse"] == pytest.approx(np.mean(error**2), rel=1e-9)
    assert found["max_abs"] == pytest.approx(np.max(np.abs(error)), rel=1e-9)
    assert found["sqnr_db"] == pytest.approx(10 * math.log10(np.sum(x**2) / np.sum(error**2)), rel=1e-9)
    assert found["cosine"] == pytest.approx(np.dot(x, back) / np.linalg.norm(x) / np.linalg.norm(back), rel=1e-9)
    assert found["clipped"] == 0
    assert found["size"] == pytest.approx(7e9 * found["bits"] / 8)


def test_affine_scheme() -> None:
    """An affine block counts a scale and a zero point, and its step is the range over the number of steps."""
    found = figures_of(ask(MATRIX, compare="uint4_affine_block32", model_parameters="1e6"), "uint4_affine_block32")
    blocks = MATRIX.reshape(64, 32).astype(np.float32)
    low, high = np.minimum(blocks.min(1, keepdims=True), 0), np.maximum(blocks.max(1, keepdims=True), 0)
    scale = (high - low) / np.float32(15)
    zero = np.rint(-low / scale)
    scale = scale.astype(np.float16).astype(np.float32)
    back = (np.clip(np.rint(blocks / scale) + zero, 0, 15) - zero) * scale
    assert found["bits"] == 4 + (16 + 4) / 32
    assert found["mse"] == pytest.approx(np.mean((back.astype(np.float64) - MATRIX.reshape(64, 32)) ** 2), rel=1e-9)
    assert found["size"] == 1e6 * 4.625 / 8


def test_present_settings_come_first() -> None:
    """The first row is the page's own result, with the bits of its own scale and zero point."""
    view = ask(MATRIX, profile="onnx", bits="4", granularity="axis", axis="0")
    first = view["table"]["rows"][0]
    assert first["cells"][0] == "present settings"
    assert first["sort"][1] == 4 + 8 * (32 + 4) / 2048
    assert first["sort"][2:6] == [view["metrics"][key] for key in ("sqnr_db", "mse", "max_abs", "cosine")]


def test_notebook_counts_its_own_parameters() -> None:
    """In float64 a scale takes 64 bits; a zero point that is no code takes 32."""
    assert ask([-3.0, 0.1, 3.2])["table"]["rows"][0]["sort"][1] == 8 + (64 + 8) / 3
    assert ask([10, 10.25, 11])["table"]["rows"][0]["sort"][1] == 8 + (64 + 32) / 3


def test_bits_are_what_a_file_would_take() -> None:
    """A block that is not full still has its scale."""
    assert (
        figures_of(ask(np.ones((3, 40)) * 0.5, compare="int4_block32"), "int4_block32")["bits"] == 4 + 3 * 2 * 16 / 120
    )


def test_question_is_answered() -> None:
    """The cheapest scheme that is exact enough is named, marked in the table, and really the cheapest."""
    view = ask(MATRIX, max_error="0.2", profile="onnx")
    rows = view["table"]["rows"]
    good = [row for row in rows if row["sort"][4] <= 0.2]
    best = min(good, key=lambda row: (row["sort"][1], row["sort"][4]))
    assert [row["name"] for row in rows if row["selected"]] == [best["name"]]
    assert best["cells"][0] in view["reply"]
    by_mse = ask(MATRIX, max_error="0.2", error_by="mse", profile="onnx")
    chosen = next(row for row in by_mse["table"]["rows"] if row["selected"])
    assert chosen["sort"][1] == min(row["sort"][1] for row in by_mse["table"]["rows"] if row["sort"][3] <= 0.2)


def test_question_without_an_answer() -> None:
    """Where no scheme is exact enough, that is said, with the one that comes nearest."""
    view = ask(MATRIX, max_error="1e-12", compare="int8_tensor,int4_block32", bits="2", profile="onnx")
    assert not any(row["selected"] for row in view["table"]["rows"])
    assert "No scheme" in view["reply"]
    assert "int8, one scale" in view["reply"]


def test_misfits_are_named() -> None:
    """A scheme that was asked for and does not fit is left out with its reason; the usual ones are chosen to fit."""
    view = ask([1.0, 2.0, 3.0], compare="int8_tensor,int8_channel,int4_block32")
    assert [row["name"] for row in view["table"]["rows"]] == ["", "int8_tensor"]
    assert "int8 by rows (there is one row)" in view["caption"]
    assert "int4 in 32s (a row is shorter than 32)" in view["caption"]
    assert "Left out" not in ask([1.0, 2.0, 3.0])["caption"]


@pytest.mark.parametrize("name", list(schemes.SCHEMES))
def test_every_scheme_works(name: str) -> None:
    """Every name in the table can be asked for."""
    view = ask(MATRIX, compare=name)
    assert [row["name"] for row in view["table"]["rows"]] == ["", name]


def test_unknown_scheme_is_refused() -> None:
    """A wrong name is an error at its field, with the nearest right one."""
    errors = lab.answer({"compare": "int8_tensr"})["errors"]
    assert [error["field"] for error in errors] == ["compare"]
    assert "int8_tensor" in errors[0]["message"]


@pytest.mark.parametrize("shape", [(600, 700), (3, 200_000), (400_000,)])
def test_a_sample_keeps_the_ranges_of_all(shape: tuple[int, ...]) -> None:
    """What a sample tells is what the whole would tell for those values: same codes, whatever shares a scale."""
    x = np.random.default_rng(1).standard_t(4, size=shape).astype(np.float32)
    sample = sampling.sample_of(x)
    assert not sample.is_complete
    assert sampling.MEASURED / 2 < sample.stretches.size <= sampling.MEASURED
    whole = sampling.sample_of(x, x.size)
    for name in ("int8_tensor", "uint4_affine_channel", "int4_block32"):
        scheme = schemes.SCHEMES[name]
        part, full = measuring.measure(scheme, sample), measuring.measure(scheme, whole)
        assert part.bits_per_value == full.bits_per_value
        assert part.metrics.mse == pytest.approx(full.metrics.mse, rel=0.2)
        assert part.metrics.max_abs <= full.metrics.max_abs


def test_a_sample_is_told() -> None:
    """Beyond so many values the caption says how many are measured."""
    x = np.random.default_rng(1).normal(size=(600, 700)).round(2)
    assert "measured on 130,900 of them" in ask(x, compare="int8_tensor")["caption"]


def test_scales_beyond_half_precision_are_counted_in_full() -> None:
    """Where float16 holds no such scale, 32 bits are counted and the caption says so."""
    view = ask(MATRIX * 1e9, compare="int4_block32", profile="onnx")
    assert figures_of(view, "int4_block32")["bits"] == 5
    assert "32 are counted" in view["caption"]


def test_front() -> None:
    """On the front lies what no other scheme beats in both figures, found here by comparing all with all."""
    view = ask(MATRIX, profile="onnx")
    points = [(row["sort"][1], row["sort"][2]) for row in view["table"]["rows"]]
    expected = sorted(
        {
            (bits, ratio)
            for bits, ratio in points
            if not any((b <= bits and r > ratio) or (b < bits and r >= ratio) for b, r in points)
        }
    )
    front = next(trace for trace in view["figure"]["data"] if trace["name"] == "Pareto front")
    assert list(zip(front["x"], front["y"], strict=True)) == expected


def test_bound_rises_by_six_decibels() -> None:
    """The bound of a Gaussian source, D(R) = 2^(-2R), is 6.02 dB for each bit."""
    bound = next(trace for trace in ask(MATRIX)["figure"]["data"] if trace["name"].startswith("Gaussian"))
    assert bound["y"][1] / bound["x"][1] == pytest.approx(-10 * math.log10(2.0**-2))


def test_normal_numbers_stay_below_the_bound() -> None:
    """No scheme lies above the bound for independent normal numbers."""
    view = ask(np.random.default_rng(3).normal(size=(64, 512)), profile="onnx")
    for row in view["table"]["rows"]:
        assert row["sort"][2] < comparison_figure.DECIBELS_PER_BIT * row["sort"][1]


@pytest.mark.parametrize("values", [MATRIX, [0.0, 0.0], [5.0], [-1e-30, 1e-31], [1e37, -3e37], [1.0] * 40])
def test_figure_is_plotly(values: Any) -> None:
    """The figure obeys Plotly's own schema and JSON, for odd values too; the table has a row for every scheme."""
    view = ask(values, profile="onnx")
    graph_objects.Figure(view["figure"])
    json.dumps(view, allow_nan=False)
    assert view["caption"]
    assert len(view["table"]["rows"]) > 4
    assert all(len(row["cells"]) == len(row["sort"]) == 8 for row in view["table"]["rows"])


def test_not_for_given_codes() -> None:
    """Codes that are given have no original, so there is nothing to compare."""
    found = lab.answer({"direction": "dequantize", "show": "comparison"})
    view = next(item for item in found["instruments"] if item["name"] == "comparison")
    assert view["applies"] is False
