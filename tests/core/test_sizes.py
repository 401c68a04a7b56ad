"""What codes cost."""

import math
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from quantcore.sizes import bits_per_value, code_entropy


@pytest.mark.parametrize(
    ("codes", "bits"),
    [([7], 0.0), ([-1, 1], 1.0), ([0, 0, 0, 1], 2 - 0.75 * math.log2(3)), ([[1, 2], [3, 4]], 2.0), ([0, 1 << 40], 1.0)],
)
def test_code_entropy_of_known_distributions(codes: list[Any], bits: float) -> None:
    """Entropies known in closed form."""
    assert code_entropy(codes) == pytest.approx(bits, abs=1e-15)


def test_code_entropy_of_every_code_once_is_the_width() -> None:
    """All 2^16 codes equally often need 16 bits each, counted over several chunks."""
    assert code_entropy(np.tile(np.arange(-32768, 32768).astype(np.int16), 3)) == pytest.approx(16.0, rel=1e-12)


@pytest.mark.parametrize(
    ("fmt", "granularity", "shape", "settings", "bits"),
    [
        (qc.INT8, qc.PerTensor(), (10,), {}, 12.0),  # 8 + (32 + 8) / 10
        (qc.INT4, qc.PerBlock(32), (8, 64), {"scale_bits": 16, "zero_point_bits": 0}, 4.5),  # as GGUF Q4_0
        (qc.INT4, qc.PerBlock(32), (1, 40), {"scale_bits": 16, "zero_point_bits": 4}, 5.0),  # a partial last block
        (qc.INT8, qc.PerAxis(0), (4, 100), {"zero_point_bits": 0}, 8.32),
        (qc.FORMATS["float8_e4m3fn"], qc.PerAxis(0), (4, 100), {}, 8.32),  # floats have no zero point
        (qc.FORMATS["nf4"], None, (64,), {}, 4.5),  # 4 + 32 / 64
    ],
)
def test_bits_per_value_by_hand(fmt: Any, granularity: Any, shape: Any, settings: Any, bits: float) -> None:
    """Code bits and the values' parts of scales and zero points, computed by hand."""
    assert bits_per_value(fmt, granularity, shape, **settings) == pytest.approx(bits, rel=1e-15)


@pytest.mark.parametrize(
    ("name", "n", "bits"),
    [
        ("q8_0", 64, 8.5),  # ggml-common.h: 2 + 32 bytes for 32 values
        ("q4_0", 64, 4.5),  # 2 + 16 bytes for 32
        ("q4_k", 512, 4.5),  # 144 bytes for 256
        ("q6_k", 512, 6.5625),  # 210 bytes for 256
        ("mxfp4", 64, 4.25),  # OCP MX 1.0: a scale of 8 bits for 32
    ],
)
def test_bits_per_value_of_stored_arrays_are_those_of_their_bytes(name: str, n: int, bits: float) -> None:
    """The published size of a block, scales of every level included, is what a stored value costs."""
    stored = qc.store(np.linspace(-1, 1, n), name)
    assert bits_per_value(stored) == bits == 8 * len(stored.to_bytes()) / n


def test_code_entropy_of_a_stored_array_leaves_padding_out() -> None:
    """-1, 0, 1 and 1 are three codes of NF4, with 1/4, 1/4 and 1/2 of the values: 1.5 bits; padding has no part."""
    assert code_entropy(qc.store([-1.0, 0.0, 1.0, 1.0], "nf4")) == pytest.approx(1.5, abs=1e-15)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: code_entropy([0.5]), "codes"),
        (lambda: code_entropy(np.array([], np.int8)), "codes"),
        (lambda: bits_per_value(qc.INT8, qc.PerTensor(), (0, 3)), "shape"),
        (lambda: bits_per_value(qc.INT8), "shape"),
        (lambda: bits_per_value(qc.store(np.ones(32), "q8_0"), shape=(32,)), "shape"),
        (lambda: bits_per_value(qc.store(np.ones(32), "q8_0"), qc.PerTensor()), "granularity"),
        (lambda: bits_per_value(qc.store(np.ones((0, 32)), "q8_0")), "shape"),
    ],
)
def test_bad_input_names_its_field(call: Any, field: str) -> None:
    """What has no cost is refused with the field it concerns."""
    with pytest.raises(qc.QuantError) as caught:
        call()
    assert caught.value.field == field
