"""The seed notebook's functions, digit for digit, and generalised to other formats."""

import numpy as np
import pytest

import quantcore as qc


def test_the_worked_example() -> None:
    """[-3.0, 0.1, 3.2], as the notebook prints it."""
    result = qc.notebook.zeropoint_quantize([-3.0, 0.1, 3.2])
    assert float(result.scale_factor) == 41.12903225806451
    assert float(result.zero_point) == -5
    assert result.x_quant.tolist() == [-128, -1, 127]
    np.testing.assert_allclose(result.x_dequant, [-2.99058824, 0.0972549, 3.20941176], rtol=0, atol=5e-9)


def test_codes_are_neither_clipped_nor_cast() -> None:
    """[-129.5, 0, 125.5]: scale factor 1, zero point 2, and the last code is 128, beyond int8."""
    result = qc.notebook.zeropoint_quantize([-129.5, 0.0, 125.5])
    assert result.x_quant.dtype == np.float64
    assert result.x_quant.tolist() == [-128, 2, 128]


def test_a_range_of_zero_counts_as_one() -> None:
    """Five everywhere: scale factor 255, a zero point far outside, and 5 comes back."""
    result = qc.notebook.zeropoint_quantize([5.0, 5.0, 5.0])
    assert (float(result.scale_factor), float(result.zero_point)) == (255, -1403)
    assert result.x_dequant.tolist() == [5, 5, 5]


def test_the_precision_of_the_input_is_kept() -> None:
    """A float32 array is computed in float32 throughout; whole numbers become float64."""
    single = qc.notebook.zeropoint_quantize(np.float32([-3.0, 0.1, 3.2]))
    assert {np.asarray(v).dtype for v in (single.scale_factor, single.x_quant, single.x_dequant)} == {np.dtype("f4")}
    assert qc.notebook.zeropoint_quantize([1, 2, 3]).x_quant.dtype == np.float64


def test_absmax_has_no_zero_point() -> None:
    """127 / 3.2 = 39.6875; all zeros stay zeros."""
    result = qc.notebook.absmax_quantize([-3.0, 0.1, 3.2])
    assert (float(result.scale_factor), float(result.zero_point)) == (39.6875, 0)
    assert result.x_quant.tolist() == [-119, 4, 127]
    assert qc.notebook.absmax_quantize([0.0, 0.0]).x_dequant.tolist() == [0, 0]


@pytest.mark.parametrize("fmt", [qc.INT4, qc.UINT4, qc.UINT8, qc.INT16, qc.IntFormat(3, narrow=True)], ids=repr)
def test_other_formats_spread_the_range_over_their_codes(fmt: qc.IntFormat) -> None:
    """The minimum goes to qmin and the maximum to qmax."""
    result = qc.notebook.zeropoint_quantize([-3.0, 0.1, 3.2], fmt)
    assert float(result.scale_factor) == (fmt.qmax - fmt.qmin) / 6.2
    assert result.x_quant[0] == fmt.qmin
    assert result.x_quant[2] == fmt.qmax


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("fmt", [qc.INT8, qc.UINT8, qc.UINT4, qc.INT16, qc.IntFormat(3, narrow=True)], ids=repr)
@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
def test_the_record_named_notebook_gives_the_same(scheme: str, fmt: qc.IntFormat, dtype: type) -> None:
    """With the notebook's toolkit and arithmetic every number is the notebook's own, bit for bit."""
    rng = np.random.default_rng(4)
    samples = [rng.normal(mean, size=n) for mean in (0, 10, -1e4) for n in (1, 2, 50)] + [np.zeros(3)]
    own = qc.notebook.absmax_quantize if scheme == "symmetric" else qc.notebook.zeropoint_quantize
    for sample in samples:
        x = sample.astype(dtype)
        expected = own(x, fmt)
        params = qc.choose_qparams(x, fmt, scheme, toolkit="notebook", dtype=dtype)
        q = qc.quantize(x, params, "notebook")
        assert q.dtype == dtype
        assert params.scale_factor == expected.scale_factor
        assert params.zero_point == expected.zero_point
        np.testing.assert_array_equal(q, expected.x_quant)
        np.testing.assert_array_equal(qc.dequantize(q, params, "notebook"), expected.x_dequant)


def test_a_range_too_narrow_for_a_scale_factor_is_refused() -> None:
    """Where the notebook's own functions give infinity, its record raises."""
    with pytest.raises(qc.QuantError, match="too narrow for float32"):
        qc.choose_qparams([0.0, 1e-40], qc.INT8, toolkit="notebook")
