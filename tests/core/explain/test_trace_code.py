"""The way of one code of a float or a codebook back to a number."""

import math

import numpy as np
import pytest

import quantcore as qc


@pytest.mark.parametrize("arithmetic", list(qc.ARITHMETICS))
@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "float4_e2m1fn", "nf4"])
def test_the_way_ends_where_dequantize_does(name: str, arithmetic: str) -> None:
    """For every code, also those that are infinite or no number, bit for bit."""
    fmt = qc.FORMATS[name]
    codes = np.arange(1 << fmt.bits, dtype=np.uint8)
    params = qc.QuantParams(np.float32(0.3), 0, fmt)
    with np.errstate(all="ignore"):
        wanted = qc.dequantize(codes, params, arithmetic)
    for code in codes.tolist():
        found = qc.trace_code(codes, params, code, arithmetic)
        assert found["number"].code == found.code == code
        assert found["reconstruction"].value == wanted[code] or math.isnan(wanted[code])


def test_each_channel_has_its_own_scale() -> None:
    """The scale is that of the element's row; those that share it are the row."""
    params = qc.QuantParams(np.float32([1, 2]), 0, qc.FORMATS["float8_e4m3fn"], qc.PerAxis(0))
    found = qc.trace_code(np.full((2, 3), 0x38, np.uint8), params, (1, 2))
    assert found["reconstruction"].value == 2.0
    assert found.members.tolist() == [3, 4, 5]


def test_integers_and_absent_elements_are_refused() -> None:
    """Integers have a trace of their own; an index must be one of the codes."""
    with pytest.raises(qc.QuantError, match="Use trace"):
        qc.trace_code([1], qc.QuantParams(1.0, 0, qc.INT8))
    with pytest.raises(qc.QuantError, match="element is 1"):
        qc.trace_code([1], qc.QuantParams(1.0, 0, qc.FORMATS["nf4"]), 1)
