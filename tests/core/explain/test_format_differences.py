"""Where two formats part, on values that are made so that one rule is the reason."""

from typing import Any

import numpy as np
import pytest

import quantcore as qc

TIE = [6.0, 2.5, *[0.0] * 30]  # scale 1 in MXFP4: halfway between 2 and 3, of which E2M1's code of 2 is even
HEAVY = np.random.default_rng(2).standard_t(3, (4, 512)).astype(np.float32)


def block(*values: float, size: int = 32) -> np.ndarray:
    """A block that begins with these."""
    return np.array([*values, *[0.0] * (size - len(values))], np.float32)


@pytest.mark.parametrize(
    ("x", "a", "b", "index", "reasons"),
    [
        # 3.5 is halfway between 3 and 4: the even code is that of 4, ggml goes toward zero
        (block(6, 3.5), "mxfp4", "gguf_mxfp4", (1,), ("ties",)),
        # 7 under a scale of 1 becomes 6, under rceil's scale of 2 it is 3.5: a tie, 8
        (block(7), "mxfp4", ("mxfp4", {"scale_mode": "rceil"}), (0,), ("scale",)),
        (block(5.1, 4.9, 1.1), "mxfp8_e4m3", "mxfp8_e5m2", (2,), ("element",)),
        # 2.6 in 4 bits and in 5, the largest magnitude being exact in both
        (block(-8, 2.6), "q4_0", "q5_0", (1,), ("element",)),
        (block(-8, 7.4), "q4_0", "q4_1", (1,), ("element", "scale", "offset")),
        (block(1, 0.25, size=64), "nf4", "fp4_bnb", (1,), ("element",)),
        (np.r_[block(6), block(0.3)], "mxfp4", qc.FORMATS["float4_e2m1fn"], (32,), ("block", "scale")),
    ],
)
def test_the_reason_is_named(x: np.ndarray, a: Any, b: Any, index: tuple[int, ...], reasons: tuple[str, ...]) -> None:
    """Element and rule of cases that were worked out by hand."""
    if isinstance(b, tuple):
        b = qc.store(x, b[0], **b[1])
    elif not isinstance(b, str):
        b = qc.choose_qparams(x, b)
    found = qc.first_format_difference(x, a, b)
    assert found is not None
    assert (found.index, found.reasons) == (index, reasons)


def test_rounding_by_the_unrounded_scale_is_told_apart() -> None:
    """Q8_0 divides by absmax / 127 before float16 rounds it, int8_f16 after: the same scale, another code."""
    found = qc.first_format_difference(HEAVY, "q8_0", "int8_f16")
    assert found is not None
    assert found.reasons == ("scaling",)
    assert found.a[found.a.scale].value == found.b[found.b.scale].value
    assert found.a.code != found.b.code


def test_libraries_of_nvfp4_differ_on_ties() -> None:
    """torchao multiplies by reciprocals, modelopt divides: of half steps some are ties for one of them only."""
    x = np.random.default_rng(0).integers(-12, 13, (2, 512)) / 2
    found = qc.first_format_difference(x, "nvfp4", qc.store(x, "nvfp4", rule="modelopt"))
    assert found is not None
    assert found.reasons == ("ties",)
    assert found.step == "scaled"


@pytest.mark.parametrize("name", list(qc.BLOCK_FORMATS))
def test_a_format_does_not_differ_from_itself(name: str) -> None:
    """Stored once more, or read back from its bytes."""
    options = {"importance": np.ones(512)} if "importance" in qc.BLOCK_FORMATS[name].options else {}
    a, b = (qc.store(HEAVY, name, **options) for _ in range(2))
    assert qc.first_format_difference(HEAVY, a, b) is None


NAMES = ["mxfp8_e4m3", "mxfp4", "mxint8", "nvfp4", "nf4", "int4_f16", "mlx_affine4", "q4_0", "q4_k", "q6_k", "iq4_nl"]


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("b", NAMES)
def test_the_first_difference_is_the_first(a: str, b: str) -> None:
    """Before it all numbers agree, there they do not, and both ways end in what is stored; reasons are known ones."""
    one, other = qc.store(HEAVY, a), qc.store(HEAVY, b)
    found = qc.first_format_difference(HEAVY, one, other)
    numbers = [qc.restore(stored) for stored in (one, other)]
    differs = np.flatnonzero(numbers[0] != numbers[1])
    if a == b:
        assert found is None
        return
    assert found is not None
    assert np.ravel_multi_index(found.index, HEAVY.shape) == differs[0]
    assert found.a["reconstruction"].value == numbers[0][found.index]
    assert found.b["reconstruction"].value == numbers[1][found.index]
    assert found.reasons
    assert set(found.reasons) <= set(qc.FORMAT_REASONS)
    assert all(qc.FORMAT_REASONS[name] in found.text for name in found.reasons)


def test_integers_are_compared_by_first_difference() -> None:
    """Each function names the other."""
    with pytest.raises(qc.QuantError, match="first_format_difference"):
        qc.first_difference([1.0], qc.FORMATS["nf4"], "onnx", "torch")  # type: ignore[arg-type]
    with pytest.raises(qc.QuantError, match="what is stored has"):
        qc.first_format_difference(HEAVY[:1], qc.store(HEAVY, "mxfp4"), "mxfp4")


def test_a_scale_that_both_share_is_no_reason() -> None:
    """A cast to FN and to FNUZ has no scale, so that the numbers of the format alone are the reason."""
    ways = [qc.QuantParams(1.0, 0, qc.FORMATS[name]) for name in ("float8_e4m3fn", "float8_e4m3fnuz")]
    found = qc.first_format_difference([300.0], *ways)
    assert found is not None
    assert found.reasons == ("element",)


def test_wide_formats_are_compared_at_once() -> None:
    """Formats of 16 bits, with tens of thousands of numbers, are told apart like others."""
    ways = [qc.QuantParams(1.0, 0, qc.FORMATS[name]) for name in ("float16", "bfloat16")]
    found = qc.first_format_difference([1 + 2**-10], *ways)
    assert found is not None
    assert found.reasons == ("element",)
