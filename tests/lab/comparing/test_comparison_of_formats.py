"""Number formats among the schemes that are compared: their bits, their errors, their samples, what does not fit."""

import math

import numpy as np
import pytest
from lab.comparing import measuring, sampling, schemes

from tests.lab.comparing.test_comparison import MATRIX, ask, figures_of

PUBLISHED = {  # bits per weight: OCP MX 1.0, table 1; ggml's tables; arXiv:2305.14314
    "mxfp8_e4m3": 8.25,
    "mxfp6_e2m3": 6.25,
    "mxfp4": 4.25,
    "nf4": 4.5,
    "q8_0": 8.5,
    "q6_k": 6.5625,
    "q5_k": 5.5,
    "q4_k": 4.5,
    "q3_k": 3.4375,
    "q2_k": 2.625,
    "q4_0": 4.5,
    "iq4_nl": 4.5,
}


@pytest.mark.parametrize(("name", "bits"), PUBLISHED.items())
def test_bits_are_the_published_ones(name: str, bits: float) -> None:
    """A value costs as many bits as the format's authors say, scales included."""
    assert figures_of(ask(MATRIX, compare=name), name)["bits"] == bits


def test_a_scale_of_the_tensor_is_shared_by_all() -> None:
    """NVFP4 costs 4 bits, 8 for each 16 values, and 32 once: in a sample, too, once for all values."""
    assert figures_of(ask(MATRIX, compare="nvfp4"), "nvfp4")["bits"] == 4.5 + 32 / 2048
    x = np.random.default_rng(1).normal(size=(3, 200_000)).astype(np.float32)
    found = measuring.measure(schemes.SCHEMES["nvfp4"], sampling.sample_of(x))
    assert found.bits_per_value == pytest.approx(4.5 + 32 / 600_000, abs=1e-12)


def test_a_scale_of_the_tensor_is_that_of_all_values() -> None:
    """Where only a sample is measured, NVFP4 still divides by the largest magnitude of all values."""
    x = np.random.default_rng(1).normal(size=200_000).astype(np.float32)
    largest = 4096 * 20 + 5
    sample = sampling.sample_of(np.where(np.arange(x.size) == largest, np.float32(1e6), x))
    assert sample.high == 1e6
    assert sample.stretches.max() < 10
    tiny = measuring.measure(schemes.SCHEMES["nvfp4"], sample)
    assert tiny.metrics.mse > 0.1  # steps of block scales are 2^-6 or more under 1e6 / 2688: 0.5 * 5.8 and up


@pytest.mark.parametrize("name", ["q8_0", "mxfp4"])
def test_errors_are_those_of_the_formula(name: str) -> None:
    """Q8_0 and MXFP4 written out in NumPy give the same squared error."""
    blocks = MATRIX.reshape(-1, 32).astype(np.float32)
    amax = np.abs(blocks).max(axis=1, keepdims=True)
    if name == "q8_0":
        scale = amax / np.float32(127)
        scaled = blocks * (np.float32(1) / scale)
        codes = np.trunc(scaled) + np.copysign(np.abs(scaled - np.trunc(scaled)) >= 0.5, scaled)  # roundf
        back = codes * scale.astype(np.float16).astype(np.float32)
    else:
        scale = np.exp2(np.floor(np.log2(amax)) - 2)
        grid = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6], np.float32)
        distance = np.abs(np.abs(blocks / scale)[..., None] - grid)
        back = np.copysign(grid[distance.argmin(axis=-1)], blocks) * scale  # a tie errs as much either way
    expected = np.mean((back.astype(np.float64) - MATRIX.reshape(-1, 32)) ** 2)
    assert figures_of(ask(MATRIX, compare=name), name)["mse"] == pytest.approx(expected, rel=1e-6)


def test_floats_with_and_without_a_scale() -> None:
    """E4M3 as a cast costs 8 bits and clips beyond 448; with a scale it costs that, too, and nothing is beyond."""
    view = ask([[1000.0, 0.5, -3.0, 464.0]], compare="float8_e4m3fn,float8_e4m3fn_tensor", profile="onnx")
    cast, scaled = figures_of(view, "float8_e4m3fn"), figures_of(view, "float8_e4m3fn_tensor")
    assert (cast["bits"], cast["max_abs"], cast["clipped"]) == (8, 552, 0.25)
    assert (scaled["bits"], scaled["clipped"]) == (8 + 32 / 4, 0)


def test_rows_are_filled_up() -> None:
    """A row that is no whole number of blocks is filled up, which costs bits."""
    view = ask(np.ones((3, 40)) * 0.5, compare="mxfp4,q4_0", profile="onnx")
    assert figures_of(view, "mxfp4")["bits"] == 4.25 * 64 / 40
    assert figures_of(view, "q4_0")["bits"] == 4.5 * 64 / 40


def test_misfits_are_named() -> None:
    """Blocks longer than a row, and scales that cannot hold the values, are reasons to be left out."""
    caption = ask(MATRIX[:, :64], compare="q4_k,mxfp4,nf4", profile="onnx")["caption"]
    assert "Left out: Q4_K (a row is shorter than 256)." in caption
    assert "NF4 (there are fewer than 64 values)" in ask([1.0, 2.0], compare="nf4")["caption"]
    large = ask(MATRIX * 1e6, compare="q8_0,mxfp4", profile="onnx")
    assert "Q8_0 (its scales do not reach values of this size)" in large["caption"]
    assert [row["name"] for row in large["table"]["rows"]] == ["", "mxfp4"]


def test_usual_list() -> None:
    """What people choose between today is compared unasked where it fits."""
    wanted = (
        "int8_channel int4_block32 int4_block128 mxfp8_e4m3 mxfp4 nvfp4 nf4 q8_0 q6_k q5_k q4_k q3_k q2_k q4_0 iq4_nl"
    )
    names = [row["name"] for row in ask(MATRIX, profile="onnx")["table"]["rows"]]
    assert set(wanted.split()) < set(names)
    assert names[0] == ""


def test_formats_that_search_have_a_smaller_sample() -> None:
    """Of many values GGUF formats measure fewer, evenly spaced over all, and the caption says how many."""
    x = np.repeat([1.0, 100.0], 50_000).astype(np.float32)  # what is measured must hold both halves
    sample = sampling.sample_of(x)
    few = measuring.sample_for(schemes.SCHEMES["q4_k"], sample)
    assert few.stretches.size == measuring.SEARCHED
    assert set(few.stretches.reshape(-1).tolist()) == {1.0, 100.0}
    assert measuring.sample_for(schemes.SCHEMES["mxfp4"], sample) is sample
    view = ask(np.random.default_rng(1).normal(size=(80, 512)).round(2), compare="q4_k,mxfp4")
    assert "GGUF formats, which search for the scales of each block, are measured on 16,384." in view["caption"]
    assert "GGUF formats" not in ask(MATRIX, compare="q4_k")["caption"]


def test_what_needs_importance_weighs_all_alike() -> None:
    """A format that is encoded only with weights has the same for all values here, and the caption says so."""
    view = ask(MATRIX, compare="iq2_xxs,q4_k")
    assert "For IQ2_XXS the error of every value counts alike." in view["caption"]


def test_more_bits_are_more_exact() -> None:
    """Of the K-quants, each with more bits has the smaller error."""
    view = ask(MATRIX, compare="q2_k,q3_k,q4_k,q5_k,q6_k")
    ratios = [row["sort"][2] for row in view["table"]["rows"][1:]]
    assert ratios == sorted(ratios)
    assert all(math.isfinite(ratio) for ratio in ratios)


def test_present_format_counts_its_own_bytes() -> None:
    """The present settings of a block format cost what their bytes are, and no scale beside."""
    view = ask(MATRIX, format="q4_k", compare="q4_k")
    assert [row["sort"][1] for row in view["table"]["rows"]] == [4.5, 4.5]
    assert view["table"]["rows"][0]["sort"][2] == view["table"]["rows"][1]["sort"][2]
    assert "present settings)" not in view["caption"]
